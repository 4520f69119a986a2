"""The one search box of operators: what is typed is read in every way it makes sense, and finds by any fact."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Account, Resident, finding
from models.finding import Facts, Page
from models.search import begun, name_key, skeleton
from services.finding import read
from tests import factories
from tests.queries import counted


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(
        surname="Соколова", name="Анна", patronymic="Викторовна", email="anna@example.org", phone="+79123456789",
        phone_key="+79123456789", username="Аня", username_key="ahr",
    )  # fmt: skip


@pytest.fixture
def account(anna: Resident) -> Account:
    home = factories.house(settlement="г. Светлоречье", street="ул. Лесная", number="12")
    made = factories.account(number="0000123456", els="70АА123456", house=home, flat="45", surname="Орлов")
    factories.link(anna, made)
    factories.account(made.supplier, number="0000123457", house=home, flat="46")
    return made


def found(text: str, suppliers: frozenset[int] | None = None) -> list[Resident]:
    return finding.residents(read(text), Page(suppliers, 0, 50))


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.org", " ANNA@Example.ORG ", "8 (912) 345-67-89", "+79123456789", "Соколова", "сокол",
        "Соколова Анна", "анна соколова", "Анна Викторовна Соколова", "Cокол", "0000123456", "123456", "№ 0000123456",
        "л/с 123456", "70АА123456", "Лесная 12-45", "ул. Лесная, д. 12, кв. 45", "лесная 12 45",
        "г.Светлоречье ул.Лесная д12 кв45", "Лесная 12",
    ],
)  # fmt: skip
def test_a_resident_is_found_by_any_fact(anna: Resident, account: Account, text: str) -> None:
    factories.resident(surname="Петрова", name="Анна")
    assert found(text) == [anna]


@pytest.mark.parametrize(
    "text",
    ["", "   ", "Соколова Вера", "Лесная 12-46", "Лесная 13", "%", "_", "'", "\\", "*" * 500, "12", "нет@example"],
)
def test_what_fits_nobody_finds_nobody(anna: Resident, account: Account, text: str) -> None:
    assert found(text) == []


def test_a_user_name_is_found_in_either_layout(database: Flask) -> None:
    boris = factories.resident(surname="", name="", username="Boris_1", username_key="boris_1")
    assert found("boris_1") == [boris] == found("BORIS_1")


def test_either_half_of_a_double_surname_finds_it(database: Flask) -> None:
    vera = factories.resident(surname="Петрова-Водкина", name="Вера")
    assert found("Петрова-Водкина") == [vera] == found("петрова водкина")


def test_a_suppliers_clerk_finds_his_own_alone(anna: Resident, account: Account) -> None:
    own, other = frozenset({account.supplier_id}), frozenset({factories.supplier().id})
    assert found("Соколова", own) == [anna] and found("Соколова", other) == []
    assert found("anna@example.org", other) == [] and found("Лесная 12-45", other) == []
    factories.request(anna, supplier=min(other))
    assert found("Соколова", other) == [anna]


def test_a_request_that_is_decided_shows_nobody(anna: Resident) -> None:
    supplier = factories.supplier()
    factories.request(anna, supplier=supplier, state="refused")
    assert found("Соколова", frozenset({supplier.id})) == []


def test_pages_follow_each_other_without_gaps(database: Flask) -> None:
    everybody = [factories.resident(surname="Иванов").id for _ in range(7)]
    first = finding.residents(read("Иванов"), Page(None, 0, 3))
    second = finding.residents(read("Иванов"), Page(None, first[-1].id, 3))
    third = finding.residents(read("Иванов"), Page(None, second[-1].id, 3))
    assert [row.id for row in (*first, *second, *third)] == everybody


def test_namesakes_stand_together_on_every_page_whatever_found_them(database: Flask) -> None:
    names = [("Орлов", "Анна"), ("Иванов", "Орл"), ("Орлова", "Яна"), ("Орлов", "Пётр"), ("Орлов", "Анна")]
    people = [factories.resident(surname=surname, name=name) for surname, name in names]
    people.append(factories.resident(surname="Абрамов", username="орл", username_key=skeleton("орл")))
    seen: list[int] = []
    while rows := finding.residents(read("Орл"), Page(None, seen[-1] if seen else 0, 2)):
        seen += [row.id for row in rows]
    assert sorted(seen) == sorted(people[place].id for place in (0, 2, 3, 4, 5))
    first = seen.index(people[0].id)
    assert seen[first + 1] == people[4].id
    assert [row.id for row in finding.residents(read("Анна Орлов"), Page(None, 0, 9))] == seen[first : first + 2]


def test_accounts_are_found_by_number_els_and_address(account: Account) -> None:
    for text in ("0000123456", "123456", "70АА123456", "Лесная 12-45", "Лесная, 12, кв.45"):
        assert finding.accounts(read(text), Page(None, 0, 50)) == [account], text
    assert len(finding.accounts(read("Лесная 12"), Page(None, 0, 50))) == 2
    assert finding.accounts(read("Лесная 12"), Page(frozenset({0}), 0, 50)) == []


def test_a_flat_is_found_however_the_billing_writes_it(account: Account) -> None:
    small = factories.account(account.supplier, house=account.house, flat="кв. 7А")
    assert finding.accounts(read("Лесная 12-7а"), Page(None, 0, 50)) == [small]


def test_a_search_asks_the_same_whatever_it_finds(anna: Resident, account: Account) -> None:
    with counted() as one:
        found("Соколова")
    for _ in range(20):
        factories.resident(surname="Соколова")
    with counted() as many:
        assert len(found("Соколова")) == 21
    assert len(one) == len(many) <= 6


def test_a_name_that_changes_is_found_by_the_new_one(anna: Resident) -> None:
    anna.surname = "Орлова"
    anna.save()
    assert found("Орлова") == [anna] and found("Соколова") == []
    assert Resident.enter(surname="Зуев", email_key="z@example.org", created_at=factories.NOW) in found("зуев")


def test_keys_of_names_order_alike_in_any_collation() -> None:
    low, high = begun("Сокол")
    assert low <= name_key("Соколова", "Анна") < high and not low <= name_key("Сорокин") < high
    assert set(name_key("Ёлкина-Петрова", "Анна")) <= set("0123456789abcdefz")


def test_too_many_words_and_too_long_texts_are_cut() -> None:
    assert (
        len(read("слово " * 100).names) == 1 and len(read(" ".join(f"слово{'а' * n}" for n in range(99))).names) <= 8
    )
    assert read("") == Facts()
