"""/callbacks/<gateway>: public, believed only by its signature."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from gateways.testbank import SIGNATURE, sign
from models import Checkout, GatewayEvent, Order, OrderLine, Resident
from tests import factories
from tests.client import Page, PageClient

SECRET = "t" * 40  # of the tests' settings


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def order(resident: Resident) -> Order:
    account = factories.link(resident).account
    checkout = Checkout.create(resident=resident, once="o", created_at=factories.NOW)
    row = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="testbank", number="129", amount=10000, fee=50,
        state="sent", created_at=factories.NOW, sent_at=factories.NOW, expires_at=factories.NOW + timedelta(days=900),
    )  # fmt: skip
    OrderLine.create(order=row, account=account, amount=10000, fee=50)
    return row


def call(client: PageClient, status: int = 200, secret: str = SECRET, **changes: str) -> Page:
    body = {
        "key": "k1", "number": "129", "provider_id": "p1", "outcome": "paid", "amount": "10050", "card": "•• 0004",
        "reason": "", "receipt_url": "http://127.0.0.1:8001/receipt", **changes,
    }  # fmt: skip
    body[SIGNATURE] = sign(body, secret)
    answer = Page(client.http.post("/callbacks/testbank", data=body), "/callbacks/testbank")
    assert answer.status == status, answer.text
    return answer


def state(order: Order) -> str:
    return str(Order.get_by_id(order.id).state)


def test_a_signed_call_pays_without_a_session_or_a_form_token(client: PageClient, order: Order) -> None:
    assert call(client).text == "OK"
    assert state(order) == "paid"


def test_the_same_call_twice_is_one_payment(client: PageClient, order: Order) -> None:
    call(client)
    call(client)
    assert state(order) == "paid" and GatewayEvent.select().count() == 1


def test_a_call_before_the_payer_returns_is_seen_by_him(client: PageClient, resident: Resident, order: Order) -> None:
    call(client)
    assert "Деньги приняты" in client.sign_in(resident).get(f"/orders/{order.id}")


def test_a_call_after_the_order_expired_counts(client: PageClient, order: Order) -> None:
    order.moved("expired", "sent")
    call(client)
    assert state(order) == "paid"


def test_a_failure_after_a_success_changes_nothing(client: PageClient, order: Order) -> None:
    call(client)
    call(client, key="k2", outcome="failed")
    assert state(order) == "paid"


def test_another_amount_is_refused_each_time(client: PageClient, order: Order) -> None:
    for _ in range(2):
        assert call(client, 409, amount="10000").text == "REFUSED"
    assert state(order) == "sent" and GatewayEvent.get().verdict == "wrong amount"


def test_an_unknown_order_is_refused_and_written_down(client: PageClient, order: Order) -> None:
    call(client, 409, number="999")
    assert GatewayEvent.get().verdict == "unknown order" and state(order) == "sent"


def test_a_wrong_signature_leaves_no_trace(client: PageClient, order: Order) -> None:
    call(client, 400, secret="another")
    assert state(order) == "sent" and GatewayEvent.select().count() == 0


@pytest.mark.parametrize("field", ["key", "number", "outcome", "amount"])
def test_a_changed_field_is_a_wrong_signature(client: PageClient, order: Order, field: str) -> None:
    body = {"key": "k", "number": "129", "provider_id": "p", "outcome": "failed", "amount": "10050"}
    body[SIGNATURE] = sign(body, SECRET)
    body[field] = {"key": "x", "number": "130", "outcome": "paid", "amount": "1"}[field]
    assert client.http.post("/callbacks/testbank", data=body).status_code == 400
    assert state(order) == "sent"


@pytest.mark.parametrize("changes", [{"outcome": "stolen"}, {"amount": "many"}])
def test_a_signed_call_without_sense_is_refused(client: PageClient, order: Order, changes: dict[str, str]) -> None:
    call(client, 400, **changes)
    assert GatewayEvent.select().count() == 0


def test_an_empty_call_and_an_unknown_bank(client: PageClient, order: Order) -> None:
    assert client.http.get("/callbacks/testbank").status_code == 400
    assert client.http.post("/callbacks/testbank").status_code == 400
    assert client.http.post("/callbacks/nobank").status_code == 404


def test_signs_that_the_database_cannot_hold_are_no_fault_of_ours(client: PageClient, order: Order) -> None:
    call(client, 409, number="12\x009", key="k\x00", provider_id="p\x00")
    call(client, 409, key="k2", amount="9" * 40)
    call(client, key="k3", card="\x00" * 5, reason="\ud800".encode("utf-8", "replace").decode())


def test_a_bank_that_is_switched_off_is_not_there(app: Flask, client: PageClient, order: Order) -> None:
    kept = app.extensions["gateways"]
    app.extensions["gateways"] = {}
    try:
        assert client.http.post("/callbacks/testbank").status_code == 404
    finally:
        app.extensions["gateways"] = kept
