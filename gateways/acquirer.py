"""What every bank's gateway is to the portal: one small interface, whatever protocol stands behind it.

1. `create` gives the address to which the payer is sent; most banks are asked for it over the network.
2. The bank calls back, once, twice, late, out of order or never. `read_callback` checks that it is the bank.
3. `status` asks the bank itself; a poller does it for orders of which nobody called back.

Only a `PAID` event with the order's own sum pays an order; the return page proves nothing. A callback that alone
proves nothing (unsigned, or without the sum) is read as `WAITING`: the truth is what `status` says.
Sums are kopecks, moments aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of a payment, as the bank tells it; `WAITING`: not decided, or not proved."""

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
    """An order as the bank sees it; `amount` in kopecks, the fee included; `number`: ours, unique, ≤ 32 signs.

    `client`: an opaque name under which the bank may keep the payer's cards, "" where it must not;
    `expires_at`: until when the bank may take the money, None leaves it to the bank.
    """

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
    """What the bank says of an order. `key` is the same when it says the same thing again.

    `amount`: taken or given back, kopecks; it counts for `PAID` and `REFUNDED` alone. `reason`: why it failed, in
    words that the resident reads.
    """

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
    """A request of the bank to us, without any framework's types; `address`: the sender's, proxies resolved."""

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
        """The event a callback tells of; raises `Forged`. It runs in a request: never asks the network."""

    def acknowledge(self, accepted: bool) -> Answer:
        """The answer to a genuine callback: taken note of, or not accepted (wrong amount, unknown order)."""
