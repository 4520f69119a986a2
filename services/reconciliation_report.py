"""The report of what did not meet, and its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from exchange.writers import Cell, csv_bytes
from models import leftovers
from models.leftovers import Leftover, Sought

SHOWN = 100
COUNTED = 300  # the page counts no further: it is looked at, the file is added up
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
    """Payments of one sort that did not meet, old first; `has_more` than these."""

    kind: str
    rows: list[Leftover]
    has_more: bool = False

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def total(self) -> int:
        """Kopecks of those that are counted."""
        return sum(row.amount for row in self.rows)


def report(
    suppliers: set[int] | None, since: date, until: date, zone: tzinfo, limit: int | None = None
) -> list[Part]:
    """What did not meet between two days, both included, of these suppliers (None = of all); so many at most."""
    limit = COUNTED if limit is None else limit
    begins = datetime.combine(since, time(), zone)
    ends = datetime.combine(until, time(), zone) + timedelta(days=1)
    sought = Sought(None if suppliers is None else frozenset(suppliers), since, until, begins, ends)
    orders = [_in_zone(row, zone) for row in leftovers.orders(sought, limit + 1)]
    return [
        _part(ORDERS, orders, limit),
        _part(LINES, leftovers.lines(sought, limit + 1), limit),
        _part(PAYMENTS, leftovers.payments(sought, limit + 1), limit),
    ]


def _part(kind: str, rows: list[Leftover], limit: int) -> Part:
    return Part(kind, rows[:limit], len(rows) > limit)


def _in_zone(row: Leftover, zone: tzinfo) -> Leftover:
    return replace(row, on=row.on.astimezone(zone).date())


def as_csv(parts: list[Part]) -> bytes:
    rows: list[list[Cell]] = [
        [part.title, row.supplier, row.account, row.on, Decimal(row.amount).scaleb(-2), row.name, row.source]
        for part in parts
        for row in part.rows
    ]
    return csv_bytes(HEADINGS, rows)
