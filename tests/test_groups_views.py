"""Groups: the «+» of the tabs, renaming, removal."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Group, Link, Resident
from services import groups
from services.refusal import Refused
from tests import factories
from tests.client import PageClient


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


def test_new_groups_take_the_next_free_number(anna: Resident) -> None:
    assert [groups.add(anna).name for _ in range(2)] == ["Новая группа 1", "Новая группа 2"]
    groups.rename(Group.get(Group.name == "Новая группа 1"), "Дача")
    assert groups.add(anna).name == "Новая группа 1"


def test_the_plus_of_the_tabs_makes_a_group_and_comes_back(client: PageClient, anna: Resident) -> None:
    factories.link(anna)
    page = client.sign_in(anna).post("/groups", {"url": "/readings", "here": ""})
    assert page.location == "/readings"
    assert "Новая группа 1" in client.get("/readings")


def test_with_htmx_the_tabs_alone_come_back(client: PageClient, anna: Resident) -> None:
    page = client.sign_in(anna).post("/groups", {"url": "/payment", "here": ""}, status=200, htmx=True)
    assert page.text.lstrip().startswith('<nav id="groups"')
    assert f"/payment?group={Group.get().id}" in page.tree.links


def test_the_way_back_leads_inside_only(client: PageClient, anna: Resident) -> None:
    page = client.sign_in(anna).post("/groups", {"url": "https://example.org/"})
    assert page.location == "/groups"


def test_there_is_an_end_to_groups(client: PageClient, anna: Resident) -> None:
    for number in range(groups.MOST):
        factories.group(anna, f"{number}")
    page = client.sign_in(anna).post("/groups", {"url": "/groups"})
    assert "Групп уже 50" in client.get(page.location)
    assert Group.select().count() == groups.MOST


def test_a_group_is_renamed(client: PageClient, anna: Resident) -> None:
    group = factories.group(anna)
    page = client.sign_in(anna).post(f"/groups/{group.id}", {"name": "  Родители  мужа "})
    assert "Родители мужа" in client.get(page.location)


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Заполните поле"),
        ("все", "Такая группа уже есть"),
        ("Квартира", "Такая группа уже есть"),
        ("я" * 41, "Не больше 40"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    client: PageClient, anna: Resident, name: str, sentence: str, htmx: bool
) -> None:
    factories.group(anna, "квартира")
    group = factories.group(anna)
    assert sentence in client.sign_in(anna).post(f"/groups/{group.id}", {"name": name}, status=422, htmx=htmx)
    assert Group.get_by_id(group.id).name == "Дача"


def test_accounts_of_a_removed_group_return_to_all(client: PageClient, anna: Resident) -> None:
    group = factories.group(anna)
    link = factories.link(anna, group=group)
    assert link.account.number in client.sign_in(anna).get(f"/groups/{group.id}")
    client.post(f"/groups/{group.id}/removal")
    assert Group.select().count() == 0
    assert Link.get_by_id(link.id).group_id is None
    assert link.account.number in client.get("/readings")


def test_a_neighbour_s_group_does_not_exist(client: PageClient, anna: Resident) -> None:
    group = factories.group(factories.resident())
    client.post(f"/groups/{group.id}", {"name": "Моя"}, status=401)
    client.sign_in(anna)
    client.get(f"/groups/{group.id}", status=404)
    client.post(f"/groups/{group.id}", {"name": "Моя"}, status=404)
    client.post(f"/groups/{group.id}/removal", status=404)


def test_a_name_of_two_residents_is_two_groups(anna: Resident) -> None:
    factories.group(factories.resident())
    group = groups.add(anna)
    assert groups.rename(group, "Дача").name == "Дача"
    with pytest.raises(Refused):
        groups.rename(groups.add(anna), "ДАЧА")


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "9" * 30, "²"])
def test_a_group_that_is_not_there_means_all(anna: Resident, text: str) -> None:
    assert groups.chosen([factories.group(anna)], text) is None
