"""What stands beside the billing's own figures until it meets them: paid here, told by banks, given back.

A payment made here stands beside the billing's until it is matched with one of them; from then on the billing's row
is the one that is shown, so nothing is counted twice (decisions 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from peewee import JOIN, SQL, fn

from models.bill import Payment
from models.checkout import Checkout
from models.gateway_event import GatewayEvent
from models.match import Match
from models.order import CREATED, EXPIRED, FAILED, PAID, POSTED, REFUNDED, SENT, Order, OrderLine
from models.prepared import Prepared
from models.refund import Refund, RefundLine
from models.registry import Registry, RegistryLine
from models.resident import Resident


@dataclass(frozen=True)
class Beside:
    """Money that stands beside a debt, kopecks.

    `after` its day by the billing, `unposted` paid here or told by a bank and not met yet, `sent` to the bank that
    has not answered; `back`: given back, and not reversed by the billing yet.
    """

    after: int = 0
    unposted: int = 0
    sent: int = 0
    back: int = 0

    @property
    def total(self) -> int:
        """What is not to be asked for again; a bank's silence counts, or the same debt would be paid twice."""
        return self.after + self.unposted + self.sent - self.back


class Own(NamedTuple):
    """A line of a portal's order that the billing has not met; `payer` is the resident's id.

    `refunded` of the whole order by now; `disputed`: another sum that the bank told of it, or None; kopecks.
    """

    id: int
    account: int
    amount: int
    order: int
    state: str
    receipt_url: str
    created_at: datetime
    sent_at: datetime | None
    paid_at: datetime | None
    payer: int | None
    refunded: int
    disputed: int | None


def paid_beside(days: Mapping[int, date | None]) -> dict[int, Beside]:
    """By account: what was paid after its day (None = the day is not known), whoever paid; one query."""
    if not days:
        return {}
    since = min((day for day in days.values() if day is not None), default=date.max)
    after, unposted, sent, back = (dict.fromkeys(days, 0) for _ in range(4))
    unmet = {SENT: sent, PAID: unposted, POSTED: unposted, REFUNDED: back}
    for account, on, amount, state in _BESIDE(accounts=tuple(days), since=since):
        day = days[account]
        if on is None:
            unmet[state][account] += amount
        elif day is not None and str(on) > day.isoformat():
            after[account] += amount
    return {account: Beside(after[account], unposted[account], sent[account], back[account]) for account in days}


def _beside(accounts: Any, since: Any) -> Any:
    """(account, day, sum, "") of the billing; with no day and a state: paid here, told by a bank, or given back."""
    billed = Payment.select(
        Payment.account, Payment.paid_on.alias("on"), Payment.amount, SQL("''").alias("state")
    ).where(Payment.account.in_(accounts), Payment.paid_on > since)
    own = (
        OrderLine.select(OrderLine.account, SQL("NULL").alias("on"), OrderLine.amount, Order.state)
        .join(Order)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(OrderLine.account.in_(accounts), Order.state.in_((SENT, PAID, POSTED)), Match.id.is_null())
    )
    back = RefundLine.unmet(
        OrderLine.account, SQL("NULL").alias("on"), RefundLine.amount, SQL(f"'{REFUNDED}'").alias("state")
    ).where(OrderLine.account.in_(accounts))
    told = RegistryLine.select(
        RegistryLine.account, SQL("NULL").alias("on"), RegistryLine.amount, SQL(f"'{PAID}'").alias("state")
    ).where(RegistryLine.account.in_(accounts), RegistryLine.state == SQL("'open'"))
    return billed.union_all(own).union_all(back).union_all(told).tuples()


_BESIDE: Prepared[tuple[int, Any, int, str]] = Prepared(_beside)


def orders(accounts: Iterable[int], resident: Resident) -> list[Own]:
    """Lines of the portal's orders that the billing has not met: paid ones of anybody, others of the resident.

    An order that ran out without the bank having heard of it is no event.

    Few, since a line leaves when it is posted.
    """
    return [Own(*row) for row in _ORDERS(accounts=tuple(accounts), resident=resident.id)]


def _orders(accounts: Any, resident: Any) -> Any:
    left_at_bank = (Order.state == EXPIRED) & Order.sent_at.is_null(False)
    own = (Checkout.resident == resident) & (Order.state.in_((CREATED, SENT, FAILED)) | left_at_bank)
    told = GatewayEvent.select(fn.MAX(GatewayEvent.amount)).where(GatewayEvent.order == Order.id)
    return (
        OrderLine.select(
            OrderLine.id, OrderLine.account, OrderLine.amount, OrderLine.order, Order.state, Order.receipt_url,
            Order.created_at, Order.sent_at, Order.paid_at, Checkout.resident,
            Order.refunded,
            told.where(GatewayEvent.outcome == "paid", GatewayEvent.verdict == "wrong amount"),
        )
        .join(Order)
        .join(Checkout)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(
            OrderLine.account.in_(accounts), Match.id.is_null(), Order.state.in_((PAID, POSTED, REFUNDED)) | own
        )
        .order_by(OrderLine.id.desc())
        .tuples()
    )  # fmt: skip


_ORDERS: Prepared[tuple[Any, ...]] = Prepared(_orders)


class Back(NamedTuple):
    """A part of an order that was given back, and that the billing has not reversed; `payer` is the resident's id."""

    id: int
    account: int
    amount: int
    order: int
    at: datetime
    payer: int | None


def refunds(accounts: Iterable[int]) -> list[Back]:
    """What was given back of payments that count; few, since a line leaves when the billing reverses it."""
    return [Back(*row) for row in _REFUNDS(accounts=tuple(accounts))]


def _refunds(accounts: Any) -> Any:
    columns = (
        RefundLine.id, OrderLine.account, RefundLine.amount, OrderLine.order, Refund.done_at, Checkout.resident,
    )  # fmt: skip
    return RefundLine.unmet(*columns).switch(Order).join(Checkout).where(OrderLine.account.in_(accounts)).tuples()


_REFUNDS: Prepared[tuple[Any, ...]] = Prepared(_refunds)


class Received(NamedTuple):
    """A payment that a bank's registry tells of and the billing has not met."""

    id: int
    account: int
    amount: int
    on: date
    bank: str


def told_by_banks(accounts: Iterable[int]) -> list[Received]:
    """Such payments of the accounts; few, since a line leaves when the billing brings it."""
    return [Received(*row) for row in _RECEIVED(accounts=tuple(accounts))]


_RECEIVED: Prepared[tuple[Any, ...]] = Prepared(
    lambda accounts: (
        RegistryLine.select(
            RegistryLine.id, RegistryLine.account, RegistryLine.amount, RegistryLine.paid_on, Registry.bank
        )
        .join(Registry, on=(RegistryLine.registry == Registry.id))
        .where(RegistryLine.account.in_(accounts), RegistryLine.state == SQL("'open'"))
        .order_by(RegistryLine.id.desc())
        .tuples()
    )
)
