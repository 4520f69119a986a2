"""Facts by which a person proves that an account is his own; asked for an id that does not exist as for any other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, cast

from peewee import JOIN, fn

from models.bill import Bill, Payment
from models.match import Match
from models.meter import Meter
from models.order import OrderLine

NEWEST = 60  # payments that are looked at: a reversal stands near what it reverses


class Paid(NamedTuple):
    """A payment: kopecks as credited (negative = reversal) and as paid, the fee in it, where that is known."""

    on: date
    credited: int
    paid: int


def meter_numbers(account: int, today: date) -> list[str]:
    """The numbers of the meters that hang there now."""
    rows = Meter.select(Meter.number).where(
        Meter.account == account, Meter.removed_on.is_null() | (Meter.removed_on > today)
    )
    return [str(row.number) for row in rows]


def newest_payments(account: int) -> list[Paid]:
    """Newest first; the fee of a payment is that of all lines of the portal's order that it met."""
    rows = (
        Payment.select(Payment.paid_on, Payment.amount, fn.COALESCE(fn.SUM(OrderLine.fee), 0))
        .join(Match, JOIN.LEFT_OUTER)
        .join(OrderLine, JOIN.LEFT_OUTER)
        .where(Payment.account == account)
        .group_by(Payment.id)
        .order_by(Payment.paid_on.desc(), Payment.id.desc())
        .limit(NEWEST)
    )
    found = cast(Iterable[tuple[date, int, int]], rows.tuples())
    return [Paid(on, credited, credited + int(fee)) for on, credited, fee in found]


def last_bill_sum(account: int) -> int | None:
    """«К оплате» of the newest bill."""
    bill = (
        Bill.select(Bill.to_pay)
        .where(Bill.account == account)
        .order_by(Bill.order_key.desc(), Bill.id.desc())
        .first()
    )
    return None if bill is None else int(bill.to_pay)
