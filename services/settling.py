"""The worker's part of orders: asks banks of whose orders nothing was heard, ends what has run out (product R7.6)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from gateways.acquirer import Acquirer, Declined, GatewayDown, Outcome
from models import Order, transaction
from models.order import CREATED, EXPIRED, OVER, SENT
from services import orders, receipts

log = logging.getLogger("abonent.orders")

GRACE = timedelta(minutes=30)  # after it: a bank that says «waiting» or cannot be asked is not waited for longer
SILENCE = timedelta(days=3)  # after it: a bank that does not answer, or not with our sum, is not asked any more
POLLED_AT_ONCE = 50
RECEIPT_POLLS = 8  # a minute, then twice as long each time: over eight hours
LONGEST_POLL = timedelta(minutes=30)


def settle_orders(banks: Mapping[str, Acquirer], now: datetime) -> int:
    """Finishes what no callback finished: asks the banks that can be asked, ends what has run out; how many moved."""
    moved = sum(settle(order, banks.get(order.gateway), now) for order in Order.to_poll(now, POLLED_AT_ONCE))
    return moved + sum(
        recheck(order, banks.get(order.gateway), now) for order in Order.to_recheck(now, POLLED_AT_ONCE)
    )


def settle(order: Order, bank: Acquirer | None, now: datetime) -> bool:
    """Looks after one order whose time has come; the bank is asked outside of any transaction."""
    if not seize(order, now):
        return False
    is_unheard_of = order.state == CREATED and not order.polls
    return expire(order, now) if is_unheard_of else inquire(order, bank, now)


def inquire(order: Order, bank: Acquirer | None, now: datetime) -> bool:
    """Asks the bank about an order that it has, or may have; the caller has the right to."""
    try:
        event, patience = bank.status(order.number, order.provider_id) if bank is not None else None, GRACE
    except (GatewayDown, Declined) as fault:
        log.info("order %s: %s", order.number, fault)
        event, patience = None, SILENCE
    if event is not None and event.outcome is not Outcome.WAITING:
        orders.apply(order.gateway, orders.storable(event), now)
        if not order.stands(CREATED, SENT):
            return True
        patience = SILENCE  # money may have been taken: «не списаны» must not be said within the hour
    return give_up(order, now) if now > order.expires_at + patience else ask_later(order, now)


def recheck(order: Order, bank: Acquirer | None, now: datetime) -> bool:
    """Asks about an order that is over, since the bank hinted at news of it; did they change anything?"""
    if not seize_over(order, now):
        return False
    again = None
    try:
        event = bank.status(order.number, order.provider_id) if bank is not None else None
        if event is not None and event.outcome is not Outcome.WAITING:
            orders.apply(order.gateway, orders.storable(event), now)
    except (GatewayDown, Declined) as fault:
        log.info("order %s: %s", order.number, fault)
        again = now + LONGEST_POLL if now < (order.paid_at or order.expires_at) + SILENCE else None
    free(order, now, again or _receipt_due(order, now))
    return not order.stands(order.state)


def _receipt_due(order: Order, now: datetime) -> datetime | None:
    """When to ask for a receipt that is not made yet; after some tries the payer has it by e-mail alone."""
    if not order.lacks_receipt() or order.polls >= RECEIPT_POLLS or not receipts.are_given(order, now):
        return None
    return now + orders.FIRST_POLL * (2 << order.polls)


@transaction
def seize_over(order: Order, now: datetime) -> bool:
    return order.claimed(now, now + orders.LEASE, *OVER)


@transaction
def free(order: Order, now: datetime, again: datetime | None) -> None:
    order.freed(now + orders.LEASE, again, polls=order.polls + 1)


@transaction
def seize(order: Order, now: datetime) -> bool:
    """One worker looks after an order at a time."""
    return order.claimed(now, now + orders.LEASE, CREATED, SENT)


@transaction
def expire(order: Order, now: datetime) -> bool:
    """An order that its bank never heard of ends with its time; before that it only becomes free to be started."""
    if order.expires_at <= now:
        return order.moved(EXPIRED, CREATED, poll_at=None)
    order.moved(CREATED, CREATED, poll_at=None)
    return False


@transaction
def give_up(order: Order, now: datetime) -> bool:
    """The bank's page was left: the order ends, a late success still counts."""
    return order.moved(EXPIRED, CREATED, SENT, poll_at=None)


@transaction
def ask_later(order: Order, now: datetime) -> bool:
    """Asks again after a pause that doubles; one that was never sent is free to be started again till its time."""
    later = now + min(orders.FIRST_POLL * (1 << min(order.polls, 10)), LONGEST_POLL)
    order.moved(SENT, SENT, poll_at=later, polls=order.polls + 1)
    order.moved(CREATED, CREATED, poll_at=later if order.expires_at <= now else None, polls=order.polls + 1)
    return False
