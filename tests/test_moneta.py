"""MONETA.Assistant: the vectors of formats.md 4.3, and the portal on a real socket against a bank of the tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.serving import make_server

import clock
from gateways import moneta
from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Event,
    Forged,
    NewOrder,
    Outcome,
    Question,
    Refund,
    Standing,
    Verdict,
)
from gateways.moneta import ANSWER, CHECK, ENGINE, FORM, PAY, Moneta, sign
from gateways.receipt import ADVANCE, PAYMENT, Item, Receipt
from models import Checkout, Order, OrderLine, db
from services import orders, settling
from tests import factories
from tests.moneta_server import CODE, OPENER, SHOP, MonetaServer, read

VECTOR = {
    "MNT_ID": "54600817",
    "MNT_TRANSACTION_ID": "FF790ABCD",
    "MNT_OPERATION_ID": "123456",
    "MNT_AMOUNT": "120.25",
    "MNT_CURRENCY_CODE": "RUB",
    "MNT_TEST_MODE": "0",
}
ORDER = NewOrder(
    "FF790ABCD", 12025, "Оплата услуг", "https://lk.example/orders/1", "https://lk.example/callbacks/moneta"
)
SHOP_OF_TESTS = Moneta("moneta", SHOP, CODE)
RECEIPT = Receipt(
    2, [Item("Вода & <стоки>", 10000), Item("Аванс", 2025, "20", PAYMENT, ADVANCE)], email="anna@example.org"
)


# The vectors


@pytest.mark.parametrize(
    ("fields", "more", "md5"),
    [
        (FORM, {}, "c8222aef6362c7f1239ccdc729d1a200"),
        (PAY, {}, "69bdf9bd91820b8f7b4c4b25d3d22dfa"),
        (CHECK, {"MNT_COMMAND": "CHECK"}, "55d9e20e381c1a04367cae5c00c1d250"),
        (ANSWER, {"MNT_RESULT_CODE": "100"}, "88c5ac0ee6a4239feb6e9729477962d9"),
        (ANSWER, {"MNT_RESULT_CODE": "200"}, "29807c8e5d82198b5c4360e6ec711cce"),
        (ANSWER, {"MNT_RESULT_CODE": "302"}, "a984c53105833da7ee43bfcc06c3c688"),
        (ANSWER, {"MNT_RESULT_CODE": "402"}, "5ebb58862cf8781b62bcc2cc8d66913e"),
        (ANSWER, {"MNT_RESULT_CODE": "500"}, "373cc5df0d19d0e98eb4ebfceaa9cd38"),
    ],
)
def test_signatures_are_those_of_the_protocol(fields: tuple[str, ...], more: dict[str, str], md5: str) -> None:
    assert sign({**VECTOR, **more}, fields, "QWERTY") == md5


def test_the_form_travels_in_a_signed_address_without_the_payers_contacts() -> None:
    started = SHOP_OF_TESTS.create(replace(ORDER, email="anna@example.org", phone="+79990000000", client="17"))
    place = urlsplit(started.url)
    told = {name: values[0] for name, values in parse_qs(place.query).items()}
    assert f"{place.scheme}://{place.netloc}{place.path}" == moneta.URL and started.provider_id is None
    assert (told["MNT_AMOUNT"], told["MNT_SUBSCRIBER_ID"]) == ("120.25", "17")
    assert told["MNT_SIGNATURE"] == sign(told, FORM, "QWERTY")
    assert told["MNT_SUCCESS_URL"] == told["MNT_FAIL_URL"] == ORDER.return_url
    assert "anna" not in started.url and "7999" not in started.url and "QWERTY" not in started.url


@pytest.mark.parametrize(("amount", "text"), [(1, "0.01"), (100, "1.00"), (10_000_050, "100000.50")])
def test_sums_have_two_digits_after_the_point(amount: int, text: str) -> None:
    assert f"MNT_AMOUNT={text}&" in SHOP_OF_TESTS.create(replace(ORDER, amount=amount)).url


# Reading and answering


OURS = {**VECTOR, "MNT_TRANSACTION_ID": "FF790ABCD_"}


def told(values: dict[str, str], fields: tuple[str, ...] = PAY, shop: Moneta = SHOP_OF_TESTS) -> object:
    return shop.read_callback(Callback("POST", form={**values, "MNT_SIGNATURE": sign(values, fields, "QWERTY")}))


def test_a_payment_is_told_by_form_or_by_query() -> None:
    expected = Event("pay:123456", "FF790ABCD", "123456", Outcome.PAID, 12025)
    signed = {**OURS, "MNT_SIGNATURE": sign(OURS, PAY, "QWERTY").upper()}
    assert SHOP_OF_TESTS.read_callback(Callback("POST", form=signed)) == expected
    assert SHOP_OF_TESTS.read_callback(Callback("GET", query=signed)) == expected


def test_a_question_may_come_without_a_sum() -> None:
    asks = {**OURS, "MNT_COMMAND": "CHECK"}
    assert told(asks, CHECK) == Question("FF790ABCD", amount=12025)
    assert told({key: asks[key] for key in asks if key != "MNT_AMOUNT"}, CHECK) == Question("FF790ABCD")


def test_a_ping_is_answered_200() -> None:
    assert SHOP_OF_TESTS.read_callback(Callback("GET")) is None
    assert SHOP_OF_TESTS.acknowledge(None, Verdict(True)) == Answer(200, "OK")


@pytest.mark.parametrize(
    "changes",
    [
        {"MNT_AMOUNT": "-1.00"},
        {"MNT_AMOUNT": "1e3"},
        {"MNT_AMOUNT": "120,25"},
        {"MNT_AMOUNT": "120.255"},
        {"MNT_AMOUNT": "٣"},
        {"MNT_AMOUNT": ""},
        {"MNT_OPERATION_ID": ""},
        {"MNT_ID": "1"},
        {"MNT_CURRENCY_CODE": "USD"},
        {"MNT_TEST_MODE": "1"},
        {"MNT_TRANSACTION_ID": "FF790ABCD"},
        {"MNT_TRANSACTION_ID": "FF790ABCD_1_"},
        {"MNT_TRANSACTION_ID": "FF790ABCD_1"},
    ],
)
def test_a_payment_that_is_signed_and_has_no_sense_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Forged):
        told({**OURS, **changes})


@pytest.mark.parametrize("signature", ["", "0" * 32, "69bdf9bd91820b8f7b4c4b25d3d22dfb", "\udcff", "Ы"])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(Forged):
        SHOP_OF_TESTS.read_callback(Callback("POST", form={**OURS, "MNT_SIGNATURE": signature}))


def test_a_signature_of_one_kind_does_not_serve_another() -> None:
    with pytest.raises(Forged):
        told(OURS, FORM)
    with pytest.raises(Forged):
        told({**OURS, "MNT_COMMAND": "CHECK"}, PAY)
    with pytest.raises(Forged):
        told({**OURS, "MNT_COMMAND": "REFUND"}, CHECK)


def test_the_forms_signature_which_the_payer_sees_signs_no_payment_of_another_order() -> None:
    """Form of 1291, 20.25 and payment of 129 by operation 1 are the same text but for the end of our numbers."""
    form = {"MNT_ID": SHOP, "MNT_TRANSACTION_ID": "1291", "MNT_AMOUNT": "20.25", "MNT_CURRENCY_CODE": "RUB"}
    forged = {**form, "MNT_TRANSACTION_ID": "129", "MNT_OPERATION_ID": "1"}
    assert sign(form, FORM, CODE) == sign(forged, PAY, CODE), "so the protocol is"
    seen = parse_qs(urlsplit(SHOP_OF_TESTS.create(replace(ORDER, number="1291", amount=2025)).url).query)
    for number, operation in (("129", "1_"), ("129_", "1"), ("1291_", ""), ("129", "1")):
        words = {**forged, "MNT_TRANSACTION_ID": number, "MNT_OPERATION_ID": operation, "MNT_TEST_MODE": "0"}
        with pytest.raises(Forged):
            SHOP_OF_TESTS.read_callback(Callback("POST", form={**words, "MNT_SIGNATURE": seen["MNT_SIGNATURE"][0]}))


@pytest.mark.parametrize(
    ("operation", "amount", "mode"),
    [("1500.00RUB", "1500", "0"), ("1500.00RUB", "15000", ""), ("1500.00RUB1", "500", "0"), ("1500.00", "", "0")],
)
def test_the_forms_signature_signs_no_payment_of_its_own_order_either(operation: str, amount: str, mode: str) -> None:
    """The form ends with the sum, the currency and the resident's number: cut elsewhere they may be a sum again."""
    started = SHOP_OF_TESTS.create(replace(ORDER, amount=150000, client="1500"))
    form = {name: values[0] for name, values in parse_qs(urlsplit(started.url).query).items()}
    forged = {
        "MNT_ID": SHOP, "MNT_TRANSACTION_ID": form["MNT_TRANSACTION_ID"], "MNT_OPERATION_ID": operation,
        "MNT_AMOUNT": amount, "MNT_TEST_MODE": mode, "MNT_SIGNATURE": form["MNT_SIGNATURE"],
    }  # fmt: skip
    with pytest.raises(Forged):
        SHOP_OF_TESTS.read_callback(Callback("POST", form=forged))


