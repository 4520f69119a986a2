"""The other ways of «Добавить лицевой счёт» as people meet them: wizard, page, organisation, selects, password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import clock
from models import Account, Attempt, Link, Resident, Session
from presets import LISTS
from services import passwords, secrets
from tests import factories
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.portal import switch
from tests.queries import counted
from tests.solving import solved
from views import resume
from views.linking import WAYS, wizard

URL = "/accounts/link"
SORRY = "Такого лицевого счёта нет или данные для проверки не подходят."
PASSPORT = {
    "passport_series": "00 18",
    "passport_number": "000101",
    "passport_issuer": "ОВД г. Образцовска",
    "passport_date": "15.03.2018",
    "passport_code": "000-001",
    "birth_date": "20.02.1973",
}
SECRET = "Bereza-u-0kna"


@pytest.fixture(autouse=True)
def portal(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """A portal with every way, the wizard first; the picture is always asked for."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    ways = ["wizard", "page", "organisation", "selects", "password"]
    switches = {"linking": ways, "linking_facts": ["passport"], "captcha": {"linking": "always"}}
    switch(app, monkeypatch, **switches)
    return switches


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def home(app: Flask, database: Flask) -> Account:
    """The only supplier's account, with passport, payment and bill."""
    key = app.extensions["settings"].data_key
    known = secrets.passport(key, "0018", "000101", "2018-03-15", "000-001", "1973-02-20")
    house = factories.house(street="ул. Металлургов", number="1")
    account = factories.account(
        number="42700100123", house=house, flat="1", passport_hash=known, passport_key=secrets.key_id(key)
    )
    factories.payment(account, 300000, date(2026, 9, 30))
    factories.bill(account, to_pay=148533)
    return account


def typed(home: Account, **fields: str) -> dict[str, str]:
    """The household's data as a person types and chooses them."""
    place = {
        "settlement": "г. Светлоречье",
        "street": "ул. Металлургов",
        "house": str(home.house_id),
        "flat": "кв. 1",
    }
    return {"number": "42700100123", **place, **PASSPORT, **fields}


def hidden(page: Page) -> dict[str, str]:
    """What travels on in the page, and the answer to its picture."""
    values = {name: value for name, value in page.tree.values.items() if name not in ("csrf_token", "captcha")}
    return {**values, **solved(page)}


def step(client: PageClient, fields: Mapping[str, str], status: int = 200, htmx: bool = False, **more: str) -> Page:
    return client.post(URL, {**fields, **more}, status=status, htmx=htmx)


def to_preamble(client: PageClient, home: Account, htmx: bool = False, **fields: str) -> Page:
    data = step(client, {"step": "kind", "kind": "person"}, htmx=htmx)
    return step(client, {**hidden(data), **typed(home, **fields)}, htmx=htmx)


def test_every_way_that_a_preset_may_list_is_built() -> None:
    assert set(WAYS) == LISTS["linking"]


# The wizard


@pytest.mark.parametrize("htmx", [False, True])
def test_the_wizard_leads_to_the_account(client: PageClient, anna: Resident, home: Account, htmx: bool) -> None:
    kind = client.sign_in(anna).get(URL)
    assert "1 . Тип абонента" in kind or "Тип абонента Данные абонента Преамбула" in kind
    data = step(client, hidden(kind), htmx=htmx)
    assert 'aria-current="step">Данные абонента' in data.text and "Выберите значение" not in data
    check = step(client, {**hidden(data), **typed(home)}, htmx=htmx)
    for shown in ("Преамбула", "42700100123", "ул. Металлургов", "кв. 1", "ОВД г. Образцовска", "15.03.2018"):
        assert shown in check
    assert 'name="captcha"' not in check.text
    done = step(client, hidden(check), status=303, htmx=htmx)
    assert done.location == f"/accounts/{home.id}"
    assert "Вам добавлен лицевой счёт № 42700100123." in client.get(done.location)
    assert Link.get().fact == "passport"


def test_a_double_press_links_once(client: PageClient, anna: Resident, home: Account) -> None:
    check = hidden(to_preamble(client.sign_in(anna), home))
    assert step(client, check, status=303).location == step(client, check, status=303).location
    assert Link.select().count() == 1


