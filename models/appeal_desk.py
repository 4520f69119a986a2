"""The operators' desk of appeals: who waits longest first, found by state, topic, age, assignee and words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from peewee import Expression, ModelSelect, fn

from models import finding
from models.account import Account
from models.appeal import Appeal, AppealMessage
from models.resident import Operator, Resident
from models.search import fold
from models.supplier import Supplier

NOBODY = 0
RECENT = 20_000  # messages, and appeals, that words are looked for in: further back would be walked for seconds
MOST_FOUND = 500  # appeals that words may come to
START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """Which appeals: to these suppliers (None = all); the rest narrows. `taken_by`: an operator, or NOBODY."""

    suppliers: Collection[int] | None
    states: Collection[str]
    supplier: int | None = None
    topic: int | None = None
    waits_before: datetime | None = None
    taken_by: int | None = None
    text: str = ""
    facts: finding.Facts | None = None


class Place(NamedTuple):
    """A row's place in the desk's order: since when it waits (None = for nothing), and its id."""

    waits_since: datetime | None
    id: int

    @classmethod
    def read(cls, text: str) -> Place | None:
        """A place as an address carries it; what is none begins the list."""
        moment, _, number = text.partition(".")
        if not all(part.isascii() and part.isdecimal() and len(part) < 17 for part in (moment, number)):
            return None
        since = START + timedelta(microseconds=int(moment)) if int(moment) else None
        return cls(since, min(int(number), 2**31 - 1))

    def __str__(self) -> str:
        moment = (self.waits_since - START) // timedelta(microseconds=1) if self.waits_since else 0
        return f"{moment}.{self.id}"


def page(wanted: Wanted, after: Place | None, most: int) -> list[Appeal]:
    """So many: who has waited longest first, then what waits for nothing, newest first."""
    rows = _wanted(wanted)
    waiting: list[Appeal] = []
    if after is None or after.waits_since is not None:
        queue = rows.where(Appeal.waits_since.is_null(False))
        if after is not None:
            since = after.waits_since
            queue = queue.where(
                (Appeal.waits_since > since) | ((Appeal.waits_since == since) & (Appeal.id > after.id))
            )
        waiting = list(queue.order_by(Appeal.waits_since, Appeal.id).limit(most))
    if len(waiting) == most or wanted.waits_before is not None:
        return waiting
    rest = rows.where(Appeal.waits_since.is_null())
    if after is not None and after.waits_since is None:
        rest = rest.where(Appeal.id < after.id)
    return waiting + list(rest.order_by(Appeal.id.desc()).limit(most - len(waiting)))


def place_of(appeal: Appeal) -> Place:
    return Place(cast(datetime | None, appeal.waits_since), appeal.id)


def next_waiting(suppliers: Collection[int] | None, me: Resident, but: int) -> int | None:
    """The appeal to go on with: who waits longest of those that are mine or nobody's."""
    free = Appeal.taken_by.is_null() | (Appeal.taken_by == me)
    rows = Appeal.select(Appeal.id).where(Appeal.waits_since.is_null(False), free, Appeal.id != but)
    rows = rows if suppliers is None else rows.where(Appeal.supplier.in_(list(suppliers)))
    found = rows.order_by(Appeal.waits_since, Appeal.id).first()
    return found.id if found is not None else None


def ages(suppliers: Collection[int] | None, edges: Sequence[datetime]) -> tuple[list[int], datetime | None]:
    """How many wait since after each of the edges, newest edge first, and longer than all; since when the oldest."""
    later = [fn.SUM((Appeal.waits_since > edge).cast("integer")) for edge in edges]
    rows = Appeal.select(*later, fn.COUNT(Appeal.id), fn.MIN(Appeal.waits_since)).where(
        Appeal.waits_since.is_null(False)
    )
    rows = rows if suppliers is None else rows.where(Appeal.supplier.in_(list(suppliers)))
    [(*sums, count, oldest)] = cast(Iterable[tuple[Any, ...]], rows.tuples())
    totals = [int(figure or 0) for figure in sums] + [int(count)]
    parts = [total - before for total, before in zip(totals, [0, *totals[:-1]], strict=True)]
    return parts, Appeal.waits_since.python_value(oldest)


