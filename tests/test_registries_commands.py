"""`flask registry`: what it prints, what it takes in, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from models import Registry, RegistryLine, db
from tests import factories
from tests.banks import SHORT, short_line
from tests.test_imports_commands import run

pytestmark = pytest.mark.commits


@pytest.fixture
def file(app: Flask, tmp_path: Path) -> Iterator[Path]:
    with db.connection_context():
        account = factories.account(number="0012345678")
        factories.account(account.supplier, number="0012345679")
    path = tmp_path / "реестр.txt"
    path.write_bytes(SHORT.encode("cp1251"))
    yield path


def taken() -> list[tuple[str, int]]:
    with db.connection_context():
        return [(row.state, row.amount) for row in RegistryLine.select().order_by(RegistryLine.id)]


def test_without_a_key_it_only_shows(app: Flask, file: Path) -> None:
    code, output = run(app, "registry", str(file))
    assert code == 0 and "sber_short" in output and "ждёт: проведите его с --post" in output
    assert taken() == [("new", 148533), ("new", 50000)]


def test_post_takes_in_and_the_second_time_is_refused(app: Flask, file: Path) -> None:
    run(app, "registry", str(file))
    code, output = run(app, "registry", str(file), "--post")
    assert code == 0 and "проведён" in output and taken() == [("open", 148533), ("open", 50000)]
    code, output = run(app, "registry", str(file), "--post")
    assert code == 1 and "Этот файл уже проведён" in output
    assert len(taken()) == 2


def test_warnings_stop_the_posting_until_they_are_confirmed(app: Flask, file: Path) -> None:
    file.write_bytes(SHORT.replace("=2;", "=3;").encode("cp1251"))
    code, output = run(app, "registry", str(file), "--post")
    assert code == 1 and "Контрольная строка не сходится" in output and "с --confirm" in output
    assert taken() == [("new", 148533), ("new", 50000)]
    code, output = run(app, "registry", str(file), "--post", "--confirm")
    assert code == 0 and taken() == [("open", 148533), ("open", 50000)]


def test_unknown_accounts_are_told_of(app: Flask, file: Path) -> None:
    file.write_bytes((short_line("1", "999", "10,00") + "=1;10,00\r\n").encode("cp1251"))
    code, output = run(app, "registry", str(file), "--post")
    assert code == 0
    assert "Ждут решения в консоли: 1, 10,00" in output.replace("\N{NO-BREAK SPACE}", " ")


def test_keys_of_the_command(app: Flask, file: Path) -> None:
    assert run(app, "registry", "/nowhere")[0] == 2
    code, output = run(app, "registry", str(file), "--format", "наш")
    assert code == 1 and "Раскладки «наш» нет" in output
    code, output = run(app, "registry", str(file), "--supplier", "НЕТ")
    assert code == 1 and "Поставщика с кодом «НЕТ» нет" in output
    assert (
        run(app, "registry", str(file), "--format", "sber_eps", "--encoding", "cp866", "--day", "01.11.2026")[0] == 0
    )
    with db.connection_context():
        registry = Registry.get()
        assert (registry.layout, registry.encoding, f"{registry.day:%d.%m.%Y}") == ("sber_eps", "cp866", "01.11.2026")


def test_a_layout_of_the_utilitys_own_is_taken_from_its_folder(
    app: Flask, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "layouts"
    own.mkdir()
    (own / "наш_банк.toml").write_text(
        'title = "Наш банк"\nseparator = "|"\ndate = "yyyy-mm-dd"\n'
        "[fields]\noperation = 0\ndate = 1\naccount = 2\npaid = 3\n",
        "utf-8",
    )
    (own / "плохой.toml").write_text("title = 1", "utf-8")
    settings = replace(app.extensions["settings"], layouts_dir=str(own))
    monkeypatch.setitem(app.extensions, "settings", settings)
    file.write_text("77|2026-11-19|0012345678|12,50\n", "utf-8")
    code, output = run(app, "registry", str(file), "--post")
    assert code == 0 and "наш_банк" in output and taken() == [("open", 1250)]
    assert "! плохой: title: нужен текст в кавычках" in output
    code, output = run(app, "check")
    assert code == 1 and "✗ реестры: плохой: title: нужен текст" in output
