"""The console's accounts: the list, the card, readings and payments entered for who phones, quittance and link."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask

from models import Account, Audit, Notice, Reading, Register, RegistryLine, Remark, Resident, Submission
from tests import factories
from tests.client import Page, PageClient
from tests.factories import TODAY
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def account(database: Flask) -> Account:
    """A meter whose window is open from the 1st to the 25th, read last at 15737."""
    made = factories.account(factories.payee(), number="0010", els="70АА000001")
    factories.setting(made.supplier, "reading_from_day", 1)
    factories.setting(made.supplier, "reading_to_day", 25)
    service = factories.service(made.supplier)
    factories.reading(factories.meter(made, service).registers.get(), 15737, date(2026, 10, 20), state="used")
    factories.reading(Register.get(), 15600, date(2026, 9, 20), state="used")
    factories.balance(made, 148533)
    return made


@pytest.fixture
def clerk(client: PageClient, account: Account) -> PageClient:
    """Of the account's supplier alone."""
    return client.sign_in(factories.operator(account.supplier, email="olga@example.org", name="Ольга", surname=""))


def send(client: PageClient, account: Account, value: str, status: int = 303, **fields: str) -> Page:
    typed = {f"reading-{Register.get().id}": value, "once": "key", **fields}
    return client.post(f"/admin/accounts/{account.id}/readings", typed, status=status)


def pay(client: PageClient, account: Account, status: int = 303, **fields: str) -> Page:
    typed = {"way": "told", "sum": "1 485,33", "paid_on": "19.11.2026", "number": "17", **fields}
    return client.post(f"/admin/accounts/{account.id}/payments", typed, status=status)


def close(account: Account) -> None:
    factories.setting(account.supplier, "reading_to_day", 15, since=date(2026, 11, 1))


def test_the_list_finds_an_account(clerk: PageClient, account: Account) -> None:
    factories.account(number="0010")  # of another supplier
    page = clerk.get("/admin/accounts?q=0010")
    assert page.words.count("№ 0010") == 1 and account.house.street in page
    assert "Счёт не нашли" in clerk.get("/admin/accounts?q=9999")


def test_the_card_says_what_a_caller_asks(clerk: PageClient, account: Account) -> None:
    anna = factories.resident(surname="Соколова", name="Анна")
    factories.link(anna, account, fact="meter")
    bill = factories.bill(account)
    factories.payment(account, 50000, source="Сбербанк")
    page = clerk.get(f"/admin/accounts/{account.id}")
    for words in (
        "1 485,33 ₽",
        "015 737 кВт*ч",
        "Соколова Анна",
        "номер счётчика",
        "500,00 ₽",
        "Сбербанк",
        "70АА000001",
    ):
        assert words in page, words
    assert f"/admin/quittances/{bill.id}.pdf" in page.tree.links and f"/admin/residents/{anna.id}" in page.tree.links


def test_another_suppliers_account_does_not_exist(clerk: PageClient) -> None:
    foreign = factories.account(factories.payee())
    bill = factories.bill(foreign)
    for place in ("", "/readings", "/payments", "/reading-link", "/reading-link.png"):
        clerk.get(f"/admin/accounts/{foreign.id}{place}", status=404)
    clerk.get(f"/admin/quittances/{bill.id}.pdf", status=404)
    pay(clerk, foreign, status=404)
    clerk.post(f"/admin/accounts/{foreign.id}/readings", {}, status=404)


def test_residents_have_no_such_pages(client: PageClient, account: Account) -> None:
    who = factories.resident()
    factories.link(who, account)
    client.sign_in(who)
    client.get("/admin/accounts", status=404)
    client.get(f"/admin/accounts/{account.id}", status=404)
    pay(client, account, status=404)
    assert not RegistryLine.select().exists()


def test_the_quittance_is_a_paper(clerk: PageClient, account: Account) -> None:
    bill = factories.bill(account)
    assert clerk.http.get(f"/admin/quittances/{bill.id}.pdf").data.startswith(b"%PDF")


