"""Payments on their way: checkout (one press) → order per merchant → line → match with the billing."""

from __future__ import annotations

from peewee import ForeignKeyField, IntegerField, TextField

from models.account import Account
from models.base import Base, KopecksField, UtcField
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


class Checkout(Base):
    """One press of «Оплатить»: `once` is the form's key, so a double click makes one."""

    resident = ForeignKeyField(Resident, null=True, backref="checkouts", on_delete="SET NULL")
    once = TextField()
    created_at = UtcField()
    payer_name = TextField(default="")
    email = TextField(default="")
    phone = TextField(default="")

    class Meta:
        indexes = ((("resident", "once"), True),)


class Order(Base):
    """One trip to one merchant's gateway. `amount` without the fee; the bank is asked for amount + fee."""

    checkout = ForeignKeyField(Checkout, backref="orders")
    supplier = ForeignKeyField(Supplier)
    gateway = TextField()
    number = TextField(unique=True)
    amount = KopecksField()
    fee = KopecksField(default=0)
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


Order.add_index(
    Order.index(Order.poll_at, where=Order.state.in_((CREATED, SENT)), name="order_to_poll"),
)


class OrderLine(Base):
    """A part of an order: an account, and a service where the resident paid by services."""

    order = ForeignKeyField(Order, backref="lines")
    account = ForeignKeyField(Account, backref="order_lines")
    service = ForeignKeyField(Service, null=True)
    amount = KopecksField()
    fee = KopecksField(default=0)
    batch = ForeignKeyField(ExportBatch, null=True)


class Match(Base):
    """An order line met in the billing's payments: counted once from then on (decisions 5)."""

    line = ForeignKeyField(OrderLine, unique=True, backref="matches")
    payment = ForeignKeyField(Payment, null=True, unique=True, on_delete="CASCADE")
    matched_at = UtcField()


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

    class Meta:
        indexes = ((("gateway", "key"), True),)
