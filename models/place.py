"""Addresses as dependent selects: settlement, street, house, flat, account of a supplier; one query a level."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from peewee import Function, ModelSelect, Select, TextField, fn

from models.account import Account, House
from models.base import db
from models.search import fold, natural

MOST_ACCOUNTS = 100  # accounts of one flat that are offered


def settlements() -> list[str]:
    """Every settlement there is: to look for one supplier's would mean to look through all houses of the others."""
    return _different(House.settlement, House.select(House.settlement))


def streets(supplier: int, settlement: str) -> list[str]:
    """The streets of a settlement where the supplier has an account; "" among them where houses stand on none."""
    here = House.settlement == settlement
    return _different(House.street, House.select(House.street).where(here, _is_served(supplier)))


def houses(supplier: int, settlement: str, street: str) -> list[House]:
    """The houses of a street in their natural order."""
    rows = House.select().where(House.settlement == settlement, House.street == street, _is_served(supplier))
    return sorted(rows, key=lambda house: natural(str(house.number)))


def houses_of(supplier: int, most: int) -> list[House]:
    """The supplier's houses by address; one more than `most`, whichever, where they are too many for one list."""
    served = Account.select(Account.house).where(Account.supplier == supplier).distinct().limit(most + 1)
    return sorted(House.select().where(House.id.in_(served)), key=_order)


def flats(supplier: int, house: int) -> list[str]:
    """The flats of a house where the supplier has an account; "" among them where the house has none."""
    rows = Account.select(Account.flat).where(Account.house == house, Account.supplier == supplier).distinct()
    return sorted((flat for (flat,) in cast(Iterable[tuple[str]], rows.tuples())), key=natural)


def accounts_at(supplier: int, house: int, flat: str) -> list[Account]:
    """The supplier's accounts of a flat; sorted here, or SQLite would walk all its accounts in their order."""
    rows = Account.select().where(Account.house == house, Account.supplier == supplier, Account.flat == flat)
    return sorted(rows.limit(MOST_ACCOUNTS), key=lambda account: natural(str(account.number)))


def _is_served(supplier: int) -> Function:
    return fn.EXISTS(Account.select(Account.id).where(Account.house == House.id, Account.supplier == supplier))


def _different(column: TextField, rows: ModelSelect[House]) -> list[str]:
    """The different texts of a column among the rows, in natural order.

    Each is sought in the index behind the one before: DISTINCT would walk all houses of a town for its ten streets.
    """
    rows = rows.order_by(column).limit(1)
    step = Select(columns=[rows]).cte("step", recursive=True, columns=("text",))
    steps = step.union_all(Select([step], [rows.where(column > step.c.text)]).where(step.c.text.is_null(False)))
    found = steps.select_from(steps.c.text).where(steps.c.text.is_null(False)).tuples().execute(db)
    texts = (text for (text,) in cast(Iterable[tuple[str]], found))
    return sorted(texts, key=lambda text: natural(fold(text)))


def _order(house: House) -> tuple[str, str, str]:
    return fold(str(house.settlement)), natural(fold(str(house.street))), natural(str(house.number))
