"""Receipts of 54-ФЗ: a switch of the organisation, lines that come to the payment to the kopeck."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateways.receipt import Item, Receipt
from models import Checkout, Order, OrderLine, Service
from services import receipts, settings
from services.refusal import Refused
from tests import factories

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def order(database: object) -> Order:
    """Two services of an account and another account as a whole, with fees."""
    resident = factories.resident(email="anna@example.org")
    account = factories.link(resident, factories.account(number="0012")).account
    water = factories.service(account.supplier, name="Холодная вода", kind="холодная вода")
    other = factories.service(account.supplier, name="Пени", kind="пени")
    checkout = Checkout.create(resident=resident, once="o", created_at=NOW, email="anna@example.org")
    row = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="sber", number="129", amount=148533, fee=743,
        created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    for service, amount in ((water, 100000), (other, 8533), (None, 40000)):
        OrderLine.create(order=row, account=account, service=service, amount=amount, fee=amount // 200)
    return row


def receipt(order: Order, **values: Any) -> Receipt | None:
    for key, value in values.items():
        settings.record(order.supplier, key, date(2026, 1, 1), value)
    return receipts.of_order(order, OrderLine.of_orders([order])[order.id], NOW)


def test_without_the_switch_there_is_no_receipt(order: Order) -> None:
    assert receipt(order) is None
    assert receipt(order, receipts=False) is None


def test_the_items_come_to_the_payment_to_the_kopeck(order: Order) -> None:
    found = receipt(order, receipts=True, taxation=2)
    assert found is not None and found.total == order.total
    assert (found.taxation, found.email) == (2, "anna@example.org")
    assert found.items == (
        Item("Холодная вода, лицевой счёт 0012", 100000), Item("Пени, лицевой счёт 0012", 8533),
        Item("Коммунальные услуги, лицевой счёт 0012", 40000), Item("Комиссия за приём платежа", 743),
    )  # fmt: skip


def test_a_rate_may_differ_by_the_kind_of_service(order: Order) -> None:
    found = receipt(order, receipts=True, receipt_vat="20", receipt_vats={"пени": "none"}, receipt_fee_vat="22")
    assert found is not None and [item.vat for item in found.items] == ["20", "none", "20", "22"]


def test_money_ahead_is_an_advance(order: Order) -> None:
    found = receipt(order, receipts=True, receipt_mode="advance")
    assert found is not None
    assert [(item.mode, item.subject) for item in found.items[:3]] == [("advance", "payment")] * 3
    assert (found.items[3].mode, found.items[3].subject) == ("full_payment", "service")


def test_without_a_contact_there_is_nowhere_to_send_it(order: Order) -> None:
    Checkout.update(email="", phone="").execute()
    order = Order.get_by_id(order.id)
    assert receipt(order, receipts=True) is None
    Checkout.update(phone="+79991234567").execute()
    found = receipt(Order.get_by_id(order.id))
    assert found is not None and (found.email, found.phone) == ("", "+79991234567")


def test_a_long_name_is_cut(order: Order) -> None:
    Service.update(name="о" * 300).execute()
    found = receipt(order, receipts=True)
    assert found is not None and max(len(item.name) for item in found.items) == 128


def test_the_receipt_of_what_goes_back(order: Order) -> None:
    found = receipt(order, receipts=True, receipt_vat="20")
    assert found is not None and receipts.part(found, order.total) == found
    part = receipts.part(found, 5000)
    assert part.items == (Item("Возврат оплаты", 5000, "20"),) and part.email == found.email


@pytest.mark.parametrize(
    ("key", "value"),
    [("receipts", 1), ("taxation", 4), ("receipt_vat", "18"), ("receipt_vats", {"пени": "18"}), ("receipt_mode", "x"),
     ("gateway", ""), ("gateway", 5), ("fee_least", -1), ("fee_fixed", "1"), ("fees", {"sber": {"percent": 1}}),
     ("fees", {"sber": {"fee": 1001}}), ("fees", [])],
)  # fmt: skip
def test_what_makes_no_sense_is_not_set(order: Order, key: str, value: Any) -> None:
    with pytest.raises(Refused, match="Недопустимое"):
        settings.record(order.supplier, key, date(2026, 1, 1), value)
