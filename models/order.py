"""Payments on their way: order per merchant → line → match with the billing; a checkout is one press of many."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, SQL, Case, Expression, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.account import Account, House
from models.base import Base, KopecksField, UtcField
from models.bill import Bill
from models.checkout import Checkout
from models.resident import Resident
from models.run import ExportBatch
from models.supplier import Service, Supplier

# created → sent → paid | failed | expired → posted; refunded (product R7.6).
CREATED, SENT, PAID, FAILED, EXPIRED, POSTED, REFUNDED = (
    "created",
    "sent",
    "paid",
    "failed",
    "expired",
    "posted",
    "refunded",
)
OVER = (PAID, POSTED, FAILED, EXPIRED)  # may still change by the bank's word


class Paid(NamedTuple):
    """How many orders were paid since the month began and since today did, and kopecks without the fees."""

    month_count: int
    month_sum: int
    today_count: int
    today_sum: int


class Order(Base):
    """One trip to one merchant's gateway. `amount` without the fee; the bank is asked for amount + fee."""

    checkout = ForeignKeyField(Checkout, backref="orders")
    checkout_id: int
    supplier = ForeignKeyField(Supplier)
    supplier_id: int
    gateway = TextField()
    number = TextField(unique=True)
    amount = KopecksField()
    fee = KopecksField(default=0)
    refunded = KopecksField(default=0)
    state = TextField(default=CREATED)
    provider_id = TextField(null=True)
    provider_url = TextField(default="")
    bill = ForeignKeyField(Bill, null=True, on_delete="SET NULL")
    masked_card = TextField(default="")
    receipt_url = TextField(default="")
    reason = TextField(default="")
    created_at = UtcField()
    sent_at = UtcField(null=True)
    paid_at = UtcField(null=True)
    expires_at = UtcField()
    poll_at = UtcField(null=True)
    polls = IntegerField(default=0)

    class Meta:
        table_name = "payment_order"  # ORDER is a word of SQL
        indexes = ((("gateway", "provider_id"), True),)

    @classmethod
    def numbered(cls, **facts: Any) -> Order:
        """A new order under the next running number (its own id: two at once cannot meet)."""
        order: Order = cls.create(number=f"new-{facts['checkout'].id}-{facts['supplier'].id}", **facts)
        order.number = str(order.id)
        order.save()
        return order

    @classmethod
    def numbered_by_account(cls, account: str, moment: datetime, **facts: Any) -> Order:
        """A new order numbered `account/yyyymmddhhmmss/NN`; banks take 32 signs, so a long account keeps its end."""
        for position in range(1, 100):
            number = f"{re.sub(r'[^0-9A-Za-zА-Яа-я]', '-', account)[-14:]}/{moment:%Y%m%d%H%M%S}/{position:02d}"
            fresh = cls.insert(number=number, **facts).on_conflict_ignore().as_rowcount().execute()
            if fresh:
                return cls.get(cls.number == number)
        raise RuntimeError("a hundred orders of one account in one second")

    @property
    def total(self) -> int:
        """What the bank is asked for: the sum and its fee, kopecks."""
        return int(self.amount) + int(self.fee)

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[Order]:
        """The resident's own orders, each with checkout and supplier."""
        return (
            cls.select(cls, Checkout, Supplier)
            .join(Checkout)
            .switch(cls)
            .join(Supplier)
            .where(Checkout.resident == resident)
        )

    @classmethod
    def whole(cls, order: int) -> Order:
        """The order as it is now, with what its bank is told of it."""
        query = cls.select(cls, Checkout, Supplier, Bill, Resident).join(Checkout).join(Resident, JOIN.LEFT_OUTER)
        found: Order = (
            query.switch(cls).join(Supplier).switch(cls).join(Bill, JOIN.LEFT_OUTER).where(cls.id == order).get()
        )
        return found

    @classmethod
    def of_checkout(cls, checkout: Checkout) -> ModelSelect[Order]:
        """The orders of one press in the order in which the bank is asked, each with its supplier and bill."""
        return (
            cls.select(cls, Supplier, Bill)
            .join(Supplier)
            .switch(cls)
            .join(Bill, JOIN.LEFT_OUTER)
            .where(cls.checkout == checkout)
            .order_by(cls.id)
        )

    @classmethod
    def of_operator(cls, order_id: int, suppliers: Iterable[int] | None) -> Order | None:
        """The order, if one who works for these suppliers (None = all) may see it."""
        found: Order | None = cls._served(suppliers).where(cls.id == order_id).first()
        return found

    @classmethod
    def of_number(cls, number: str, suppliers: Iterable[int] | None) -> Order | None:
        """The same by its number, or by the bank's."""
        found: Order | None = (
            cls._served(suppliers).where((cls.number == number) | (cls.provider_id == number)).first()
        )
        return found

    @classmethod
    def waits_long(cls, since: Any) -> tuple[Expression, ...]:
        """Sent to the bank before the moment, and no answer yet; the states of the partial index as literals."""
        unfinished = cls.state.in_((SQL(f"'{CREATED}'"), SQL(f"'{SENT}'")))
        return (unfinished, cls.state == SQL(f"'{SENT}'"), cls.sent_at < since)

    @classmethod
    def hanging(cls, suppliers: Iterable[int] | None, since: datetime, after: int | None, limit: int) -> list[Order]:
        """So many of those, oldest first, each with checkout and supplier; `after`: those that were begun later."""
        rows = cls._served(suppliers).where(*cls.waits_long(since)).order_by(cls.id).limit(limit)
        return list(rows if after is None else rows.where(cls.id > after))

    @classmethod
    def paid_since(cls, suppliers: Iterable[int] | None, month: datetime, day: datetime) -> Paid:
        """What was paid since two moments, the later one within the earlier's time: out of the index alone."""
        today = cls.paid_at >= day
        rows = cls.select(
            fn.COUNT(SQL("*")), fn.COALESCE(fn.SUM(cls.amount), 0),
            fn.COALESCE(fn.SUM(Case(None, [(today, 1)], 0)), 0),
            fn.COALESCE(fn.SUM(Case(None, [(today, cls.amount)], 0)), 0),
        ).where(cls.paid_at.is_null(False), cls.paid_at >= month)  # fmt: skip
        rows = rows if suppliers is None else rows.where(cls.supplier.in_(list(suppliers)))
        [figures] = cast(Iterable[tuple[Any, ...]], rows.tuples())
        return Paid(*map(int, figures))

    @classmethod
    def _served(cls, suppliers: Iterable[int] | None) -> ModelSelect[Order]:
        query = cls.select(cls, Checkout, Supplier).join(Checkout).switch(cls).join(Supplier)
        return query if suppliers is None else query.where(cls.supplier.in_(list(suppliers)))

    @classmethod
    def gateways_under_way(cls) -> list[str]:
        """The gateways that orders wait for; a literal for the partial index."""
        rows = cls.select(cls.gateway).where(cls.state == SQL(f"'{SENT}'")).distinct().tuples()
        return [name for (name,) in cast(Iterable[tuple[str]], rows)]

    @classmethod
    def told_by(cls, gateway: str, number: str, provider_id: str) -> Order | None:
        """The order a gateway speaks of: by its own id (it may know our number with a tail), else by our number.

        An order that has an id is not paid by another one: a database that was restored gives out numbers again.
        """
        query = (
            cls.select(cls, Checkout, Resident)
            .join(Checkout)
            .join(Resident, JOIN.LEFT_OUTER)
            .where(cls.gateway == gateway)
        )
        found: Order | None = query.where(cls.provider_id == provider_id).first() if provider_id else None
        if found is None and number:
            named = query.where(cls.number == number)
            found = (named.where(cls.provider_id.is_null()) if provider_id else named).first()
        return found

    @classmethod
    def to_poll(cls, now: datetime, limit: int) -> list[Order]:
        """Unfinished orders whose time to be looked at has come, the longest waiting first.

        The states are literals: SQLite does not use a partial index for a bound parameter.
        """
        unfinished = cls.state.in_((SQL(f"'{CREATED}'"), SQL(f"'{SENT}'")))
        overdue = (cls.poll_at <= now) | (cls.poll_at.is_null() & (cls.expires_at <= now))
        return list(cls.select().where(unfinished, overdue).order_by(cls.poll_at, cls.id).limit(limit))

    @classmethod
    def to_recheck(cls, now: datetime, limit: int) -> list[Order]:
        """Orders that were over when the bank hinted at news of them; literals for the partial index."""
        over = cls.state.in_([SQL(f"'{state}'") for state in OVER])
        query = cls.select().where(over, cls.poll_at.is_null(False), cls.poll_at <= now)
        return list(query.order_by(cls.poll_at, cls.id).limit(limit))

    @classmethod
    def to_post(cls, after: int, limit: int) -> list[Order]:
        """Paid orders that the billing has not met in full, by id after `after`; a literal for the partial index."""
        return list(cls.select().where(cls.state == SQL(f"'{PAID}'"), cls.id > after).order_by(cls.id).limit(limit))

    @classmethod
    def unpost(cls, ids: Iterable[int]) -> int:
        """Posted orders wait again to be met by the billing; how many."""
        return int(cls.update(state=PAID).where(cls.state == POSTED, cls.id.in_(list(ids))).execute())

    def moved(self, to: str, *befores: str, **facts: Any) -> bool:
        """Changes the state where it still is one of `befores`; False when someone was faster."""
        changed = (
            type(self)
            .update(state=to, **facts)
            .where(type(self).id == self.id, type(self).state.in_(befores))
            .execute()
        )
        return bool(changed)

    def stands(self, *states: str) -> bool:
        """Is it in one of the states now? The row in hand may be older than what others made of it."""
        here = type(self).select().where(type(self).id == self.id, type(self).state.in_(states))
        return bool(here.exists())

    def claimed(self, now: datetime, until: datetime, *befores: str) -> bool:
        """Takes the right to speak with the bank about this order till `until`; one of many gets it."""
        changed = (
            type(self)
            .update(poll_at=until)
            .where(
                type(self).id == self.id,
                type(self).state.in_(befores),
                type(self).poll_at.is_null() | (type(self).poll_at <= now),
            )
            .execute()
        )
        return bool(changed)

    def claimed_early(self, now: datetime, until: datetime) -> bool:
        """The same for an order at a bank whose time to be asked has not come; who speaks with the bank keeps it."""
        table = type(self)
        is_free = table.poll_at.is_null() | (table.poll_at <= now) | (table.poll_at > until)
        rows = table.update(poll_at=until).where(table.id == self.id, table.state == SENT, is_free)
        return bool(rows.execute())

    def freed(self, until: datetime, at: datetime | None, **facts: Any) -> bool:
        """Gives back the right that was taken till `until`; a hint that came meanwhile stays."""
        here = (type(self).id == self.id) & (type(self).poll_at == until)
        return bool(type(self).update(poll_at=at, **facts).where(here).execute())

    def got_receipt(self, url: str) -> bool:
        """Keeps the address of the receipt, which comes after the payment; the first one stays."""
        lacking = (type(self).id == self.id) & (type(self).receipt_url == "") & type(self).state.in_((PAID, POSTED))
        return bool(url and type(self).update(receipt_url=url).where(lacking).execute())

    def lacks_receipt(self) -> bool:
        here = type(self).select().where(type(self).id == self.id)
        return bool(here.where(type(self).receipt_url == "", type(self).state.in_((PAID, POSTED))).exists())


