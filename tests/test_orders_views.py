"""/orders/<id>: the confirmation before the bank, and the truth after it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from models import Account, Checkout, Order, OrderLine, Resident, SupplierSetting
from tests import factories
from tests.client import PageClient

LONG = timedelta(days=900)  # the pages ask the real clock


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    supplier = factories.supplier(name="Металлэнергофинанс")
    row = factories.account(supplier, number="42700100123", contract="Д-17")
    return factories.link(resident, row).account


def ordered(who: Resident, *accounts: Account, state: str = "created", **facts: object) -> list[Order]:
    """One checkout with an order an account, 632,70 ₽ each."""
    checkout = Checkout.create(resident=who, once=f"o{Checkout.select().count()}", created_at=factories.NOW)
    rows = []
    for account in accounts:
        row = Order.create(
            **{
                "checkout": checkout, "supplier": account.supplier, "gateway": "testbank", "amount": 63270,
                "number": f"n{Order.select().count()}", "state": state, "created_at": factories.NOW,
                "expires_at": datetime.now(UTC) + LONG, **facts,
            }
        )  # fmt: skip
        OrderLine.create(order=row, account=account, amount=63270)
        rows.append(row)
    return rows


def test_the_confirmation_carries_the_eight_facts_of_the_manual(
    client: PageClient, resident: Resident, account: Account
) -> None:
    SupplierSetting.create(supplier=account.supplier, key="fee", since=date(2020, 1, 1), value="50")
    bill = factories.bill(account, number="133", period=date(2018, 12, 1), to_pay=63270)
    [order] = ordered(resident, account, fee=316, bill=bill, number="129")
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert page.tree.title.startswith("Подтверждение перехода на сайт онлайн-оплаты")
    assert (
        'Уважаемый абонент, если вы хотите оплатить выбранный счет - проверьте информацию и нажмите "Оплатить".'
        in page
    )
    assert "В течение 3-х рабочих дней после проведения платежа информация отобразится в разделе Оплаты." in page
    for fact in (
        "Код запроса 129", "Номер договора Д-17", "Номер счета 133", "Период декабрь 2018",
        "Сумма оплаты по счету 632,70 ₽", "Комиссия банка 3,16 ₽", "Сумма оплаты с комиссией 635,86 ₽",
        "Назначение платежа Оплата счёта 133 за 12.2018, лицевой счёт 42700100123",
        "комиссия за данную операцию составляет 0,5 % от суммы платежа",
    ):  # fmt: skip
        assert fact in page, fact


def test_without_a_chosen_bill_the_last_one_is_named(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.bill(account, number="132", period=date(2018, 11, 1))
    factories.bill(account, number="133", period=date(2018, 12, 1))
    [order] = ordered(resident, account)
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert "Номер счета 133" in page and "Комиссия банка 0,00 ₽" in page
    assert "Назначение платежа Оплата услуг, лицевой счёт 42700100123" in page


def test_an_account_without_bills_has_dashes(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account)
    assert "Номер счета — Период —" in client.sign_in(resident).get(f"/orders/{order.id}")


def test_two_suppliers_are_two_payments_and_it_is_said_before(
    client: PageClient, resident: Resident, account: Account
) -> None:
    first, second = ordered(resident, account, factories.account(factories.supplier(name="Водоканал")))
    client.sign_in(resident)
    page = client.get(f"/orders/{first.id}")
    assert "Платежей будет 2" in page and "Металлэнергофинанс" in page and "Водоканал" in page
    Order.update(state="paid", paid_at=factories.NOW).where(Order.id == first.id).execute()
    page = client.get(f"/orders/{first.id}")
    assert "Осталось оплатить Водоканал: 632,70 ₽" in page
    assert f'action="/orders/{second.id}"' in page.text
    Order.update(state="paid").where(Order.id == second.id).execute()
    assert "Осталось оплатить" not in client.get(f"/orders/{first.id}")


def test_paying_leads_to_the_banks_page_with_what_it_must_know(
    client: PageClient, resident: Resident, account: Account
) -> None:
    [order] = ordered(resident, account, fee=316, number="129")
    page = client.sign_in(resident).post(f"/orders/{order.id}")
    assert page.location.startswith("http://127.0.0.1:8001/pay?")
    told = {name: values[0] for name, values in parse_qs(urlsplit(page.location).query).items()}
    assert (told["number"], told["amount"]) == ("129", "63586")
    assert told["return_url"] == f"http://127.0.0.1:8000/orders/{order.id}"
    assert told["callback_url"] == "http://127.0.0.1:8000/callbacks/testbank"
    assert Order.get_by_id(order.id).state == "sent"
    assert client.post(f"/orders/{order.id}").location == page.location


def test_the_policy_lets_forms_lead_to_the_bank(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account)
    policy = client.sign_in(resident).get(f"/orders/{order.id}").response.headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:8001" in policy


def test_returning_proves_nothing(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account, state="sent", provider_url="http://127.0.0.1:8001/pay?x")
    page = client.sign_in(resident).get(f"/orders/{order.id}?status=paid&success=1")
    assert "Ждём ответа банка" in page and "Деньги приняты" not in page
    assert 'data-hx-trigger="every 5s"' in page.text and "Обновить" in page
    assert "http://127.0.0.1:8001/pay?x" in page.tree.links
    assert Order.get_by_id(order.id).state == "sent"


@pytest.mark.parametrize(
    ("state", "title", "sentence"),
    [
        ("paid", "Оплачено", "Поставщик учтёт платёж в течение трёх рабочих дней"),
        ("posted", "Оплачено и учтено", "Учтено поставщиком"),
        ("failed", "Платёж не прошёл", "Недостаточно средств. Проверьте карту"),
        ("expired", "Время на оплату вышло", "Деньги не списаны"),
        ("refunded", "Платёж возвращён", "Деньги вернутся на карту"),
    ],
)
def test_an_order_that_is_over_tells_how_it_ended(
    client: PageClient, resident: Resident, account: Account, state: str, title: str, sentence: str
) -> None:
    facts = {"receipt_url": "https://bank.example/r/1"} if state == "paid" else {}
    [order] = ordered(resident, account, state=state, reason="Недостаточно средств", **facts)
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert page.tree.title.startswith(title) and sentence in page
    assert "every 5s" not in page.text
    assert ("https://bank.example/r/1" in page.tree.links) is (state == "paid")


def test_a_page_of_the_bank_that_ran_out_is_still_waited_for(
    client: PageClient, resident: Resident, account: Account
) -> None:
    [order] = ordered(resident, account, state="sent", expires_at=factories.NOW - LONG)
    client.sign_in(resident)
    page = client.get(f"/orders/{order.id}")
    assert "Второй раз платить не нужно" in page and "Перейти на страницу банка" not in page
    assert "второй раз не платите" in client.post(f"/orders/{order.id}", status=422)


def test_paying_a_paid_order_shows_it(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account, state="paid")
    assert client.sign_in(resident).post(f"/orders/{order.id}").location == f"/orders/{order.id}"


def test_a_confirmation_left_too_long_says_so(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account, expires_at=factories.NOW - LONG)
    client.sign_in(resident)
    assert "Время на оплату вышло" in client.get(f"/orders/{order.id}")
    assert "Начните оплату заново" in client.post(f"/orders/{order.id}", status=422)


def test_a_bank_that_was_switched_off_is_said(
    app: Flask, client: PageClient, resident: Resident, account: Account
) -> None:
    [order] = ordered(resident, account, gateway="oldbank")
    assert "сейчас отключён" in client.sign_in(resident).post(f"/orders/{order.id}", status=422)


def test_a_neighbours_order_does_not_exist(client: PageClient, resident: Resident, account: Account) -> None:
    """Not even to one who holds the same account: what another pays with is his own."""
    other = factories.resident()
    factories.link(other, account)
    [order] = ordered(resident, account)
    client.sign_in(other).get(f"/orders/{order.id}", status=404)
    client.post(f"/orders/{order.id}", status=404)


@pytest.mark.commits
def test_eight_presses_at_once_register_one_order(app: Flask) -> None:
    who = factories.resident()
    [order] = ordered(who, factories.link(who).account)
    clients = [PageClient(app).sign_in(who) for _ in range(8)]
    for client in clients:
        client.csrf_token()
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda client: client.post(f"/orders/{order.id}"), clients))
    banks = {page.location for page in pages if page.location.startswith("http://127.0.0.1:8001/pay?")}
    others = {page.location for page in pages} - banks
    assert len(banks) == 1 and others <= {f"/orders/{order.id}"}
    assert Order.get_by_id(order.id).state == "sent"


def test_from_cards_to_the_receipt(client: PageClient, resident: Resident, account: Account) -> None:
    """The whole way, with the bank's word by its own adapter."""
    from gateways.testbank import SIGNATURE, sign

    factories.balance(account, 63270)
    client.sign_in(resident)
    once = client.get("/payment").value("once")
    confirm = client.post(
        "/payment", {"once": once, f"pay-{account.id}": "yes", f"sum-{account.id}": "632,70"}
    ).location
    assert "Код запроса" in client.get(confirm)
    bank = client.post(confirm).location
    number = parse_qs(urlsplit(bank).query)["number"][0]
    body = {"key": "1", "number": number, "provider_id": "p", "outcome": "paid", "amount": "63270"}
    body |= {"receipt_url": "http://127.0.0.1:8001/receipt", "card": "•• 0004"}
    body[SIGNATURE] = sign(body, "t" * 40)
    assert client.http.post("/callbacks/testbank", data=body).status_code == 200
    page = client.get(confirm)
    assert "Деньги приняты" in page and "•• 0004" in page and "http://127.0.0.1:8001/receipt" in page.tree.links
    assert "Оплачено, ещё не учтено" in client.get("/history")
    assert client.get("/payment").value(f"sum-{account.id}") == ""
