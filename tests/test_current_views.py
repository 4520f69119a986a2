"""The current account: the header names it, a select changes it, the pages show it; it is a preference, no right."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Account, Bill, Resident, Session
from tests import factories
from tests.client import PageClient
from tests.portal import switch
from tests.queries import counted
from tests.test_query_counts import LARGER, MOST, asked, town

pytestmark = pytest.mark.usefixtures("november")

ONE_AT_A_TIME = ("metallenergo", "consumer")


@pytest.fixture(params=ONE_AT_A_TIME)
def portal(request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    switch(app, monkeypatch, request.param)
    return str(request.param)


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def flat(anna: Resident) -> Account:
    return held(anna, "5500190347")


@pytest.fixture
def dacha(anna: Resident, flat: Account) -> Account:
    return held(anna, "5500190348")


def held(who: Resident, number: str) -> Account:
    account = factories.link(who, factories.account(number=number, division="Участок № 3")).account
    factories.meter(account)
    factories.bill(account)
    factories.payment(account, 300000)
    return account


def test_the_header_names_the_first_until_another_is_chosen(
    client: PageClient, portal: str, anna: Resident, flat: Account, dacha: Account
) -> None:
    client.sign_in(anna)
    assert client.get("/readings", status=303).location == f"/readings/{flat.id}"
    assert client.get("/payment", status=303).location == f"/payment/{flat.id}"
    there = client.post("/accounts/current", {"account": dacha.id, "back": f"/readings/{flat.id}"}).location
    assert there == f"/readings/{dacha.id}"
    assert client.get("/payment", status=303).location == f"/payment/{dacha.id}"
    for url in ("/bills", "/charges", "/history?kind=bills"):
        page = client.get(url)
        assert page.text.count(f'<option value="{dacha.id}" selected>') == 1, url
        assert dacha.number in page.words.partition("Выбрать")[2], url
        assert flat.number not in page.words.partition("Выбрать")[2], url


@pytest.mark.usefixtures("portal")
def test_the_page_that_was_left_comes_back_without_what_was_the_others(
    client: PageClient, anna: Resident, flat: Account, dacha: Account
) -> None:
    client.sign_in(anna)
    bill = Bill.get(Bill.account == flat)
    for left, there in (
        (f"/payment/{flat.id}?bill={bill.id}", f"/payment/{dacha.id}"),
        (f"/charges?account={flat.id}&period=2026-10", "/charges?period=2026-10"),
        ("/history?kind=payments&after=7", "/history?kind=payments"),
        ("/nowhere", "/"),
        ("https://elsewhere.example/bills", "/"),
        ("", "/"),
    ):
        assert client.post("/accounts/current", {"account": dacha.id, "back": left}).location == there
    assert client.post("/accounts/current", {"account": dacha.id, "back": "/bills"}, htmx=True).location == "/bills"


@pytest.mark.usefixtures("portal")
def test_a_strangers_account_cannot_become_current(client: PageClient, anna: Resident, flat: Account) -> None:
    other = held(factories.resident(), "77")
    client.sign_in(anna).post("/accounts/current", {"account": other.id}, status=404)
    client.post("/accounts/current", {"account": "x"}, status=404)
    assert Session.get(Session.resident == anna).current_account is None
    assert client.get("/readings", status=303).location == f"/readings/{flat.id}"


@pytest.mark.usefixtures("portal")
def test_one_that_has_left_the_portal_is_current_no_more(
    client: PageClient, anna: Resident, flat: Account, dacha: Account
) -> None:
    client.sign_in(anna).post("/accounts/current", {"account": dacha.id})
    client.post(f"/accounts/{dacha.id}/removal")
    client.get("/accounts")  # says once what has gone
    page = client.get("/bills")
    assert flat.number in page and dacha.number not in page
    assert "Выбрать" not in page, "there is nothing to choose from"


@pytest.mark.usefixtures("portal")
def test_the_list_of_accounts_switches_too(client: PageClient, anna: Resident, flat: Account, dacha: Account) -> None:
    page = client.sign_in(anna).get("/accounts")
    assert f"Выбрать № {dacha.number}" in page and f"Выбрать № {flat.number}" not in page


def test_where_all_accounts_are_shown_none_is_current(client: PageClient, anna: Resident, dacha: Account) -> None:
    client.sign_in(anna)
    for url in ("/readings", "/payment", "/bills", "/accounts"):
        assert "/accounts/current" not in client.get(url).text


def test_the_summary_stands_on_every_page_where_the_preset_has_one(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, flat: Account
) -> None:
    switch(app, monkeypatch, "metallenergo")
    client.sign_in(anna)
    for url in ("/bills", f"/readings/{flat.id}", "/notices", "/accounts", "/contacts"):
        page = client.get(url)
        for fact in (
            f"Текущий договор № {flat.number}", "Подразделение Участок № 3", "Новые сообщения 0",
            "Долг по э/э 1 485,33 ₽", "Последняя оплата 3 000,00 ₽ , 14 октября", "Оплатить онлайн",
        ):  # fmt: skip
            assert fact in page, url
        assert page.value("bill") == str(Bill.get().id) and 'action="/payment/bill"' in page.text


def test_who_has_no_account_is_led_to_linking(client: PageClient, portal: str, anna: Resident) -> None:
    page = client.sign_in(anna).get("/")
    assert "/accounts/link" in page.tree.links and "/accounts/current" not in page.text


def test_the_menu_grows_with_the_first_account(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident
) -> None:
    switch(app, monkeypatch, "metallenergo")
    page = client.sign_in(anna).get("/contacts")
    assert "Подключить договор" in page and "Финансы" not in page
    factories.link(anna)
    assert "Финансы" in client.get("/contacts")


@pytest.mark.parametrize(
    ("name", "first"),
    [("metallenergo", "/bills"), ("client-online", "/payment"), ("consumer", "/readings")],
)
def test_the_portal_opens_at_the_presets_first_page(
    client: PageClient,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    anna: Resident,
    flat: Account,
    name: str,
    first: str,
) -> None:
    switch(app, monkeypatch, name)
    assert client.sign_in(anna).get("/", status=303).location == first
    assert "Здравствуйте" in client.get(f"/?account={flat.id}")


@pytest.mark.parametrize("name", ["default", "zhkh"])
def test_where_home_is_first_it_opens_itself(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, flat: Account, name: str
) -> None:
    switch(app, monkeypatch, name)
    assert "Здравствуйте" in client.sign_in(anna).get("/")


def test_the_header_costs_two_questions_at_most_whatever_the_accounts(app: Flask, portal: str) -> None:
    few, many = (asked(app, town(size)) for size in (1, 20))
    grown = [url for (_, one), (url, other) in zip(few.items(), many.items(), strict=True) if len(other) > len(one)]
    assert not grown
    assert not [url for url, seen in many.items() if len(seen) > LARGER.get(url, MOST) + 2]


def test_the_accounts_are_asked_for_once(client: PageClient, portal: str, anna: Resident, dacha: Account) -> None:
    client.sign_in(anna).get("/bills")
    with counted() as seen:
        client.get("/bills")
    assert sum('FROM "link"' in statement for statement in seen) == 1
