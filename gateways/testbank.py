"""The built-in test bank's adapter: it talks by a signed redirect and signed callbacks, and in no other way."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from gateways.acquirer import Answer, Callback, Event, Forged, NewOrder, Outcome, Started

SIGNATURE = "sign"


def sign(values: Mapping[str, str], secret: str) -> str:
    """HMAC-SHA256 over ``name;value;`` of all fields but the signature, sorted by name, in hexadecimal."""
    text = "".join(f"{name};{values[name]};" for name in sorted(values) if name != SIGNATURE)
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def is_signed(values: Mapping[str, str], secret: str) -> bool:
    return hmac.compare_digest(sign(values, secret).encode(), values.get(SIGNATURE, "").encode())


@dataclass(frozen=True)
class TestBank:
    """`url` is where its pages stand, `secret` what both sides sign with."""

    url: str
    secret: str
    name: str = "testbank"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def create(self, order: NewOrder) -> Started:
        """No network: everything the bank must know travels in the signed address."""
        values = {
            "number": order.number,
            "amount": str(order.amount),
            "description": order.description,
            "return_url": order.return_url,
            "callback_url": order.callback_url,
            "contact": order.email or order.phone,
            "bank_url": self.url,
            "expires": str(int(order.expires_at.timestamp())) if order.expires_at else "",
        }
        values[SIGNATURE] = sign(values, self.secret)
        return Started(f"{self.url}/pay?{urlencode(values)}")

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """This bank cannot be asked."""
        return None

    def read_callback(self, callback: Callback) -> Event:
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

    def acknowledge(self, accepted: bool) -> Answer:
        return Answer(200, "OK") if accepted else Answer(409, "REFUSED")
