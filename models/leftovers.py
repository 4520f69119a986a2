"""What did not meet: orders and registries that the billing has not brought, and payments that it alone knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from peewee import JOIN, SQL, fn

from models.account import Account
from models.bill import Payment
from models.order import PAID, POSTED, Match, Order, OrderLine
from models.registry import Registry, RegistryLine, RegistryMatch
from models.supplier import Supplier


@dataclass(frozen=True)
class Sought:
    """Of which suppliers (None = of all) and days, both included; `begins` and `ends` are their moments."""

    suppliers: frozenset[int] | None
    since: date
    until: date
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Leftover:
    """A payment that did not meet. `on`: a day, of an order the moment of paying; `source`: gateway, bank, billing.

    `count` and `total` (kopecks) are of all such payments, however few are listed.
    """

    id: int
    supplier: str
    account: str
    on: Any
    amount: int
    name: str
    source: str
    count: int
    total: int


def orders(sought: Sought, limit: int) -> list[Leftover]:
    """What was paid here and the billing has not brought, old first."""
    rows = (
        OrderLine.select(*_columns(OrderLine.id, Order.paid_at, OrderLine.amount, Order.number, Order.gateway))
        .join(Order)
        .switch(OrderLine)
        .join(Account)
        .join(Supplier)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(
            Order.state.in_((PAID, POSTED)), Match.id.is_null(), Order.paid_at >= sought.begins,
            Order.paid_at < sought.ends, *_of(sought),
        )
        .order_by(Order.paid_at, OrderLine.id)
    )  # fmt: skip
    return _found(rows, limit)


def lines(sought: Sought, limit: int) -> list[Leftover]:
    """What the banks' registries tell of and the billing has not brought, old first."""
    line = RegistryLine
    rows = (
        line.select(*_columns(line.id, line.paid_on, line.amount, line.operation, Registry.bank))
        .join(Registry, on=(line.registry == Registry.id))
        .switch(line)
        .join(Account)
        .join(Supplier)
        .where(line.state == SQL("'open'"), line.paid_on.between(sought.since, sought.until), *_of(sought))
        .order_by(line.paid_on, line.id)
    )
    return _found(rows, limit)


def payments(sought: Sought, limit: int) -> list[Leftover]:
    """Payments of the billing that neither an order nor a registry tells of, old first."""
    rows = (
        Payment.select(*_columns(Payment.id, Payment.paid_on, Payment.amount, Payment.identifier, Payment.source))
        .join(Account)
        .join(Supplier)
        .switch(Payment)
        .join(Match, JOIN.LEFT_OUTER, on=Match.first_line())
        .switch(Payment)
        .join(RegistryMatch, JOIN.LEFT_OUTER)
        .where(
            Payment.paid_on.between(sought.since, sought.until), Match.id.is_null(), RegistryMatch.id.is_null(),
            *_of(sought),
        )
        .order_by(Payment.paid_on, Payment.id)
    )  # fmt: skip
    return _found(rows, limit)


def _columns(id_: Any, on: Any, amount: Any, name: Any, source: Any) -> tuple[Any, ...]:
    count, total = fn.COUNT(id_).over(), fn.SUM(amount).over()
    title = fn.COALESCE(fn.NULLIF(Supplier.short_name, ""), Supplier.name)
    return id_, title, Account.number, on, amount, name, source, count, total


def _of(sought: Sought) -> list[Any]:
    return [] if sought.suppliers is None else [Account.supplier.in_(sought.suppliers)]


def _found(rows: Any, limit: int) -> list[Leftover]:
    found = cast(Iterable[tuple[Any, ...]], rows.limit(limit).tuples())
    return [Leftover(*(*row[:7], int(row[7]), int(row[8]))) for row in found]  # PostgreSQL adds up to a Decimal
