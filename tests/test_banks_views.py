"""An order's whole way through banks that stand on real sockets: the page, the redirect, the callback, the poller."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from gateways import sber, tbank
from gateways.acquirer import Acquirer
from models import Account, Attempt, Checkout, GatewayEvent, Order, OrderLine, Outbox, Resident
from services import refund_requests, settings, settling
from tests import factories
from tests.bank_server import BankServer, Call
from tests.client import Page, PageClient
from tests.sber_server import SberServer
from tests.tbank_server import TBankServer
from views import gateways

LONG = timedelta(days=900)  # the pages ask the real clock


class Side(ABC):
    """A bank as both sides see it: its server, the portal's gateway, what its payer and its callbacks do."""

    name: str
    server: Any
    gateway: Acquirer

    @abstractmethod
    def pay(self, order: Order) -> None: ...

    @abstractmethod
    def call(self, client: PageClient, order: Order, **changes: Any) -> Page: ...

    @abstractmethod
    def give_back(self, order: Order) -> None: ...


class SberSide(Side):
    def __init__(self, server: SberServer) -> None:
        self.name, self.server = "voda", server
        login = {"userName": "voda-api", "password": "pass&word=1"}
        self.gateway = sber.Sber(
            "voda",
            server.url,
            server.style,
            login,
            callback_secret=server.secret,
            tax_types=sber.TAX_TYPES,
            seconds=2,
        )

    def deal(self, order: Order) -> Any:
        return self.server.deals[Order.get_by_id(order.id).provider_id]

    def pay(self, order: Order) -> None:
        self.deal(order).status = 2

    def give_back(self, order: Order) -> None:
        self.deal(order).status, self.deal(order).back = 4, order.total

    def call(self, client: PageClient, order: Order, **changes: Any) -> Page:
        told = self.server.callback(self.deal(order).values["orderNumber"], **changes)
        return Page(client.http.get("/callbacks/voda", query_string=told), "/callbacks/voda")


class TBankSide(Side):
    def __init__(self, server: TBankServer) -> None:
        self.name, self.server = "voda", server
        self.gateway = tbank.TBank("voda", server.url, server.terminal, server.password, seconds=2)

    def deal(self, order: Order) -> Any:
        return self.server.deals[Order.get_by_id(order.id).provider_id]

    def pay(self, order: Order) -> None:
        self.deal(order).status = "CONFIRMED"

    def give_back(self, order: Order) -> None:
        self.deal(order).status = "REFUNDED"

    def call(self, client: PageClient, order: Order, **changes: Any) -> Page:
        status = {"deposited": "CONFIRMED", "refunded": "REFUNDED"}[changes.pop("operation", "deposited")]
        if "amount" in changes:
            changes["Amount"] = int(changes.pop("amount"))
        told = self.server.notification(order.number, status, **changes)
        return Page(client.http.post("/callbacks/voda", json=told), "/callbacks/voda")


@pytest.fixture(params=["sber, form", "sber, json", "tbank"])
def side(request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    kind, _, style = request.param.partition(", ")
    with SberServer(style=style) if kind == "sber" else TBankServer() as server:
        found: Side = SberSide(server) if kind == "sber" else TBankSide(server)
        found.gateway = gateways.Patient(found.gateway)
        monkeypatch.setitem(app.extensions, "gateways", {"voda": found.gateway})
        monkeypatch.setitem(app.extensions, "gateway_origins", [found.gateway.origin])
        yield found


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident(email="anna@example.org")


@pytest.fixture
def account(resident: Resident) -> Account:
    return factories.link(resident, factories.account(number="0012345678")).account


@pytest.fixture
def order(resident: Resident, account: Account) -> Order:
    checkout = Checkout.create(resident=resident, once="o", created_at=factories.NOW, email="anna@example.org")
    row = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="voda", number="129", amount=10000, fee=50,
        created_at=factories.NOW, expires_at=datetime.now(UTC) + LONG,
    )  # fmt: skip
    OrderLine.create(order=row, account=account, amount=10000, fee=50)
    return row


def pressed(client: PageClient, resident: Resident, order: Order, status: int = 303) -> Page:
    return client.sign_in(resident).post(f"/orders/{order.id}", status=status)


def state(order: Order) -> str:
    return str(Order.get_by_id(order.id).state)


def settled(side: Side, now: datetime | None = None) -> int:
    return settling.settle_orders({"voda": side.gateway}, now or datetime.now(UTC) + timedelta(minutes=2))


