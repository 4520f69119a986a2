"""`flask import` and `flask export`: what they print, what they write, how they end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from models import db
from tests import factories
from tests.billing import write

pytestmark = pytest.mark.commits


def run(app: Flask, *words: str) -> tuple[int, str]:
    with app.app_context():
        result = app.test_cli_runner().invoke(args=list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_import_command_reports_and_tells_by_its_exit_code(app: Flask, packages: Path, tmp_path: Path) -> None:
    code, output = run(app, "import", str(packages / "manuals"))
    assert code == 0 and "Начисления" in output and "Запись: 100 %" in output
    bad = write(
        tmp_path / "bad", payments="Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\nKAMAL;1002154;x;вчера;1\n"
    )
    code, output = run(app, "import", str(bad), "--refused", str(tmp_path / "out"))
    assert code == 1 and "Непринятые строки" in output
    assert "Это не дата" in (tmp_path / "out" / "payments.csv").read_text("utf-8-sig")
    assert run(app, "import", str(bad), "--strict")[0] == 1
    code, output = run(app, "import", str(packages / "manuals"), "--dry-run")
    assert code == 0 and "ничего не записано" in output
    assert run(app, "import")[0] == run(app, "import", "/nowhere")[0] == 2
    (tmp_path / "p.zip").write_bytes(b"nonsense")
    code, output = run(app, "import", str(tmp_path / "p.zip"))
    assert code == 1 and "не читается как архив" in output


def test_plain_files_on_the_command_line_are_one_package(app: Flask, packages: Path) -> None:
    files = sorted(str(path) for path in (packages / "manuals").glob("*.csv"))
    assert run(app, "import", *reversed(files))[0] == 0


def test_the_export_command_writes_a_file_and_gives_a_batch_again(app: Flask, tmp_path: Path) -> None:
    assert run(app, "export", "readings")[0] == 2
    assert run(app, "export", "readings", "--since", "2026-11-01") == (
        0, "Новых показаний нет. Прежние даёт отметка о повторе (ключ --again) или выгрузка по её номеру.\n",
    )  # fmt: skip
    with db.connection_context():
        register = factories.meter(factories.account()).registers.get()
        factories.reading(register, 50, date(2026, 11, 20), origin="resident")
    code, _ = run(app, "export", "readings", "--since", "01.11.2026", "--out", str(tmp_path))
    first = (tmp_path / "readings-0001.csv").read_bytes()
    assert code == 0 and first.startswith(b"\xef\xbb\xbf")
    code, output = run(app, "export", "readings", "--batch", "1", "--out", str(tmp_path / "none" / "again.csv"))
    assert code == 1 and "--batch 1 --out" in output and "№ 1 сделана" in output
    assert run(app, "export", "readings", "--batch", "1", "--out", str(tmp_path / "again.csv"))[0] == 0
    assert (tmp_path / "again.csv").read_bytes() == first
