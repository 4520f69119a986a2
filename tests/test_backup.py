"""A copy restores into either engine, byte for byte the same; a foreign, cut or changed one is refused."""

from __future__ import annotations

import sqlite3
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from models import TABLES, ExportBatch, db, migrating
from models.portable import rows
from services import backup
from services.refusal import Refused
from services.sealing import FRAME, Sealer, unseal
from tests import factories as make
from tests.conftest import empty_tables
from tests.test_commands import flask

KEY = "b" * 40
pytestmark = pytest.mark.commits


def town() -> None:
    """One row at least of every kind of column: text, kopecks, days, moments, flags, bytes, empties."""
    anna = make.resident()
    account = make.account()
    make.link(anna, account, group=make.group(anna), label='«Дом», ё; \\ "кавычки"')
    meter = make.meter(account, scales=("День", "Ночь"), installed_on=date(2016, 1, 2))
    make.reading(meter.registers.first(), 15737, date(2026, 10, 20))
    make.charge(make.bill(account, to_pay=-531365), meter.service, 5000, recalculated=None)
    ExportBatch.create(
        kind="readings",
        number=1,
        created_at=make.NOW,
        who="test",
        file_name="r.csv",
        rows=1,
        sha256="",
        content=b"\x00\xff",
    )


def content() -> dict[str, list[list[object]]]:
    with db.connection_context():
        return {table._meta.table_name: list(rows(table)) for table in TABLES}


def copy(path: Path, key: str = "") -> None:
    with db.connection_context():
        backup.write_backup(path, key=key, schema=migrating.applied(), now=make.NOW)


def test_a_copy_is_for_its_owner_alone(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "copy.zip.part").write_bytes(b"cut off")
    copy(tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").stat().st_mode & 0o777 == 0o600


def restore(path: Path, key: str = "") -> None:
    with db.connection_context():
        backup.read_backup(path, key=key, schema=migrating.applied())


@pytest.fixture
def full(database: Flask) -> dict[str, list[list[object]]]:
    with db.connection_context():
        town()
    return content()


@pytest.mark.parametrize("key", ["", KEY])
def test_a_copy_brings_everything_back(full: dict[str, list[list[object]]], tmp_path: Path, key: str) -> None:
    copy(tmp_path / "copy", key)
    with db.connection_context():
        empty_tables()
    restore(tmp_path / "copy", key)
    assert content() == full
    with db.connection_context():
        assert make.resident().id > 0, "numbers go on after the restored ones"


def test_a_copy_moves_to_the_other_engine(full: dict[str, list[list[object]]], tmp_path: Path) -> None:
    """From whatever engine this run is on into a fresh SQLite file, by the commands in a process of their own."""
    copy(tmp_path / "copy")
    other = {
        "ABONENT_SECRET_KEY": "s" * 40,
        "ABONENT_DATA_KEY": "d" * 40,
        "ABONENT_DATABASE_URL": f"sqlite:///{tmp_path / 'other.sqlite3'}",
    }
    for command in (["migrate"], ["restore", str(tmp_path / "copy")]):
        assert flask(*command, **other).returncode == 0
    with sqlite3.connect(tmp_path / "other.sqlite3") as found:
        assert found.execute("SELECT alias FROM link").fetchone() == ('«Дом», ё; \\ "кавычки"',)
        assert found.execute("SELECT to_pay FROM bill").fetchone() == (-531365,)


def test_a_database_that_holds_something_is_not_overwritten(full: object, tmp_path: Path) -> None:
    copy(tmp_path / "copy")
    with pytest.raises(Refused, match="База не пуста"):
        restore(tmp_path / "copy")
    assert content() == full


def test_a_sealed_copy_tells_nothing_and_needs_its_key(full: object, tmp_path: Path) -> None:
    copy(tmp_path / "copy", KEY)
    assert "Соколова".encode() not in (tmp_path / "copy").read_bytes()
    with pytest.raises(Refused, match="зашифрована"):
        restore(tmp_path / "copy")
    with pytest.raises(Refused, match="другой ключ"):
        restore(tmp_path / "copy", "w" * 40)


def test_another_version_and_a_foreign_file_are_refused(full: object, tmp_path: Path) -> None:
    with db.connection_context():
        backup.write_backup(tmp_path / "old", key="", schema=["0000_older"], now=make.NOW)
        empty_tables()
    with pytest.raises(Refused, match="другой версией"):
        restore(tmp_path / "old")
    (tmp_path / "foreign").write_bytes(b"%PDF-1.7 not a copy")
    with pytest.raises(Refused, match="не похож"):
        restore(tmp_path / "foreign")
    with zipfile.ZipFile(tmp_path / "empty", "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(Refused, match="не похож"):
        restore(tmp_path / "empty")


@pytest.mark.parametrize("size", [0, 1, FRAME, FRAME + 1, 3 * FRAME])
def test_a_sealed_stream_opens_to_what_was_written(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    sealed, opened = BytesIO(), BytesIO()
    with Sealer(sealed, KEY) as out:
        out.write(plain[:size])
    unseal(BytesIO(sealed.getvalue()), opened, KEY)
    assert opened.getvalue() == plain[:size]


def test_a_cut_or_changed_stream_is_noticed() -> None:
    sealed = BytesIO()
    with Sealer(sealed, KEY) as out:
        out.write(b"x" * (FRAME + 100))
    whole = sealed.getvalue()
    first = 32 + 4 + FRAME + 16  # magic and salt, then a whole first frame
    for broken in (whole[:first], whole[:-1], whole[:-5] + b"\0" + whole[-4:]):
        with pytest.raises(Refused):
            unseal(BytesIO(broken), BytesIO(), KEY)
