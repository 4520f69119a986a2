"""The lists behind the dependent selects."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Supplier, place
from tests import factories


@pytest.fixture
def supplier(database: Flask) -> Supplier:
    return factories.supplier()


def settle(of: Supplier, street: str, number: str, flat: str = "", settlement: str = "г. Светлоречье") -> int:
    house = factories.house(settlement=settlement, street=street, number=number)
    return int(factories.account(of, house=house, flat=flat).house_id)


def test_each_level_lists_what_the_supplier_serves(supplier: Supplier) -> None:
    settle(supplier, "ул. Лесная", "1")
    settle(supplier, "", "уч. 17", settlement="СНТ «Ромашка»")
    settle(factories.supplier(), "ул. Чужая", "1", settlement="д. Чужая")
    assert place.settlements() == ["г. Светлоречье", "д. Чужая", "СНТ «Ромашка»"]
    assert place.streets(supplier.id, "г. Светлоречье") == ["ул. Лесная"]
    assert place.streets(supplier.id, "СНТ «Ромашка»") == [""]
    assert [house.number for house in place.houses(supplier.id, "СНТ «Ромашка»", "")] == ["уч. 17"]
    assert place.streets(supplier.id, "д. Чужая") == place.houses(supplier.id, "д. Чужая", "ул. Чужая") == []


def test_lists_stand_as_people_count(supplier: Supplier) -> None:
    for number in ("10", "2", "2а", "1", "12/3"):
        settle(supplier, "ул. Лесная", number)
    for street in ("ул. Ёлочная", "ул. Ежевичная", "ул. Жасминовая", "ул. 10 лет Октября", "ул. 9 Мая"):
        settle(supplier, street, "1")
    numbers = [house.number for house in place.houses(supplier.id, "г. Светлоречье", "ул. Лесная")]
    assert numbers == ["1", "2", "2а", "10", "12/3"]
    assert place.streets(supplier.id, "г. Светлоречье") == [
        "ул. 9 Мая", "ул. 10 лет Октября", "ул. Ежевичная", "ул. Ёлочная", "ул. Жасминовая", "ул. Лесная",
    ]  # fmt: skip


def test_flats_are_listed_once_and_accounts_of_a_flat_all(supplier: Supplier) -> None:
    house = factories.house()
    made = [factories.account(supplier, house=house, flat=flat) for flat in ("10", "2", "2", "")]
    other = factories.account(house=house, flat="2")
    assert place.flats(supplier.id, house.id) == ["", "2", "10"]
    found = place.accounts_at(supplier.id, house.id, "2")
    assert {account.id for account in found} == {made[1].id, made[2].id}
    assert place.flats(other.supplier_id, house.id) == ["2"]


def test_too_many_houses_are_told_by_one_more(supplier: Supplier) -> None:
    for number in range(1, 5):
        settle(supplier, "ул. Лесная", str(number))
    assert [len(place.houses_of(supplier.id, most)) for most in (2, 4, 5)] == [3, 4, 4]
