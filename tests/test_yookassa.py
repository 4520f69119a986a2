"""ЮKassa through its SDK, against a bank of the tests that speaks its API over real sockets (formats.md 4.2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

import config
from gateways import yookassa
from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Event,
    Forged,
    GatewayDown,
    Line,
    NewOrder,
    Outcome,
    Payee,
    Refund,
    Verdict,
)
from gateways.receipt import ADVANCE, PAYMENT, Item, Receipt
from gateways.yookassa import YooKassa
from tests.bank_server import FAULTS
from tests.yookassa_server import SECRET, SHOP, YooKassaServer

ORDER = NewOrder(
    number="0001234567/20261120120000/01",
    amount=148533,
    description="Оплата услуг, лицевой счёт 0001234567",
    return_url="https://lk.example.org/orders/1",
    callback_url="https://lk.example.org/callbacks/yookassa",
    email="anna@example.org",
    lines=[Line("0001234567", 147794, period=date(2026, 10, 1), bill="77-10")],
    payee=Payee(
        "ООО «Водоканал»", "7707083893", "770701001", "40702810900000000001", "ПАО «Банк»", "044525225", "3010"
    ),
)
BANK_ADDRESS = "185.71.76.5"


@pytest.fixture
def bank() -> Iterator[YooKassaServer]:
    with YooKassaServer() as running:
        yield running


@pytest.fixture
def shop(bank: YooKassaServer) -> YooKassa:
    return YooKassa("yookassa", SHOP, SECRET, bank.url)


def paid(shop: YooKassa, bank: YooKassaServer, order: NewOrder = ORDER, saved: bool = False) -> str:
    payment = str(shop.create(order).provider_id)
    bank.pay(payment, saved)
    return payment


def call(bank: YooKassaServer, event: str, payment: str, address: str = BANK_ADDRESS) -> Callback:
    return Callback("POST", body=bank.notification(event, payment), address=address)


# Creating


def test_an_order_is_created_in_the_words_of_the_api(shop: YooKassa, bank: YooKassaServer) -> None:
    started = shop.create(ORDER)
    [told] = bank.orders
    assert started.url == f"https://yoomoney.ru/pay?orderId={started.provider_id}"
    assert told["amount"] == {"value": "1485.33", "currency": "RUB"} and told["capture"] is True
    assert told["confirmation"] == {"type": "redirect", "return_url": ORDER.return_url}
    assert told["metadata"]["order"] == ORDER.number
    assert "save_payment_method" not in told and "receipt" not in told


def test_utilities_are_told_for_gis_zhkh(shop: YooKassa, bank: YooKassaServer) -> None:
    shop.create(ORDER)
    told = bank.orders[0]["payment_order"]
    assert (told["type"], told["amount"]["value"]) == ("utilities", "1477.94")
    assert told["recipient"] == {
        "name": "ООО «Водоканал»", "inn": "7707083893", "kpp": "770701001",
        "bank": {
            "name": "ПАО «Банк»", "bic": "044525225", "account": "40702810900000000001",
            "correspondent_account": "3010",
        },
    }  # fmt: skip
    assert (told["account_number"], told["payment_document_number"]) == ("0001234567", "77-10")
    assert told["payment_period"] == {"month": 10, "year": 2026}
    assert told["payment_purpose"] == ORDER.description


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, payee=None),
        replace(ORDER, payee=replace(ORDER.payee, bic="")),
        replace(ORDER, lines=[Line("1", 100), Line("2", 100)]),
    ],
)
def test_what_gis_zhkh_could_not_place_is_paid_without_a_payment_order(
    shop: YooKassa, bank: YooKassaServer, order: NewOrder
) -> None:
    shop.create(order)
    assert "payment_order" not in bank.orders[0]


def test_a_shop_without_the_service_tells_no_payment_order(shop: YooKassa, bank: YooKassaServer) -> None:
    replace(shop, utilities=False).create(ORDER)
    assert "payment_order" not in bank.orders[0]


def test_long_words_are_cut_to_what_the_bank_takes(shop: YooKassa, bank: YooKassaServer) -> None:
    shop.create(replace(ORDER, description="Щ" * 400))
    told = bank.orders[0]
    assert (len(told["description"]), len(told["payment_order"]["payment_purpose"])) == (128, 210)


@pytest.mark.parametrize(
    ("vat", "code"), [("none", 1), ("0", 2), ("10", 3), ("20", 4), ("22", 11), ("22/122", 12), ("5", 7), ("5/105", 9)]
)
def test_a_receipt_names_its_rates_by_the_banks_codes(
    shop: YooKassa, bank: YooKassaServer, vat: str, code: int
) -> None:
    items = [Item("Холодная вода", 100000, vat), Item("Аванс", 48533, vat, PAYMENT, ADVANCE)]
    shop.create(replace(ORDER, receipt=Receipt(2, items, email="anna@example.org")))
    told = bank.orders[0]["receipt"]
    assert told["customer"] == {"email": "anna@example.org"} and told["tax_system_code"] == 2
    assert [(item["amount"]["value"], item["vat_code"]) for item in told["items"]] == [
        ("1000.00", code),
        ("485.33", code),
    ]
    assert (told["items"][1]["payment_subject"], told["items"][1]["payment_mode"]) == ("payment", "advance")


def test_a_receipt_to_a_phone_has_digits_alone(shop: YooKassa, bank: YooKassaServer) -> None:
    shop.create(replace(ORDER, receipt=Receipt(1, [Item("Вода", 148533)], phone="+7 (900) 000-00-01")))
    assert bank.orders[0]["receipt"]["customer"] == {"phone": "79000000001"}


def test_the_same_order_has_the_same_key_and_is_one_payment(shop: YooKassa, bank: YooKassaServer) -> None:
    first = shop.create(ORDER)
    assert shop.create(ORDER) == first and len(bank.payments) == 1
    keys = {call.headers["Idempotence-Key"] for call in bank.calls}
    assert len(keys) == 1 and len(keys.pop()) == 64
    shop.create(replace(ORDER, number="2"))
    assert len(bank.payments) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_lost_or_broken_says_nothing_and_asking_again_pays_once(
    shop: YooKassa, bank: YooKassaServer, fault: str
) -> None:
    bank.faults.append(fault)
    with pytest.raises(GatewayDown) as down:
        replace(shop, seconds=0.3).create(ORDER)
    assert SECRET not in str(down.value)
    shop.create(ORDER)
    assert len(bank.payments) == 1


def test_a_bank_that_is_not_there_is_down() -> None:
    with pytest.raises(GatewayDown):
        YooKassa("yookassa", SHOP, SECRET, "http://127.0.0.1:1/v3").create(ORDER)


def test_a_wrong_secret_is_a_final_no(shop: YooKassa) -> None:
    with pytest.raises(Declined, match="invalid_credentials") as fault:
        replace(shop, secret_key="wrong").create(ORDER)
    assert "wrong" not in str(fault.value)


def test_two_shops_in_one_process_do_not_share_an_account(shop: YooKassa, bank: YooKassaServer) -> None:
    other = YooKassa("voda", "200", "another", bank.url)
    with pytest.raises(Declined):
        other.create(ORDER)
    shop.create(ORDER)
    with pytest.raises(Declined):
        other.status("1", "00000000-0000-0000-0000-000000000001")


# What became of it


def test_each_status_is_read(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = str(shop.create(ORDER).provider_id)
    assert shop.status(ORDER.number, payment).outcome is Outcome.WAITING  # type: ignore[union-attr]
    bank.payments[payment]["status"] = "waiting_for_capture"
    assert shop.status(ORDER.number, payment).outcome is Outcome.WAITING  # type: ignore[union-attr]
    bank.pay(payment)
    assert shop.status(ORDER.number, payment) == Event(
        f"{payment}:succeeded", ORDER.number, payment, Outcome.PAID, 148533, masked_card="•• 0004"
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("insufficient_funds", "Недостаточно средств на карте"),
        ("3d_secure_failed", "Банк не получил подтверждения платежа (код из СМС)"),
        ("some_new_reason", "Банк отклонил платёж"),
    ],
)
def test_a_refusal_is_told_in_words(shop: YooKassa, bank: YooKassaServer, reason: str, words: str) -> None:
    payment = str(shop.create(ORDER).provider_id)
    bank.refuse(payment, reason)
    event = shop.status(ORDER.number, payment)
    assert event is not None and (event.outcome, event.reason) == (Outcome.FAILED, words)


def test_an_order_whose_payment_is_not_known_is_found_by_its_number(shop: YooKassa, bank: YooKassaServer) -> None:
    assert shop.status(ORDER.number, None) is None
    bank.faults.append("lost")
    with pytest.raises(GatewayDown):
        shop.create(ORDER)
    shop.create(replace(ORDER, number="another"))
    [payment] = [name for name, paid in bank.payments.items() if paid["metadata"]["order"] == ORDER.number]
    bank.pay(payment)
    event = shop.status(ORDER.number, None)
    assert event is not None and (event.outcome, event.provider_id) == (Outcome.PAID, payment)


def test_a_wrong_secret_is_found_without_an_order(shop: YooKassa) -> None:
    with pytest.raises(Declined, match="invalid_credentials"):
        replace(shop, secret_key="wrong").status("none", None)


def test_a_payment_of_another_order_is_not_believed(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank, replace(ORDER, number="another"))
    with pytest.raises(GatewayDown):
        shop.status(ORDER.number, payment)


def test_a_payment_in_another_currency_is_not_believed(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    bank.payments[payment]["amount"] = {"value": "1485.33", "currency": "USD"}
    with pytest.raises(GatewayDown):
        shop.status(ORDER.number, payment)


def test_a_new_kind_of_payment_is_read_all_the_same(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    bank.payments[payment]["payment_method"] = {"type": "by_smile", "id": payment, "saved": False}
    assert shop.status(ORDER.number, payment).outcome is Outcome.PAID  # type: ignore[union-attr]


def test_an_unknown_payment_is_a_final_no(shop: YooKassa) -> None:
    with pytest.raises(Declined, match="not_found"):
        shop.status("1", "00000000-0000-0000-0000-00000000beef")


# Calling back


@pytest.mark.parametrize("event", ["payment.succeeded", "payment.canceled", "payment.waiting_for_capture"])
def test_a_notification_proves_nothing_and_asks_to_look(shop: YooKassa, bank: YooKassaServer, event: str) -> None:
    payment = paid(shop, bank)
    told = shop.read_callback(call(bank, event, payment))
    assert isinstance(told, Event)
    assert (told.number, told.provider_id, told.outcome) == (ORDER.number, payment, Outcome.WAITING)
    assert told == shop.read_callback(call(bank, event, payment)), "told twice, it is the same"


def test_a_refund_that_is_notified_names_its_payment(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    told = shop.read_callback(call(bank, "refund.succeeded", payment))
    assert isinstance(told, Event) and (told.number, told.provider_id) == ("", payment)


@pytest.mark.parametrize("address", ["203.0.113.7", "185.71.78.1", "::1", "", "nonsense", "77.75.156.12"])
def test_a_stranger_who_calls_is_not_heard(shop: YooKassa, bank: YooKassaServer, address: str) -> None:
    payment = paid(shop, bank)
    with pytest.raises(Forged):
        shop.read_callback(call(bank, "payment.succeeded", payment, address))


@pytest.mark.parametrize("address", ["77.75.156.11", "::ffff:185.71.77.3", "2a02:5180:0:2669::9", "77.75.154.200"])
def test_every_network_of_the_bank_is_heard(shop: YooKassa, bank: YooKassaServer, address: str) -> None:
    payment = paid(shop, bank)
    assert shop.read_callback(call(bank, "payment.succeeded", payment, address)) is not None


def test_without_networks_anyone_may_ask_us_to_look(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    told = replace(shop, networks=()).read_callback(call(bank, "payment.succeeded", payment, "203.0.113.7"))
    assert isinstance(told, Event) and told.outcome is Outcome.WAITING


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"event": "payment.succeeded"}',
        b'{"event": "payment.succeeded", "object": 1}', b'{"event": "payment.succeeded", "object": {}}',
        b'{"event": "payment.succeeded", "object": {"id": "1", "metadata": 7}}',
        b'{"event": "refund.succeeded", "object": {"id": "1"}}',
    ],
)  # fmt: skip
def test_nonsense_is_not_a_notification(shop: YooKassa, body: bytes) -> None:
    with pytest.raises(Forged):
        shop.read_callback(Callback("POST", body=body, address=BANK_ADDRESS))


def test_other_news_of_the_shop_is_a_ping(shop: YooKassa) -> None:
    body = json.dumps({"type": "notification", "event": "payment_method.active", "object": {"id": "1"}}).encode()
    assert shop.read_callback(Callback("POST", body=body, address=BANK_ADDRESS)) is None


@pytest.mark.parametrize("accepted", [True, False])
def test_the_bank_hears_ok_even_of_what_is_not_ours(shop: YooKassa, accepted: bool) -> None:
    assert shop.acknowledge(None, Verdict(accepted)) == Answer(200, "OK")


# Giving back


def back(payment: str, amount: int, before: int = 0, key: str = "refund-1") -> Refund:
    return Refund(ORDER.number, payment, key, amount, ORDER.amount, before)


def test_money_is_given_back_in_parts(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    first = shop.refund(back(payment, 48533))
    assert (first.outcome, first.amount) == (Outcome.REFUNDED, 48533)
    second = shop.refund(back(payment, 100000, before=48533, key="refund-2"))
    assert second.amount == ORDER.amount
    assert shop.status(ORDER.number, payment) == second


def test_a_part_given_back_says_that_all_had_been_taken(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    bank.give_back(payment, 48533)
    event = shop.status(ORDER.number, payment)
    assert event is not None and (event.outcome, event.amount, event.taken) == (Outcome.REFUNDED, 48533, 148533)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refund_whose_answer_was_lost_is_not_made_twice(shop: YooKassa, bank: YooKassaServer, fault: str) -> None:
    payment = paid(shop, bank)
    bank.faults.extend(["", fault])
    with pytest.raises(GatewayDown):
        replace(shop, seconds=0.5).refund(back(payment, 48533))
    bank.answers.clear()  # a day later it does not remember the key
    assert shop.refund(back(payment, 48533)).amount == 48533
    assert len(bank.refunds) == 1


def test_a_refund_that_is_declined_says_so(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    bank.refund_status = "canceled"
    with pytest.raises(Declined, match="insufficient_funds"):
        shop.refund(back(payment, 100))
    with pytest.raises(Declined):
        shop.refund(back(payment, ORDER.amount + 1, key="more"))


def test_a_refund_that_takes_its_time_is_waited_for(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank)
    bank.refund_status = "pending"
    assert shop.refund(back(payment, 100)).outcome is Outcome.WAITING


# Cards


def test_a_card_is_kept_when_the_payer_asked_for_it(shop: YooKassa, bank: YooKassaServer) -> None:
    payment = paid(shop, bank, replace(ORDER, client="17", keep=True), saved=True)
    assert bank.orders[0]["save_payment_method"] is True and bank.orders[0]["merchant_customer_id"] == "17"
    event = shop.status(ORDER.number, payment)
    assert event is not None and (event.card_id, event.masked_card) == (payment, "•• 0004")


def test_a_kept_card_is_charged_without_the_payer_and_once(shop: YooKassa, bank: YooKassaServer) -> None:
    card = paid(shop, bank, replace(ORDER, keep=True), saved=True)
    order = replace(ORDER, number="auto-1")
    event = shop.charge(order, card)
    assert (event.outcome, event.amount, event.number) == (Outcome.PAID, 148533, "auto-1")
    assert "confirmation" not in bank.orders[1] and bank.orders[1]["payment_method_id"] == card
    assert shop.charge(order, card) == event and len(bank.payments) == 2


def test_a_card_that_is_gone_is_a_final_no(shop: YooKassa) -> None:
    with pytest.raises(Declined, match="payment_method_id"):
        shop.charge(ORDER, "gone")


def test_a_kept_card_that_needs_no_page_leads_back_to_the_portal(shop: YooKassa, bank: YooKassaServer) -> None:
    card = paid(shop, bank, replace(ORDER, keep=True), saved=True)
    assert shop.create(replace(ORDER, number="2", card=card)).url == ORDER.return_url


# Settings


def test_the_settings_say_what_is_missing() -> None:
    values = {**yookassa.ENGINE.options, "secret_key": ""}
    assert list(yookassa.ENGINE.faults(values)) == ["не задан shop_id", "не задан secret_key"]
    wrong = {**values, "shop_id": "1", "secret_key": "2", "url": "http://example.org", "networks": ["x"]}
    assert len(list(yookassa.ENGINE.faults(wrong))) == 2
    built = yookassa.ENGINE.build("voda", {**values, "shop_id": "1", "secret_key": SECRET})
    assert built.name == "voda" and SECRET not in repr(built)


def test_the_sdk_is_not_loaded_before_it_is_needed() -> None:
    program = "import sys, config, gateways.yookassa; print('yookassa' in sys.modules, 'requests' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=config.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
