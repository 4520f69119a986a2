"""Accounts and residents by any fact, a page at a time: each fact has an index, so a page costs the same everywhere.

Each source answers with so many rows after the last one shown; what the sources found is merged, cut, and fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any, cast

from peewee import Node, fn

from models.account import Account, House
from models.link import Link
from models.request import WAITING, LinkRequest
from models.resident import Resident
from models.search import begun
from models.supplier import Supplier

# Not the bare id: either engine would walk all rows in its order rather than look a fact up and sort what it finds
# (PostgreSQL once it has planned the statement for any values).
FOUND = (Resident.name_key.concat(""), Resident.id + 0)
OF_ACCOUNT = Account.id + 0
MOST_HOUSES = 500  # of a name of a street that is typed alone


@dataclass(frozen=True)
class Facts:
    """What was typed, read in every way it makes sense; empty where it makes none.

    `numbers` are of an account or a ЕЛС as they may be written; `names` folded words of a person's name; `place`
    folded words of an address, `house` and `flat` its numbers.
    """

    email: str = ""
    phone: str = ""
    username: str = ""
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    house: str = ""
    flat: str = ""

    @property
    def is_empty(self) -> bool:
        return self == Facts()


@dataclass(frozen=True)
class Page:
    """So many rows after an id; `suppliers` None = of all, else only of theirs."""

    suppliers: frozenset[int] | None
    after: int
    limit: int


def accounts(facts: Facts, page: Page) -> list[Account]:
    """The accounts that a number or an address fits, by id, each with supplier and house: three queries."""
    ids = _account_ids(facts, page)
    rows = Account.select(Account, Supplier, House).join(Supplier).switch(Account).join(House)
    return list(rows.where(Account.id.in_(ids)).order_by(Account.id)) if ids else []


def residents(facts: Facts, page: Page) -> list[Resident]:
    """Residents that any fact fits, namesakes together; for some suppliers only those whom they serve.

    Namesakes come out of their index in its order, so of a name that every sixth bears no more are looked at than are
    shown. What the other facts find is sorted.
    """
    beyond = [_behind(page.after)] if page.after else []
    by_name = (Resident.name_key, Resident.id)
    sources: list[tuple[Any, tuple[Any, Any]]] = [(condition, by_name) for condition in _names(facts.names)]
    sources += [
        (condition, FOUND) for condition in (_by_login(facts), _by_account(facts, page.suppliers)) if condition
    ]
    found: set[tuple[str, int]] = set()
    for condition, order in sources:
        rows = Resident.select(Resident.name_key, Resident.id).where(condition, *beyond, *_served(page.suppliers))
        found |= set(rows.order_by(*order).limit(page.limit).tuples())
    ids = [number for _, number in sorted(found)[: page.limit]]
    rows = Resident.select().where(Resident.id.in_(ids)).order_by(*by_name)
    return list(rows) if ids else []


def _behind(last: int) -> Any:
    """Further than this resident in the order of names."""
    shown = Resident.alias()
    key, reached = Resident.name_key, shown.select(shown.name_key).where(shown.id == last)
    return (key >= reached) & ((key > reached) | (Resident.id > last))


def person(facts: Facts) -> Any:
    """The condition that a resident has this e-mail, phone or user name, or such a name."""
    return _any([condition for condition in (_by_login(facts), _any(_names(facts.names))) if condition is not None])


def served(resident_id: int, suppliers: frozenset[int] | None) -> Resident | None:
    """The resident, if an operator of these suppliers (None = of all) may see him."""
    found: Resident | None = Resident.select().where(Resident.id == resident_id, *_served(suppliers)).first()
    return found


def links(residents: Iterable[Resident], suppliers: frozenset[int] | None) -> dict[int, list[Link]]:
    """The links of the residents to accounts of the suppliers, by resident; each with account, supplier, house."""
    found: dict[int, list[Link]] = {resident.id: [] for resident in residents}
    rows = (
        Link.select(Link, Account, Supplier, House)
        .join(Account)
        .join(Supplier)
        .switch(Account)
        .join(House)
        .where(Link.resident.in_(list(found)), *_of(suppliers))
        .order_by(Link.linked_at, Link.id)
    )
    for link in rows if found else ():
        found[link.resident_id].append(link)
    return found


def _by_login(facts: Facts) -> Node | None:
    known = {
        Resident.email_key: facts.email, Resident.phone_key: facts.phone, Resident.phone: facts.phone,
        Resident.username_key: facts.username,
    }  # fmt: skip
    alike: list[Any] = [
        Resident.select(Resident.id).where(column == value) for column, value in known.items() if value
    ]
    # Each by its own index: of an OR SQLite reads all residents, as soon as it knows that most have no user name.
    return cast(Node, Resident.id.in_(reduce(lambda rows, more: rows.union_all(more), alike))) if alike else None


def _names(words: Sequence[str]) -> list[Any]:
    """A surname begins with one of the words and the others begin words of the name: a condition for each order."""
    wanted = []
    for word in words:
        low, high = begun(word)
        others = [other for other in words if other != word]
        holds = [Resident.name_key.contains(f"z{begun(other)[0]}") for other in others]
        wanted.append(_all([Resident.name_key >= low, Resident.name_key < high, *holds]))
    return wanted


def _by_account(facts: Facts, suppliers: frozenset[int] | None) -> Node | None:
    condition = _account(facts)
    if condition is None:
        return None
    rows = Link.select(Link.resident).join(Account).where(condition, *_of(suppliers))
    return cast(Node, Resident.id.in_(rows))


def _account_ids(facts: Facts, page: Page) -> list[int]:
    condition = _account(facts)
    if condition is None:
        return []
    rows = Account.select(Account.id).where(condition, page.after < OF_ACCOUNT, *_of(page.suppliers))
    return _ids(rows.order_by(OF_ACCOUNT).limit(page.limit))


def _account(facts: Facts) -> Node | None:
    """Of this number, of whichever supplier, of this ЕЛС, or at this address."""
    by_number: list[Any] = []
    if facts.numbers:
        every = Supplier.select(Supplier.id)  # so the index of supplier and number fits
        by_number = [
            (Account.supplier.in_(every)) & Account.number.in_(facts.numbers),
            (Account.els != "") & Account.els.in_(facts.numbers),
        ]
    fitting = houses(facts)
    by_place = [_all([Account.house.in_(fitting), *([_flat(facts.flat)] if facts.flat else [])])]
    return _any(by_number + (by_place if fitting else []))


def _flat(typed: str) -> Any:
    """Billings write a flat with and without «кв.»; letters of numbers come small and large."""
    return Account.flat.in_([prefix + case for prefix in ("", "кв.", "кв. ") for case in (typed, typed.upper())])


def houses(facts: Facts) -> list[int]:
    """The houses that the words of an address fit: some hundreds of them at most."""
    if not facts.place:
        return []
    conditions: list[Any] = [House.key.contains(word) for word in facts.place]
    if facts.house:
        number = f"|{facts.house}"
        ends = [House.key.endswith(number), *(House.key.contains(number + sign) for sign in " ,/к")]
        conditions.append(_any(ends))
    return _ids(House.select(House.id).where(*conditions).order_by(House.id).limit(MOST_HOUSES))


def _served(suppliers: frozenset[int] | None) -> list[Any]:
    if suppliers is None:
        return []
    linked = Link.select(Link.id).join(Account).where(Link.resident == Resident.id, Account.supplier.in_(suppliers))
    asking = LinkRequest.select(LinkRequest.id).where(
        LinkRequest.resident == Resident.id, (LinkRequest.supplier + 0).in_(suppliers), LinkRequest.state == WAITING
    )
    # Not EXISTS: PostgreSQL would read all links of the suppliers first, for the fifty rows of a page.
    return [fn.COALESCE(linked.limit(1), asking.limit(1)).is_null(False)]


def _of(suppliers: frozenset[int] | None) -> list[Any]:
    return [] if suppliers is None else [Account.supplier.in_(suppliers)]


def _ids(rows: Any) -> list[int]:
    return [number for (number,) in rows.tuples()]


def _any(conditions: Sequence[Any]) -> Node | None:
    """One of them holds; None where there is none to hold."""
    return cast(Node, reduce(or_, conditions)) if conditions else None


def _all(conditions: Sequence[Any]) -> Any:
    return reduce(and_, conditions)