def test_back_and_forward_lose_nothing(client: PageClient, anna: Resident, home: Account) -> None:
    check = to_preamble(client.sign_in(anna), home, passport_issuer="ОВД «Север» & <Юг>")
    data = step(client, hidden(check), go="back")
    assert data.value("passport_number") == "000101" and data.value("passport_issuer") == "ОВД «Север» & <Юг>"
    kind = step(client, {**hidden(data), **typed(home, flat="2")}, go="back")
    again = step(client, {**hidden(kind), "kind": "person"})
    assert again.value("flat") == "2"
    assert f'selected value="{home.house_id}"' in again.text


def test_the_browser_s_back_button_shows_steps_that_still_work(
    client: PageClient, anna: Resident, home: Account
) -> None:
    data = step(client.sign_in(anna), {"step": "kind", "kind": "person"})
    first = {**hidden(data), **typed(home, flat="2")}
    step(client, first)
    refused = step(client, first, status=422)  # the picture is used up
    assert "Не совпало с картинкой" in refused and refused.value("flat") == "2"
    check = step(client, {**hidden(refused), **typed(home)})
    step(client, hidden(check), status=303)
    assert Link.select().count() == 1


@pytest.mark.parametrize("passed", ["", "x", "IjEi.x.y", "я" * 50])
def test_the_last_step_is_not_reached_past_the_picture(
    client: PageClient, anna: Resident, home: Account, passed: str
) -> None:
    forged = step(client.sign_in(anna), {"step": "check", **typed(home), "passed": passed}, status=422)
    assert "Введите код с новой картинки" in forged and 'name="captcha"' in forged.text
    assert (Link.select().count(), Attempt.select().count()) == (0, 0)


def test_an_answered_picture_serves_its_own_data_and_resident_alone(
    client: PageClient, anna: Resident, home: Account
) -> None:
    check = hidden(to_preamble(client.sign_in(anna), home, flat="2"))
    step(client, {**check, "flat": "1"}, status=422)
    step(client.sign_in(factories.resident()), check, status=422)
    assert Attempt.select().count() == 0


