"""Facts by which a person proves that an account is his own; asked for an id that does not exist as for any other."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from peewee import JOIN

from models.bill import Bill, Payment
from models.meter import Meter
from models.order import Match, OrderLine

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
    """Newest first."""
    rows = (
        Payment.select(Payment, Match, OrderLine)
        .join(Match, JOIN.LEFT_OUTER, on=Match.first_line(), attr="match")
        .join(OrderLine, JOIN.LEFT_OUTER, on=(OrderLine.id == Match.line), attr="line")
        .where(Payment.account == account)
        .order_by(Payment.paid_on.desc(), Payment.id.desc())
        .limit(NEWEST)
    )
    return [Paid(row.paid_on, row.amount, row.amount + _fee(row)) for row in rows]


def _fee(payment: Payment) -> int:
    match = getattr(payment, "match", None)
    return int(match.line.fee) if match is not None else 0


def last_bill_sum(account: int) -> int | None:
    """«К оплате» of the newest bill."""
    bill = (
        Bill.select(Bill.to_pay)
        .where(Bill.account == account)
        .order_by(Bill.order_key.desc(), Bill.id.desc())
        .first()
    )
    return None if bill is None else int(bill.to_pay)
