"""Payments that operators wrote down themselves: a registry for each supplier, way and day, its lines a bank's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import Any, NamedTuple, cast

from peewee import JOIN, SQL, ModelSelect, fn

from models.account import Account
from models.base import lock
from models.bill import Payment
from models.match import Match
from models.order import PAID, POSTED, Order, OrderLine
from models.registry import (
    DUPLICATE,
    MET,
    OPEN,
    REJECTED,
    TAKEN,
    BankOperation,
    Registry,
    RegistryLine,
    RegistryMatch,
)
from models.supplier import Supplier

LAYOUT = "оператор"  # no file is recognised as this one, and the console shows it as it is
CASH, TOLD = "Касса", "Со слов плательщика"


class Alike(NamedTuple):
    """A payment that is known already and may be the same: who tells of it, its day and its number."""

    source: str
    on: date
    name: str


def registry_of(supplier: Supplier, way: str, day: date, who: str, now: datetime) -> Registry:
    """The day's registry of the way, made by its first payment; locked, so that its lines have numbers in a row."""
    digest = sha256(f"desk|{supplier.id}|{way}|{day}".encode()).hexdigest()
    fresh = {
        "supplier": supplier.id, "layout": LAYOUT, "bank": way, "file_name": f"{way}, {day:%d.%m.%Y}.csv",
        "sha256": digest, "content": b"", "who": who, "created_at": now, "state": TAKEN, "day": day,
        "posted_at": now, "posted_by": who,
    }  # fmt: skip
    Registry.insert(fresh).on_conflict_ignore().execute()
    return lock(Registry.get(Registry.sha256 == digest))


def add(registry: Registry, key: str, **facts: object) -> RegistryLine | None:
    """One more line, taken in at once; None where the supplier has an operation of this key."""
    last = RegistryLine.select(fn.MAX(RegistryLine.line)).where(RegistryLine.registry == registry).scalar() or 0
    line = RegistryLine.create(registry=registry, line=int(last) + 1, key=key, state=OPEN, **facts)
    own = BankOperation.insert(supplier=registry.supplier_id, key=key, line=line.id)
    return line if own.on_conflict_ignore().as_rowcount().execute() else None


def take_back(line: RegistryLine, by: str, reason: str) -> bool:
    """The line counts no more, its number may come again; False where it is not open any more."""
    moved = RegistryLine.update(state=REJECTED, reason=reason, decided_by=by)
    done = moved.where(RegistryLine.id == line.id, RegistryLine.state == OPEN).execute()
    if done:
        BankOperation.delete().where(BankOperation.line == line.id).execute()
    return bool(done)


def alike(account: Account, amount: int, since: date, until: date, zone: tzinfo | None) -> list[Alike]:
    """What is known of payments of the account and the sum within the days, whoever tells of them; three queries.

    `zone` is the utility's: what was paid here is of its day.
    """
    billed = Payment.select(Payment.source, Payment.paid_on, Payment.identifier).where(
        Payment.account == account, Payment.amount == amount, Payment.paid_on.between(since, until)
    )
    told = (
        RegistryLine.select(Registry.bank, RegistryLine.paid_on, RegistryLine.operation)
        .join(Registry, on=(RegistryLine.registry == Registry.id))
        .where(
            RegistryLine.account == account, RegistryLine.amount == amount,
            RegistryLine.paid_on.between(since, until), RegistryLine.state == OPEN,
        )
    )  # fmt: skip
    paid = (
        OrderLine.select(Order.paid_at, Order.number)
        .join(Order)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(
            OrderLine.account == account, OrderLine.amount == amount, Order.state.in_((PAID, POSTED)),
            Match.id.is_null(),
        )
    )  # fmt: skip
    found = [Alike(source or "Расчётный центр", on, name) for source, on, name in _rows(billed)]
    found += [Alike(*row) for row in _rows(told)]
    found += [Alike("Кабинет", at.astimezone(zone).date(), number) for at, number in _rows(paid) if at is not None]
    return [one for one in found if since <= one.on <= until]


def _rows(query: Any) -> Iterable[tuple[Any, ...]]:
    return cast(Iterable[tuple[Any, ...]], query.tuples())


def of_account(account: Account, limit: int) -> list[RegistryLine]:
    """The newest payments that operators wrote down for the account, each with its registry; without files."""
    return list(_with_registry(RegistryLine.account == account).order_by(RegistryLine.id.desc()).limit(limit))


def of_operator(line_id: int, suppliers: set[int] | None) -> RegistryLine | None:
    """One of them with registry, account, supplier and house, if it is of these suppliers (None = of all)."""
    found: RegistryLine | None = _with_registry(RegistryLine.id == line_id).first()
    if found is None or (suppliers is not None and found.registry.supplier_id not in suppliers):
        return None
    found.account = Account.whole(found.account_id or 0)
    return found


def lines(registry: Registry) -> list[RegistryLine]:
    """What counts of a day's registry, in the order of writing."""
    rows = RegistryLine.select().where(RegistryLine.registry == registry, RegistryLine.state != REJECTED)
    return list(rows.order_by(RegistryLine.line))


def written_for(bank_lines: Sequence[RegistryLine], near: timedelta) -> list[RegistryLine]:
    """Payments written down by operators that a bank's lines may tell of, open or met, each with its registry."""
    accounts = {line.account_id for line in bank_lines if line.account_id is not None}
    if not accounts:
        return []
    days = [line.paid_on for line in bank_lines]
    near_by = RegistryLine.paid_on.between(min(days) - near, max(days) + near)
    counts = RegistryLine.state.in_((OPEN, MET))
    return list(_with_registry(RegistryLine.account.in_(accounts), near_by, counts).order_by(RegistryLine.id))


def taken_from(registry: Registry) -> list[RegistryLine]:
    """Lines of a bank's registry that came in just now, of accounts for which operators wrote something down."""
    desk, day = RegistryLine.alias(), Registry.alias()
    written = (
        desk.select(SQL("1"))
        .join(day, on=(desk.registry == day.id))
        .where(desk.account == RegistryLine.account, desk.state.in_((OPEN, MET)), day.layout == LAYOUT)
    )
    own = RegistryLine.registry == registry, RegistryLine.state == OPEN, RegistryLine.amount > 0
    return list(RegistryLine.select().where(*own, fn.EXISTS(written)).order_by(RegistryLine.id))


def hand_over(pairs: Mapping[int, int], reason: str) -> int:
    """What an operator wrote gives way to the bank's own line, with whatever has met it: written → the bank's."""
    for written, bank in pairs.items():
        if RegistryMatch.update(line=bank).where(RegistryMatch.line == written).execute():
            RegistryLine.update(state=MET).where(RegistryLine.id == bank).execute()
        gone = RegistryLine.update(state=DUPLICATE, reason=reason)
        gone.where(RegistryLine.id == written).execute()
    return len(pairs)


def _with_registry(*conditions: object) -> ModelSelect[RegistryLine]:
    rows = RegistryLine.select(RegistryLine, *Registry.listed()).join(
        Registry, on=(RegistryLine.registry == Registry.id)
    )
    return rows.where(Registry.layout == LAYOUT, *conditions)
