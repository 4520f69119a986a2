"""The console's desk of appeals: found by words and facts, narrowed by filters, in pages that cost the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from models import Appeal, Resident, Topic
from models.appeal_desk import Place, ages, place_of
from tests import factories as make
from tests.client import Page, PageClient
from tests.queries import counted
from views.admin.appeal_desk import SHOWN

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return make.resident(surname="Ёлкина", name="Анна", email="anna@example.org", phone="+79120000000")


@pytest.fixture
def olga(database: Flask) -> Resident:
    return make.operator(name="Ольга", surname="Смирнова", email="olga@example.org")


@pytest.fixture
def clerk(client: PageClient, olga: Resident) -> PageClient:
    return client.sign_in(olga)


def found(page: Page) -> list[int]:
    """The numbers of the appeals in the order of the page."""
    return [int(url.rpartition("/")[2]) for url in page.tree.links if url.rpartition("/")[0] == "/admin/appeals"
            and url.rpartition("/")[2].isdigit()]  # fmt: skip


def ago(days: float) -> dict[str, object]:
    return {"waits_since": make.NOW - timedelta(days=days)}


@pytest.mark.parametrize(
    "text",
    [
        "№ {id}",
        "{id}",
        "НЕ  КРУТИТСЯ",
        "елкина",
        "анна ёлкина",
        "anna@example.org",
        "8 912 000-00-00",
        "0010",
        "сосед",
    ],
)
def test_an_appeal_is_found_by_its_number_its_words_and_who_wrote(
    clerk: PageClient, anna: Resident, text: str
) -> None:
    account = make.account(number="0010")
    own = make.appeal(anna, "Счётчик не крутится", supplier=account.supplier, account=account, other_contact="сосед")
    make.appeal(make.resident(surname="Иванов"), "Нет воды")
    assert found(clerk.get("/admin/appeals", query_string={"q": text.format(id=own.id)})) == [own.id]


def test_words_are_looked_for_among_closed_appeals_too(clerk: PageClient, anna: Resident) -> None:
    closed = make.appeal(anna, "Счётчик не крутится", waits_since=None, state="closed", closed_at=make.NOW)
    assert not found(clerk.get("/admin/appeals"))
    assert found(clerk.get("/admin/appeals?q=крутится")) == [closed.id]
    assert not found(clerk.get("/admin/appeals?q=крутится&state=new"))


def test_signs_of_patterns_are_looked_for_as_they_are(clerk: PageClient, anna: Resident) -> None:
    own = make.appeal(anna, "Скидка 50% на тариф")
    make.appeal(anna, "Скидка 500 рублей")
    assert found(clerk.get("/admin/appeals", query_string={"q": "50% на"})) == [own.id]
    assert not found(clerk.get("/admin/appeals", query_string={"q": "5_% на"}))


def test_the_desk_is_narrowed_by_topic_age_and_assignee(clerk: PageClient, anna: Resident, olga: Resident) -> None:
    water, gas = Topic.create(name="Вода"), Topic.create(name="Газ")
    old = make.appeal(anna, topic=water, **ago(4), taken_by=olga, state="working")
    new = make.appeal(anna, topic=gas, **ago(0.5))
    answered = make.appeal(anna, topic=gas, waits_since=None, state="answered")
    assert found(clerk.get("/admin/appeals")) == [old.id, new.id, answered.id]
    for query, expected in (
        (f"topic={water.id}", [old]), (f"topic={gas.id}", [new, answered]), ("age=1", [old]), ("age=3", [old]),
        ("age=10", []), ("who=me", [old]), ("who=nobody", [new, answered]), (f"who={anna.id}", []),
        ("state=answered", [answered]), ("age=x&topic=y&who=z&supplier=5&state=none", [old, new, answered]),
    ):  # fmt: skip
        assert found(clerk.get(f"/admin/appeals?{query}")) == [row.id for row in expected], query


def test_a_clerk_finds_only_his_suppliers_appeals(client: PageClient, anna: Resident) -> None:
    own, other = make.supplier(), make.supplier()
    mine, _ = make.appeal(anna, supplier=own), make.appeal(anna, supplier=other)
    client.sign_in(make.operator(own))
    assert found(client.get("/admin/appeals?q=крутится")) == [mine.id]
    assert found(client.get(f"/admin/appeals?supplier={other.id}")) == [mine.id]


def test_pages_go_on_from_those_who_wait_to_those_who_do_not(clerk: PageClient, anna: Resident) -> None:
    waiting = [make.appeal(anna, **ago(SHOWN - days)) for days in range(SHOWN - 10)]
    resting = [make.appeal(anna, waits_since=None, state="answered") for _ in range(20)]
    order = [row.id for row in waiting] + [row.id for row in reversed(resting)]
    first = clerk.get("/admin/appeals?state=")
    assert found(first) == order[:SHOWN]
    place = next(url for url in first.tree.links if "after=" in url)
    assert found(clerk.get(place)) == order[SHOWN:]
    assert "/admin/appeals" in clerk.get(place).tree.links, "a way back to the beginning"


def test_a_page_goes_on_within_the_same_moment(clerk: PageClient, anna: Resident) -> None:
    rows = [make.appeal(anna) for _ in range(3)]
    last = Appeal.get_by_id(rows[0].id)
    assert found(clerk.get(f"/admin/appeals?after={place_of(last)}")) == [rows[1].id, rows[2].id]


@pytest.mark.parametrize("text", ["", ".", "x.5", "5", "-5.1", "1.x", f"{10**40}.1", f"1.{10**40}", "9" * 16 + ".1"])
def test_a_place_that_is_none_begins_the_list(clerk: PageClient, anna: Resident, text: str) -> None:
    make.appeal(anna)
    clerk.get("/admin/appeals", query_string={"after": text})


def test_a_place_is_read_as_it_was_written() -> None:
    for place in (Place(make.NOW, 5), Place(None, 7)):
        assert Place.read(str(place)) == place


def test_one_appeal_or_twenty_cost_the_same_queries(clerk: PageClient, anna: Resident) -> None:
    for query in ("", "?q=крутится 0010", "?state=all&age=1&who=me"):
        make.appeal(anna)
        clerk.get(f"/admin/appeals{query}")
        with counted() as few:
            clerk.get(f"/admin/appeals{query}")
        for _ in range(20):
            make.appeal(make.resident(), account=make.account())
        with counted() as many:
            clerk.get(f"/admin/appeals{query}")
        assert len(few) == len(many), query


def test_ages_are_counted_by_bucket(anna: Resident) -> None:
    supplier = make.supplier()
    for days in (0.1, 0.2, 2, 5, 11, 12, 13):
        make.appeal(anna, supplier=supplier, **ago(days))
    make.appeal(anna, waits_since=None, state="answered")
    edges = [make.NOW - timedelta(days=days) for days in (1, 3, 10)]
    assert ages(None, edges) == ([2, 1, 1, 3], make.NOW - timedelta(days=13))
    assert ages({supplier.id}, edges)[0] == [2, 1, 1, 3] and ages({0}, edges) == ([0, 0, 0, 0], None)
