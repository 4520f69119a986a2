"""Orders on their way: sent to the bank, settled by what the bank says, never by the return page (product R7.6)."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateways.acquirer import (
    Acquirer,
    Answer,
    Callback,
    Declined,
    Event,
    Forged,
    GatewayDown,
    Line,
    NewOrder,
    Outcome,
    Payee,
    Question,
    Standing,
    Told,
    Verdict,
)
from models import Bill, GatewayEvent, Order, OrderLine, Supplier, transaction
from models.gateway_event import APPLIED, LATE, NOTED, PUZZLING, UNCLEAR, UNKNOWN, WRONG_AMOUNT
from models.order import CREATED, EXPIRED, FAILED, OVER, PAID, POSTED, REFUNDED, SENT
from services import bills, cards, outbox, receipts, refunds
from services.refusal import Refused

log = logging.getLogger("abonent.orders")

SESSION = timedelta(minutes=20)  # how long the bank's page stays open
LEASE = timedelta(seconds=60)  # the right to speak with the bank about an order
FIRST_POLL = timedelta(minutes=1)
LONGEST_PURPOSE = 210
DOWN = "Банк сейчас не отвечает. Деньги не списаны. Попробуйте ещё раз через несколько минут."
UNSURE = (
    "Банк не ответил, и списаны ли деньги, пока не известно. Не начинайте новую оплату: нажмите «Оплатить» ещё раз "
    "здесь, дважды за этот заказ деньги не спишутся."
)
MOST = 2**62  # kopecks, half of what a column holds


@dataclass(frozen=True)
class Places:
    """Where the bank sends the payer and its callbacks."""

    return_url: str
    callback_url: str


def start(order: Order, bank: Acquirer, places: Places, purpose: str, now: datetime) -> str:
    """Registers the order at the bank and gives the address of its page; "" while another press is doing it.

    Three steps, not one transaction: the right to do it is stored before the bank is asked, and what it answered
    after. The bank takes the same number again, so a start that broke off may be repeated.
    """
    if order.state == SENT and order.expires_at > now:
        return str(order.provider_url)
    if order.state == SENT:
        raise Refused(
            "Время этого заказа вышло. Если деньги списаны, платёж появится здесь сам, второй раз не платите."
        )
    if order.state != CREATED or order.expires_at <= now:
        raise Refused("Время этого заказа вышло, деньги не списаны. Начните оплату заново.")
    if not claim(order, now):
        return ""
    try:
        started = bank.create(new_order(order, places, purpose, now))
    except GatewayDown:
        release(order, now)
        raise Refused(UNSURE if cards.choice_of(order).card else DOWN)
    except Declined as fault:
        release(order, None)
        log.warning("order %s: %s does not take it: %s", order.number, bank.name, fault)
        raise Refused("Банк не принял этот заказ. Деньги не списаны. Попробуйте позже или сообщите нам.")
    return sent(order, started.url, started.provider_id, now)


@transaction
def claim(order: Order, now: datetime) -> bool:
    """Takes the right to register the order; of many presses at once, one gets it.

    `polls` of an order that was never sent tells that its bank may know it all the same.
    """
    return order.claimed(now, now + LEASE, CREATED) and order.moved(CREATED, CREATED, polls=1)


@transaction
def release(order: Order, ask_at: datetime | None) -> None:
    """The next press may try again at once; `ask_at`: the bank did not answer, and may have taken a kept card."""
    order.moved(CREATED, CREATED, poll_at=ask_at)


@transaction
def sent(order: Order, url: str, provider_id: str | None, now: datetime) -> str:
    """The bank's page is open, at the address that is given back.

    A callback may have been faster, then only the page is kept; so may a press whose lease ran out while the bank
    thought, then its page is the order's, and nobody sees this one.
    """
    facts = {"provider_url": url, "sent_at": now}
    if provider_id is not None:
        facts["provider_id"] = provider_id
    waiting = {"expires_at": now + SESSION, "poll_at": now + FIRST_POLL, "polls": 0}
    if order.moved(SENT, CREATED, **facts, **waiting):
        return url
    if any(order.moved(state, state, **facts) for state in (PAID, FAILED, REFUNDED)):
        return url
    return str(Order.get_by_id(order.id).provider_url)


@transaction
def named(order: Order, provider_id: str) -> None:
    """The bank has taken the order up under a name of its own; what becomes of it is asked by that name."""
    if provider_id:
        order.moved(SENT, SENT, provider_id=_plain(provider_id))


def hear(bank: Acquirer, callback: Callback, now: datetime) -> Answer:
    """The answer to a bank that calls back; a forged call changes nothing. `now` in the utility's zone."""
    try:
        told = bank.read_callback(callback)
    except Forged:
        return Answer(400, "BAD SIGNATURE")
    return bank.acknowledge(told, consider(bank.name, told, now))