def test_the_link_of_readings_is_shown_with_its_picture(clerk: PageClient, account: Account) -> None:
    page = clerk.get(f"/admin/accounts/{account.id}/reading-link")
    assert "/r/" in page.text and "Действует до 25 ноября" in page
    assert clerk.http.get(f"/admin/accounts/{account.id}/reading-link.png").data.startswith(b"\x89PNG")


def test_a_reading_is_taken_as_the_residents_own(clerk: PageClient, account: Account) -> None:
    anna = factories.link(factories.resident(), account).resident
    assert "Внести показания" in clerk.get(f"/admin/accounts/{account.id}/readings")
    send(clerk, account, "15800")
    row = Reading.get(Reading.origin == "operator")
    assert (row.value, row.state, row.taken_on) == (15800 * 10**6, "accepted", TODAY)
    assert Submission.get().resident is None
    note = Audit.get()
    assert (note.action, note.actor_name) == ("reading", "olga@example.org")
    assert json.loads(note.after) == {"account": account.id, "readings": [row.id], "late": False}
    assert "Оператор внёс показания" in Notice.get().subject and not Remark.select().exists()
    page = PageClient(clerk.app).sign_in(anna).get(f"/readings/{account.id}")
    assert "оператор" in page


def test_a_double_click_takes_it_once(clerk: PageClient, account: Account) -> None:
    send(clerk, account, "15800")
    send(clerk, account, "15800")
    assert Submission.select().count() == 1


def test_a_warning_is_read_out_and_confirmed(clerk: PageClient, account: Account) -> None:
    page = send(clerk, account, "15737", status=422)
    assert "Житель подтверждает, принять" in page and page.value(f"reading-{Register.get().id}") == "15737"
    send(clerk, account, "15737", confirm="yes", warned=page.value("warned"))
    assert "zero" in Reading.get(Reading.origin == "operator").doubts


@pytest.mark.parametrize("value", ["", "abc", "-5", "99999999", "1,5", "15000"])
def test_a_value_that_cannot_be_is_said_at_its_field(clerk: PageClient, account: Account, value: str) -> None:
    page = send(clerk, account, value, status=422)
    assert "ещё не переданы" in page and not Audit.select().exists()


def test_after_the_window_a_reason_is_demanded(clerk: PageClient, account: Account) -> None:
    close(account)
    assert "Почему после срока" in clerk.get(f"/admin/accounts/{account.id}/readings")
    page = send(clerk, account, "15800", status=422)
    assert "Напишите причину" in page and page.value(f"reading-{Register.get().id}") == "15800"
    assert not Submission.select().exists()
    send(clerk, account, "15800", reason="Лежала в больнице")
    assert (Remark.get().text, Remark.get().action) == ("Лежала в больнице", "reading")
    assert json.loads(Audit.get().after)["late"] is True
    assert "Лежала в больнице" in clerk.get(f"/admin/accounts/{account.id}")


def test_what_came_late_takes_the_place_of_what_was_sent_in_time(clerk: PageClient, account: Account) -> None:
    before = factories.reading(Register.get(), 15790, date(2026, 11, 10), origin="resident", state="accepted")
    close(account)
    send(clerk, account, "15800", reason="Ошиблась")
    assert Reading.get_by_id(before.id).state == "replaced"


def test_the_supplier_may_forbid_what_comes_late(clerk: PageClient, account: Account) -> None:
    close(account)
    factories.setting(account.supplier, "late_readings", False)
    assert "вносить нечего" in clerk.get(f"/admin/accounts/{account.id}/readings")
    assert "поставщик не разрешил" in send(clerk, account, "15800", status=422, reason="Очень надо")
    assert not Submission.select().exists()


def test_a_closed_account_takes_no_readings(clerk: PageClient, account: Account) -> None:
    Account.update(closed_on=date(2026, 11, 1)).where(Account.id == account.id).execute()
    assert "Лицевой счёт закрыт" in send(clerk, account, "15800", status=422)


