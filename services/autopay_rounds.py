"""The worker's part of autopay: a letter a day ahead, the order, the bank, and a letter if it did not work.

An account has one run a month, or a bill (a unique row), and a run has one order, made in the transaction that takes
the run on. A bank that charges an order once is asked in the same words as often as it takes, another one once in
all. So the round may be done twice, by two workers at once, or be killed anywhere. No order is above the limit, or
above what the letter named.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateways.acquirer import Acquirer, Declined, Event, GatewayDown, Outcome
from models import Account, Autopay, AutopayRun, Order, OrderLine, Outbox, lock, transaction
from models.autopay import DONE, DROPPED, FAILED, ORDERED, SKIPPED, TOLD
from models.beside import paid_beside
from models.order import CREATED, EXPIRED, PAID, POSTED, REFUNDED, SENT
from models.order import FAILED as NOT_PAID
from models.standing import Standing, standings
from services import autopay, orders, outbox, payment, settings
from services.orders import Places
from services.payment import Part, Wish
from services.refusal import Refused

log = logging.getLogger("abonent.autopay")

CHUNK, AT_ONCE = 200, 50
AWAKE = range(9, 21)  # hours in which money is taken: people are awake to see it
PATIENCE = timedelta(hours=20)  # so long a bank that does not answer is asked; banks know our words for a day
LEASE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(minutes=30)
UNWARNED = timedelta(days=5)  # after it a letter that does not go out is not waited for
SOON, NOT_DONE = "autopay-soon", "autopay-failed"
OVER_LIMIT = "Сумма больше наибольшей, которую вы задали"
OTHER_BANK = "Поставщик принимает деньги через другой банк, привяжите карту заново"
DEARER = "Сумма с комиссией стала больше названной в письме"
NO_LETTER = "Письмо о списании не удалось отправить"
TURNED_OFF = "Автоплатёж выключен"
NO_ANSWER = "Банк не ответил за сутки. Если деньги всё же спишутся, платёж появится в истории сам"


@dataclass(frozen=True)
class Counter:
    """What the rounds work with: banks by name, the preset's own, how orders are numbered, the portal's address."""

    banks: Mapping[str, Acquirer]
    usual: str
    numbering: str
    base_url: str

    def places(self, order: Order) -> Places:
        return Places(f"{self.base_url}/orders/{order.id}", f"{self.base_url}/callbacks/{order.gateway}")


def run(counter: Counter, now: datetime) -> None:
    """One round; `now` in the utility's zone."""
    announce(counter, now)
    if now.hour in AWAKE:
        for one in AutopayRun.to_charge(now.date(), AT_ONCE):
            take_on(one, counter, now)
    for one in AutopayRun.to_ask(now, AT_ONCE):
        see_through(one, counter, now)


def announce(counter: Counter, now: datetime) -> int:
    """Letters of what will be charged tomorrow; how many."""
    told, last = 0, 0
    while rows := Autopay.every(last, CHUNK):
        last = rows[-1].id
        ids = [row.account_id for row in rows]
        found = standings(ids)
        due = [(row, occasion) for row in rows if (occasion := _occasion(row, found[row.account_id], now))]
        known = AutopayRun.known(ids, {occasion for _, occasion in due})
        fresh = [(row, occasion) for row, occasion in due if (row.account_id, occasion) not in known]
        told += sum(_announce(row, occasion, counter, now) for row, occasion in fresh)
    return told


def _occasion(row: Autopay, standing: Standing, now: datetime) -> str:
    """What the run is for: the month, or the bill; "" where nothing is due."""
    if row.day is not None:
        day = autopay.due_day(row.day, row.since, now.date())
        return autopay.occasion_of(day) if day else ""
    bill = standing.last_bill
    return f"bill {bill.period:%Y-%m} {bill.number}" if bill is not None and bill.order_key > row.after else ""


@transaction
def _announce(row: Autopay, occasion: str, counter: Counter, now: datetime) -> bool:
    if not row.stands():
        return False  # turned off, or changed, since the round began
    part = _part(row.account, counter, now)
    if part is None:
        return False  # nothing is owed yet: it may be tomorrow
    wrong = _obstacle(row, part, counter)
    charge_on = now.date() + timedelta(days=1)
    day = autopay.due_day(row.day, row.since, now.date()) if row.day is not None else None
    begun = AutopayRun.begun(
        row.account,
        occasion,
        autopay=row,
        resident=row.link.resident,
        amount=part.amount,
        fee=part.fee,
        charge_on=max(charge_on, day) if day else charge_on,
        state=FAILED if wrong else TOLD,
        reason=wrong,
        told_at=now,
    )
    if begun is None:
        return False
    _write(begun, NOT_DONE if wrong else SOON, now)
    return True


def _part(account: Account, counter: Counter, now: datetime, at_most: int | None = None) -> Part | None:
    """What is owed on the account now, as its order would be; None where that is nothing the bank would take."""
    standing = standings([account.id])[account.id]
    since = paid_beside({account.id: standing.debt_on})[account.id]
    due = (standing.debt or 0) - since.total
    amount = due if at_most is None else min(due, at_most)
    terms = payment.terms(settings.in_force(now.date()).values(account.supplier_id), counter.usual)
    return Part(account.supplier, terms, (Wish(account, amount),)) if amount >= terms.least else None


