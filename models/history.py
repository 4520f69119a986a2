"""What has happened on accounts: payments of the billing and of the portal, readings and bills, newest first.

A payment made here stands beside the billing's until it is matched with one of them; from then on the billing's row
is the one that is shown, so nothing is counted twice (decisions 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import JOIN, SQL, ModelSelect, fn

from models.bill import Bill, Payment
from models.meter import Meter, Register
from models.order import FAILED, PAID, POSTED, REFUNDED, SENT, Checkout, Match, Order, OrderLine
from models.reading import Reading
from models.resident import Resident
from models.supplier import Service


@dataclass(frozen=True)
class Span:
    """Which rows: of these accounts, from a day to a day, both included; None = without end."""

    accounts: tuple[int, ...]
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Place:
    """Where a page of a list ended: the value it is sorted by, and the id of its last row."""

    value: Any
    id: int


@dataclass(frozen=True)
class Beside:
    """Money that stands beside a debt, kopecks: `after` its day by the billing, `unposted` paid here, not met yet."""

    after: int = 0
    unposted: int = 0

    @property
    def total(self) -> int:
        return self.after + self.unposted


def paid_beside(days: Mapping[int, date | None]) -> dict[int, Beside]:
    """By account: what was paid after its day (None = the day is not known), whoever paid; one query."""
    if not days:
        return {}
    known = [day for day in days.values() if day is not None]
    billed = Payment.select(Payment.account, Payment.paid_on.alias("on"), Payment.amount).where(
        Payment.account.in_([account for account, day in days.items() if day is not None]),
        Payment.paid_on > min(known, default=date.max),
    )
    after, waiting = dict.fromkeys(days, 0), dict.fromkeys(days, 0)
    for account, on, amount in billed.union_all(_unposted(days)).tuples():
        day = days[account]
        if on is None:
            waiting[account] += amount
        elif day is not None and str(on) > day.isoformat():
            after[account] += amount
    return {account: Beside(after[account], waiting[account]) for account in days}


def _unposted(accounts: Iterable[int]) -> ModelSelect[OrderLine]:
    """(account, no day, sum) of what was paid here and the billing has not met."""
    return (
        OrderLine.select(OrderLine.account, SQL("NULL").alias("on"), OrderLine.amount)
        .join(Order)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(OrderLine.account.in_(list(accounts)), Order.state.in_((PAID, POSTED)), Match.id.is_null())
    )


def payments(span: Span, sort: str, after: Place | None, limit: int) -> list[Payment]:
    """The billing's payments, each with its service and the order it was met in; `sort`: date, -date, sum, -sum."""
    rows = (
        Payment.select(Payment, Service, Match, OrderLine, Order, Checkout)
        .join(Service, JOIN.LEFT_OUTER)
        .switch(Payment)
        .join(Match, JOIN.LEFT_OUTER, attr="match")
        .join(OrderLine, JOIN.LEFT_OUTER)
        .join(Order, JOIN.LEFT_OUTER)
        .join(Checkout, JOIN.LEFT_OUTER)
        .where(*_within(span, Payment.account, Payment.paid_on))
    )
    key = Payment.amount if sort.endswith("sum") else Payment.paid_on
    return list(_page(rows, key, Payment.id, sort.startswith("-"), after, limit))


def payments_total(span: Span) -> tuple[int, int]:
    """(how many, kopecks) of the billing's payments."""
    row = (
        Payment.select(fn.COUNT(Payment.id), fn.SUM(Payment.amount))
        .where(*_within(span, Payment.account, Payment.paid_on))
        .scalar(as_tuple=True)
    )
    return int(row[0]), int(row[1] or 0)


def orders(accounts: Iterable[int], resident: Resident) -> list[OrderLine]:
    """Lines of the portal's orders that the billing has not met: paid ones of anybody, others of the resident.

    Each with order and checkout; few, since a line leaves when it is posted.
    """
    own = (Checkout.resident == resident) & Order.state.in_((SENT, FAILED))
    return list(
        OrderLine.select(OrderLine, Order, Checkout)
        .join(Order)
        .join(Checkout)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(
            OrderLine.account.in_(list(accounts)),
            Match.id.is_null(),
            Order.state.in_((PAID, POSTED, REFUNDED)) | own,
        )
        .order_by(OrderLine.id.desc())
    )


def readings(span: Span, sort: str, after: Place | None, limit: int) -> list[Reading]:
    """Readings of the accounts' meters, each with register, meter, service and the bill that used it."""
    rows = (
        Reading.select(Reading, Register, Meter, Service, Bill)
        .join(Register)
        .join(Meter)
        .join(Service)
        .switch(Reading)
        .join(Bill, JOIN.LEFT_OUTER)
        .where(*_within(span, Meter.account, Reading.taken_on))
    )
    return list(_page(rows, Reading.taken_on, Reading.id, sort.startswith("-"), after, limit))


def readings_total(span: Span) -> int:
    rows = Reading.select().join(Register).join(Meter).where(*_within(span, Meter.account, Reading.taken_on))
    return int(rows.count())


def bills(span: Span, sort: str, after: Place | None, limit: int) -> list[Bill]:
    """Bills of the accounts; by date they follow their order key, by sum what is to pay."""
    rows = Bill.select().where(*_within(span, Bill.account, Bill.issued_on))
    key = Bill.to_pay if sort.endswith("sum") else Bill.order_key
    return list(_page(rows, key, Bill.id, sort.startswith("-"), after, limit))


def bills_total(span: Span) -> int:
    return int(Bill.select().where(*_within(span, Bill.account, Bill.issued_on)).count())


def _within(span: Span, account: Any, day: Any) -> list[Any]:
    limits = [account.in_(span.accounts)]
    if span.since is not None:
        limits.append(day >= span.since)
    if span.until is not None:
        limits.append(day <= span.until)
    return limits


def _page(rows: ModelSelect[Any], key: Any, id_: Any, falling: bool, after: Place | None, limit: int) -> Any:
    """A page by its key, not by counting rows: the hundredth page costs what the first does."""
    if after is not None:
        beyond = key < after.value if falling else key > after.value
        same = id_ < after.id if falling else id_ > after.id
        rows = rows.where(beyond | ((key == after.value) & same))
    ordering = (key.desc(), id_.desc()) if falling else (key.asc(), id_.asc())
    return rows.order_by(*ordering).limit(limit)
