"""Money given back: a negative payment, told by the bank or asked for by an operator; counted by account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import JOIN, SQL, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.base import Base, KopecksField, UtcField
from models.bill import Payment
from models.match import Match
from models.order import PAID, POSTED, Order, OrderLine
from models.run import ExportBatch

ASKED, DONE, DECLINED = "asked", "done", "declined"


class Refund(Base):
    """One giving back of an order's money. `key`: ours, the same in every try; `who` asked for it, "" = the bank."""

    order = ForeignKeyField(Order, backref="refunds")
    order_id: int
    key = TextField(unique=True)
    amount = KopecksField()
    state = TextField(default=ASKED)
    reason = TextField(default="")
    who = TextField(default="")
    asked_at = UtcField()
    done_at = UtcField(null=True)
    poll_at = UtcField(null=True)
    polls = IntegerField(default=0)

    @classmethod
    def to_ask(cls, now: datetime, limit: int) -> list[Refund]:
        """Those that the bank has not answered and whose time has come; a literal for the partial index."""
        due = cls.poll_at.is_null() | (cls.poll_at <= now)
        query = cls.select(cls, Order).join(Order).where(cls.state == SQL(f"'{ASKED}'"), due)
        return list(query.order_by(cls.id).limit(limit))

    @classmethod
    def asked_of(cls, order: Order) -> list[Refund]:
        """The order's refunds that the bank has not answered, oldest first."""
        return list(cls.select().where(cls.order == order, cls.state == ASKED).order_by(cls.id))

    @classmethod
    def of_order(cls, order: Order) -> ModelSelect[Refund]:
        return cls.select().where(cls.order == order).order_by(cls.id)

    def moved(self, to: str, before: str, **facts: object) -> bool:
        """Changes the state where it still is `before`; False when someone was faster."""
        here = (type(self).id == self.id) & (type(self).state == before)
        return bool(type(self).update(state=to, **facts).where(here).execute())

    def claimed(self, now: datetime, until: datetime) -> bool:
        """Takes the right to ask the bank till `until`; one of many gets it."""
        due = type(self).poll_at.is_null() | (type(self).poll_at <= now)
        here = (type(self).id == self.id) & (type(self).state == ASKED) & due
        return bool(type(self).update(poll_at=until).where(here).execute())


Refund.add_index(Refund.index(Refund.id, where=Refund.state == ASKED, name="refund_to_ask"))


class RefundLine(Base):
    """What of a refund goes off an account; `payment`: the billing's reversal that it was met with.

    `batch`: the export that told the billing of it.
    """

    refund = ForeignKeyField(Refund, backref="lines")
    line = ForeignKeyField(OrderLine, backref="refunds")
    line_id: int
    amount = KopecksField()
    payment = ForeignKeyField(Payment, null=True, unique=True, on_delete="SET NULL")
    batch = ForeignKeyField(ExportBatch, null=True)

    @classmethod
    def back_of(cls, order: Order) -> dict[int, int]:
        """Kopecks given back by line of the order."""
        found: dict[int, int] = {}
        for row in cls.select(cls).join(OrderLine).where(OrderLine.order == order):
            found[row.line_id] = found.get(row.line_id, 0) + row.amount
        return found

    @classmethod
    def unmet(cls, *columns: Any) -> ModelSelect[RefundLine]:
        """Lines whose payment counts while the billing has not reversed it, joined with line, order and refund.

        Where an order is given back in full and the billing never heard of its payment, nothing is to be reversed.
        """
        return cls._open(*columns).where(Match.id.is_null(False) | Order.state.in_((PAID, POSTED)))

    @classmethod
    def to_meet(cls) -> list[RefundLine]:
        """Those that the billing may reverse, since it has met their payment."""
        return list(cls._open().where(Match.id.is_null(False)).order_by(cls.id))

    @classmethod
    def _open(cls, *columns: Any) -> ModelSelect[RefundLine]:
        return (
            cls.select(*(columns or (cls, OrderLine, Refund)))
            .join(Refund)
            .switch(cls)
            .join(OrderLine)
            .join(Match, JOIN.LEFT_OUTER)
            .switch(OrderLine)
            .join(Order)
            .where(cls.payment.is_null())
        )

    @classmethod
    def reversals(cls, accounts: Iterable[int], since: date) -> list[Payment]:
        """The billing's negative payments of the accounts from a day on that no refund has met."""
        return list(
            Payment.select()
            .join(cls, JOIN.LEFT_OUTER)
            .where(
                Payment.account.in_(list(accounts)), Payment.paid_on >= since, Payment.amount < 0, cls.id.is_null()
            )
            .order_by(Payment.paid_on, Payment.id)
        )

    @classmethod
    def meet(cls, line: int, payment: int) -> bool:
        """Joins a line and a reversal; False where someone was faster."""
        taken = cls.select(cls.id).where(cls.payment == payment)
        return bool(
            cls.update(payment=payment).where(cls.id == line, cls.payment.is_null(), ~fn.EXISTS(taken)).execute()
        )


RefundLine.add_index(RefundLine.index(RefundLine.id, where=RefundLine.payment.is_null(), name="refundline_unmet"))
