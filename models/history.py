"""What has happened on accounts: payments of the billing and of the portal, readings and bills, newest first.

A payment made here stands beside the billing's until it is matched with one of them; from then on the billing's row
is the one that is shown, so nothing is counted twice (decisions 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import JOIN, SQL, ModelSelect, fn

from models.account import Account
from models.base import Base
from models.bill import Bill, Payment
from models.meter import Meter, Register
from models.order import FAILED, PAID, POSTED, SENT, Checkout, Match, Order, OrderLine
from models.reading import Reading
from models.supplier import Service, Supplier

PAYMENT, ORDER = 0, 1  # on one day the portal's own stand above the billing's


@dataclass(frozen=True)
class Span:
    """Which rows: of these accounts, from a day to a day, both included; None = without end."""

    accounts: tuple[int, ...]
    since: date | None = None
    until: date | None = None


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
