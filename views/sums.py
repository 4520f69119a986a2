"""The sums of «Оплата» as a form: a tick and a sum for each account or service, named at run time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from models import Account
from services import payment
from services.payment import Part, Terms, Wish
from services.refusal import Refused
from views.format import money_typed
from views.forms import clean


@dataclass
class Entry:
    """`pay-<name>` and `sum-<name>`; the name is the account's id, or the account's and the service's."""

    account: Account
    service: int | None
    about: str
    is_ticked: bool = False
    text: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return str(self.account.id) if self.service is None else f"{self.account.id}-{self.service}"

    @property
    def field(self) -> str:
        return f"sum-{self.name}"


@dataclass
class Sums:
    """All entries of a page; looks like a form to the error summary of `ui.html`."""

    entries: list[Entry] = field(default_factory=list)
    form_errors: list[str] = field(default_factory=list)

    def add(self, account: Account, about: str, proposed: int | None, service: int | None = None) -> Entry:
        """An entry with what is proposed: kopecks to pay are ticked, nothing to pay is left empty."""
        asked = proposed is not None and proposed > 0
        entry = Entry(account, service, about, asked, money_typed(proposed) if asked else "")
        self.entries.append(entry)
        return entry

    def read(self, values: Mapping[str, str]) -> None:
        """What the resident ticked and typed stands instead of what was proposed."""
        for entry in self.entries:
            entry.is_ticked = f"pay-{entry.name}" in values
            entry.text = clean(values.get(entry.field))[:40]

    def wishes(self) -> list[Wish]:
        """The ticked sums that are sums; the others get their sentence."""
        found = []
        for entry in self.entries:
            if entry.is_ticked:
                try:
                    found.append(Wish(entry.account, payment.kopecks(entry.text), entry.service, entry.field))
                except Refused as refusal:
                    entry.error = refusal.sentence
        return found

    def refuse(self, refusal: Refused) -> None:
        entry = next((entry for entry in self.entries if entry.field == refusal.field), None)
        if entry is None:
            self.form_errors.append(refusal.sentence)
        else:
            entry.error = refusal.sentence

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        wrong = [(entry.field, entry.error) for entry in self.entries if entry.error]
        return [("", sentence) for sentence in self.form_errors] + wrong

    def label_of(self, identity: str) -> str:
        """What the sum is about, for the error summary."""
        return next((entry.about for entry in self.entries if entry.field == identity), "")


class Asked(Protocol):
    """What the error summary of `ui.html` reads of a form."""

    @property
    def mistakes(self) -> list[tuple[str, str]]: ...

    def label_of(self, identity: str) -> str: ...


@dataclass(frozen=True)
class Together:
    """Several parts of one form: all that is wrong in them, in their order on the page."""

    parts: tuple[Asked, ...]

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        return [mistake for part in self.parts for mistake in part.mistakes]

    def label_of(self, identity: str) -> str:
        return next(filter(None, (part.label_of(identity) for part in self.parts)), "")


@dataclass(frozen=True)
class Total:
    """The paybar: kopecks, and how many sums could not be counted in."""

    amount: int
    fee: int
    unread: int

    @property
    def total(self) -> int:
        return self.amount + self.fee


def total_of(sums: Sums, terms: Mapping[int, Terms]) -> Total:
    """What the ticked sums come to with their fees."""
    parts: list[Part] = payment.parts(sums.wishes(), terms)
    return Total(
        sum(part.amount for part in parts),
        sum(part.fee for part in parts),
        sum(1 for entry in sums.entries if entry.error),
    )
