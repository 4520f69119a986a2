"""What every bank's gateway is to the portal: one small interface, whatever protocol stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of a payment, as the bank tells it."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"


class Forged(Exception):
    """A callback whose signature or shape is not the bank's."""


class GatewayDown(Exception):
    """The bank did not answer, or not with sense: ask again later, nothing is known."""


@dataclass(frozen=True)
class NewOrder:
    """An order as the bank sees it; `amount` in kopecks, the fee included; `number` is ours and unique."""

    number: str
    amount: int
    description: str
    return_url: str
    callback_url: str
    email: str = ""
    phone: str = ""
    client: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Started:
    """Where to send the payer; `provider_id` where the bank names the payment at once."""

    url: str
    provider_id: str | None = None


@dataclass(frozen=True)
class Event:
    """What the bank says of an order. `key` is the same when it says the same thing again."""

    key: str
    number: str
    provider_id: str
    outcome: Outcome
    amount: int
    receipt_url: str = ""
    masked_card: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Callback:
    """A request of the bank to us, without any framework's types."""

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""


@dataclass(frozen=True)
class Answer:
    """What the bank wants to hear."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


class Acquirer(Protocol):
    """A bank's gateway. `origin` (scheme and host) is where the payer's form may lead (CSP `form-action`)."""

    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str: ...

    def create(self, order: NewOrder) -> Started:
        """Registers the order; raises `GatewayDown`. May be repeated with the same number."""

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """Asks what became of it; None where this bank cannot be asked; raises `GatewayDown`."""

    def read_callback(self, callback: Callback) -> Event:
        """The event a callback tells of; raises `Forged`."""

    def acknowledge(self, accepted: bool) -> Answer:
        """The answer to a genuine callback: taken note of, or not accepted (wrong amount, unknown order)."""