def test_an_answered_picture_grows_old(
    client: PageClient, anna: Resident, home: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = hidden(to_preamble(client.sign_in(anna), home))
    monkeypatch.setattr(wizard, "PASSED_FOR", -1)
    assert "Введите код с новой картинки" in step(client, check, status=422)


def test_a_wrong_passport_and_no_such_account_show_the_same_page(
    client: PageClient, anna: Resident, home: Account
) -> None:
    pages = []
    client.sign_in(anna)
    for fields in ({"passport_number": "000102"}, {"passport_number": "000102", "number": "999"}):
        page = step(client, hidden(to_preamble(client, home, **fields)), status=422)
        assert SORRY in page and page.value("passport_number") == "000102"
        pages.append(page.words)
    assert pages[0] == pages[1]


def test_the_eleventh_guess_is_told_to_wait(client: PageClient, anna: Resident, home: Account) -> None:
    client.sign_in(anna)
    for number in range(10):
        page = step(client, hidden(to_preamble(client, home, passport_number=f"{number}")), status=422)
        assert SORRY in page
    page = step(client, hidden(to_preamble(client, home)), status=422)
    assert "Слишком много попыток. Подождите 60 минут" in page
    assert Link.select().count() == 0


def test_a_legal_entity_goes_on_as_an_organisation(client: PageClient, anna: Resident, home: Account) -> None:
    page = step(client.sign_in(anna), {"step": "kind", "kind": "organisation"}, status=303)
    assert page.location == f"{URL}/organisation"


def test_without_that_way_there_are_no_legal_entities(
    app: Flask, client: PageClient, anna: Resident, home: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, linking=["wizard"], captcha={"linking": "always"})
    assert "Юр. лицо" not in client.sign_in(anna).get(URL)
    assert "Данные абонента" in step(client, {"step": "kind", "kind": "organisation"})


@pytest.mark.parametrize("fields", [{"step": "save"}, {"step": ""}, {"go": "back"}, {"step": "kind", "go": "back"}])
def test_an_invented_step_begins_anew(
    client: PageClient, anna: Resident, home: Account, fields: dict[str, str]
) -> None:
    page = client.sign_in(anna).post(URL, fields, status=200)
    assert 'aria-current="step"' in page.text


def test_passports_are_nowhere_but_in_the_page(
    client: PageClient, anna: Resident, home: Account, caplog: pytest.LogCaptureFixture
) -> None:
    page = to_preamble(client.sign_in(anna), home, passport_number="771177")
    assert "771177" in page and "771177" not in page.response.request.url
    with client.http.session_transaction() as kept:
        assert "771177" not in str(dict(kept))
    assert "771177" not in caplog.text


@pytest.mark.parametrize("name", ["data", "check"])
def test_a_session_that_ends_in_the_middle_does_not_carry_the_passport(
    client: PageClient, anna: Resident, home: Account, name: str
) -> None:
    data = step(client.sign_in(anna), {"step": "kind", "kind": "person"})
    fields = {**hidden(data), **typed(home), "step": name, "passed": "mark", "csrf_token": client.csrf_token()}
    Session.update(ended_at=NOW).execute()
    late = client.http.post(URL, data=fields, headers={"Origin": "http://localhost"})
    kept = Page(late, URL).value("kept")
    with client.app.test_request_context():
        values = dict(resume.fields(kept)["values"])
    assert {"step", "number", "flat", "house"} <= values.keys()
    assert not values.keys() & {*PASSPORT, "passed", "captcha"}
    again = step(client.sign_in(anna), values, status=422)
    assert "Заполните поле" in again and again.value("flat") == "кв. 1"


# On one page


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("day", ["15.03.2018", "2018-03-15", "15/3/18"])
def test_a_household_is_linked_on_one_page(
    client: PageClient, anna: Resident, home: Account, day: str, htmx: bool
) -> None:
    page = client.sign_in(anna).get(f"{URL}/page")
    assert "Подключить бытового абонента" in page and "Поставщик" not in page
    fields = typed(home, passport_date=day, passport_code="000 001", passport_series=" 0018 ")
    client.post(f"{URL}/page", {**hidden(page), **fields}, htmx=htmx)
    assert Link.select().count() == 1


@pytest.mark.parametrize("name", [*PASSPORT, "number", "house", "captcha"])
def test_what_is_left_out_is_asked_for(client: PageClient, anna: Resident, home: Account, name: str) -> None:
    page = client.sign_in(anna).get(f"{URL}/page")
    factories.account(home.supplier, house=factories.house(street="ул. Металлургов"))  # of two, one must be chosen
    page = client.post(f"{URL}/page", {**typed(home), **solved(page), name: ""}, status=422)
    assert ("Не совпало с картинкой" if name == "captcha" else "Заполните поле") in page
    assert f'href="#{name}"' in page.text
    assert Attempt.select().count() == 0


@pytest.mark.parametrize("name", ["settlement", "street", "house", "supplier"])
@pytest.mark.parametrize("value", ["текст", str(10**20), "-1", "0", "1e3", "None"])
def test_what_no_list_offers_is_not_chosen(
    client: PageClient, anna: Resident, home: Account, name: str, value: str
) -> None:
    factories.account(house=factories.house(settlement="д. Чужая", street="ул. Чужая"))  # of another supplier
    for settlement, street in (
        ("д. Дальняя", ""),
        ("г. Светлоречье", "пр. Мира"),
        ("г. Светлоречье", "ул. Металлургов"),
    ):
        factories.account(home.supplier, house=factories.house(settlement=settlement, street=street))
    page = client.sign_in(anna).get(f"{URL}/page")
    chosen = {"supplier": str(home.supplier_id), **typed(home)}
    page = client.post(f"{URL}/page", {**chosen, **solved(page), name: value}, status=422)
    assert "Заполните поле" in page
    assert Attempt.select().count() == 0


def test_a_house_of_another_supplier_is_not_chosen(client: PageClient, anna: Resident, home: Account) -> None:
    other = factories.account(house=factories.house(street="ул. Металлургов"))
    factories.account(home.supplier, house=factories.house(street="ул. Металлургов"))
    fields = {**typed(home), "supplier": str(home.supplier_id), "house": str(other.house_id)}
    page = client.sign_in(anna).post(f"{URL}/page", {**fields, **solved(client.get(f"{URL}/page"))}, status=422)
    assert 'href="#house"' in page.text


def test_a_list_is_refreshed_with_all_that_was_typed(client: PageClient, anna: Resident, home: Account) -> None:
    factories.account(home.supplier, house=factories.house(settlement="д. Дальняя", street="", number="3"))
    fields = typed(home, settlement="г. Светлоречье", street="", house="", captcha="12")
    page = client.sign_in(anna).post(f"{URL}/page", {**fields, "refresh": "place"}, status=200)
    assert f'<option selected value="{home.house_id}">1</option>' in page.text  # of one street and house, those
    assert page.value("passport_number") == "000101" and page.value("captcha") == "12"
    assert "Заполните поле" not in page
    page = client.post(f"{URL}/page", {**fields, "settlement": "д. Дальняя", "refresh": "place"}, status=200)
    assert "Без улицы" in page and ">3</option>" in page.text


def test_a_refresh_keeps_the_picture(client: PageClient, anna: Resident, home: Account) -> None:
    page = client.sign_in(anna).get(f"{URL}/page")
    again = client.post(f"{URL}/page", {**solved(page), "refresh": "place"}, status=200)
    assert again.value("captcha_id") == page.value("captcha_id")
    renewed = client.post(f"{URL}/page", {**solved(page), "refresh": "captcha"}, status=200)
    assert renewed.value("captcha_id") != page.value("captcha_id")


def test_a_supplier_that_takes_other_facts_says_so(client: PageClient, anna: Resident, home: Account) -> None:
    factories.setting(home.supplier, "linking_facts", ["meter"])
    page = client.sign_in(anna).get(f"{URL}/page")
    page = client.post(f"{URL}/page", {**typed(home), **solved(page)}, status=422)
    assert "Этот поставщик подтверждает лицевой счёт иначе" in page


def test_of_one_choice_nobody_is_asked(client: PageClient, anna: Resident, home: Account) -> None:
    page = client.sign_in(anna).get(f"{URL}/page")
    fields = {**typed(home, settlement="", street="", house=""), **solved(page)}
    assert client.post(f"{URL}/page", fields).location == f"/accounts/{home.id}"


def test_no_select_grows_with_the_town_and_no_page_asks_more(
    client: PageClient, anna: Resident, home: Account
) -> None:
    asked = []
    client.sign_in(anna)
    for size in (1, 40):
        for number in range(size):
            for street in ("ул. Металлургов", f"ул. {size}-{number}"):
                house = factories.house(street=street, number=f"{size}-{number}")
                factories.account(home.supplier, house=house, flat="7")
        fields = {**typed(home), "refresh": "place"}
        client.post(f"{URL}/page", fields, status=200)
        with counted() as seen:
            page = client.post(f"{URL}/page", fields, status=200)
        asked.append(len(seen))
    assert asked[0] == asked[1]
    assert len(re.findall("<option", page.text)) < 100


# An organisation


@pytest.fixture
def firm(home: Account) -> Account:
    account = factories.account(
        home.supplier, kind="organisation", title="ООО «Ёлочка»", inn="7707083893", contract="Э-17/2020"
    )
    factories.bill(account)
    return account


COMPANY = {"number": "Э-17/2020", "title": "OOO «Eлочкa»", "inn": "7707 083893", "bill_sum": "1 485,33"}  # noqa: RUF001


@pytest.mark.parametrize("htmx", [False, True])
def test_an_organisation_is_linked(client: PageClient, anna: Resident, firm: Account, htmx: bool) -> None:
    page = client.sign_in(anna).get(f"{URL}/organisation")
    page = client.post(f"{URL}/organisation", {**COMPANY, **solved(page)}, htmx=htmx)
    assert f"Вам добавлен лицевой счёт № {firm.number}." in client.get(page.location)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"inn": "7707083894"}, SORRY),
        ({"title": "ООО"}, SORRY),
        ({"number": "17"}, SORRY),
        ({"inn": "12"}, "ИНН — это 10 или 12 цифр"),
        ({"bill_sum": "много"}, "Введите сумму числом"),
        ({"title": ""}, "Заполните поле"),
        ({"captcha": "0"}, "Не совпало с картинкой"),
    ],
)
def test_another_organisation_is_refused(
    client: PageClient, anna: Resident, firm: Account, fields: dict[str, str], sentence: str
) -> None:
    page = client.sign_in(anna).get(f"{URL}/organisation")
    assert sentence in client.post(f"{URL}/organisation", {**COMPANY, **solved(page), **fields}, status=422)
    assert Link.select().count() == 0


