"""Orders that pay what another order is about to pay: two tabs, two holders of an account, a press before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, cast

from peewee import JOIN, fn

from models.checkout import Checkout
from models.match import Match
from models.order import CREATED, PAID, SENT, Order, OrderLine
from models.resident import Resident


class Rival(NamedTuple):
    """An order and what it pays for one account, kopecks; `number` and `order` are told to whoever made it alone."""

    order: int
    number: str
    state: str
    account: int
    amount: int
    payer: int | None

    @property
    def mark(self) -> str:
        """What was seen of it: an order that has moved on since is news again."""
        return f"{self.order}-{self.state}"


def rivals(of: Checkout, accounts: Iterable[int], resident: Resident, now: datetime) -> list[Rival]:
    """Other presses' orders for these accounts that the bank has, or that were paid and are not met by the billing.

    One that waits for its confirmation counts for the resident's own: it may stand in another tab.
    """
    waits = (Order.state == CREATED) & (Order.expires_at > now) & (Checkout.resident == resident)
    rows = (
        OrderLine.select(
            Order.id, Order.number, Order.state, OrderLine.account, fn.SUM(OrderLine.amount), Checkout.resident
        )
        .join(Order)
        .join(Checkout)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(
            OrderLine.account.in_(list(accounts)),
            Order.checkout != of,
            Match.id.is_null(),
            Order.state.in_((SENT, PAID)) | waits,
        )
        .group_by(Order.id, Order.number, Order.state, OrderLine.account, Checkout.resident)
        .order_by(Order.id, OrderLine.account)
        .tuples()
    )
    found = cast(Iterable[tuple[int, str, str, int, int, int | None]], rows)
    return [
        Rival(order, number, state, account, int(amount), payer)
        for order, number, state, account, amount, payer in found
    ]
