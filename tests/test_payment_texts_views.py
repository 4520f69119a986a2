"""What whoever pays may want to read: conditions, delays, refunds, security, privacy, the suppliers' bank details."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Account, Resident, Text
from services import texts
from tests import factories
from tests.client import PageClient
from tests.portal import switch

PRESETS = ("default", "metallenergo", "zhkh", "client-online", "consumer")
LINKS = {
    "/texts/payment-terms": "Условия оплаты",
    "/texts/payment-posting": "Сроки зачисления",
    "/texts/refunds": "Возврат",
    "/texts/payment-security": "Безопасность платежей",
    "/texts/privacy": "Политика конфиденциальности",
    "/requisites": "Реквизиты",
}
DELAYS = {
    "metallenergo": "в течение трёх рабочих дней",
    "client-online": "в срок от 10 минут до нескольких дней",
    "consumer": "в срок от 1 минуты до 24 часов",
}


@pytest.fixture(autouse=True)
def published(database: Flask) -> None:
    texts.seed(factories.NOW)


@pytest.fixture
def resident(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    return factories.link(resident, factories.account(factories.payee())).account


@pytest.mark.parametrize("preset", PRESETS)
def test_the_pages_of_payment_lead_to_every_text(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, resident: Resident, account: Account, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    page = client.sign_in(resident).get(f"/payment/{account.id}")
    for url, name in LINKS.items():
        assert url in page.tree.links and name in page
        assert client.get(url).status == 200


def test_the_texts_are_read_before_signing_in(client: PageClient, account: Account) -> None:
    assert all(client.get(url).status == 200 for url in LINKS)


@pytest.mark.parametrize("preset", DELAYS)
def test_the_delay_is_that_of_the_manual(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, resident: Resident, account: Account, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    assert f"зачисляется на лицевой счёт {DELAYS[preset]}" in client.get("/texts/payment-posting")
    assert DELAYS[preset] in client.sign_in(resident).get(f"/payment/{account.id}")


def test_money_goes_back_by_a_written_request_within_thirty_days(client: PageClient) -> None:
    page = client.get("/texts/refunds")
    assert "письменное заявление в отделение поставщика по месту регистрации" in page and "в течение 30 дней" in page


def test_card_data_are_neither_taken_nor_kept(client: PageClient) -> None:
    assert "Кабинет их не получает и не хранит" in client.get("/texts/privacy")
    assert "MirAccept" in client.get("/texts/payment-security")


def test_a_text_has_versions_and_the_newest_is_shown(client: PageClient) -> None:
    Text.publish("refunds", 2, "Возврат платежа", "Только {payment.posting} и {no.such}.", factories.NOW)
    page = client.get("/texts/refunds")
    assert "Редакция 2 от 20.11.2026" in page and "Только в течение трёх рабочих дней и {no.such}." in page


def test_bank_details_are_those_of_the_billing(client: PageClient, resident: Resident, account: Account) -> None:
    other = factories.supplier(name="ООО «Чужой»")
    page = client.get("/requisites")
    assert "обязательно укажите номер лицевого счёта" in page
    for fact in ("Получатель АО «Энергосбыт»", "ИНН 7707083893", "Расчётный счёт 40702810638000000001",
                 "Банк ПАО СБЕРБАНК", "БИК 044525225", "Корр. счёт 30101810400000000225"):  # fmt: skip
        assert fact in page.words.replace(" Копировать", "").replace(": ", " : "), fact
    assert other.name in page and "Поставщик ещё не назвал свой банк" in page
    assert other.name not in client.sign_in(resident).get("/requisites")


def test_without_suppliers_it_is_said(client: PageClient) -> None:
    assert "Поставщиков пока нет" in client.get("/requisites")