# By selects


def chosen(home: Account, **fields: str) -> dict[str, str]:
    return {
        "house": str(home.house_id),
        "flat": "1",
        "account": str(home.id),
        "payment_date": "30.09.2026",
        "payment_sum": "3 000,00",
        **fields,
    }


@pytest.mark.parametrize("htmx", [False, True])
def test_an_account_is_chosen_and_proved_by_the_last_payment(
    client: PageClient, anna: Resident, home: Account, htmx: bool
) -> None:
    page = client.sign_in(anna).get(f"{URL}/selects")
    assert "•••0123" in page and "42700100123" not in page.text  # the only house, flat and account
    assert "г. Светлоречье, ул. Металлургов, д. 1" in page and "Сбросить" in page
    page = client.post(f"{URL}/selects", {**chosen(home), **solved(page)}, htmx=htmx)
    assert page.location == f"/accounts/{home.id}"
    assert Link.get().fact == "payment"


def test_choosing_and_saving_is_an_attempt(client: PageClient, anna: Resident, home: Account) -> None:
    client.sign_in(anna)
    for sum_ in range(1, 12):
        fields = {**chosen(home, payment_sum=str(sum_)), **solved(client.get(f"{URL}/selects"))}
        page = client.post(f"{URL}/selects", fields, status=422)
        assert (SORRY if sum_ < 11 else "Слишком много попыток. Подождите 60 минут") in page
        assert page.value("payment_sum") == str(sum_)


