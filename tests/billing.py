"""Plays the utility's billing in the tests of exchange: small packages, written table by table."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models import TABLES, ImportAdded, ImportChange, ImportRun, RefusedRow, portable
from services.imports import Options, run_import
from services.imports_report import Report

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = "k" * 40

SUPPLIERS = "Код;Наименование;ИНН\nENERGO;АО «Свет»;0001001215\n"
SERVICES = """Поставщик;Код;Наименование;Единица измерения;Вид
ENERGO;EE;Электроэнергия;кВт*ч;электроэнергия
ENERGO;PENI;Пени;руб.;пени
"""
ACCOUNTS = """Поставщик;Лицевой счёт;Населённый пункт;Улица;Дом;Помещение
ENERGO;0010;г. Светлоречье;ул. Лесная;12;45
ENERGO;0020;г. Светлоречье;ул. Лесная;12;46
"""
METERS = """Поставщик;Лицевой счёт;Услуга;Номер счётчика;Разрядность;Шкалы
ENERGO;0010;EE;111;6;
ENERGO;0020;EE;222;6;День,Ночь
"""
BILLS = """Поставщик;Лицевой счёт;Номер;Дата;Период;Входящее сальдо;Начислено;Перерасчёты;Оплачено;К оплате
ENERGO;0010;1;31.10.2026;10.2026;0,00;100,00;0,00;0,00;100,00
"""
CHARGES = """Поставщик;Лицевой счёт;Счёт;Услуга;Объём;Начислено;Итого
ENERGO;0010;1;EE;20,50;90,00;90,00
ENERGO;0010;1;PENI;;10,00;10,00
"""
PLAIN = {"suppliers": SUPPLIERS, "services": SERVICES, "accounts": ACCOUNTS}
# The record of runs is kept apart from what the package says.
CONTENT = [table for table in TABLES if table not in (ImportRun, RefusedRow, ImportAdded, ImportChange)]


def write(folder: Path, **tables: str | bytes) -> Path:
    """A package of the tables: texts in UTF-8, bytes as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.csv").write_bytes(content)
    return folder


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def load(*paths: Path, **options: Any) -> Report:
    """Imports as the command does."""
    return run_import(paths, who="тест", now=lambda: NOW, options=Options(**options), data_key=KEY)


def load_tables(folder: Path, **tables: str | bytes) -> Report:
    return load(write(folder, **tables))


def content() -> dict[str, Sequence[Any]]:
    """Everything in the database but the record of runs."""
    return {table.__name__: list(portable.rows(table)) for table in CONTENT}


def refused(report: Report) -> list[tuple[str, int, str, str]]:
    """What was refused: table, line, column, reason."""
    rows = RefusedRow.select().where(RefusedRow.run == report.run).order_by(RefusedRow.table, RefusedRow.line)
    return [(row.table, row.line, row.heading, row.reason) for row in rows]
