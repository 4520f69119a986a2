"""The built-in test bank's adapter: a signed redirect, signed callbacks, and signed questions about kept cards."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateways import wire
from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Event,
    Forged,
    GatewayDown,
    NewOrder,
    Outcome,
    Refund,
    SavedCard,
    Started,
    Told,
    Verdict,
)

SIGNATURE = "sign"
REDIRECT, CALLBACK = "redirect", "callback"
CHARGE, CARDS_OF, FORGET = "charge", "cards", "forget"
FORM = "application/x-www-form-urlencoded"


def sign(values: Mapping[str, str], secret: str, purpose: str = CALLBACK) -> str:
    """HMAC-SHA256 in hexadecimal over the purpose and all fields but the signature, sorted by name, url-encoded.

    The encoding keeps a value from posing as another field, the purpose keeps the address, which the payer sees,
    from serving as a callback.
    """
    told = sorted((name, value) for name, value in values.items() if name != SIGNATURE)
    text = f"{purpose}?{urlencode(told, errors='surrogatepass')}"
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def is_signed(values: Mapping[str, str], secret: str, purpose: str = CALLBACK) -> bool:
    """Is `sign` among the values, and ours?"""
    given = values.get(SIGNATURE, "").encode("utf-8", "replace")
    return hmac.compare_digest(sign(values, secret, purpose).encode(), given)


@dataclass(frozen=True)
class TestBank:
    """`url` is where its pages stand for a browser, `secret` what both sides sign with."""

    url: str
    secret: str = field(repr=False)
    name: str = "testbank"
    keeps_cards: bool = True
    charges_once: bool = True
    seconds: float = wire.SECONDS

    __test__ = False  # pytest collects whatever is called Test…

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def create(self, order: NewOrder) -> Started:
        """No network: all that the bank must know travels in the signed address.

        The payer's e-mail and phone do not: addresses are kept by browsers and proxies. The bank asks for them.
        """
        values = self._values(order) | {"card": order.card, "keep": "yes" if order.keep else ""}
        values[SIGNATURE] = sign(values, self.secret, REDIRECT)
        return Started(f"{self.url.rstrip('/')}/pay?{urlencode(values)}")

    def _values(self, order: NewOrder) -> dict[str, str]:
        return {
            "number": order.number,
            "amount": str(order.amount),
            "description": order.description,
            "return_url": order.return_url,
            "callback_url": order.callback_url,
            "client": order.client,
            "bank_url": self.url.rstrip("/"),
            "expires": str(int(order.expires_at.timestamp())) if order.expires_at else "",
        }

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """This bank cannot be asked."""
        return None

    def refund(self, refund: Refund) -> Event:
        raise Declined("учебный банк денег не возвращает")

    def saved_cards(self, client: str) -> tuple[SavedCard, ...]:
        found = self._ask(CARDS_OF, {"client": client})["cards"]
        return tuple(SavedCard(card["id"], card["masked"], card["expires"]) for card in found)

    def forget_card(self, client: str, card: str) -> None:
        self._ask(FORGET, {"client": client, "card": card})

    def charge(self, order: NewOrder, card: str) -> Event:
        told = self._ask(CHARGE, self._values(order) | {"card": card})
        try:
            return self.read_callback(Callback("POST", form=told))
        except Forged:
            raise GatewayDown("ответ учебного банка не подписан")

    def _ask(self, what: str, values: dict[str, str]) -> dict[str, Any]:
        body = {**values, SIGNATURE: sign(values, self.secret, what)}
        reply = wire.post(f"{self.url.rstrip('/')}/api/{what}", urlencode(body).encode(), FORM, seconds=self.seconds)
        if reply.status == 409:
            raise Declined(str(reply.json().get("reason", "")))
        if reply.status != 200:
            raise GatewayDown(f"учебный банк: HTTP {reply.status}")
        return reply.json()

    def read_callback(self, callback: Callback) -> Event:
        """A POST form: key, number, provider_id, outcome, amount, card, reason, receipt_url, sign."""
        values = callback.form
        if not is_signed(values, self.secret):
            raise Forged("wrong signature")
        try:
            return Event(
                key=values["key"],
                number=values["number"],
                provider_id=values["provider_id"],
                outcome=Outcome(values["outcome"]),
                amount=int(values["amount"]),
                receipt_url=values.get("receipt_url", ""),
                masked_card=values.get("card", ""),
                reason=values.get("reason", ""),
                card_id=values.get("card_id", ""),
            )
        except (KeyError, ValueError):
            raise Forged("a field is missing or misshapen")

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        """200 ends its repetitions; anything else does not."""
        return Answer(200, "OK") if verdict.accepted else Answer(409, "REFUSED")