@pytest.mark.parametrize("name", ["house", "flat", "account"])
@pytest.mark.parametrize("value", ["текст", str(10**20), "-1", "0", ""])
def test_a_forged_choice_is_none(client: PageClient, anna: Resident, home: Account, name: str, value: str) -> None:
    for flat in ("1", "2"):  # of two, one must be chosen
        factories.account(home.supplier, house=home.house, flat=flat)
    factories.account(home.supplier)
    fields = {**chosen(home, **{name: value}), **solved(client.sign_in(anna).get(f"{URL}/selects"))}
    assert "Заполните поле" in client.post(f"{URL}/selects", fields, status=422)
    assert Attempt.select().count() == 0


def test_a_stranger_s_account_is_not_chosen_by_its_id(client: PageClient, anna: Resident, home: Account) -> None:
    other = factories.account(home.supplier, house=home.house, flat="1")
    neighbour = factories.account(home.supplier, house=home.house, flat="2")
    page = client.sign_in(anna).post(f"{URL}/selects", chosen(home, account=str(neighbour.id)), status=422)
    assert 'href="#account"' in page.text
    assert f'value="{neighbour.id}"' not in page.text and f'value="{other.id}"' in page.text


def test_many_houses_are_found_by_their_street(client: PageClient, anna: Resident, home: Account) -> None:
    asked = []
    client.sign_in(anna)
    for extra in (201, 60):
        for number in range(extra):
            house = factories.house(street="ул. Длинная", number=f"{extra}-{number}")
            factories.account(home.supplier, house=house)
        fields = {**chosen(home), "street": "ул. Металлургов", "refresh": "place"}
        client.post(f"{URL}/selects", fields, status=200)
        with counted() as seen:
            page = client.post(f"{URL}/selects", fields, status=200)
        asked.append(len(seen))
        assert "Улица" in page and len(re.findall("<option", page.text)) < 12
    assert asked[0] == asked[1]
    fields = {**chosen(home), "street": "ул. Металлургов", **solved(client.get(f"{URL}/selects"))}
    client.post(f"{URL}/selects", fields)
    assert Link.select().count() == 1


# By the password of another account


@pytest.fixture
def mother(home: Account) -> Link:
    who = factories.resident(name="Мария", password_hash=passwords.hashed(SECRET))
    return factories.link(who, factories.account(home.supplier, number="123456468746"), is_login=True)