def consider(bank: str, told: Told, now: datetime) -> Verdict:
    """What we make of a callback: an event comes true, a question is answered by how the order stands."""
    if told is None:
        return Verdict(True)
    if isinstance(told, Event):
        told = storable(told)
        accepted = apply(bank, told, now)
    else:
        told, accepted = replace(told, number=_plain(told.number), provider_id=_plain(told.provider_id)), True
    order = Order.told_by(bank, told.number, told.provider_id)
    if order is None:
        return Verdict(False)
    if isinstance(told, Question):
        accepted = told.amount in (None, order.total)
    receipt = receipts.of_order(order, OrderLine.of_orders([order])[order.id], now) if accepted else None
    return Verdict(accepted, standing(order, now), order.total, receipt)


def standing(order: Order, now: datetime) -> Standing:
    """Whether the order may be paid, as a bank asks it."""
    if order.state in (PAID, POSTED):
        return Standing.PAID
    if order.state == SENT and order.expires_at <= now:
        return Standing.UNCERTAIN
    return Standing.OPEN if order.state in (CREATED, SENT) and order.expires_at > now else Standing.CLOSED


def storable(event: Event) -> Event:
    """The event without what a database cannot hold: control signs, lone surrogates, sums beyond 64 bits."""
    return replace(
        event,
        key=_plain(event.key),
        number=_plain(event.number),
        provider_id=_plain(event.provider_id),
        amount=max(-MOST, min(event.amount, MOST)),
        receipt_url=_plain(event.receipt_url),
        masked_card=_plain(event.masked_card),
        card_id=_plain(event.card_id),
        reason=_plain(event.reason),
    )


@transaction
def apply(bank: str, event: Event, now: datetime) -> bool:
    """What the bank said comes true, once; False = not accepted: no such order of this bank, or another amount.

    Events come twice, late and out of order: paid is final but for a refund, and a success after a failure or
    after the order's time counts, since the money was taken. A refund in full is final whatever was heard before.
    What could not be accepted is judged again when it is told again: the order, or its sum, may stand by then.
    A hint that proves nothing leaves no trace but that the bank is asked: anybody may send one.
    """
    order = Order.told_by(bank, event.number, event.provider_id)
    if event.outcome is Outcome.WAITING:
        return order is not None and _hinted(order, now)
    facts = {"order": order, "outcome": event.outcome.value, "amount": event.amount}
    before = ""
    if not GatewayEvent.noted(bank, event.key, provider_id=event.provider_id, at=now, **facts):
        before = GatewayEvent.verdict_of(bank, event.key)
        if before not in PUZZLING:
            return True
    verdict = UNKNOWN if order is None else _verdict(order, event, now)
    GatewayEvent.judged(bank, event.key, verdict, **facts)
    if order is not None and verdict in PUZZLING and verdict != before:
        log.warning("order %s: %s, nothing is changed; see the banks' page of the console", order.number, verdict)
    return verdict not in (UNKNOWN, WRONG_AMOUNT)


def _hinted(order: Order, now: datetime) -> bool:
    """The bank is asked at once, of an order that is over too: its news may be a refund or a late success.

    So is one that was never sent, if the bank may know of it; who is opening its page goes on.
    """
    if order.polls:
        order.claimed(now, now, CREATED)
    for state in (SENT, *OVER):
        order.moved(state, state, poll_at=now)
    return True