def test_a_payment_is_written_down_and_stands_beside_the_debt(clerk: PageClient, account: Account) -> None:
    assert "Долг не меняется" in clerk.get(f"/admin/accounts/{account.id}/payments")
    assert pay(clerk, account).location == f"/admin/accounts/{account.id}"
    line = RegistryLine.get()
    assert (line.amount, line.paid_on, line.operation) == (148533, date(2026, 11, 19), "17")
    page = clerk.get(f"/admin/accounts/{account.id}")
    assert "Оплачено, ещё не учтено: 1 485,33 ₽" in page and "Со слов плательщика" in page
    assert "Со слов плательщика" in clerk.get("/admin/registries")
    clerk.get(f"/admin/registries/{line.registry_id}")
    assert "0010;19.11.2026" in clerk.get(f"/admin/registries/{line.registry_id}/file").data.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"sum": "много"}, "Введите сумму числом"),
        ({"sum": "0"}, "больше нуля"),
        ({"sum": "-5"}, "Введите сумму числом"),
        ({"paid_on": "31.02.2026"}, "Такого дня нет"),
        ({"paid_on": "21.11.2026"}, "ещё не наступил"),
        ({"number": ""}, "Заполните поле"),
        ({"way": "x"}, "Выберите, как заплатили"),
    ],
)
def test_a_payment_that_cannot_be_is_said_at_its_field(
    clerk: PageClient, account: Account, fields: dict[str, str], sentence: str
) -> None:
    page = pay(clerk, account, status=422, **fields)
    assert sentence in page and not RegistryLine.select().exists()
    assert page.value("sum") == fields.get("sum", "1 485,33")


def test_a_likeness_is_confirmed_by_the_second_press(clerk: PageClient, account: Account) -> None:
    factories.payment(account, 148533, on=date(2026, 11, 18), identifier="П-5", source="Почта")
    page = pay(clerk, account, status=422)
    assert "Похожий платёж уже есть" in page and "Почта, 18.11.2026, № П-5" in page
    pay(clerk, account, warned=page.value("warned"))
    assert "уже записан" in pay(clerk, account, status=422, sum="5")


def test_a_slip_is_taken_back_with_a_reason(clerk: PageClient, account: Account) -> None:
    pay(clerk, account)
    url = f"/admin/desk/{RegistryLine.get().id}"
    assert "Деньги это не возвращает" in clerk.get(url)
    assert "Заполните поле" in clerk.post(url, {"reason": ""}, status=422)
    clerk.post(url, {"reason": "Не тот счёт"})
    assert RegistryLine.get().state == "rejected" and "отменён" in clerk.get(f"/admin/accounts/{account.id}")
    assert "отменён в другом окне" in clerk.post(url, {"reason": "Не тот счёт"}, status=422)


def test_another_suppliers_payment_is_not_taken_back(clerk: PageClient, account: Account, app: Flask) -> None:
    pay(clerk, account)
    stranger = PageClient(app).sign_in(factories.operator(factories.supplier()))
    url = f"/admin/desk/{RegistryLine.get().id}"
    stranger.get(url, status=404)
    stranger.post(url, {"reason": "x"}, status=404)
    banks = factories.registry_line(factories.registry(account.supplier), account=account)
    clerk.post(f"/admin/desk/{banks.id}", {"reason": "x"}, status=404)  # no operator wrote it


def test_the_card_asks_the_same_for_many(clerk: PageClient, account: Account) -> None:
    clerk.get(f"/admin/accounts/{account.id}")
    with counted() as few:
        clerk.get(f"/admin/accounts/{account.id}")
    for number in range(15):
        factories.link(factories.resident(), account)
        factories.bill(account, period=date(2025, 1 + number % 12, 1))
        factories.payment(account, 100)
        factories.meter(account)
        pay(clerk, account, sum="5", number=f"n{number}", warned="") if number == 0 else None
    with counted() as many:
        clerk.get(f"/admin/accounts/{account.id}")
    assert len(few) == len(many)


def test_an_operator_who_holds_the_account_is_told_nothing_of_others(client: PageClient, account: Account) -> None:
    """Names of holders are the operator's business; a resident's page does not show them."""
    who: Resident = factories.link(factories.resident(), account).resident
    factories.link(factories.resident(surname="Тайный"), account)
    assert "Тайный" not in client.sign_in(who).get(f"/accounts/{account.id}")
