"""The report of what did not meet, and its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from exchange.writers import Cell, csv_bytes
from models import leftovers
from models.leftovers import Leftover, Sought

SHOWN = 100
MOST = 200_000  # rows of the file
HEADINGS = ("Что", "Поставщик", "Лицевой счёт", "День", "Сумма", "Номер", "Источник")
ORDERS, LINES, PAYMENTS = "orders", "lines", "payments"
TITLES = {
    ORDERS: "Оплачено на портале, нет в расчёте",
    LINES: "Есть в реестре банка, нет в расчёте",
    PAYMENTS: "Есть в расчёте, нет ни на портале, ни в реестрах",
}


@dataclass(frozen=True)
class Part:
    """Payments of one sort that did not meet: how many, kopecks, and as many rows as were asked for."""

    kind: str
    rows: list[Leftover]

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def count(self) -> int:
        return self.rows[0].count if self.rows else 0

    @property
    def total(self) -> int:
        return self.rows[0].total if self.rows else 0


def report(suppliers: set[int] | None, since: date, until: date, zone: tzinfo, limit: int = SHOWN) -> list[Part]:
    """What did not meet between two days, both included, of these suppliers (None = of all)."""
    begins = datetime.combine(since, time(), zone)
    ends = datetime.combine(until, time(), zone) + timedelta(days=1)
    sought = Sought(None if suppliers is None else frozenset(suppliers), since, until, begins, ends)
    return [
        Part(ORDERS, [_in_zone(row, zone) for row in leftovers.orders(sought, limit)]),
        Part(LINES, leftovers.lines(sought, limit)),
        Part(PAYMENTS, leftovers.payments(sought, limit)),
    ]


def _in_zone(row: Leftover, zone: tzinfo) -> Leftover:
    return replace(row, on=row.on.astimezone(zone).date())


def as_csv(parts: list[Part]) -> bytes:
    rows: list[list[Cell]] = [
        [part.title, row.supplier, row.account, row.on, Decimal(row.amount).scaleb(-2), row.name, row.source]
        for part in parts
        for row in part.rows
    ]
    return csv_bytes(HEADINGS, rows)
