"""«Заказать звонок»: where it is offered, what is asked, what the operator notes and the resident sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import Account, Audit, Call, Notice, Resident, Topic
from models.erasing import erase_rows
from services import calls, personal_data, topics
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch
from tests.queries import counted

URL = "/callbacks-wanted"


@pytest.fixture(autouse=True)
def anna(database: Flask, client: PageClient) -> Resident:
    topics.seed()
    who = factories.resident(phone="+79123456789")
    client.sign_in(who)
    return who


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.account(factories.supplier(short_name="Водоканал"))
    factories.setting(account.supplier, "offers_calls", True)
    factories.link(anna, account)
    return account


def ask(client: PageClient, status: int = 303, htmx: bool = False, **fields: object) -> Page:
    page = client.get(URL)
    usual = {"supplier": page.value("supplier"), "phone": "8 912 000-11-22", "convenient": "evening"}
    given = {**usual, "topic": str(Topic.get().id), "once": page.value("once"), **fields}
    return client.post(URL, given, status=status, htmx=htmx)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_resident_asks_for_a_call_and_sees_that_it_waits(client: PageClient, account: Account, htmx: bool) -> None:
    assert client.get(URL).value("phone").replace("\N{NO-BREAK SPACE}", " ") == "+7 (912) 345-67-89"
    assert ask(client, htmx=htmx, comment="О поверке").location == URL
    made = Call.get()
    page = client.get(URL)
    assert f"Заявка на звонок № {made.id} принята." in page and "Ждёт звонка" in page
    assert "+7 (912) 000-11-22" in page and "с 15 до 18" in page
    assert (made.phone, made.convenient, made.comment, made.supplier) == (
        "+79120001122", "evening", "О поверке", account.supplier,
    )  # fmt: skip


def test_where_no_supplier_rings_back_the_page_says_so(client: PageClient, account: Account) -> None:
    factories.setting(account.supplier, "offers_calls", False, since=clock.today())
    page = client.get(URL)
    assert "не перезванивают" in page and 'name="phone"' not in page.text
    assert "не перезванивают" in client.post(URL, {"supplier": account.supplier_id}, status=422)
    assert not Call.select().exists()


def test_only_suppliers_that_ring_back_are_offered(client: PageClient, account: Account, anna: Resident) -> None:
    silent = factories.account(factories.supplier(short_name="Молчун"))
    factories.link(anna, silent)
    assert "Молчун" not in client.get(URL)
    ask(client, supplier=str(silent.supplier_id))
    assert Call.get().supplier == account.supplier, "the only one there is to choose"


@pytest.mark.parametrize("htmx", [False, True])
def test_mistakes_are_named_and_what_was_typed_stays(client: PageClient, account: Account, htmx: bool) -> None:
    page = ask(client, status=422, htmx=htmx, phone="12", convenient="", topic="", comment="О поверке" + "!" * 500)
    for words in ("Проверьте номер", "Удобное время: Заполните поле", "Тема: Заполните поле", "Не больше 500 знаков"):
        assert words in page
    assert "О поверке" in page.text and ("<html" not in page.text) == htmx


def test_a_form_sent_twice_asks_for_one_call(client: PageClient, account: Account) -> None:
    once = client.get(URL).value("once")
    for _ in range(2):
        ask(client, once=once)
    assert Call.select().count() == 1


def test_five_calls_a_day_are_enough(client: PageClient, account: Account) -> None:
    for number in range(calls.BY_RESIDENT.most):
        ask(client, comment=f"О счётчике {number}")
    assert "Слишком много попыток" in ask(client, status=422)


def test_the_same_wish_is_one_call_while_it_waits(client: PageClient, account: Account) -> None:
    """Asked again from the page before: the browser brings the words, and the form is a new one."""
    ask(client)
    ask(client)
    [call] = Call.select()
    Call.update(state="done").where(Call.id == call.id).execute()
    ask(client)
    assert Call.select().count() == 2


def test_others_see_nothing_of_it(client: PageClient, account: Account) -> None:
    ask(client)
    client.sign_in(factories.resident())
    assert "Ждёт звонка" not in client.get(URL)


def test_help_and_contacts_lead_to_it_where_it_is_offered(
    app: Flask, client: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, "client-online")
    for url in ("/help", "/contacts"):
        page = client.get(url)
        assert "Заказать звонок" in page and "Отправить обращение" in page
    factories.setting(account.supplier, "takes_appeals", False)
    factories.setting(account.supplier, "offers_calls", False, since=clock.today())
    for url in ("/help", "/contacts"):
        page = client.get(url)
        assert "Заказать звонок" not in page and "Отправить обращение" not in page
    client.post("/sign-out")
    assert "Заказать звонок" not in client.get("/help") and "Заказать звонок" not in client.get("/contacts")


# --- the console ---


@pytest.fixture
def wanted(anna: Resident, account: Account) -> Call:
    return factories.call(anna, supplier=account.supplier, comment="О <поверке>", topic=Topic.get())


def decide(client: PageClient, call: Call, outcome: str, status: int = 303) -> Page:
    return client.post(f"/admin/calls/{call.id}", {"outcome": outcome}, status=status)


def test_the_queue_shows_whom_to_ring_up_oldest_first(client: PageClient, wanted: Call, anna: Resident) -> None:
    newer, done = factories.call(anna), factories.call(anna, state="done", decided_at=factories.NOW)
    client.sign_in(factories.operator())
    page = client.get("/admin/calls")
    places = [page.words.index(f"№ {row.id} ") for row in (wanted, newer, done)]
    assert places == sorted(places) and "О <поверке>" in page and "tel:+79123456789" in page.tree.links
    assert "Обращения 2 ждут" in client.get("/admin/").words


@pytest.mark.parametrize(("outcome", "words", "told"), [("done", "Позвонили", 0), ("missed", "Не дозвонились", 1)])
def test_how_it_went_is_noted_once_and_told(
    client: PageClient, wanted: Call, anna: Resident, outcome: str, words: str, told: int
) -> None:
    client.sign_in(factories.operator())
    decide(client, wanted, outcome)
    assert "Уже отмечено" in client.get(decide(client, wanted, "done").location)
    assert Notice.select().count() == told and Audit.get().action == f"call-{outcome}"
    decide(client, wanted, "x", status=400)
    client.sign_in(anna)
    assert words in client.get(URL)


def test_another_suppliers_clerk_does_not_see_it(client: PageClient, wanted: Call, account: Account) -> None:
    client.sign_in(factories.operator(factories.supplier()))
    assert "поверке" not in client.get("/admin/calls") and "ждёт звонка" not in client.get("/admin/")
    decide(client, wanted, "done", status=404)
    client.sign_in(factories.operator(account.supplier))
    decide(client, wanted, "done")


def test_the_queue_asks_the_same_for_many(client: PageClient, anna: Resident, wanted: Call) -> None:
    def asked() -> int:
        with counted() as seen:
            client.get("/admin/calls")
        return len(seen)

    client.sign_in(factories.operator())
    few = asked()
    for _ in range(20):
        factories.call(anna)
    assert asked() == few


def test_phones_go_after_ninety_days_and_with_their_resident(anna: Resident, wanted: Call) -> None:
    done = factories.call(anna, state="done", decided_at=factories.NOW)
    calls.sweep(factories.NOW + timedelta(days=91))
    assert [row.id for row in Call.select()] == [wanted.id] != [done.id]
    other = factories.call(factories.resident())
    erase_rows(anna)
    assert [row.id for row in Call.select()] == [other.id]


def test_the_download_of_own_data_has_the_calls(anna: Resident, wanted: Call) -> None:
    factories.call(factories.resident(), comment="Чужой")
    [own] = personal_data.of(anna, factories.NOW, factories.NOW.tzinfo)["Заказанные звонки"]
    assert (own["Телефон"], own["Комментарий"]) == ("+79123456789", "О <поверке>")


def test_after_a_call_the_list_goes_on_with_the_next(client: PageClient, anna: Resident) -> None:
    first, second, third = (factories.call(anna) for _ in range(3))
    client.sign_in(factories.operator())
    assert decide(client, second, "done").location == f"/admin/calls#call-{third.id}"
    assert decide(client, third, "missed").location == f"/admin/calls#call-{first.id}"
    assert f'id="call-{first.id}"' in client.get("/admin/calls").text
    assert decide(client, first, "done").location == "/admin/calls"
