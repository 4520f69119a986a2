"""What did not meet: orders and registries that the billing has not brought, and payments that it alone knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from peewee import SQL, fn

from models.account import Account
from models.bill import Payment
from models.match import Match
from models.order import PAID, POSTED, Order, OrderLine
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
    """A payment that did not meet. `on`: its day, of an order the moment of paying; `source`: who told of it."""

    id: int
    supplier: str
    account: str
    on: Any
    amount: int
    name: str
    source: str


def orders(sought: Sought, limit: int) -> list[Leftover]:
    """What was paid here and the billing has not brought, old first."""
    rows = (
        OrderLine.select(*_columns(OrderLine.id, Order.paid_at, OrderLine.amount, Order.number, Order.gateway))
        .join(Order)
        .switch(OrderLine)
        .join(Account)
        .join(Supplier)
        .where(
            Order.state.in_((PAID, POSTED)), _none(Match, Match.line == OrderLine.id), Order.paid_at >= sought.begins,
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
        .where(
            Payment.paid_on.between(sought.since, sought.until), _none(Match, Match.payment == Payment.id),
            _none(RegistryMatch, RegistryMatch.payment == Payment.id), *_of(sought),
        )
        .order_by(Payment.paid_on, Payment.id)
    )  # fmt: skip
    return _found(rows, limit)


def _columns(id_: Any, on: Any, amount: Any, name: Any, source: Any) -> tuple[Any, ...]:
    title = fn.COALESCE(fn.NULLIF(Supplier.short_name, ""), Supplier.name)
    return id_, title, Account.number, on, amount, name, source


def _none(model: Any, condition: Any) -> Any:
    """No row of the model is one of this: said so, PostgreSQL knows that many are left, and stops at the limit."""
    return ~fn.EXISTS(model.select(SQL("1")).where(condition))


def _of(sought: Sought) -> list[Any]:
    return [] if sought.suppliers is None else [Account.supplier.in_(sought.suppliers)]


def _found(rows: Any, limit: int) -> list[Leftover]:
    return [Leftover(*row) for row in cast(Iterable[tuple[Any, ...]], rows.limit(limit).tuples())]