def test_a_test_payment_pays_at_a_test_shop_alone() -> None:
    shop = replace(SHOP_OF_TESTS, test_mode=True)
    assert isinstance(told({**OURS, "MNT_TEST_MODE": "1"}, shop=shop), Event)
    with pytest.raises(Forged):
        told(OURS, shop=shop)


@pytest.mark.parametrize(
    ("standing", "accepted", "amount", "code"),
    [
        (Standing.OPEN, True, None, "100"),
        (Standing.PAID, True, 12025, "200"),
        (Standing.PAID, False, 1, "200"),
        (Standing.UNCERTAIN, True, 12025, "302"),
        (Standing.OPEN, True, 12025, "402"),
        (Standing.OPEN, False, 1, "500"),
        (Standing.CLOSED, True, 12025, "500"),
        (Standing.UNKNOWN, False, None, "500"),
    ],
)
def test_each_standing_has_its_code_in_signed_xml(
    standing: Standing, accepted: bool, amount: int | None, code: str
) -> None:
    answer = SHOP_OF_TESTS.acknowledge(Question("FF790ABCD", amount=amount), Verdict(accepted, standing, 12025))
    assert (answer.status, answer.content_type) == (200, "application/xml; charset=utf-8")
    heard = read(answer.body)
    assert (heard["MNT_RESULT_CODE"], heard["MNT_TRANSACTION_ID"], heard["MNT_ID"]) == (code, "FF790ABCD_", SHOP)
    assert heard.get("MNT_AMOUNT") == ("120.25" if code == "100" else None)


