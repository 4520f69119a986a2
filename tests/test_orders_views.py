"""/orders/<id>: the confirmation before the bank, and the truth after it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from gateways.acquirer import Event, Outcome
from models import Account, Checkout, GatewayEvent, Match, Order, OrderLine, Resident, SupplierSetting
from services import orders
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
        "ВНИМАНИЕ комиссия за данную операцию составляет 0,5% от суммы платежа",
    ):  # fmt: skip
        assert fact in page, fact


def test_without_a_chosen_bill_the_last_one_is_named(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.bill(account, number="132", period=date(2018, 11, 1))
    factories.bill(account, number="133", period=date(2018, 12, 1))
    [order] = ordered(resident, account)
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert "Номер счета 133" in page and "Комиссия банка 0,00 ₽ (0,0%)" in page
    assert "ВНИМАНИЕ комиссия за данную операцию составляет 0,0% от суммы платежа" in page
    assert "Назначение платежа Оплата услуг, лицевой счёт 42700100123" in page


def test_a_fee_that_changed_since_is_named_by_its_sum(
    client: PageClient, resident: Resident, account: Account
) -> None:
    """The bank takes what was promised, so no percent of today stands beside it."""
    factories.setting(account.supplier, "fee", 200)
    [order] = ordered(resident, account, fee=316)
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert "комиссия за данную операцию составляет 3,16 ₽" in page and "%" not in page


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


def told(of: Order, outcome: str, amount: int, verdict: str) -> None:
    key = f"e{GatewayEvent.select().count()}"
    GatewayEvent.create(
        gateway="testbank", key=key, order=of, outcome=outcome, amount=amount, verdict=verdict, at=factories.NOW
    )


def test_without_script_a_page_that_waits_refreshes_itself(
    client: PageClient, resident: Resident, account: Account
) -> None:
    [order] = ordered(resident, account, state="sent")
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page.text
    Order.update(state="paid", paid_at=factories.NOW).execute()
    assert 'http-equiv="refresh"' not in client.get(f"/orders/{order.id}").text


@pytest.mark.parametrize("state", ["paid", "posted"])
def test_a_part_given_back_is_said_with_the_sums(
    client: PageClient, resident: Resident, account: Account, state: str
) -> None:
    [order] = ordered(resident, account, state=state, paid_at=factories.NOW)
    for amount in (10000, 20000):  # the bank names all that went back by then
        event = Event(f"back-{amount}", order.number, "", Outcome.REFUNDED, amount)
        assert orders.apply(order.gateway, event, factories.NOW)
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert page.tree.title.startswith("Оплачено, часть возвращена")
    assert "Возвращено 200,00 ₽ , остаток 432,70 ₽" in page
    assert "Оплачено, часть возвращена" in client.get("/history")


def test_more_given_back_than_was_paid_is_a_riddle_of_the_operator_and_no_news(
    client: PageClient, resident: Resident, account: Account
) -> None:
    [order] = ordered(resident, account, state="paid", paid_at=factories.NOW)
    event = Event("back", order.number, "", Outcome.REFUNDED, order.total + 1)
    assert not orders.apply(order.gateway, event, factories.NOW)
    assert client.sign_in(resident).get(f"/orders/{order.id}").tree.title.startswith("Оплачено —")
    assert "возвращена" not in client.get("/history")


@pytest.mark.parametrize("state", ["sent", "failed", "expired"])
def test_another_sum_told_by_the_bank_is_said_with_both(
    client: PageClient, resident: Resident, account: Account, state: str
) -> None:
    [order] = ordered(resident, account, state=state, sent_at=factories.NOW)
    told(order, "paid", 63200, "wrong amount")
    page = client.sign_in(resident).get(f"/orders/{order.id}")
    assert page.tree.title.startswith("Банк назвал другую сумму")
    assert "Банк сообщил о платеже на 632,00 ₽ , а заказ на 632,70 ₽" in page
    assert "Второй раз платить не нужно" in page and "every 5s" not in page.text
    assert "Банк назвал другую сумму" in client.get("/history")


def test_a_sum_that_was_mended_since_is_no_trouble(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account, state="paid", paid_at=factories.NOW)
    told(order, "paid", 63200, "wrong amount")
    assert client.sign_in(resident).get(f"/orders/{order.id}").tree.title.startswith("Оплачено")
    assert "Банк назвал другую сумму" not in client.get("/history")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("created", "Ждёт оплаты"),
        ("sent", "Ждём ответа банка"),
        ("paid", "Оплачено, ещё не учтено"),
        ("failed", "Не прошёл"),
        ("expired", "Время на оплату вышло"),
        ("refunded", "Возвращён"),
    ],
)
def test_the_history_says_each_state_and_leads_to_the_order(
    client: PageClient, resident: Resident, account: Account, state: str, words: str
) -> None:
    [order] = ordered(resident, account, state=state, sent_at=factories.NOW)
    page = client.sign_in(resident).get("/history")
    assert words in page and f"/orders/{order.id}" in page.tree.links


def test_an_order_that_never_reached_the_bank_is_no_history(
    client: PageClient, resident: Resident, account: Account
) -> None:
    [order] = ordered(resident, account, state="expired")
    assert f"/orders/{order.id}" not in client.sign_in(resident).get("/history").tree.links
    other = factories.resident()
    factories.link(other, account)
    ordered(other, account)
    assert "Ждёт оплаты" not in client.get("/history"), "what another is about to do is his own"


def test_the_second_of_two_tabs_is_warned_with_the_firsts_number(
    client: PageClient, resident: Resident, account: Account
) -> None:
    """And may pay all the same: two sums may be meant."""
    factories.balance(account, 63270)
    client.sign_in(resident)
    tabs = [client.get("/payment").value("once") for _ in range(2)]
    fields = {f"pay-{account.id}": "yes", f"sum-{account.id}": "632,70"}
    first, second = (client.post("/payment", {"once": once, **fields}).location for once in tabs)
    number = Order.get_by_id(int(first.rpartition("/")[2])).number
    page = client.get(second)
    assert f"раньше открыт и ещё не оплачен заказ № {number} на 632,70 ₽" in page and first in page.tree.links
    assert client.post(second, {"seen": page.value("seen")}).location.startswith("http://127.0.0.1:8001/pay?")


def test_an_order_that_was_paid_meanwhile_is_news(client: PageClient, resident: Resident, account: Account) -> None:
    first, second = (ordered(resident, account)[0] for _ in range(2))
    seen = client.sign_in(resident).get(f"/orders/{second.id}").value("seen")
    Order.update(state="paid", paid_at=factories.NOW).where(Order.id == first.id).execute()
    page = client.post(f"/orders/{second.id}", {"seen": seen}, status=422)
    assert f"уже оплачен, но ещё не учтён заказ № {first.number}" in page and "есть и другой заказ" in page
    assert Order.get_by_id(second.id).state == "created"
    client.post(f"/orders/{second.id}", {"seen": page.value("seen")})
    assert Order.get_by_id(second.id).state == "sent"


def test_another_holder_who_pays_is_told_of_without_his_number(
    client: PageClient, resident: Resident, account: Account
) -> None:
    other = factories.resident()
    factories.link(other, account)
    theirs, waiting = (ordered(other, account, state=state)[0] for state in ("sent", "created"))
    [mine] = ordered(resident, account)
    page = client.sign_in(resident).get(f"/orders/{mine.id}")
    assert "другой житель сейчас платит 632,70 ₽" in page
    assert theirs.number not in page.words.split() and f"/orders/{theirs.id}" not in page.tree.links
    assert page.value("seen") == f"{theirs.id}-sent" and page.words.count("другой житель") == 1 and waiting


def test_changing_ends_what_waits_and_leads_back_to_the_form(
    client: PageClient, resident: Resident, account: Account
) -> None:
    """So that it warns nobody, and is paid by nobody besides what comes instead of it."""
    first, second = ordered(resident, account, factories.link(resident).account)
    client.sign_in(resident)
    assert client.post(f"/orders/{first.id}/change").location == "/payment"
    assert {order.state for order in Order.select()} == {"expired"}
    assert "Время этого заказа вышло" in client.post(f"/orders/{second.id}", status=422)
    [third] = ordered(resident, account)
    assert "Не заплатите дважды" not in client.get(f"/orders/{third.id}")


def test_services_are_changed_where_they_stand(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account)
    OrderLine.update(service=factories.service(account.supplier)).execute()
    assert client.sign_in(resident).post(f"/orders/{order.id}/change").location == f"/payment/{account.id}"


@pytest.mark.parametrize("state", ["sent", "paid", "posted", "refunded"])
def test_what_the_bank_has_is_not_taken_back(
    client: PageClient, resident: Resident, account: Account, state: str
) -> None:
    [order] = ordered(resident, account, state=state)
    client.sign_in(resident).post(f"/orders/{order.id}/change")
    assert Order.get_by_id(order.id).state == state


def test_an_order_whose_bank_is_being_asked_goes_on(client: PageClient, resident: Resident, account: Account) -> None:
    [order] = ordered(resident, account, poll_at=datetime.now(UTC) + timedelta(minutes=1))
    client.sign_in(resident).post(f"/orders/{order.id}/change")
    assert Order.get_by_id(order.id).state == "created"


def test_what_is_over_or_met_warns_nobody(client: PageClient, resident: Resident, account: Account) -> None:
    for state in ("failed", "expired", "refunded", "posted"):
        ordered(resident, account, state=state)
    ordered(resident, account, expires_at=factories.NOW - LONG)
    ordered(resident, factories.link(resident).account)
    [paid] = ordered(resident, account, state="paid")
    payment = factories.payment(account, 63270)
    Match.create(line=OrderLine.get(OrderLine.order == paid), payment=payment, matched_at=factories.NOW)
    [order] = ordered(resident, account)
    assert "Не заплатите дважды" not in client.sign_in(resident).get(f"/orders/{order.id}")


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