def operators(suppliers: Iterable[int] | None) -> list[Resident]:
    """Who may work on an appeal to one of these suppliers (None = any), by name."""
    serving = Operator.select(Operator.resident)
    if suppliers is not None:
        serving = serving.where(Operator.supplier.is_null() | Operator.supplier.in_(list(suppliers)))
    rows = Resident.select().where(Resident.id.in_(serving), Resident.state == "active")
    return sorted(rows, key=lambda row: (row.full_name or str(row.email), row.id))


def _wanted(wanted: Wanted) -> ModelSelect[Appeal]:
    conditions: list[Any] = [Appeal.state.in_(list(wanted.states))]
    if wanted.suppliers is not None:
        conditions.append(Appeal.supplier.in_(list(wanted.suppliers)))
    if wanted.supplier is not None:
        conditions.append(Appeal.supplier == wanted.supplier)
    if wanted.topic is not None:
        conditions.append((Appeal.topic == wanted.topic) | (Appeal.subtopic == wanted.topic))
    if wanted.waits_before is not None:
        conditions.append(Appeal.waits_since <= wanted.waits_before)
    if wanted.taken_by is not None:
        nobody = Appeal.taken_by.is_null()
        conditions.append(nobody if wanted.taken_by == NOBODY else Appeal.taken_by == wanted.taken_by)
    if wanted.text:
        conditions.append(Appeal.id.in_(_found(wanted)))
    return Appeal.with_all().where(*conditions)


def _found(wanted: Wanted) -> list[int]:
    """Appeals by their number, words, contact, the resident's facts or the account's: so many, newest first."""
    number = wanted.text.lstrip("№ ")
    found = {int(number)} if number.isascii() and number.isdecimal() and len(number) < 10 else set()
    for rows in (_by_message(wanted.text), _by_contact(wanted.text), _by_person(wanted.facts)):
        if rows is not None:
            found |= {appeal for (appeal,) in cast(Iterable[tuple[int]], rows.limit(MOST_FOUND).tuples())}
    return sorted(found, reverse=True)[:MOST_FOUND]


def _by_message(text: str) -> Any:
    recent = AppealMessage.select(fn.MAX(AppealMessage.id) - RECENT)
    holds = AppealMessage.folded.contains(fold(text))
    return (
        AppealMessage.select(AppealMessage.appeal)
        .where(AppealMessage.id > recent, holds)
        .order_by(AppealMessage.id.desc())
    )


def _by_contact(text: str) -> Any:
    recent = Appeal.select(fn.MAX(Appeal.id) - RECENT)
    named = [column.contains(text) for column in (Appeal.contact, Appeal.other_contact, Appeal.subject)]
    return (
        Appeal.select(Appeal.id).where(Appeal.id > recent, named[0] | named[1] | named[2]).order_by(Appeal.id.desc())
    )


def _by_person(facts: finding.Facts | None) -> Any:
    if facts is None or facts.is_empty:
        return None
    alike: list[Any] = []
    person = finding.person(facts)
    if person is not None:
        alike.append(Appeal.resident.in_(Resident.select(Resident.id).where(person)))
    if facts.numbers:
        every = Supplier.select(Supplier.id)
        accounts = Account.select(Account.id).where(Account.supplier.in_(every), Account.number.in_(facts.numbers))
        alike.append(Appeal.account.in_(accounts))
    if not alike:
        return None
    either: Expression = alike[0] if len(alike) == 1 else alike[0] | alike[1]
    return Appeal.select(Appeal.id).where(either).order_by(Appeal.id.desc())