@pytest.mark.parametrize("number", ["<a>&'\"]]>", "\x00\x1b\ufffe", "л/с 17", "<!DOCTYPE x [<!ENTITY e 'e'>]>&e;"])
def test_whatever_a_number_is_the_answer_is_xml(number: str) -> None:
    answer = SHOP_OF_TESTS.acknowledge(Question(number), Verdict(False))
    assert read(answer.body)["MNT_RESULT_CODE"] == "500"


def test_a_payment_is_answered_in_plain_words_where_no_receipt_is_given() -> None:
    event = Event("pay:1", "FF790ABCD", "1", Outcome.PAID, 12025)
    assert SHOP_OF_TESTS.acknowledge(event, Verdict(True)).body == "SUCCESS"
    assert SHOP_OF_TESTS.acknowledge(event, Verdict(False)).body == "FAIL"


def test_a_receipt_is_told_with_the_answer_to_a_payment() -> None:
    event = Event("pay:1", "FF790ABCD", "1", Outcome.PAID, 12025)
    heard = read(SHOP_OF_TESTS.acknowledge(event, Verdict(True, Standing.PAID, 12025, RECEIPT)).body)
    assert (heard["MNT_RESULT_CODE"], heard["CLIENT"], heard["SNO"]) == ("200", "anna@example.org", "2")
    first, second = json.loads(heard["INVENTORY"])
    assert first == {
        "name": "Вода & <стоки>", "price": "100.00", "quantity": "1", "vatTag": 1105, "pm": "full_payment",
        "po": "service",
    }  # fmt: skip
    assert (second["vatTag"], second["pm"], second["po"]) == (1102, "advance", "payment")


def test_a_rate_that_cannot_be_told_is_found_before_the_money_is_taken() -> None:
    order = replace(ORDER, receipt=Receipt(1, [Item("Вода", 12025, "22")], email="anna@example.org"))
    with pytest.raises(Declined, match="vat_tags"):
        SHOP_OF_TESTS.create(order)
    built = ENGINE.build("moneta", {**ENGINE.options, "shop": SHOP, "code": CODE, "vat_tags": {"22": 1102}})
    assert built.create(order).url


def test_what_it_cannot_do_it_declines() -> None:
    assert SHOP_OF_TESTS.status("1", "2") is None and SHOP_OF_TESTS.saved_cards("1") == ()
    SHOP_OF_TESTS.forget_card("1", "2")
    with pytest.raises(Declined):
        SHOP_OF_TESTS.refund(Refund("1", "2", "key", 1, 1))
    with pytest.raises(Declined):
        SHOP_OF_TESTS.charge(ORDER, "2")


