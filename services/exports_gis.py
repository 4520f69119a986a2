"""Readings in the order of the template of ГИС ЖКХ «Импорт показаний ИПУ» (formats §3.4).

A row is a meter and a day, with its scales side by side in their order. Meters are named by the numbers of the
billing: those that ГИС ЖКХ gives them are not known to the portal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

from exchange.writers import Cell, xlsx_bytes
from models.exported import OutLine
from services.exports_numbers import shown

SHEET = "Импорт показаний ИПУ"
HEADINGS = (
    "Адрес дома", "Номер прибора учета", "Коммунальный ресурс", "Период, за который передаются показания",
    "Значение показания (Т1)", "Значение показания (Т2)", "Значение показания (Т3)", "Дата снятия показания",
    "Тех. возможность авто-расчета потребляемого объема",
)  # fmt: skip
OTHERS = {
    "Номер прибора учета": ("Номер ПУ в ГИС ЖКХ", "Номер ПУ"),
    "Период, за который передаются показания": ("Период",),
    "Значение показания (Т1)": ("Т1",),
    "Значение показания (Т2)": ("Т2",),
    "Значение показания (Т3)": ("Т3",),
    "Дата снятия показания": ("Дата снятия показаний",),
}
RESOURCES = {
    "холодная вода": "Холодная вода",
    "горячая вода": "Горячая вода",
    "электроэнергия": "Электрическая энергия",
    "отопление": "Тепловая энергия",
    "газ": "Газ",
}
MOST_SCALES = 3


def taken(lines: Sequence[OutLine]) -> list[OutLine]:
    """Those that the template has a resource for; the others wait for another export."""
    return [line for line in lines if line.kind in RESOURCES]


def book(lines: Iterable[OutLine], now: datetime) -> bytes:
    return xlsx_bytes(SHEET, HEADINGS, list(_rows(lines)), now)


def _rows(lines: Iterable[OutLine]) -> Iterator[list[Cell]]:
    for _, scales in groupby(sorted(lines, key=_place), key=_place):
        by_scale = {line.scale: line for line in scales}  # of two on one day the later stands
        first = next(iter(by_scale.values()))
        values: list[Cell] = [shown(line.value, line.decimals) for line in by_scale.values()]
        yield [
            _address(first), first.meter, RESOURCES[first.kind], f"{first.taken_on:%m.%Y}",
            *[*values, None, None, None][:MOST_SCALES], f"{first.taken_on:%d.%m.%Y}", None,
        ]  # fmt: skip


def _place(line: OutLine) -> tuple[str, str, str, str, date]:
    return line.supplier, line.account, line.service, line.meter, line.taken_on


def _address(line: OutLine) -> str:
    house = f"д. {line.house}" if line.house[:1].isdigit() else line.house
    return ", ".join(part for part in (line.settlement, line.street, house) if part)
