"""Which line of an order is which payment of the billing, and what of the orders is met in full by them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from peewee import JOIN, ForeignKeyField, IntegerField

from models.base import Base, UtcField
from models.bill import Payment
from models.order import PAID, POSTED, Order, OrderLine


class Match(Base):
    """An order line met in the billing's payments: counted once from then on (decisions 5).

    A payment may meet all lines of an account in an order; `position` is a line's place among them, and a payment
    has one line at each: two orders cannot share it. With the payment go all its matches.
    """

    line = ForeignKeyField(OrderLine, unique=True, backref="matches")
    payment = ForeignKeyField(Payment, index=False, on_delete="CASCADE")
    payment_id: int
    position = IntegerField(default=0)
    matched_at = UtcField()

    class Meta:
        indexes = ((("payment", "position"), True),)

    @classmethod
    def candidates(cls, accounts: Iterable[int], since: date) -> list[Payment]:
        """The billing's payments of the accounts from a day on that no line has met; reversals are none."""
        return list(
            Payment.select(Payment)
            .join(cls, JOIN.LEFT_OUTER)
            .where(
                Payment.account.in_(list(accounts)), Payment.paid_on >= since, Payment.amount > 0, cls.id.is_null()
            )
            .order_by(Payment.paid_on, Payment.id)
        )

    @classmethod
    def made(cls, line: int, payment: int, position: int, now: datetime) -> bool:
        """Joins a line and a payment; False where the line, or the payment's place, has been taken meanwhile."""
        facts = {"line": line, "payment": payment, "position": position, "matched_at": now}
        return bool(cls.insert(**facts).on_conflict_ignore().as_rowcount().execute())

    @classmethod
    def first_line(cls) -> Any:
        """The condition under which a payment joins its match once, however many lines it paid."""
        return (cls.payment == Payment.id) & (cls.position == 0)

    @classmethod
    def post(cls, ids: Iterable[int]) -> int:
        """Those of the paid orders all of whose lines are matched are posted; how many."""
        open_line = (
            OrderLine.select(OrderLine.order)
            .join(cls, JOIN.LEFT_OUTER)
            .where(OrderLine.order.in_(list(ids)), cls.id.is_null())
        )
        posted = Order.update(state=POSTED).where(
            Order.id.in_(list(ids)), Order.state == PAID, Order.id.not_in(open_line)
        )
        return int(posted.execute())

    @classmethod
    def unmet(cls) -> list[int]:
        """Posted orders with a line that is matched no more, since the billing withdrew its payment."""
        rows = (
            OrderLine.select(OrderLine.order)
            .join(cls, JOIN.LEFT_OUTER)
            .switch(OrderLine)
            .join(Order)
            .where(cls.id.is_null(), Order.state == POSTED)
            .tuples()
        )
        return [order for (order,) in cast(Iterable[tuple[int]], rows)]

    @classmethod
    def unmatched(cls, orders: Iterable[Order]) -> list[OrderLine]:
        """The lines of the orders that the billing has not met, each with its order."""
        return list(
            OrderLine.select(OrderLine, Order)
            .join(Order)
            .switch(OrderLine)
            .join(cls, JOIN.LEFT_OUTER)
            .where(OrderLine.order.in_([order.id for order in orders]), cls.id.is_null())
            .order_by(OrderLine.id)
        )