def _obstacle(row: Autopay, part: Part, counter: Counter) -> str:
    """Why the sum may not be charged; "" where it may."""
    if part.terms.gateway != row.card.gateway or part.terms.gateway not in counter.banks:
        return OTHER_BANK
    return OVER_LIMIT if part.amount + part.fee > row.most or part.amount > part.terms.most else ""


@transaction
def take_on(one: AutopayRun, counter: Counter, now: datetime) -> bool:
    """Makes the run's order; from here on it is with the bank. Everything is looked at anew."""
    if lock(one).state != TOLD:
        return False
    row = Autopay.of_account(one.account)
    if row is None or row.id != one.autopay_id or row.card.removed_at is not None:
        return one.moved(DROPPED, TOLD)
    if not _was_warned(one, now):
        if now - one.told_at > UNWARNED:
            return _end(one, TOLD, NO_LETTER, now)
        return one.moved(TOLD, TOLD, charge_on=now.date() + timedelta(days=1))
    part = _part(row.account, counter, now, at_most=int(one.amount))
    if part is None:
        return one.moved(SKIPPED, TOLD)
    wrong = _obstacle(row, part, counter) or (DEARER if part.amount + part.fee > one.amount + one.fee else "")
    if wrong:
        return _end(one, TOLD, wrong, now)
    try:
        [order] = payment.checkout(one.resident, [part], counter.banks, f"autopay:{one.id}", now, counter.numbering)
    except Refused as refusal:
        return _end(one, TOLD, refusal.sentence, now)
    order.moved(SENT, CREATED, sent_at=now, expires_at=now + PATIENCE, poll_at=now + LEASE)
    return one.moved(ORDERED, TOLD, order=order, card=row.card)


def _was_warned(one: AutopayRun, now: datetime) -> bool:
    """Did the letter go out before this day?"""
    sent_at = Outbox.sent_with(f"{SOON}:{one.id}")
    return sent_at is not None and sent_at.astimezone(now.tzinfo).date() < now.date()


def see_through(one: AutopayRun, counter: Counter, now: datetime) -> bool:
    """Asks the bank to charge, and writes down what became of it; did it end?"""
    if not _claim(one, now):
        return False
    order = Order.whole(one.order_id)
    if order.state == SENT and order.provider_id is None and now < order.expires_at:
        _charge(one, order, counter, now)
    return conclude(one, now)


@transaction
def _claim(one: AutopayRun, now: datetime) -> bool:
    pause = min(LEASE * (1 << min(int(one.polls), 10)), LONGEST_PAUSE)
    return one.claimed(now, now + pause)


def _charge(one: AutopayRun, order: Order, counter: Counter, now: datetime) -> None:
    """No transaction is open while the bank is waited for."""
    bank = counter.banks.get(order.gateway)
    if _is_off(one):
        if not int(one.polls):
            order.moved(NOT_PAID, SENT, reason=TURNED_OFF, poll_at=None)
        return  # what was asked before may have been done, and is only waited for
    if bank is None or one.card is None or (int(one.polls) and not bank.charges_once):
        return  # one who was asked before, and would charge again, is only waited for
    lines: Sequence[OrderLine] = OrderLine.of_orders([order])[order.id]
    asked = orders.new_order(order, counter.places(order), orders.purpose_of(lines, order.bill), now)
    try:
        event = bank.charge(asked, one.card.name)
    except GatewayDown as fault:
        log.info("order %s: %s", order.number, fault)
        return
    except Declined as fault:
        log.warning("order %s: %s does not charge the card: %s", order.number, bank.name, fault)
        event = Event(
            f"declined:{order.number}",
            order.number,
            "",
            Outcome.FAILED,
            0,
            reason="Банк не принял платёж этой картой",
        )
    if event.outcome is Outcome.WAITING:
        orders.named(order, event.provider_id)
    else:
        orders.apply(order.gateway, orders.storable(event), now)


def _is_off(one: AutopayRun) -> bool:
    """Was it turned off, or its card removed, after the order was made?"""
    row = Autopay.of_account(one.account)
    is_gone = row is None or row.id != one.autopay_id
    return is_gone or one.card is None or one.card.removed_at is not None


@transaction
def conclude(one: AutopayRun, now: datetime) -> bool:
    """The run ends as its order did."""
    order = Order.whole(one.order_id)
    if order.state in (PAID, POSTED, REFUNDED):
        return one.moved(DONE, ORDERED, poll_at=None)
    if order.state == NOT_PAID and order.reason == TURNED_OFF:
        return one.moved(DROPPED, ORDERED, poll_at=None)
    if order.state in (NOT_PAID, EXPIRED):
        return _end(one, ORDERED, NO_ANSWER if order.state == EXPIRED else str(order.reason), now)
    return False


def _end(one: AutopayRun, before: str, reason: str, now: datetime) -> bool:
    """In the caller's transaction: it did not work, and the resident is told once."""
    moved = one.moved(FAILED, before, reason=reason[:300], poll_at=None)
    if moved:
        _write(one, NOT_DONE, now)
    return moved


def _write(one: AutopayRun, kind: str, now: datetime) -> None:
    outbox.put(kind, f"{kind}:{one.id}", now, resident=one.resident, run=one.id)