Order.add_index(
    Order.index(Order.poll_at, where=Order.state.in_((CREATED, SENT)), name="order_to_poll"),
)
Order.add_index(
    Order.index(Order.poll_at, where=Order.state.in_(OVER) & Order.poll_at.is_null(False), name="order_to_recheck"),
)
# What was paid on a day, summed out of the index alone.
Order.add_index(
    Order.index(Order.paid_at, Order.supplier, Order.amount, where=SQL("paid_at IS NOT NULL"), name="order_paid")
)
# Paid here and not met by the billing yet: a small set beside ten years of posted orders.
Order.add_index(Order.index(Order.id, where=Order.state == PAID, name="order_to_post"))


class OrderLine(Base):
    """A part of an order: an account, and a service where the resident paid by services."""

    order = ForeignKeyField(Order, backref="lines")
    order_id: int
    account = ForeignKeyField(Account, backref="order_lines")
    account_id: int
    service = ForeignKeyField(Service, null=True)
    service_id: int | None
    amount = KopecksField()
    fee = KopecksField(default=0)
    batch = ForeignKeyField(ExportBatch, null=True)

    @classmethod
    def of_orders(cls, orders: Iterable[Order]) -> dict[int, list[OrderLine]]:
        """The lines of each order by its id, with account, supplier, house and service: one query."""
        ids = [order.id for order in orders]
        found: dict[int, list[OrderLine]] = {order: [] for order in ids}
        rows = (
            cls.select(cls, Account, Supplier, House, Service)
            .join(Account)
            .join(Supplier)
            .switch(Account)
            .join(House)
            .switch(cls)
            .join(Service, JOIN.LEFT_OUTER)
            .where(cls.order.in_(ids))
            .order_by(cls.id)
        )
        for row in rows if ids else ():
            found[row.order_id].append(row)
        return found
