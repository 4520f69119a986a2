"""D's form of payment: who pays, where the receipt goes, the policy tick; B's contact, which may be left out."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Account, Checkout, Consent, Order, Resident, Text
from services import texts
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch

POLICY = "С политикой конфиденциальности ознакомлен и принимаю условия предоставления сервисов"


@pytest.fixture(autouse=True)
def published(database: Flask) -> None:
    texts.seed(factories.NOW)


@pytest.fixture
def resident(published: None) -> Resident:
    return factories.resident(patronymic="Викторовна", email="", email_confirmed_at=None, phone="+79123456789")


@pytest.fixture
def account(resident: Resident) -> Account:
    account = factories.link(resident, factories.account(number="2071000390001")).account
    factories.balance(account, 50000)
    return account


@pytest.fixture
def consumer(app: Flask, monkeypatch: pytest.MonkeyPatch, client: PageClient, resident: Resident) -> PageClient:
    switch(app, monkeypatch, "consumer")
    return client.sign_in(resident)


def press(client: PageClient, account: Account, status: int = 303, **changes: str) -> Page:
    """The form as it is filled in by hand; a field that is None is not sent."""
    fields = {
        f"pay-{account.id}": "yes", f"sum-{account.id}": "500", "once": "k", "method": "card", "policy": "y",
        "payer_name": "Соколова Анна Викторовна", "phone": "8 912 345-67-89", "email": "", **changes,
    }  # fmt: skip
    return client.post(f"/payment/{account.id}", fields, status=status)


def test_the_form_stands_filled_in_but_for_the_tick(consumer: PageClient, account: Account) -> None:
    page = consumer.get(f"/payment/{account.id}")
    for label in ("Лицевой счет № 2071000390001", "ФИО плательщика", "Телефон", "E-mail", "Оплачиваемая услуга",
                  "Сумма к оплате, ₽", POLICY, "ссылка для получения чека"):  # fmt: skip
        assert label in page, label
    assert page.value("payer_name") == "Соколова Анна Викторовна" and "policy" not in page.tree.values
    assert (
        page.value("phone").replace("\N{NO-BREAK SPACE}", " ") == "+7 (912) 345-67-89" and page.value("email") == ""
    )
    assert {"/texts/privacy", "/texts/agreement"} <= set(page.tree.links)


def test_the_order_says_who_pays_and_where_the_receipt_goes(consumer: PageClient, account: Account) -> None:
    press(consumer, account, payer_name=" Соколов  Пётр ", email="Petr@Example.org")
    checkout = Checkout.get()
    assert (checkout.payer_name, checkout.phone, checkout.email) == (
        "Соколов Пётр", "+79123456789", "Petr@example.org",
    )  # fmt: skip
    assert "/" in Order.get().number and Order.get().number.startswith("2071000390001/")


def test_the_tick_is_kept_as_a_consent_to_these_very_versions(
    consumer: PageClient, resident: Resident, account: Account
) -> None:
    press(consumer, account)
    given = {consent.text.slug: consent for consent in Consent.of_resident(resident)}
    assert set(given) == {"privacy", "agreement"}
    assert all(consent.text.version == 1 and consent.address == "127.0.0.1" for consent in given.values())
    assert consumer.get(f"/payment/{account.id}").value("policy") == "y"
    press(consumer, account, once="another")
    assert Consent.select().count() == 2, "what stands is not agreed to again"


def test_a_new_version_is_ticked_anew(consumer: PageClient, resident: Resident, account: Account) -> None:
    press(consumer, account)
    Text.publish("privacy", 2, "Политика", "Новая.", factories.NOW)
    assert "policy" not in consumer.get(f"/payment/{account.id}").tree.values
    press(consumer, account, once="another")
    assert Consent.newest(resident) == {"privacy": 2, "agreement": 1} and Consent.select().count() == 3


def test_without_the_tick_nothing_is_paid(consumer: PageClient, account: Account) -> None:
    page = press(consumer, account, status=422, policy="")
    assert "Без этого согласия заплатить здесь нельзя" in page
    assert (Order.select().count(), Consent.select().count()) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"payer_name": ""}, "Заполните поле"),
        ({"payer_name": "12"}, "Введите фамилию, имя и отчество полностью"),
        ({"payer_name": "я" * 201}, "Не больше 200 знаков"),
        ({"phone": ""}, "Укажите телефон или e-mail: туда придёт чек"),
        ({"phone": "12"}, "Проверьте номер"),
        ({"phone": "", "email": "anna"}, "Проверьте адрес"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_all_is_kept(
    consumer: PageClient, account: Account, changes: dict[str, str], sentence: str
) -> None:
    page = press(consumer, account, status=422, **{f"sum-{account.id}": "77,70", **changes})
    assert sentence in page and page.value(f"sum-{account.id}") == "77,70" and page.value("once") == "k"
    assert all(page.value(name) == value for name, value in changes.items())
    assert page.value("policy") == "y" and Order.select().count() == 0


def test_sums_and_payer_are_wrong_at_once(consumer: PageClient, account: Account) -> None:
    page = press(consumer, account, status=422, payer_name="", **{f"sum-{account.id}": "много"})
    assert "ФИО плательщика: Заполните поле" in page and "Введите сумму числом" in page


def test_the_next_time_the_form_stands_as_it_was_sent(consumer: PageClient, account: Account) -> None:
    """After «Изменить», too, where it would be a nuisance to type it again."""
    location = press(consumer, account, payer_name="Соколов Пётр", email="petr@example.org", phone="").location
    page = consumer.get(consumer.post(f"{location}/change").location)
    assert (page.value("payer_name"), page.value("email"), page.value("phone")) == (
        "Соколов Пётр", "petr@example.org", "",
    )  # fmt: skip


def test_by_htmx_the_browser_is_led_to_the_confirmation(consumer: PageClient, account: Account) -> None:
    fields = {
        f"pay-{account.id}": "y",
        f"sum-{account.id}": "5",
        "policy": "y",
        "payer_name": "Анна",
        "email": "a@b.ru",
    }
    url = f"/payment/{account.id}"
    assert consumer.post(url, {"once": "k", **fields}, htmx=True).location == f"/orders/{Order.get().id}"
    assert "Заполните поле" in consumer.post(url, {"once": "k", **fields, "payer_name": ""}, status=422, htmx=True)


def test_a_neighbours_account_is_not_paid(consumer: PageClient, account: Account) -> None:
    theirs = factories.link(factories.resident()).account
    consumer.post(f"/payment/{theirs.id}", {f"pay-{theirs.id}": "y", f"sum-{theirs.id}": "5"}, status=404)
    assert (Order.select().count(), Consent.select().count()) == (0, 0)


def test_another_payer_is_another_press(consumer: PageClient, account: Account) -> None:
    first = press(consumer, account).location
    assert press(consumer, account).location == first
    assert press(consumer, account, email="petr@example.org").location != first


def test_recounting_asks_nothing(consumer: PageClient, account: Account) -> None:
    page = press(consumer, account, status=200, recount="yes", payer_name="", policy="")
    assert "Заполните поле" not in page and page.value("payer_name") == ""


def test_a_code_needs_neither_name_nor_tick(consumer: PageClient, account: Account) -> None:
    account.supplier.bank_account, account.supplier.bank, account.supplier.bik = "4" * 20, "Банк", "0" * 9
    account.supplier.save()
    page = press(consumer, account, method="qr", payer_name="", policy="", phone="")
    assert page.location.startswith("/payment/codes") and Consent.select().count() == 0


def test_terms_that_nobody_published_cannot_be_accepted(consumer: PageClient, account: Account) -> None:
    Text.delete().execute()
    assert consumer.get(f"/payment/{account.id}").status == 200
    assert "не опубликованы условия" in press(consumer, account, status=422) and Order.select().count() == 0


def test_a_contact_may_be_left_out_where_the_manual_lets_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: PageClient, resident: Resident, account: Account
) -> None:
    switch(app, monkeypatch, "zhkh")
    page = client.sign_in(resident).get(f"/payment/{account.id}")
    assert "Необязательно" in page and "ФИО плательщика" not in page and POLICY not in page
    press(client, account, phone="")
    assert (Checkout.get().email, Checkout.get().phone) == ("", "")
    assert Checkout.get().payer_name == "Соколова Анна Викторовна"


def test_a_contact_that_must_be_there_is_asked_for_even_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: PageClient, resident: Resident, account: Account
) -> None:
    switch(app, monkeypatch, email_to_pay="either")
    client.sign_in(resident)
    assert "Укажите телефон или e-mail" in press(client, account, status=422, phone="")
    press(client, account)


def test_elsewhere_nothing_is_asked(client: PageClient, resident: Resident, account: Account) -> None:
    page = client.sign_in(resident).get(f"/payment/{account.id}")
    assert "ФИО плательщика" not in page and "payer" not in page.tree.ids
    press(client, account, phone="", payer_name="Чужой")
    assert Checkout.get().payer_name == "Соколова Анна Викторовна"
