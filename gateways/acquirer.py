"""What every bank's gateway is to the portal: one small interface, whatever protocol stands behind it.

1. `create` gives the address to which the payer is sent; most banks are asked for it over the network.
2. The bank calls back, once, twice, late, out of order or never. `read_callback` checks that it is the bank.
3. `status` asks the bank itself; a poller does it for orders of which nobody called back.

Only a `PAID` event with the order's own sum pays an order; the return page proves nothing. A callback that alone
proves nothing (unsigned, or without the sum) is read as `WAITING`: the truth is what `status` says.

What asks the network raises one of two. `GatewayDown`: nothing is known, it may have been done; asking again in the
same words must be harmless. `Declined`: the bank answered, it is final, nothing was done.
Sums are kopecks, moments aware UTC. No secret stands in a `repr`, in an error's text, or in an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from gateways.receipt import Receipt


class Outcome(StrEnum):
    """What became of a payment, as the bank tells it.

    `WAITING`: not decided, or not proved. `UNCLEAR`: money went back and the bank's words do not say how much: it is
    written down for the operator, who looks into the bank's own pages.
    """

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    UNCLEAR = "unclear"


class Standing(StrEnum):
    """How an order stands with us, for the banks that ask (MONETA's Check URL)."""

    UNKNOWN = "unknown"  # no such order
    OPEN = "open"  # may be paid
    UNCERTAIN = "uncertain"  # its time is over, what became of it is not known yet
    PAID = "paid"
    CLOSED = "closed"  # failed, expired or refunded: must not be paid any more


class Forged(Exception):
    """A callback whose signature or shape is not the bank's."""


class GatewayDown(Exception):
    """The bank did not answer, or not with sense: ask again later, nothing is known."""


class Declined(Exception):
    """The bank's final no: nothing was done, and the same words will have the same answer. Text for the operator."""


@dataclass(frozen=True)
class Payee:
    """Requisites of who gets the money (ЮKassa's `payment_order`)."""

    name: str
    inn: str = ""
    kpp: str = ""
    account: str = ""
    bank: str = ""
    bic: str = ""
    corr_account: str = ""


@dataclass(frozen=True)
class Line:
    """What an order pays, part by part: account number, service ("" = the whole account), sum without the fee."""

    account: str
    amount: int
    service: str = ""
    period: date | None = None
    bill: str = ""


@dataclass(frozen=True)
class NewOrder:
    """An order as the bank sees it; `amount` in kopecks, the fee included; `number`: ours, unique, ≤ 32 signs.

    `client`: an opaque name under which the bank may keep the payer's cards, "" where it must not; `keep`: he asked
    for it on our page; `card`: a card kept earlier that he chose, the bank's page asks for the rest of it.
    `expires_at`: until when the bank may take the money, `seconds` from now till then; None leaves it to the bank.
    `receipt`: None where the organisation gives none through the bank (54-ФЗ).
    """

    number: str
    amount: int
    description: str
    return_url: str
    callback_url: str
    email: str = ""
    phone: str = ""
    client: str = ""
    keep: bool = False
    card: str = ""
    expires_at: datetime | None = None
    seconds: int = 0
    payee: Payee | None = None
    lines: Sequence[Line] = ()
    receipt: Receipt | None = None


@dataclass(frozen=True)
class Started:
    """Where to send the payer; `provider_id` where the bank names the payment at once."""

    url: str
    provider_id: str | None = None


@dataclass(frozen=True)
class Event:
    """What the bank says of an order. `key` is the same when it says the same thing again.

    `amount`: taken, or given back altogether by now (0 = all that was taken), kopecks; it counts for `PAID` and
    `REFUNDED` alone. `taken`: beside a part given back, what had been taken, 0 where the bank does not say.
    `reason`: why it failed, in words that the resident reads. `card_id`: under which the bank keeps the card.
    """

    key: str
    number: str
    provider_id: str
    outcome: Outcome
    amount: int
    taken: int = 0
    receipt_url: str = ""
    masked_card: str = ""
    reason: str = ""
    card_id: str = ""


@dataclass(frozen=True)
class Question:
    """The bank asks how an order stands before it takes the money; nothing is told."""

    number: str
    provider_id: str = ""
    amount: int | None = None


# What a callback is; None: a ping that tells and asks nothing.
Told = Event | Question | None


@dataclass(frozen=True)
class Verdict:
    """What we make of a callback: is it taken note of, how the order stands with us, what it costs, its receipt."""

    accepted: bool
    standing: Standing = Standing.UNKNOWN
    amount: int = 0
    receipt: Receipt | None = None


@dataclass(frozen=True)
class Refund:
    """Money to give back. `before`: what was given back earlier, so that a repetition is known by the bank's books.

    `key`: ours, the same in a repetition, ≤ 64 signs; `total`: what the order cost; `receipt`: of what goes back.
    """

    number: str
    provider_id: str
    key: str
    amount: int
    total: int
    before: int = 0
    receipt: Receipt | None = None


@dataclass(frozen=True)
class SavedCard:
    """A card that the bank keeps for a client: its name there, and what may be shown of it."""

    id: str
    masked: str
    expires: str = ""  # MM/YY


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

    @property
    def keeps_cards(self) -> bool:
        """May `saved_cards` have any, and can `charge` take money from them?"""

    @property
    def charges_once(self) -> bool:
        """Does it know an order that it was asked to charge before, and takes the money once?"""

    def create(self, order: NewOrder) -> Started:
        """Registers the order. May be repeated with the same number."""

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """Asks what became of it; None where this bank cannot be asked."""

    def refund(self, refund: Refund) -> Event:
        """Gives money back, all or a part; `WAITING` where the bank will tell later. May be repeated."""

    def read_callback(self, callback: Callback) -> Told:
        """What a callback tells or asks; raises `Forged`. It runs in a request: never asks the network."""

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        """The answer to a genuine callback."""

    def saved_cards(self, client: str) -> Sequence[SavedCard]:
        """The cards that the bank keeps for the client."""

    def forget_card(self, client: str, card: str) -> None:
        """Takes a card away; of no effect where it is gone."""

    def charge(self, order: NewOrder, card: str) -> Event:
        """Pays the order by a saved card without the payer; `WAITING` where the bank will tell later.

        May be repeated only where `charges_once`.
        """


@dataclass(frozen=True)
class Engine:
    """A protocol, as the settings see it: what it is told, what it may not do without, how it is built.

    `options`: keys of `[gateways.<name>]` in portal.toml with their usual values (the type is binding); `secrets`:
    keys that come from the environment alone. `faults` says what is wrong with all of them, a Russian sentence each.
    """

    build: Callable[[str, Mapping[str, Any]], Acquirer]
    options: Mapping[str, Any]
    secrets: tuple[str, ...]
    faults: Callable[[Mapping[str, Any]], Iterable[str]]