def test_a_payer_goes_to_the_bank_pays_and_sees_the_truth(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    page = pressed(client, resident, order)
    assert page.location.startswith(side.server.url + "pay")
    assert f"form-action 'self' {side.gateway.origin}" in page.response.headers["Content-Security-Policy"]
    assert "Ждём ответа банка" in client.get(f"/orders/{order.id}")
    side.pay(order)
    answer = side.call(client, order)
    assert (answer.status, answer.text) == (200, "OK")
    page = client.get(f"/orders/{order.id}")
    assert "Деньги приняты" in page and Outbox.get().kind == "payment-received"


def test_the_return_page_alone_proves_nothing(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    side.pay(order)
    client.get(f"/orders/{order.id}?status=success&orderId=1")
    assert state(order) == "sent"


def test_a_payment_without_a_callback_is_found_by_the_poller(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    assert settled(side) == 0
    side.pay(order)
    assert settled(side, datetime.now(UTC) + timedelta(minutes=5)) == 1 and state(order) == "paid"


def test_callbacks_come_twice_late_and_after_the_poller(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    side.pay(order)
    settled(side)
    for _ in range(3):
        assert side.call(client, order).status == 200
    assert state(order) == "paid" and GatewayEvent.select().count() == 1
    assert Outbox.select().where(Outbox.kind == "payment-received").count() == 1


def test_a_success_after_the_order_expired_counts(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    settled(side, datetime.now(UTC) + timedelta(hours=2))
    assert state(order) == "expired"
    side.pay(order)
    side.call(client, order)
    assert state(order) == "paid"


def test_another_amount_is_not_accepted_and_waits_for_the_operator(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    assert side.call(client, order, amount="1").status == 409
    assert state(order) == "sent"
    assert [row.verdict for row in GatewayEvent.to_look_at(None, 9)] == ["wrong amount"]


def test_an_order_that_is_not_ours_waits_for_the_operator(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    side.pay(order)
    Order.update(provider_id="another").execute()
    told = side.server
    query = told.callback("129") if isinstance(told, SberServer) else None
    if query is not None:
        answer = client.http.get("/callbacks/voda", query_string=query)
    else:
        answer = client.http.post("/callbacks/voda", json=told.notification("129"))
    assert answer.status_code == 409 and state(order) == "sent"
    assert [row.verdict for row in GatewayEvent.to_look_at(None, 9)] == ["unknown order"]


def test_a_forged_callback_changes_nothing(client: PageClient, side: Side, resident: Resident, order: Order) -> None:
    pressed(client, resident, order)
    if isinstance(side.server, SberServer):
        told = {**side.server.callback("129"), "amount": "10051"}
        answer = client.http.get("/callbacks/voda", query_string=told)
    else:
        answer = client.http.post("/callbacks/voda", json={**side.server.notification("129"), "Amount": 10051})
    assert answer.status_code == 400 and state(order) == "sent" and GatewayEvent.select().count() == 0


def test_a_payment_replayed_after_its_refund_pays_nothing(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    side.pay(order)
    side.call(client, order)
    side.give_back(order)
    side.call(client, order, operation="refunded")
    settled(side)
    assert state(order) == "refunded"
    side.call(client, order)
    assert state(order) == "refunded"


def test_money_is_given_back_through_the_bank(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    side.pay(order)
    side.call(client, order)
    for amount, left in ((50, "paid"), (10000, "refunded")):
        refund = refund_requests.ask(Order.get_by_id(order.id), amount, "olga", factories.NOW)
        assert refund_requests.carry_out(refund, side.gateway, factories.NOW)
        assert state(order) == left
    assert Order.get_by_id(order.id).refunded == 10050
    assert "Платёж возвращён" in client.get(f"/orders/{order.id}")


@pytest.mark.parametrize("fault", ["500", "reset", "not json", "half", "silent", "drip"])
def test_a_bank_that_fails_takes_nothing_and_may_be_tried_again(
    client: PageClient, side: Side, resident: Resident, order: Order, fault: str
) -> None:
    known = client.app.extensions["gateways"]
    if fault in ("silent", "drip"):
        known["voda"] = gateways.Patient(replace(side.gateway.bank, seconds=0.3))
    side.server.faults.append(fault)
    page = pressed(client, resident, order, status=422)
    known["voda"] = side.gateway
    assert "Банк сейчас не отвечает. Деньги не списаны." in page and state(order) == "created"
    assert pressed(client, resident, order).location.startswith(side.server.url + "pay")
    side.pay(order)
    side.call(client, order)
    assert state(order) == "paid"


def test_a_registration_whose_answer_was_lost_is_paid_once(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    side.server.faults.extend(["lost"] if isinstance(side.server, SberServer) else ["", "lost"])
    pressed(client, resident, order, status=422)
    pressed(client, resident, order)
    assert len(side.server.deals) == 2
    side.pay(order)
    side.call(client, order)
    assert state(order) == "paid" and Order.get_by_id(order.id).number == "129"


def test_wrong_credentials_are_told_without_a_word_of_them(
    client: PageClient, side: Side, resident: Resident, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    bank = side.gateway.bank
    wrong = (
        {"login": {"userName": "x", "password": "s3cr3t"}} if isinstance(bank, sber.Sber) else {"password": "s3cr3t"}
    )
    client.app.extensions["gateways"]["voda"] = gateways.Patient(replace(bank, **wrong))
    page = pressed(client, resident, order, status=422)
    assert "Банк не принял этот заказ" in page and "s3cr3t" not in caplog.text and "s3cr3t" not in page.text
    assert "order 129" in caplog.text


def test_the_poller_asks_a_bank_that_is_down_later(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    pressed(client, resident, order)
    side.pay(order)
    side.server.faults.append("500")
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert settled(side, later) == 0 and state(order) == "sent"
    assert settled(side, later + timedelta(minutes=5)) == 1 and state(order) == "paid"


def test_the_receipt_of_an_organisation_goes_along(
    client: PageClient, side: Side, resident: Resident, order: Order
) -> None:
    settings.record(order.supplier, "receipts", date(2026, 1, 1), True)
    pressed(client, resident, order)
    told = json.dumps(side.deal(order).values, ensure_ascii=False)  # type: ignore[attr-defined]
    assert "Коммунальные услуги, лицевой счёт 0012345678" in told and "Комиссия за приём платежа" in told


def test_a_page_on_another_host_is_offered_as_a_link(
    client: PageClient, side: Side, resident: Resident, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chromium holds a redirect after a form to `form-action`, which names the hosts of the settings alone."""
    monkeypatch.setitem(client.app.extensions, "gateway_origins", ["https://elsewhere.example"])
    page = pressed(client, resident, order)
    assert page.location == f"/orders/{order.id}"
    assert f'href="{side.server.url}pay' in client.get(f"/orders/{order.id}").text


@pytest.mark.commits
def test_no_transaction_is_open_while_a_bank_is_waited_for(
    client: PageClient, side: Side, resident: Resident, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank writes into the portal's database while it is asked: an open transaction would lock it out."""
    from models import db

    plain: Any = type(side.server).answer

    def writes(server: BankServer, call: Call) -> tuple[int, Any]:
        with db.connection_context():
            Attempt.create(kind="bank", subject=call.method, at=factories.NOW)
        return plain(server, call)  # type: ignore[no-any-return]

    monkeypatch.setattr(type(side.server), "answer", writes)
    pressed(client, resident, order)
    side.pay(order)
    with db.connection_context():
        assert settled(side) == 1
        refund = refund_requests.ask(Order.get_by_id(order.id), 10050, "olga", factories.NOW)
        assert refund_requests.carry_out(refund, side.gateway, factories.NOW)
        assert state(order) == "refunded" and Attempt.select().count() >= 4


def test_suppliers_with_different_banks_are_paid_one_after_the_other(
    app: Flask, client: PageClient, resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        factories.link(resident, factories.account(factories.supplier(name=name))).account
        for name in ("Вода", "Тепло")
    )
    for account, gateway in ((first, "voda"), (second, "teplo")):
        settings.record(account.supplier, "gateway", date(2026, 1, 1), gateway)
        settings.record(account.supplier, "fee_fixed", date(2026, 1, 1), 1500)
    with SberServer() as one, TBankServer() as other:
        sides = {"voda": SberSide(one), "teplo": TBankSide(other)}
        banks = {name: gateways.Patient(side.gateway) for name, side in sides.items()}
        monkeypatch.setitem(app.extensions, "gateways", banks)
        monkeypatch.setitem(app.extensions, "gateway_origins", [bank.origin for bank in banks.values()])
        sums = {f"{what}-{account.id}": "100" for account in (first, second) for what in ("pay", "sum")}
        page = client.sign_in(resident).post("/payment", sums)
        page = client.get(page.location)
        assert (
            "Платежей будет 2" in page and "230,00" in page and "комиссия за данную операцию составляет 15,00" in page
        )
        assert not one.calls and not other.calls
        to_voda, to_teplo = Order.select().order_by(Order.gateway.desc())
        assert client.post(f"/orders/{to_voda.id}").location.startswith(one.url)
        sides["voda"].pay(to_voda)
        sides["voda"].call(client, to_voda)
        page = client.get(f"/orders/{to_voda.id}")
        assert "Деньги приняты" in page and "Осталось оплатить" in page and "Тепло" in page
        assert client.post(f"/orders/{to_teplo.id}").location.startswith(other.url)
        assert (state(to_voda), state(to_teplo)) == ("paid", "sent")