def _verdict(order: Order, event: Event, now: datetime) -> str:
    if event.outcome is Outcome.FAILED:
        moved = order.moved(FAILED, CREATED, SENT, reason=event.reason[:300], poll_at=None)
        return APPLIED if moved else LATE
    if event.outcome is Outcome.PAID:
        return _paid(order, event, now) if event.amount == order.total else WRONG_AMOUNT
    if event.outcome is Outcome.UNCLEAR:
        return NOTED if event.amount and refunds.explains(order, event.amount) else UNCLEAR
    return _refunded(order, event, now)


def _refunded(order: Order, event: Event, now: datetime) -> str:
    """Given back: in full, which ends the order, or a part, which means that all of it had been taken."""
    back = event.amount or order.total
    if back > order.total or event.taken not in (0, order.total):
        return WRONG_AMOUNT
    if back < order.total:
        if event.taken:
            _paid(order, event, now)
        elif not order.stands(PAID, POSTED):
            return UNCLEAR  # the word of the payment is on its way, or was lost
        return APPLIED if refunds.came(order, back, now) else LATE
    has_come = refunds.came(order, back, now)
    moved = order.moved(REFUNDED, CREATED, SENT, PAID, POSTED, FAILED, EXPIRED, poll_at=None)
    return APPLIED if has_come or moved else LATE


def _paid(order: Order, event: Event, now: datetime) -> str:
    facts: dict[str, object] = {
        "masked_card": event.masked_card[:40],
        "receipt_url": _web(event.receipt_url),
        "reason": "",
    }
    if order.provider_id is None and event.provider_id:
        facts["provider_id"] = event.provider_id
    waits = not facts["receipt_url"] and receipts.are_given(order, now)
    facts |= {"polls": 0, "poll_at": now + FIRST_POLL if waits else None}
    if not order.moved(PAID, CREATED, SENT, FAILED, EXPIRED, paid_at=now, **facts):
        return APPLIED if order.got_receipt(_web(event.receipt_url)) else LATE
    cards.kept(order, event, now)
    if order.checkout.email:
        outbox.put(
            "payment-received",
            f"payment-received:{order.id}",
            now,
            resident=order.checkout.resident,
            destination=order.checkout.email,
            order=order.id,
        )
    return APPLIED


def purpose_of(lines: Sequence[OrderLine], bill: Bill | None) -> str:
    """«Назначение платежа» of an order: the bill that was chosen, else whose accounts it pays."""
    numbers = list(dict.fromkeys(str(line.account.number) for line in lines))
    if len(numbers) == 1:
        return bills.purpose(numbers[0], bill)[:LONGEST_PURPOSE]
    return f"Оплата услуг, лицевые счета {', '.join(numbers)}"[:LONGEST_PURPOSE]


def new_order(order: Order, places: Places, purpose: str, now: datetime) -> NewOrder:
    """The order as its bank is told of it."""
    lines = OrderLine.of_orders([order])[order.id]
    bill = order.bill
    choice = cards.choice_of(order)
    return NewOrder(
        number=order.number,
        amount=order.total,
        description=purpose,
        return_url=places.return_url,
        callback_url=places.callback_url,
        email=order.checkout.email,
        phone=order.checkout.phone,
        client=str(order.checkout.resident_id or ""),
        keep=choice.keep,
        card=choice.card,
        expires_at=now + SESSION,
        seconds=int(SESSION.total_seconds()),
        payee=_payee(order.supplier),
        lines=tuple(_line(line, bill) for line in lines),
        receipt=receipts.of_order(order, lines, now),
    )


def _line(line: OrderLine, bill: Bill | None) -> Line:
    return Line(
        account=str(line.account.number),
        amount=int(line.amount),
        service=str(line.service.name) if line.service else "",
        period=bill.period if bill else None,
        bill=str(bill.number) if bill else "",
    )


def _payee(supplier: Supplier) -> Payee:
    return Payee(
        name=supplier.name,
        inn=supplier.inn,
        kpp=supplier.kpp,
        account=supplier.bank_account,
        bank=supplier.bank,
        bic=supplier.bik,
        corr_account=supplier.corr_account,
    )


def _plain(text: str) -> str:
    return "".join("?" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)


def _web(url: str) -> str:
    """A receipt's address as it may be shown as a link."""
    return url if url.startswith(("https://", "http://")) and len(url) <= 2000 else ""
