"""A sample package for one supplier: what the billing's files look like, with two invented accounts.

It loads cleanly as it is. The supplier itself is left out, so that nothing of it is overwritten.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta

from exchange.tables import BY_NAME

_OF = "supplier account "
_COLUMNS = {
    "services": "supplier code name unit kind position",
    "tariffs": "supplier service scale since price",
    "accounts": _OF + "kind surname name patronymic settlement street house flat area registered",
    "meters": _OF + "service number digits decimals scales verified_until",
    "readings": _OF + "number scale taken_on value source",
    "bills": _OF + "number issued_on period opening charged recalculated paid to_pay due_on",
    "charges": _OF + "bill service scale unit tariff volume method reading_before reading_after charged total",
    "payments": _OF + "identifier paid_on amount source",
    "balances": _OF + "service as_of amount",
}
_SCALE = "Круглосуточный"
_SERVICE, _UNIT = "OBRAZEC", "м³"
# account, surname, name, patronymic, flat, meter, before, after, opening, paid: volume × 40 is the charge
_HOMES = (
    ("ОБРАЗЕЦ-1", "Образцова", "Мария", "Ивановна", "1", "ОБР-0001", 100, 105, "0,00", "0,00", "200,00", "200,00"),
    ("ОБРАЗЕЦ-2", "Примеров", "Пётр", "Сергеевич", "2", "ОБР-0002", 300, 304, "150,00", "150,00", "160,00", "160,00"),
)


def sample(supplier: str, today: date) -> bytes:
    """A .zip of CSV tables (UTF-8 with BOM, `;`) for the supplier's code; bills of the month before `today`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for table, rows in _rows(supplier, today).items():
            stamp = zipfile.ZipInfo(f"{table}.csv", (today.year, today.month, today.day, 0, 0, 0))
            packed.writestr(stamp, _csv(table, rows))
    return archive.getvalue()


def _csv(table: str, rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    put = csv.writer(text, delimiter=";", lineterminator="\r\n").writerow
    put([BY_NAME[table].column(name).heading for name in _COLUMNS[table].split()])
    for row in rows:
        put(row)
    return text.getvalue().encode("utf-8-sig")


def _rows(supplier: str, today: date) -> dict[str, list[tuple[object, ...]]]:
    first = today.replace(day=1)
    last = first - timedelta(days=1)  # of the month that is billed
    before = last.replace(day=1) - timedelta(days=1)
    year = date(last.year, 1, 1)
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _COLUMNS}
    rows["services"].append((supplier, _SERVICE, "Холодная вода (образец)", _UNIT, "холодная вода", 10))
    rows["tariffs"].append((supplier, _SERVICE, _SCALE, _day(year), "40,00"))
    for number, surname, name, patronymic, flat, meter, was, now, opening, paid, charged, owed in _HOMES:
        own, bill = (supplier, number), f"{number}-{last:%m%Y}"
        home = ("г. Образцовый", "ул. Примерная", "1", flat, "50,0", 2)
        rows["accounts"].append((*own, "физ", surname, name, patronymic, *home))
        rows["meters"].append((*own, _SERVICE, meter, 5, 0, _SCALE, _day(date(last.year + 4, 12, 31))))
        rows["readings"] += [
            (*own, meter, _SCALE, _day(day), value, "расчётный центр") for day, value in ((before, was), (last, now))
        ]
        sums = (opening, charged, "0,00", paid, owed)
        rows["bills"].append((*own, bill, _day(last), f"{last:%m.%Y}", *sums, _day(first.replace(day=15))))
        used = ("40,00", now - was, "прибор", was, now, charged, charged)
        rows["charges"].append((*own, bill, _SERVICE, _SCALE, _UNIT, *used))
        rows["balances"].append((*own, "", _day(last), owed))
        if paid != "0,00":
            rows["payments"].append((*own, f"{number}-1", _day(last), paid, "банк"))
    return rows


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
