"""The console's payments: what no rule could decide, an order with all that was heard, a refund."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from gateways.acquirer import Event, Outcome
from models import Audit, Checkout, GatewayEvent, Operator, Order, OrderLine, Resident
from services import orders
from tests import factories
from tests.client import PageClient
from tests.queries import counted
from tests.test_refunds import Bank

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def order(database: Flask) -> Order:
    resident = factories.resident(email="anna@example.org")
    account = factories.link(resident, factories.account(number="0012")).account
    checkout = Checkout.create(resident=resident, once="o", created_at=NOW, email="anna@example.org")
    row = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="slowbank", number="129", amount=10000, fee=50,
        state="paid", provider_id="md-1", created_at=NOW, paid_at=NOW, expires_at=NOW,
    )  # fmt: skip
    OrderLine.create(order=row, account=account, amount=10000, fee=50)
    return row


@pytest.fixture
def bank(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Bank:
    bank = Bank()
    monkeypatch.setitem(app.extensions, "gateways", {"slowbank": bank})
    return bank


def operator(client: PageClient, role: str = "administrator", **facts: object) -> Resident:
    who = factories.operator(role=role, **facts)
    client.sign_in(who)
    return who


def puzzle(order: Order | None, amount: int = 1, key: str = "k") -> GatewayEvent:
    number, provider_id = (order.number, order.provider_id) if order else ("777", "md-7")
    orders.apply("slowbank", Event(key, number, provider_id, Outcome.PAID, amount), NOW)
    return GatewayEvent.get(key=key)


def test_nothing_to_look_at_is_said(client: PageClient, order: Order) -> None:
    operator(client)
    assert "сошлось с заказами" in client.get("/admin/payments")


def test_another_amount_and_an_unknown_order_wait_for_the_operator(client: PageClient, order: Order) -> None:
    puzzle(order, 9999, "a"), puzzle(None, 500, "b")
    operator(client, "clerk")
    page = client.get("/admin/payments")
    assert "Сумма другая, чем в заказе" in page and "99,99" in page and "№ 129" in page
    assert "Такого заказа здесь нет" in page and "md-7" in page


def test_what_was_looked_at_leaves_the_list_and_stays_in_the_order(client: PageClient, order: Order) -> None:
    event = puzzle(order)
    who = operator(client)
    client.post(f"/admin/payments/events/{event.id}")
    assert "сошлось с заказами" in client.get("/admin/payments")
    assert f"разобрано: {who.email}" in client.get(f"/admin/orders/{order.id}")


def test_who_looked_first_stays(client: PageClient, order: Order) -> None:
    event = puzzle(order)
    first = operator(client)
    client.post(f"/admin/payments/events/{event.id}")
    operator(client)
    client.post(f"/admin/payments/events/{event.id}")
    assert GatewayEvent.get_by_id(event.id).seen_by == first.email


def test_one_suppliers_clerk_sees_its_orders_alone(client: PageClient, order: Order) -> None:
    foreign, unknown = puzzle(order, key="a"), puzzle(None, key="b")
    who = factories.operator(of=factories.supplier())
    client.sign_in(who)
    assert "сошлось с заказами" in client.get("/admin/payments")
    assert "Заказа с таким номером нет" in client.get("/admin/payments?number=129")
    client.get(f"/admin/orders/{order.id}", status=404)
    client.post(f"/admin/orders/{order.id}/refund", {"sum": "1"}, status=404)
    for event in (foreign, unknown):
        client.post(f"/admin/payments/events/{event.id}", status=404)
    Operator.create(resident=who, supplier=order.supplier, role="clerk")
    assert "№ 129" in client.get("/admin/payments") and "md-7" not in client.get("/admin/payments")


@pytest.mark.parametrize("number", ["129", "md-1"])
def test_an_order_is_found_by_our_number_and_by_the_banks(client: PageClient, order: Order, number: str) -> None:
    operator(client)
    page = client.get(f"/admin/payments?number={number}")
    assert "Оплачен, ещё не учтён" in page
    page = client.get(f"/admin/orders/{order.id}")
    for fact in ("Заказ № 129", "0012", "100,50", "md-1", "slowbank"):
        assert fact in page


# Giving back


def test_an_administrator_gives_a_part_back(client: PageClient, order: Order, bank: Bank) -> None:
    who = operator(client)
    assert client.get(f"/admin/orders/{order.id}").value("sum") == "100,50"
    client.post(f"/admin/orders/{order.id}/refund", {"sum": "50,00", "seen": "0"})
    page = client.get(f"/admin/orders/{order.id}")
    assert "Возвращено" in page and page.value("sum") == "50,50" and str(who.email) in page
    assert Order.get_by_id(order.id).refunded == 5000 and Audit.get().action == "refund"


def test_a_double_press_gives_a_part_back_once(client: PageClient, order: Order, bank: Bank) -> None:
    operator(client)
    page = client.get(f"/admin/orders/{order.id}")
    form = {"sum": "30,00", "seen": page.value("seen")}
    client.post(f"/admin/orders/{order.id}/refund", form)
    again = client.post(f"/admin/orders/{order.id}/refund", form, status=422)
    assert "с тех пор" in again and again.value("sum") == "30,00"
    assert Order.get_by_id(order.id).refunded == 3000 and len(bank.asked) == 1
    client.post(f"/admin/orders/{order.id}/refund", {"sum": "30,00", "seen": again.value("seen")})
    assert Order.get_by_id(order.id).refunded == 6000, "the second press after reading is a decision"


@pytest.mark.parametrize(
    ("typed", "says"), [("", "Заполните"), ("0", "больше нуля"), ("много", "числом"), ("101", "не больше")]
)
def test_a_wrong_sum_comes_back_with_what_was_typed(
    client: PageClient, order: Order, bank: Bank, typed: str, says: str
) -> None:
    operator(client)
    page = client.post(f"/admin/orders/{order.id}/refund", {"sum": typed, "seen": "0"}, status=422)
    assert says in page
    assert page.value("sum") == typed and bank.asked == []


def test_a_clerk_sees_an_order_and_gives_nothing_back(client: PageClient, order: Order, bank: Bank) -> None:
    operator(client, "clerk")
    assert "Вернуть деньги" not in client.get(f"/admin/orders/{order.id}")
    client.post(f"/admin/orders/{order.id}/refund", {"sum": "1"}, status=404)
    assert bank.asked == []


@pytest.mark.parametrize("state", ["created", "sent", "failed", "expired", "refunded"])
def test_what_was_not_paid_offers_no_refund(client: PageClient, order: Order, bank: Bank, state: str) -> None:
    order.moved(state, "paid")
    operator(client)
    assert "Вернуть деньги" not in client.get(f"/admin/orders/{order.id}")
    client.post(f"/admin/orders/{order.id}/refund", {"sum": "1"}, status=422)


def test_the_list_asks_no_more_for_more_events(client: PageClient, order: Order) -> None:
    operator(client)
    puzzle(order)
    client.get("/admin/payments")
    with counted() as few:
        client.get("/admin/payments")
    for number in range(8):
        puzzle(order, number + 2, f"k{number}")
    with counted() as many:
        client.get("/admin/payments")
    assert len(many) == len(few) <= 8