def test_the_settings_say_what_is_missing() -> None:
    assert list(ENGINE.faults({**ENGINE.options, "code": ""})) == ["не задан shop", "не задан code"]
    wrong = {**ENGINE.options, "shop": "1", "code": "2", "url": "http://moneta.ru/x", "vat_tags": {"22": "1102"}}
    assert len(list(ENGINE.faults(wrong))) == 2
    assert CODE not in repr(SHOP_OF_TESTS)


# The portal and the bank, over sockets


@pytest.fixture
def bank(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MonetaServer]:
    """The bank beside the portal: both listen on ports of their own."""
    portal = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=portal.serve_forever, args=(0.02,), daemon=True).start()
    with MonetaServer(callback=f"http://127.0.0.1:{portal.server_port}/callbacks/moneta") as running:
        shop = replace(SHOP_OF_TESTS, url=f"{running.url}assistant.htm")
        monkeypatch.setitem(app.extensions, "gateways", {"moneta": shop})
        yield running
    portal.shutdown()
    portal.server_close()


def opened(app: Flask, bank: MonetaServer, number: str = "77") -> Order:
    """An order whose payer stands on the bank's form."""
    with db.connection_context():
        account = factories.account()
        checkout = Checkout.create(resident=factories.resident(), once=number, created_at=clock.now())
        order = Order.create(
            checkout=checkout, supplier=account.supplier, gateway="moneta", number=number, amount=12000, fee=25,
            created_at=clock.now(), expires_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
        OrderLine.create(order=order, account=account, amount=12000, fee=25)
        places = orders.Places("https://lk.example/orders/1", bank.callback)
        url = orders.start(order, app.extensions["gateways"]["moneta"], places, "Оплата", clock.now())
    assert OPENER.open(url, timeout=5).status == 200
    return order


def now_of(order: Order) -> Order:
    with db.connection_context():
        return Order.get_by_id(order.id)


@pytest.mark.commits
def test_a_payment_walks_from_the_form_to_the_truth(app: Flask, bank: MonetaServer) -> None:
    order = opened(app, bank)
    assert bank.check("77", MNT_AMOUNT="")["MNT_AMOUNT"] == "120.25"
    assert bank.check("77")["MNT_RESULT_CODE"] == "402"
    assert bank.pay("77")
    paid = now_of(order)
    assert (paid.state, paid.provider_id) == ("paid", "123458")
    assert bank.check("77")["MNT_RESULT_CODE"] == "200"


@pytest.mark.commits
def test_a_payment_told_many_times_at_once_is_one(app: Flask, bank: MonetaServer) -> None:
    order = opened(app, bank)
    words = bank.request("77")
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda _: bank.call(words)[2], range(8)))
    assert heard == ["SUCCESS"] * 8 and now_of(order).state == "paid"


@pytest.mark.commits
def test_another_sum_or_a_forged_call_pays_nothing(app: Flask, bank: MonetaServer) -> None:
    order = opened(app, bank)
    assert not bank.pay("77", MNT_AMOUNT="1.00")
    assert bank.check("77", MNT_AMOUNT="1.00")["MNT_RESULT_CODE"] == "500"
    words = bank.request("77")
    assert bank.call({**words, "MNT_AMOUNT": "1.00"})[0] == 400
    assert bank.call({**words, "MNT_COMMAND": "CHECK"})[0] == 400
    assert now_of(order).state == "sent"
    assert bank.call(words, is_post=False)[2] == "SUCCESS" and now_of(order).state == "paid"


@pytest.mark.commits
def test_an_unknown_order_is_no_longer_valid(app: Flask, bank: MonetaServer) -> None:
    opened(app, bank)
    assert bank.check("77", MNT_TRANSACTION_ID="78_")["MNT_RESULT_CODE"] == "500"
    assert not bank.pay("77", MNT_TRANSACTION_ID="78_")


@pytest.mark.commits
def test_an_order_whose_time_is_over_is_not_taken_up_and_a_late_payment_counts(
    app: Flask, bank: MonetaServer
) -> None:
    order = opened(app, bank)
    with db.connection_context():
        Order.update(expires_at=clock.now() - timedelta(minutes=1)).execute()
    assert bank.check("77")["MNT_RESULT_CODE"] == "302"
    with db.connection_context():
        settling.give_up(order, clock.now())
    assert bank.check("77")["MNT_RESULT_CODE"] == "500"
    assert bank.pay("77") and now_of(order).state == "paid"


@pytest.mark.commits
def test_an_empty_call_is_heard(bank: MonetaServer) -> None:
    assert bank.call({})[:2] == (200, "text/plain; charset=utf-8")
    assert bank.call({}, is_post=False)[0] == 200
