"""Orders that hang: the list, and the bank asked again by an operator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask

from gateways.acquirer import Event, GatewayDown, Outcome
from models import Audit, Checkout, Order, OrderLine, Supplier
from tests import factories as make
from tests.client import PageClient
from tests.queries import counted
from views.admin import hanging

URL = "/admin/orders/waiting"

pytestmark = pytest.mark.usefixtures("november")


@dataclass
class Bank:
    """A bank of the tests that is asked how an order stands."""

    says: Outcome = Outcome.PAID
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)
    name: str = "slowbank"

    def status(self, number: str, provider_id: str | None) -> Event:
        self.asked.append(number)
        if self.fault:
            raise self.fault
        return Event(f"e{len(self.asked)}", number, str(provider_id), self.says, 10000)


@pytest.fixture
def bank(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Bank:
    bank = Bank()
    monkeypatch.setitem(app.extensions, "gateways", {"slowbank": bank})
    return bank


@pytest.fixture
def clerk(database: Flask, client: PageClient) -> PageClient:
    return client.sign_in(make.operator())


def order(of: Supplier | None = None, hours: int = 2, **facts: object) -> Order:
    """Sent to the bank so many hours ago."""
    account, at = make.account(of), make.NOW - timedelta(hours=hours)
    count = Order.select().count()
    checkout = Checkout.create(resident=make.resident(), once=f"o{count}", created_at=at, email="anna@example.org")
    given = {"state": "sent", "sent_at": at, "expires_at": at + timedelta(minutes=20), **facts}
    row = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="slowbank", number=f"7{count:03d}", amount=10000,
        created_at=at, provider_id=f"md-{count}", **given,
    )  # fmt: skip
    OrderLine.create(order=row, account=account, amount=10000, fee=0)
    return row


def ask(clerk: PageClient, row: Order, status: int = 303) -> str:
    answer = clerk.post(f"/admin/orders/{row.id}/question", status=status)
    return clerk.get(answer.location).words if status == 303 else answer.words


def test_orders_without_an_answer_for_an_hour_are_listed_oldest_first(clerk: PageClient) -> None:
    old, newer = order(hours=30), order(hours=2)
    fresh, paid = order(hours=0), order(state="paid", paid_at=make.NOW)
    page = clerk.get(URL)
    assert page.words.index(old.number) < page.words.index(newer.number)
    assert fresh.number not in page and paid.number not in page


def test_where_all_banks_have_answered_the_page_says_so(clerk: PageClient) -> None:
    assert "Банки ответили по всем платежам" in clerk.get(URL)


def test_a_payment_that_the_bank_confirms_is_paid_and_leaves_the_list(clerk: PageClient, bank: Bank) -> None:
    row = order()
    assert "Спросили банк, заказ теперь: оплачен" in ask(clerk, row)
    assert bank.asked == [row.number] and row.number not in clerk.get(URL)
    assert Audit.get(action="order-asked").object_id == str(row.id)


def test_a_payment_that_the_bank_refused_is_told(clerk: PageClient, bank: Bank) -> None:
    bank.says = Outcome.FAILED
    assert "заказ теперь: не прошёл" in ask(clerk, order())


def test_a_silent_bank_is_said_to_be_silent_and_asked_again_later(clerk: PageClient, bank: Bank) -> None:
    bank.fault = GatewayDown("no answer")
    row = order()
    assert "Ответа пока нет" in ask(clerk, row)
    assert Order.get_by_id(row.id).poll_at > make.NOW and row.number in clerk.get(URL)


def test_an_order_is_asked_about_before_the_workers_turn(clerk: PageClient, bank: Bank) -> None:
    ask(clerk, order(poll_at=make.NOW + timedelta(minutes=30)))
    assert len(bank.asked) == 1


def test_while_somebody_speaks_with_the_bank_nobody_else_does(clerk: PageClient, bank: Bank) -> None:
    row = order(poll_at=make.NOW + timedelta(seconds=50))
    assert "Банк уже спрашивают" in ask(clerk, row)
    assert bank.asked == [] and not Audit.select().exists()


def test_an_order_that_is_over_is_not_asked_about(clerk: PageClient, bank: Bank) -> None:
    row = order()
    ask(clerk, row)
    assert "Банк уже ответил об этом заказе" in ask(clerk, row)
    assert len(bank.asked) == 1


def test_a_bank_that_is_set_up_no_more_is_named(clerk: PageClient) -> None:
    assert "Банк «slowbank» в кабинете больше не настроен" in ask(clerk, order())


def test_the_button_is_there_only_while_the_bank_owes_an_answer(clerk: PageClient, bank: Bank) -> None:
    row = order()
    assert "Спросить банк" in clerk.get(f"/admin/orders/{row.id}")
    ask(clerk, row)
    assert "Спросить банк" not in clerk.get(f"/admin/orders/{row.id}")


def test_a_suppliers_clerk_asks_about_his_suppliers_orders_alone(client: PageClient, bank: Bank) -> None:
    own, other = order(), order()
    client.sign_in(make.operator(own.supplier))
    page = client.get(URL)
    assert own.number in page and other.number not in page
    ask(client, other, status=404)
    assert bank.asked == []


def test_a_resident_does_not_know_the_list(client: PageClient, database: Flask) -> None:
    row = order()
    client.sign_in(make.resident())
    client.get(URL, status=404)
    ask(client, row, status=404)


def test_a_long_list_goes_on(clerk: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "PAGE", 2)
    rows = [order() for _ in range(3)]
    page = clerk.get(URL)
    assert rows[1].number in page and rows[2].number not in page
    assert rows[2].number in clerk.get(f"{URL}?after={rows[1].id}")
    assert "Дальше" not in clerk.get(f"{URL}?after={rows[1].id}")


def test_queries_do_not_grow_with_the_list(clerk: PageClient) -> None:
    def asked() -> int:
        clerk.get(URL)
        with counted() as seen:
            clerk.get(URL)
        return len(seen)

    order()
    few = asked()
    for _ in range(12):
        order()
    assert asked() == few <= 5