def by_password(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    picture = solved(client.get(f"{URL}/password"))
    given = {"number": "123456468746", "password": SECRET, **picture, **fields}
    return client.post(f"{URL}/password", given, status=status, htmx=htmx)


@pytest.mark.parametrize("htmx", [False, True])
def test_an_account_is_joined_by_its_password(client: PageClient, anna: Resident, mother: Link, htmx: bool) -> None:
    page = by_password(client.sign_in(anna), htmx=htmx)
    assert page.location == f"/accounts/{mother.account_id}"
    current = client.get(f"{URL}/password")
    assert "Текущие привязки 123456468746" in current and "Привязать" in current


def test_a_wrong_password_and_no_such_account_show_the_same_page(
    client: PageClient, anna: Resident, mother: Link
) -> None:
    wrong = by_password(client.sign_in(anna), status=422, password="wrong")
    absent = by_password(client, status=422, password="wrong", number="999")
    assert SORRY in wrong and wrong.words == absent.words
    assert "wrong" not in wrong.text


def test_of_equal_numbers_the_supplier_tells_which(client: PageClient, anna: Resident, mother: Link) -> None:
    twin = factories.account(number="123456468746")
    other = factories.resident(password_hash=passwords.hashed("Klen-u-0kna"))
    factories.link(other, twin, is_login=True)
    assert "Заполните поле" in by_password(client.sign_in(anna), status=422)
    assert SORRY in by_password(client, status=422, supplier=str(twin.supplier_id))
    page = by_password(client, supplier=str(twin.supplier_id), password="Klen-u-0kna")
    assert page.location == f"/accounts/{twin.id}"


# All of them


@pytest.mark.parametrize("way", ["number", "nothing", "Wizard", "link", "1"])
def test_a_way_that_the_preset_does_not_list_is_not_there(
    client: PageClient, anna: Resident, home: Account, way: str
) -> None:
    client.sign_in(anna).get(f"{URL}/{way}", status=404)
    client.post(f"{URL}/{way}", status=404)


def test_the_other_ways_are_offered_below(client: PageClient, anna: Resident, home: Account) -> None:
    page = client.sign_in(anna).get(f"{URL}/selects")
    assert "Другой способ" in page
    links = [link for link in page.tree.links if link.startswith(URL)]
    assert links == [f"{URL}/selects", URL, f"{URL}/page", f"{URL}/organisation", f"{URL}/password"]
    assert client.get(f"{URL}/wizard").words == client.get(URL).words


@pytest.mark.parametrize("way", ["", "/page", "/organisation", "/selects", "/password"])
def test_nobody_links_anything(client: PageClient, home: Account, way: str) -> None:
    client.get(f"{URL}{way}", status=303)
    client.post(f"{URL}{way}", typed(home), status=401)


@pytest.mark.parametrize("way", ["", "/page", "/organisation", "/selects", "/password"])
def test_a_portal_without_suppliers_shows_its_forms(client: PageClient, anna: Resident, way: str) -> None:
    client.sign_in(anna).get(f"{URL}{way}")
    page = client.post(
        f"{URL}{way}", {"step": "data", "password": "x", **solved(client.get(f"{URL}/page"))}, status=422
    )
    assert "Заполните поле" in page


TYPED = [*PASSPORT, "supplier", "settlement", "street", "house", "flat", "number", "account", "payment_date",
         "payment_sum", "title", "inn", "bill_sum", "password", "step", "kind", "go", "passed", "refresh", "captcha",
         "captcha_id"]  # fmt: skip


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["", "/page", "/organisation", "/selects", "/password"]),
    st.dictionaries(
        st.sampled_from(TYPED),
        st.text(max_size=40) | st.sampled_from(["check", "data", "back", "9" * 40, "-1", "0", "01.02.2003", "\0"]),
    ),
    st.booleans(),
)
def test_whatever_is_typed_is_answered(
    client: PageClient, anna: Resident, home: Account, way: str, fields: dict[str, str], htmx: bool
) -> None:
    client.sign_in(anna)
    data = {"csrf_token": client.csrf_token(), **typed(home), **chosen(home), **fields}
    headers = {"HX-Request": "true"} if htmx else {}
    assert client.http.post(f"{URL}{way}", data=data, headers=headers).status_code in (200, 204, 303, 422)
    assert Link.select().count() == 0
