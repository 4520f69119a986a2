"""Payments on their way: checkout (one press) → order per merchant → line → match with the billing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from peewee import JOIN, SQL, ForeignKeyField, IntegerField, ModelSelect, TextField

from models.account import Account, House
from models.base import Base, KopecksField, UtcField, lock
from models.bill import Bill, Payment
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
# What became of an event; stored beside it. The puzzling ones decide nothing, an operator looks at them.
APPLIED, LATE, NOTED = "applied", "too late", "noted"
PUZZLING = WRONG_AMOUNT, UNKNOWN, UNCLEAR = "wrong amount", "unknown order", "unclear"
OVER = (PAID, POSTED, FAILED, EXPIRED)  # may still change by the bank's word


class Checkout(Base):
    """One press of «Оплатить»: `once` is the form's key, so a double click makes one."""

    resident = ForeignKeyField(Resident, null=True, backref="checkouts", on_delete="SET NULL")
    resident_id: int | None
    once = TextField()
    created_at = UtcField()
    payer_name = TextField(default="")
    email = TextField(default="")
    phone = TextField(default="")

    class Meta:
        indexes = ((("resident", "once"), True),)

    @classmethod
    def begun(cls, resident: Resident, once: str, **facts: Any) -> tuple[Checkout, bool]:
        """(the checkout of this key, was it made just now?): of many presses at once, one makes it."""
        fresh = cls.insert(resident=resident, once=once, **facts).on_conflict_ignore().as_rowcount().execute()
        return cls.get(cls.resident == resident, cls.once == once), bool(fresh)

    @classmethod
    def last_of(cls, resident: Resident) -> Checkout | None:
        found: Checkout | None = cls.select().where(cls.resident == resident).order_by(cls.id.desc()).first()
        return found


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
    def post(cls, ids: Iterable[int]) -> int:
        """Those of the paid orders all of whose lines are matched are posted; how many."""
        open_line = (
            OrderLine.select(OrderLine.order)
            .join(Match, JOIN.LEFT_OUTER)
            .where(OrderLine.order.in_(list(ids)), Match.id.is_null())
        )
        posted = cls.update(state=POSTED).where(cls.id.in_(list(ids)), cls.state == PAID, cls.id.not_in(open_line))
        return int(posted.execute())

    @classmethod
    def unmet(cls) -> list[int]:
        """Posted orders with a line that is matched no more, since the billing withdrew its payment."""
        rows = (
            OrderLine.select(OrderLine.order)
            .join(Match, JOIN.LEFT_OUTER)
            .switch(OrderLine)
            .join(cls)
            .where(Match.id.is_null(), cls.state == POSTED)
            .tuples()
        )
        return [order for (order,) in cast(Iterable[tuple[int]], rows)]

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

    @classmethod
    def unmatched(cls, orders: Iterable[Order]) -> list[OrderLine]:
        """The lines of the orders that the billing has not met, each with its order."""
        return list(
            cls.select(cls, Order)
            .join(Order)
            .switch(cls)
            .join(Match, JOIN.LEFT_OUTER)
            .where(cls.order.in_([order.id for order in orders]), Match.id.is_null())
            .order_by(cls.id)
        )


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


class GatewayEvent(Base):
    """What a gateway told us, once per `key`: a callback may come twice, late or out of order."""

    gateway = TextField()
    key = TextField()
    order = ForeignKeyField(Order, null=True, backref="events")
    outcome = TextField()
    amount = KopecksField()
    provider_id = TextField(default="")
    at = UtcField()
    verdict = TextField(default="")  # what became of it: applied, repeated, wrong amount, unknown order…
    seen_at = UtcField(null=True)
    seen_by = TextField(default="")

    class Meta:
        indexes = ((("gateway", "key"), True),)

    @classmethod
    def to_look_at(cls, suppliers: Iterable[int] | None, limit: int) -> list[GatewayEvent]:
        """What no rule could decide and no operator has looked at, newest first, each with its order and supplier.

        Unknown orders are nobody's: they are for those who work for all suppliers (None).
        """
        open_ = cls.verdict.in_([SQL(f"'{verdict}'") for verdict in PUZZLING])
        query = cls._served(suppliers).where(open_, cls.seen_at.is_null())
        return list(query.order_by(cls.id.desc()).limit(limit))

    @classmethod
    def of_operator(cls, event_id: int, suppliers: Iterable[int] | None) -> GatewayEvent | None:
        found: GatewayEvent | None = cls._served(suppliers).where(cls.id == event_id).first()
        return found

    @classmethod
    def of_order(cls, order: Order) -> ModelSelect[GatewayEvent]:
        return cls.select().where(cls.order == order).order_by(cls.id)

    @classmethod
    def _served(cls, suppliers: Iterable[int] | None) -> ModelSelect[GatewayEvent]:
        query = cls.select(cls, Order, Supplier).join(Order, JOIN.LEFT_OUTER).join(Supplier, JOIN.LEFT_OUTER)
        return query if suppliers is None else query.where(Order.supplier.in_(list(suppliers)))

    def seen(self, who: str, now: datetime) -> None:
        """Somebody has looked at it; who was first stays."""
        here = (type(self).id == self.id) & type(self).seen_at.is_null()
        type(self).update(seen_at=now, seen_by=who).where(here).execute()

    @classmethod
    def noted(cls, gateway: str, key: str, **facts: Any) -> bool:
        """Writes down what was told; False where the same was told before."""
        fresh = cls.insert(gateway=gateway, key=key, **facts).on_conflict_ignore().as_rowcount().execute()
        return bool(fresh)

    @classmethod
    def verdict_of(cls, gateway: str, key: str) -> str:
        """What became of an event that was noted before; who asks holds it, so that it is judged by one at a time."""
        return str(lock(cls.get(cls.gateway == gateway, cls.key == key)).verdict)

    @classmethod
    def told_of(cls, order: Order) -> list[GatewayEvent]:
        """What was told of an order, in the order in which it was heard."""
        return list(cls.select().where(cls.order == order).order_by(cls.id))

    @classmethod
    def judged(cls, gateway: str, key: str, verdict: str, **facts: Any) -> None:
        """Writes beside an event what became of it, and its facts as they were told last."""
        cls.update(verdict=verdict, **facts).where(cls.gateway == gateway, cls.key == key).execute()


GatewayEvent.add_index(
    GatewayEvent.index(
        GatewayEvent.id,
        where=GatewayEvent.verdict.in_(PUZZLING) & GatewayEvent.seen_at.is_null(),
        name="gatewayevent_open",
    ),
)
