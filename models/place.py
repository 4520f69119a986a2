"""Addresses as dependent selects: settlement, street, house, flat, account of a supplier; one query a level."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from peewee import ModelSelect, fn

from models.account import Account, House
from models.search import fold, natural

MOST_ACCOUNTS = 100  # accounts of one flat that are offered


def settlements(supplier: int) -> list[str]:
    """Every settlement where the supplier has an account."""
    rows = House.select(House.settlement).distinct()
    return _texts(_served(rows, supplier))


def streets(supplier: int, settlement: str) -> list[str]:
    """The streets of a settlement; "" among them where houses stand on none."""
    rows = House.select(House.street).where(House.settlement == settlement).distinct()
    return _texts(_served(rows, supplier))


def houses(supplier: int, settlement: str, street: str) -> list[House]:
    """The houses of a street in their natural order."""
    rows = House.select().where(House.settlement == settlement, House.street == street)
    return sorted(_served(rows, supplier), key=lambda house: natural(str(house.number)))


def houses_of(supplier: int, most: int) -> list[House]:
    """The supplier's houses by address; `most` and one more where they are too many for one list."""
    rows = _served(House.select(), supplier).order_by(House.settlement, House.street, House.number)
    return sorted(rows.limit(most + 1), key=_order)


def flats(supplier: int, house: int) -> list[str]:
    """The flats of a house where the supplier has an account; "" among them where the house has none."""
    rows = Account.select(Account.flat).where(Account.house == house, Account.supplier == supplier).distinct()
    return sorted((flat for (flat,) in cast(Iterable[tuple[str]], rows.tuples())), key=natural)


def accounts_at(supplier: int, house: int, flat: str) -> list[Account]:
    """The supplier's accounts of a flat."""
    here = (Account.house == house, Account.supplier == supplier, Account.flat == flat)
    rows = Account.select().where(*here).order_by(Account.number)
    return list(rows.limit(MOST_ACCOUNTS))


def _served(houses: ModelSelect[House], supplier: int) -> ModelSelect[House]:
    its = Account.select(Account.id).where(Account.house == House.id, Account.supplier == supplier)
    return houses.where(fn.EXISTS(its))


def _texts(rows: ModelSelect[House]) -> list[str]:
    return sorted(
        (text for (text,) in cast(Iterable[tuple[str]], rows.tuples())), key=lambda text: natural(fold(text))
    )


def _order(house: House) -> tuple[str, str, str]:
    return fold(str(house.settlement)), natural(fold(str(house.street))), natural(str(house.number))
