"""Paying as each of the four manuals tells it: its page, the confirmation, the bank, the truth, the history."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from gateways.testbank import SIGNATURE, sign
from models import Account, Bill, Checkout, Order, Resident, Service
from services import texts
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch

POSTED = {
    "metallenergo": "в течение трёх рабочих дней",
    "zhkh": "в течение трёх рабочих дней",
    "client-online": "в срок от 10 минут до нескольких дней",
    "consumer": "в срок от 1 минуты до 24 часов",
}


@dataclass(frozen=True)
class Walk:
    """`page` and what it says, `press` with its fields, what the confirmation says; braces hold the rows' ids."""

    page: str
    says: tuple[str, ...]
    press: str
    fields: dict[str, str]
    confirms: tuple[str, ...]
    amount: int
    number: str
    history: str
    contact: tuple[str, str] = ("anna@example.org", "")
    absent: tuple[str, ...] = field(default=())


WALKS = {
    "metallenergo": Walk(
        page="/bills",
        says=("Оплатить онлайн", "Долг по э/э 632,70 ₽", "№ 133", "№ 132", "К оплате"),
        press="/payment/bill",
        fields={"account": "{account}", "bill": "{last}", "chosen": "{last}"},
        confirms=(
            "Уважаемый абонент, если вы хотите оплатить выбранный счет - проверьте информацию и нажмите "
            "\"Оплатить\". В течение 3-х рабочих дней после проведения платежа информация отобразится в разделе "
            "Оплаты.",
            "ВНИМАНИЕ комиссия за данную операцию составляет 0,0% от суммы платежа",
            "Код запроса", "Номер договора Д-17", "Номер счета 133", "Период декабрь 2018",
            "Сумма оплаты по счету 632,70 ₽", "Комиссия банка 0,00 ₽ (0,0%)", "Сумма оплаты с комиссией 632,70 ₽",
            "Назначение платежа Оплата счёта 133 за 12.2018, лицевой счёт 2071000390001", "Оплатить 632,70 ₽",
        ),
        amount=63270,
        number=r"\d+",
        history="Оплаты",
        absent=("ФИО плательщика", "Детализация"),
    ),
    "zhkh": Walk(
        page="/payment/{account}",
        says=("Долг 632,70 ₽", "Телефон", "E-mail", "Необязательно", "Квитанция за декабрь 2018",
              "К оплате принимаются Visa и MasterCard"),
        press="/payment/{account}",
        fields={"pay-{account}": "y", "sum-{account}": "417,99", "bill": "{last}", "phone": "", "email": ""},
        confirms=("Изменить сумму оплаты", "Сумма оплаты с комиссией 417,99 ₽", "в разделе Платежи"),
        amount=41799,
        number=r"\d+",
        history="Платежи",
        contact=("", ""),
        absent=("ФИО плательщика", "МИР"),
    ),
    "client-online": Walk(
        page="/payment",
        says=("Сумма к оплате 632,70 ₽", "Счёт за декабрь 2018", "Детализация", "К оплате (без учета комиссии)",
              "Комиссия за все", "Способ оплаты", "Итого 632,70 ₽", "QR-код"),
        press="/payment",
        fields={"pay-{account}": "y", "sum-{account}": "1 000,00"},
        confirms=("Баланс изменится в срок от 10 минут до нескольких дней", "Сумма оплаты с комиссией 1 000,00 ₽"),
        amount=100000,
        number=r"\d+",
        history="История",
        absent=("ФИО плательщика", "Подтвердите адрес электронной почты"),
    ),
    "consumer": Walk(
        page="/payment/{account}",
        says=("Оплата счета", "ФИО плательщика", "Телефон", "E-mail", "Оплачиваемая услуга", "Сумма к оплате, ₽",
              "Начислено за декабрь 2018",
              "С политикой конфиденциальности ознакомлен и принимаю условия предоставления сервисов",
              "Реквизиты", "Возврат", "Политика конфиденциальности", "Данные карты вводят на странице банка. Кабинет "
              "их не получает и не хранит"),
        press="/payment/{account}",
        fields={
            "pay-{account}-{light}": "y", "sum-{account}-{light}": "500", "policy": "y", "phone": "8 912 345-67-89",
            "payer_name": "Соколова Анна Викторовна", "email": "",
        },
        confirms=("Платёж зачисляется автоматически в срок от 1 минуты до 24 часов",
                  "Сумма оплаты с комиссией 500,00 ₽", "ФИО плательщика Соколова Анна Викторовна",
                  "Чек придёт +7 (912) 345-67-89"),
        amount=50000,
        number=r"2071000390001/\d{14}/01",
        history="История платежей",
        contact=("", "+79123456789"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Town:
    resident: Resident
    account: Account
    last: Bill
    light: Service

    def __call__(self, text: str) -> str:
        return text.format(account=self.account.id, last=self.last.id, light=self.light.id)


@pytest.fixture
def town(database: Flask) -> Town:
    texts.seed(factories.NOW)
    resident = factories.resident(patronymic="Викторовна", email="anna@example.org")
    supplier = factories.payee()
    account = factories.link(resident, factories.account(supplier, number="2071000390001", contract="Д-17")).account
    light = factories.service(supplier)
    for number, month, to_pay in (("132", 11, 162790), ("133", 12, 63270)):
        day = date(2018, month, 1)
        bill = factories.bill(account, number=number, period=day, issued_on=day.replace(day=28), to_pay=to_pay)
        factories.charge(bill, light, to_pay)
    return Town(resident, account, bill, light)


@pytest.mark.parametrize("preset", WALKS)
def test_paying_is_that_of_the_manual(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, town: Town, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    walk = WALKS[preset]
    client.sign_in(town.resident)
    page = client.get(town(walk.page))
    assert not [words for words in walk.says if words not in page]
    assert not [words for words in walk.absent if words in page]
    fields = {town(name): town(value) for name, value in walk.fields.items()}
    confirm = client.post(town(walk.press), {"once": "k", "method": "card", **fields}).location
    page = client.get(confirm)
    assert not [words for words in walk.confirms if words not in page]
    order = Order.get()
    assert (order.total, order.state) == (walk.amount, "created") and re.fullmatch(walk.number, order.number)
    assert (Checkout.get().email, Checkout.get().phone) == walk.contact
    bank = client.post(confirm, {"seen": page.value("seen")}).location
    assert "Ждём ответа банка" in client.get(confirm), "the way back proves nothing"
    paid(client, bank)
    page = client.get(confirm)
    assert "Деньги приняты" in page and f"Поставщик учтёт платёж {POSTED[preset]}" in page and "Чек" in page
    page = client.get("/history?kind=payments")
    assert walk.history in page and "Оплачено, ещё не учтено" in page


def paid(client: PageClient, bank: str) -> None:
    """The bank calls back by its own protocol."""
    told = {name: values[0] for name, values in parse_qs(urlsplit(bank).query).items()}
    body = {"key": "1", "number": told["number"], "provider_id": "p", "outcome": "paid", "amount": told["amount"]}
    body |= {"receipt_url": "http://127.0.0.1:8001/receipt", "card": "•• 0004"}
    body[SIGNATURE] = sign(body, "t" * 40)
    assert client.http.post("/callbacks/testbank", data=body).status_code == 200


def test_where_an_email_must_be_confirmed_payment_waits_and_says_so_at_the_top(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, town: Town
) -> None:
    switch(app, monkeypatch, "client-online", first_steps=["acquaintance"])
    Resident.update(email_confirmed_at=None).execute()
    client.sign_in(Resident.get_by_id(town.resident.id))
    for url in ("/payment", town("/payment/{account}")):
        page: Page = client.get(url)
        notice = (
            "Подтвердите адрес электронной почты в профиле для оплаты задолженности, получения счетов на e-mail и "
            "подключения автоплатежа"
        )
        assert page.words.index(notice) < page.words.index("Сумма к оплате") and "Перейти в профиль" in page
        assert "/profile" in page.tree.links and "Пересчитать" not in page
    fields = {town("pay-{account}"): "y", town("sum-{account}"): "5"}
    assert "Подтвердите адрес" in client.post("/payment", {"once": "k", **fields}, status=422)
    assert Order.select().count() == 0


def test_an_overpayment_is_no_obstacle_to_paying_ahead(client: PageClient, town: Town) -> None:
    factories.balance(town.account, -31240)
    client.sign_in(town.resident)
    fields = {town("pay-{account}"): "y", town("sum-{account}"): "2 000"}
    client.post("/payment", {"once": "k", "method": "card", **fields})
    assert Order.get().amount == 200000
