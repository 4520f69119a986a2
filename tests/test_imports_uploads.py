"""What the console uploads: nothing of it outlives its run."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import ImportRun, db
from services import uploads
from services.refusal import Refused

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Sent:
    """A file of a form."""

    def __init__(self, filename: str, content: bytes = b"x") -> None:
        self.filename: str | None = filename
        self.content = content

    def save(self, dst: Path) -> None:
        dst.write_bytes(self.content)


class Cut(Sent):
    """A file for which the disk has no room."""

    def save(self, dst: Path) -> None:
        super().save(dst)
        raise OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def held(url: str) -> Iterator[None]:
    """Another process that imports."""
    holder = (
        "import sys\nfrom models import bind, db\nfrom models.staging import alone\nbind(sys.argv[1])\n"
        "with db.connection_context(), alone():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder, url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


def keep(folder: Path, *files: uploads.Stored) -> ImportRun:
    return uploads.keep(list(files), folder, who="т", is_dry=False, is_strict=False, encoding="", now=NOW)


@pytest.mark.parametrize("other", ["bills.csv", "b/Bills.csv", "c:\\bills.csv "])
def test_two_files_of_one_name_are_refused(database: Flask, tmp_path: Path, other: str) -> None:
    with pytest.raises(Refused, match="названы одинаково"):
        keep(tmp_path, Sent("a/bills.csv"), Sent(other))
    assert not ImportRun.select().exists() and not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_keeps_nothing(database: Flask, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="проверьте место на диске"):
        keep(tmp_path, Sent("bills.csv"), Cut("accounts.csv"))
    run = ImportRun.get()
    assert (run.state, run.finished_at) == ("failed", NOW) and "место" in json.loads(run.messages)[0]
    assert not list(tmp_path.iterdir())


def test_an_uploaded_package_is_for_the_portal_alone(database: Flask, tmp_path: Path) -> None:
    run = keep(tmp_path / "uploads", Sent("accounts.csv"))
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "uploads", tmp_path / "uploads" / str(run.id))]
    assert modes == [0o700, 0o700]


def test_what_nobody_foresaw_fails_the_run_and_takes_its_files(database: Flask, tmp_path: Path) -> None:
    run = keep(tmp_path, Sent("accounts.csv"))
    (tmp_path / str(run.id) / uploads.ENCODING).write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        uploads.load_waiting(tmp_path, now=lambda: NOW, data_key="k" * 40)
    assert ImportRun.get().state == "failed" and not list(tmp_path.iterdir())
    assert uploads.load_waiting(tmp_path, now=lambda: NOW, data_key="k" * 40) == 0


LOADED_BY_THE_WORKER = """
import clock, worker
from models import ImportRun, bind, db
from models.migrating import migrate
bind("sqlite:///here.sqlite3")
with db.connection_context():
    migrate()
    ImportRun.create(who="т", file_name="x", sha256="", started_at=clock.now(), state="waiting")
    imports = worker.Imports()
    imports(clock.now())
    imports.child.wait(30)
    print(ImportRun.get().state)
"""


def test_the_worker_s_process_reads_the_settings_as_the_worker_does(tmp_path: Path) -> None:
    keys = {"ABONENT_SECRET_KEY": "s" * 40, "ABONENT_DATA_KEY": "d" * 40}
    facts = {"ABONENT_DATABASE_URL": "sqlite:///here.sqlite3", "PYTHONPATH": str(ROOT), **keys}
    command = [sys.executable, "-c", LOADED_BY_THE_WORKER]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **facts}, timeout=60, text=True, stdout=subprocess.PIPE
    )
    assert done.stdout == "failed\n"  # its file is not there; a process that stands elsewhere leaves it waiting


@pytest.mark.commits
def test_a_package_waits_while_another_is_loaded(app: Flask, tmp_path: Path, database_url: str) -> None:
    with db.connection_context():
        run = keep(tmp_path, Sent("accounts.csv"))
        with held(database_url):
            assert uploads.load_waiting(tmp_path, now=lambda: NOW, data_key="k" * 40) == 0
        assert ImportRun.get().state == "waiting" and (tmp_path / str(run.id) / "accounts.csv").exists()


def test_cut_off_uploads_and_files_of_the_dead_are_swept(database: Flask, tmp_path: Path) -> None:
    runs = [keep(tmp_path, Sent("accounts.csv")) for _ in range(4)]
    waiting, fresh, cut, dead = runs
    ImportRun.update(state="uploading").where(ImportRun.id.in_([fresh.id, cut.id])).execute()
    ImportRun.update(started_at=NOW - timedelta(hours=2)).where(ImportRun.id.in_([waiting.id, cut.id])).execute()
    long_ago = NOW - uploads.KEPT_FOR - timedelta(hours=1)
    ImportRun.update(state="dropped", finished_at=long_ago).where(ImportRun.id == dead.id).execute()
    uploads.sweep(tmp_path, NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(str(run.id) for run in (waiting, fresh))
    assert [run.state for run in ImportRun.select().order_by(ImportRun.id)] == [
        "waiting", "uploading", "failed", "dropped",
    ]  # fmt: skip
