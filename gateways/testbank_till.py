"""What the test bank does with a payment: card, code, refusal, time run out; each ends it once and is told once."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from json import dumps, loads

from gateways.testbank import SIGNATURE, sign
from gateways.testbank_cards import CARDS, Card, digits, masked
from gateways.testbank_ledger import FAILED, PAID, WAITING, Call, Ledger, Payment

RIGHT_CODE = "1234"
CODE_TRIES = 3
SESSION = 15 * 60.0  # seconds, where the signed address does not say
LATE = 15.0  # seconds: how late the late card's callback is
REPEATS = 1.0  # seconds between two callbacks of one payment
PATIENCE = 3 * 86400.0  # seconds: so long a portal that does not answer is called
WEB = re.compile(r"(https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?)(?:[/?#][!-~]*)?")
KEPT = ("card", "expiry", "holder")  # what «Запомнить карту» remembers; never the CVC


class Till:
    """The rules of the bank; moments are seconds since 1970, handed in."""

    def __init__(self, ledger: Ledger, secret: str, late: float = LATE) -> None:
        self.ledger, self.secret, self.late = ledger, secret, late

    def open(self, fields: Mapping[str, str], now: float) -> Payment | None:
        """The payment of a signed address; None where it leads nowhere or has changed since."""
        if not (origin(fields["return_url"]) and origin(fields["callback_url"])):
            return None
        expires = min(float(fields["expires"] or now + SESSION), now + 86400)
        payment = self.ledger.opened(fields, expires)
        same = ("amount", "return_url", "callback_url")
        return payment if all(payment.fields[name] == fields[name] for name in same) else None

    def pay(self, payment: Payment, typed: Mapping[str, str], now: float) -> None:
        """Tries a card whose fields were checked before."""
        card = CARDS[digits(typed["card"])]
        kept = {name: typed[name].strip() for name in KEPT} | {"id": self._card_id(payment, card)}
        keeps = dumps(kept) if typed.get("remember") and payment.fields["client"] else ""
        if card.asks_code:
            self.ledger.ask_code(payment, card.number, keeps)
        else:
            self._finish(payment, card, keeps, now)

    def charge(self, fields: Mapping[str, str], now: float) -> Payment | None:
        """Pays by a kept card without the payer, once an order; None where the card, or the order, is another."""
        before, kept = (
            self.ledger.by_number(fields["number"]),
            self.ledger.kept_card(fields["client"], fields["card"]),
        )
        if before is None and not (fields["card"] and kept):
            return None
        payment = self.open(fields, now)
        if payment is None or payment.is_over:
            return payment
        card = CARDS[digits(kept["card"])] if kept else None
        if card is None or card.asks_code:
            self.refuse(payment, "Банк просит код из СМС, а плательщика нет", now)
        else:
            self._finish(payment, card, dumps(kept), now)
        return self.ledger.find(payment.token)

    def told(self, payment: Payment) -> Mapping[str, str]:
        """What is answered to a charge: what is called back, too; a card that is slow to tell says nothing."""
        card = CARDS.get(payment.card)
        says = payment.is_over and (card is None or not (card.is_late or card.is_forged or card.calls == 0))
        return self._call(payment, payment.state if says else WAITING, payment.card, payment.reason, 0.0).body

    def confirm(self, payment: Payment, code: str, now: float) -> None:
        """Checks the code of 3-D Secure; the last wrong one ends the payment."""
        if code.strip() == RIGHT_CODE:
            self._finish(payment, CARDS[payment.card], None, now)
        elif self.ledger.wrong_code(payment) >= CODE_TRIES:
            self.refuse(payment, "Код из СМС введён неверно", now)

    def refuse(self, payment: Payment, reason: str, now: float) -> None:
        """Ends a payment without money, for a reason that a resident may read."""
        call = self._call(payment, FAILED, payment.card, reason, now)
        self.ledger.finish(payment, FAILED, payment.card, None, reason, [call])

    def expire(self, now: float) -> None:
        """Ends what was left open."""
        for payment in self.ledger.overdue(now):
            self.refuse(payment, "Время на оплату вышло", now)

    def _finish(self, payment: Payment, card: Card, keeps: str | None, now: float) -> None:
        state = PAID if card.pays else FAILED
        payment = payment if keeps is None else replace(payment, keeps=keeps)
        call = self._call(payment, state, card.number, card.reason, now + (self.late if card.is_late else 0))
        if card.is_forged:
            call = Call(call.url, {**call.body, SIGNATURE: sign(call.body, "a stranger's secret")}, now, until=now)
        calls = [Call(call.url, call.body, call.due + REPEATS * n, call.until) for n in range(card.calls)]
        self.ledger.finish(payment, state, card.number, keeps, card.reason, calls)

    def _card_id(self, payment: Payment, card: Card) -> str:
        """The name of a kept card: the same each time, and of no use to another client."""
        text = f"{payment.fields['client']}\0{card.number}"
        return hmac.new(self.secret.encode(), text.encode(), sha256).hexdigest()[:24]

    def _call(self, payment: Payment, state: str, card: str, reason: str, due: float) -> Call:
        body = {
            "key": f"{payment.provider_id}-{state}",
            "number": payment.number,
            "provider_id": payment.provider_id,
            "outcome": state,
            "amount": str(payment.amount),
            "card": masked(card) if card else "",
            "reason": reason,
            "card_id": loads(payment.keeps)["id"] if state == PAID and payment.keeps else "",
            "receipt_url": f"{payment.fields['bank_url']}/receipt/{payment.provider_id}" if state == PAID else "",
        }
        body[SIGNATURE] = sign(body, self.secret)
        return Call(payment.fields["callback_url"], body, due, until=due + PATIENCE)


def origin(url: str) -> str:
    """scheme://host[:port] of an address that may be called and may stand in a header; "" where it is none."""
    found = WEB.fullmatch(url)
    return found[1] if found else ""
