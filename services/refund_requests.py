"""Giving money back at an operator's word: the request is stored, the bank is asked outside of any transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from gateways.acquirer import Acquirer, Declined, Event, GatewayDown, Outcome
from gateways.acquirer import Refund as Wanted
from models import Order, OrderLine, Refund, Resident, lock, transaction
from models.order import PAID, POSTED
from models.refund import ASKED, DECLINED
from services import audit, orders, receipts
from services.refusal import Refused

log = logging.getLogger("abonent.refunds")

LEASE = timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE = 20


@transaction
def ask(order: Order, amount: int, by: Resident | str, now: datetime, seen: str | None = None) -> Refund:
    """Stores the wish; refuses what cannot be given back. One at a time: a bank's books tell no two apart.

    `seen` by `state_of` when the page was shown: a part asked for by a double press is given back once.
    """
    order = lock(order)
    if order.state not in (PAID, POSTED):
        raise Refused("Вернуть можно только оплаченный заказ.", field="sum")
    if seen is not None and seen != state_of(order):
        raise Refused(
            "По этому заказу с тех пор уже просили о возврате. Он стоит ниже: если нужен ещё один, нажмите снова.",
            field="sum",
        )
    if Refund.asked_of(order):
        raise Refused("По этому заказу уже идёт возврат. Дождитесь ответа банка.", field="sum")
    left = order.total - order.refunded
    if not 0 < amount <= left:
        raise Refused(f"По этому заказу можно вернуть не больше {left // 100},{left % 100:02d} ₽.", field="sum")
    audit.note("refund", "order", order.id, by, now, {}, {"order": order.number, "amount": amount})
    key, who = f"refund-{order.id}-{Refund.of_order(order).count() + 1}", audit.name_of(by)
    return Refund.create(order=order, key=key, amount=amount, who=who, asked_at=now)


def state_of(order: Order) -> str:
    """How many refunds there are by now, as a page carries it."""
    return str(Refund.of_order(order).count())


def carry_out_all(banks: Mapping[str, Acquirer], now: datetime) -> int:
    """Asks the banks for what they have not answered; how many were answered."""
    return sum(carry_out(refund, banks.get(refund.order.gateway), now) for refund in Refund.to_ask(now, AT_ONCE))


def carry_out(refund: Refund, bank: Acquirer | None, now: datetime) -> bool:
    """Asks the bank once; False where it has to be asked again."""
    wanted = seize(refund, now)
    if wanted is None:
        return False
    if bank is None:
        return decline(refund, "этого банка нет в настройках")
    try:
        event = bank.refund(wanted)
    except GatewayDown as fault:
        log.info("refund %s: %s", refund.key, fault)
        return put_off(refund, now)
    except Declined as fault:
        log.warning("refund %s: %s", refund.key, fault)
        return decline(refund, str(fault))
    return come(refund, orders.storable(event), now)


@transaction
def seize(refund: Refund, now: datetime) -> Wanted | None:
    """What the bank is to be asked; None where it was answered, or another is asking.

    One step with the order held: a callback in between would make the same wish look like a further one.
    """
    order = lock(refund.order)
    return _wanted(refund, order, now) if refund.claimed(now, now + LEASE) else None


@transaction
def put_off(refund: Refund, now: datetime) -> bool:
    """Again after a pause that doubles."""
    pause = min(FIRST_PAUSE * (1 << min(refund.polls, 10)), LONGEST_PAUSE)
    refund.moved(ASKED, ASKED, poll_at=now + pause, polls=refund.polls + 1)
    return False


@transaction
def decline(refund: Refund, reason: str) -> bool:
    return refund.moved(DECLINED, ASKED, reason=reason[:300], poll_at=None)


@transaction
def come(refund: Refund, event: Event, now: datetime) -> bool:
    """What the bank answered; a refund that it only took note of is asked about again."""
    orders.apply(refund.order.gateway, event, now)
    if event.outcome is Outcome.WAITING:
        return put_off(refund, now)
    if event.outcome is Outcome.REFUNDED:
        refund.moved(DECLINED, ASKED, reason="учтено вместе с другим возвратом", poll_at=None)
    else:
        refund.moved(DECLINED, ASKED, reason="банк не сказал, сколько вернул: посмотрите у него", poll_at=None)
    return True


def _wanted(refund: Refund, order: Order, now: datetime) -> Wanted:
    receipt = receipts.of_order(order, OrderLine.of_orders([order])[order.id], now)
    return Wanted(
        number=order.number,
        provider_id=order.provider_id or "",
        key=refund.key,
        amount=refund.amount,
        total=order.total,
        before=order.refunded,
        receipt=receipts.part(receipt, refund.amount) if receipt else None,
    )
