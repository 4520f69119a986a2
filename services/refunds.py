"""Money given back, asked for by an operator or told by the bank: a negative payment on the account (R7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from models import Order, OrderLine, Payment, Refund, RefundLine, RegistryMatch, lock, transaction
from models.refund import DONE
from services import outbox

NEAR, LONGEST = timedelta(days=3), timedelta(days=60)  # a billing reverses before or long after the bank


def shares(whole: int, parts: Mapping[int, int]) -> dict[int, int]:
    """`whole` over parts in proportion, none beyond itself; what rounding leaves goes where there is room."""
    total = sum(parts.values())
    whole = min(whole, total)
    found = {key: whole * part // total if total else 0 for key, part in parts.items()}
    left = whole - sum(found.values())
    for key, part in parts.items():
        more = min(left, part - found[key])
        found[key] += more
        left -= more
    return found


def came(order: Order, back: int, now: datetime) -> bool:
    """The bank has given back `back` kopecks altogether: what is new of it is booked; False where nothing is.

    Called within the transaction of the event. What an operator asked for is closed by what comes.
    """
    known = int(lock(order).refunded)
    if back <= known:
        return False
    Order.update(refunded=back).where(Order.id == order.id).execute()
    new = back - known
    refund = next((one for one in Refund.asked_of(order) if one.amount == new), None)
    if refund is None:
        refund = Refund.create(
            order=order, key=f"bank-{order.id}-{back}", amount=new, state=DONE, asked_at=now, done_at=now
        )
    else:
        Refund.update(state=DONE, done_at=now, poll_at=None).where(Refund.id == refund.id).execute()
    _book(refund, order, known, new)
    _tell(refund, order, now)
    return True


def explains(order: Order, amount: int) -> bool:
    """Does our own refund explain what the bank says of a part: what went back, or what is left?"""
    back = int(lock(order).refunded)
    return bool(back) and amount in (back, order.total - back)


def _tell(refund: Refund, order: Order, now: datetime) -> None:
    checkout = order.checkout
    if checkout.email:
        outbox.put(
            "payment-refunded",
            f"payment-refunded:{refund.id}",
            now,
            resident=checkout.resident,
            destination=checkout.email,
            refund=refund.id,
        )


def _book(refund: Refund, order: Order, known: int, new: int) -> None:
    """What goes off the accounts: of a part, the same part of each line; of the rest, the rest. Fees are no debt."""
    before = RefundLine.back_of(order)
    left = {
        line.id: line.amount - before.get(line.id, 0)
        for line in OrderLine.select().where(OrderLine.order == order).order_by(OrderLine.id)
    }
    rest = order.total - known
    whole = sum(left.values()) * new // rest if rest else 0
    for line, amount in shares(whole, left).items():
        if amount:
            RefundLine.create(refund=refund, line=line, amount=amount)


@transaction
def meet(zone: tzinfo | None) -> int:
    """Meets what was given back with the billing's reversals: account, sum, the nearest day; how many.

    A billing reverses what it has: a negative payment of the same sum before that is somebody else's.
    """
    lines = RefundLine.to_meet()
    if not lines:
        return 0
    since = min(_day(line, zone) for line in lines) - NEAR
    rows = RefundLine.reversals({line.line.account_id for line in lines}, since)
    by_banks = RegistryMatch.taken(row.id for row in rows)  # a bank's registry told of it: no money of ours
    reversals = [row for row in rows if row.id not in by_banks]
    found = 0
    for line in lines:
        day = _day(line, zone)
        near = [row for row in reversals if _fits(row, line) and day - NEAR <= row.paid_on <= day + LONGEST]
        if near:
            best = min(near, key=lambda row: (abs(row.paid_on - day), row.id))
            reversals.remove(best)
            found += RefundLine.meet(line.id, best.id)
    return found


def _fits(row: Payment, line: RefundLine) -> bool:
    return row.account_id == line.line.account_id and -row.amount == line.amount


def _day(line: RefundLine, zone: tzinfo | None) -> date:
    moment: datetime = line.refund.done_at
    return moment.astimezone(zone).date()
