"""The built-in test bank's adapter: it talks by a signed redirect and signed callbacks, and in no other way."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Event,
    Forged,
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
    keeps_cards: bool = False

    __test__ = False  # pytest collects whatever is called Test…

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def create(self, order: NewOrder) -> Started:
        """No network: all that the bank must know travels in the signed address.

        The payer's e-mail and phone do not: addresses are kept by browsers and proxies. The bank asks for them.
        """
        values = {
            "number": order.number,
            "amount": str(order.amount),
            "description": order.description,
            "return_url": order.return_url,
            "callback_url": order.callback_url,
            "client": order.client,
            "bank_url": self.url.rstrip("/"),
            "expires": str(int(order.expires_at.timestamp())) if order.expires_at else "",
        }
        values[SIGNATURE] = sign(values, self.secret, REDIRECT)
        return Started(f"{self.url.rstrip('/')}/pay?{urlencode(values)}")

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """This bank cannot be asked."""
        return None

    def refund(self, refund: Refund) -> Event:
        raise Declined("учебный банк денег не возвращает")

    def saved_cards(self, client: str) -> tuple[SavedCard, ...]:
        return ()

    def forget_card(self, client: str, card: str) -> None:
        """Its payer takes the tick away on the bank's page."""

    def charge(self, order: NewOrder, card: str) -> Event:
        raise Declined("учебный банк без плательщика не платит")

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
            )
        except (KeyError, ValueError):
            raise Forged("a field is missing or misshapen")

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        """200 ends its repetitions; anything else does not."""
        return Answer(200, "OK") if verdict.accepted else Answer(409, "REFUSED")
