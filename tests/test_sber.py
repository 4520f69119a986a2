"""gateways/sber.py against a server of the same protocol, in both styles, on real sockets."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from bench.process import free_port
from gateways.acquirer import (
    Callback,
    Declined,
    Event,
    Forged,
    GatewayDown,
    Line,
    NewOrder,
    Outcome,
    Refund,
    SavedCard,
    Started,
    Verdict,
)
from gateways.receipt import Item, Receipt
from gateways.sber import ENGINE, Sber
from gateways.sber_signature import checksum, signed_text
from tests.bank_server import FAULTS
from tests.certificates import certificate
from tests.sber_server import SberServer

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "yourSecretToken"
ORDER = NewOrder(
    number="129",
    amount=148533,
    description="Оплата услуг, л/с 0012345678",
    return_url="https://lk.example/orders/129",
    callback_url="https://lk.example/callbacks/sber",
    email="anna@example.org",
    client="7",
    expires_at=NOW + timedelta(minutes=20),
    seconds=1200,
    lines=(Line("0012345678", 148533),),
)
UNKNOWN_FAULTS = [fault for fault in FAULTS if fault not in ("silent", "drip")]


@pytest.fixture(params=["form", "json"])
def server(request: pytest.FixtureRequest) -> Iterator[SberServer]:
    with SberServer(style=request.param, secret=SECRET, date=int(NOW.timestamp() * 1000)) as running:
        yield running


@pytest.fixture
def bank(server: SberServer) -> Sber:
    return sber(server)


def sber(server: SberServer, **values: Any) -> Sber:
    whole = {
        **ENGINE.options, **dict.fromkeys(ENGINE.secrets, ""), "url": server.url, "style": server.style,
        "user": "voda-api", "password": "pass&word=1", "callback_secret": SECRET, **values,
    }  # fmt: skip
    assert list(ENGINE.faults(whole)) == []
    built = ENGINE.build("sber", whole)
    assert isinstance(built, Sber)
    return replace(built, seconds=5)


def started(bank: Sber, order: NewOrder = ORDER) -> str:
    found = bank.create(order).provider_id
    assert found
    return found


def paid(server: SberServer, number: str = "129") -> None:
    deal = server.by_number(number)
    assert deal is not None
    deal.status = 2


# Registering


def test_an_order_is_registered_with_its_sum_its_time_and_where_to_call_back(server: SberServer, bank: Sber) -> None:
    found = bank.create(ORDER)
    [told] = server.asked("register.do")
    assert found == Started(f"{server.url}pay?mdOrder={found.provider_id}", found.provider_id)
    assert (str(told["amount"]), told["orderNumber"], str(told["sessionTimeoutSecs"])) == ("148533", "129", "1200")
    assert (told["returnUrl"], told["dynamicCallbackUrl"]) == (ORDER.return_url, ORDER.callback_url)
    assert (told["clientId"], told["email"], str(told["currency"])) == ("7", "anna@example.org", "643")
    deal = server.by_number("129")
    assert deal is not None and deal.values["jsonParams"] == {"account": "0012345678"}


def test_a_token_stands_instead_of_user_and_password(server: SberServer) -> None:
    server.login = {"token": "t0k3n"}
    sber(server, token="t0k3n", user="", password="").create(ORDER)
    [told] = server.asked("register.do")
    assert "userName" not in told and "password" not in told


def test_cards_are_not_kept_where_the_contract_has_no_bindings(server: SberServer) -> None:
    sber(server, cards=False).create(ORDER)
    assert "clientId" not in server.asked("register.do")[0]


def test_what_the_settings_add_goes_along(server: SberServer) -> None:
    sber(server, params={"shop": "voda"}).create(ORDER)
    deal = server.by_number("129")
    assert deal is not None and deal.values["jsonParams"] == {"shop": "voda", "account": "0012345678"}


def test_a_receipt_goes_as_the_style_wants_it(server: SberServer, bank: Sber) -> None:
    receipt = Receipt(1, (Item("Водоснабжение", 148000, "20"), Item("Комиссия", 533)), phone="+79991234567")
    bank.create(replace(ORDER, receipt=receipt))
    deal = server.by_number("129")
    assert deal is not None
    bundle = deal.values["orderBundle"]
    assert bundle["customerDetails"] == {"phone": "79991234567"}
    first, second = bundle["cartItems"]["items"]
    assert (first["positionId"], first["itemAmount"], first["tax"]) == ("1", 148000, {"taxType": 6})
    assert (second["itemAmount"], second["tax"]) == (533, {"taxType": 0})
    attributes = first["itemAttributes"]["attributes"]
    assert {one["name"]: one["value"] for one in attributes} == {"paymentMethod": "4", "paymentObject": "4"}


def test_a_rate_whose_number_is_not_known_is_asked_of_the_operator(server: SberServer, bank: Sber) -> None:
    receipt = Receipt(1, (Item("Водоснабжение", 148533, "22"),), email="a@example.org")
    with pytest.raises(Declined, match="tax_types"):
        bank.create(replace(ORDER, receipt=receipt))
    sber(server, tax_types={"22": 12}).create(replace(ORDER, receipt=receipt))
    deal = server.by_number("129")
    assert deal is not None and deal.values["orderBundle"]["cartItems"]["items"][0]["tax"] == {"taxType": 12}


def test_a_number_that_a_lost_try_has_taken_gets_a_tail(server: SberServer, bank: Sber) -> None:
    server.faults.append("lost")
    with pytest.raises(GatewayDown):
        bank.create(ORDER)
    again = bank.create(ORDER)
    deal = server.by_number("129-2")
    assert deal is not None and again.provider_id == deal.id
    assert server.asked("getOrderStatusExtended.do")[0]["orderNumber"] == "129"


def test_a_number_of_32_signs_keeps_its_length_with_a_tail(server: SberServer, bank: Sber) -> None:
    order = replace(ORDER, number="12345678901234/20261120120000/01")
    server.faults.append("lost")
    with pytest.raises(GatewayDown):
        bank.create(order)
    bank.create(order)
    assert [told["orderNumber"] for told in server.asked("register.do")][-1] == "12345678901234/20261120120000/-2"


def test_a_number_that_is_paid_already_sends_the_payer_to_the_truth(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    paid(server)
    assert bank.create(ORDER) == Started(ORDER.return_url, provider_id)


def test_a_strangers_paid_order_of_the_same_number_does_not_pay_ours(server: SberServer, bank: Sber) -> None:
    started(bank)
    paid(server)
    server.date -= 3 * 86_400_000
    deal = server.deals[started(bank)]
    assert (deal.values["orderNumber"], deal.status) == ("129-2", 0)
    assert bank.create(replace(ORDER, amount=1)).url != ORDER.return_url


def test_wrong_credentials_are_final_and_are_not_told(server: SberServer) -> None:
    with pytest.raises(Declined, match="Доступ запрещён") as fault:
        sber(server, password="s3cr3t").create(ORDER)
    assert "s3cr3t" not in str(fault.value) and "s3cr3t" not in repr(sber(server, password="s3cr3t"))


# What became of it


def test_the_bank_is_asked_by_its_own_id_or_by_our_number(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    paid(server)
    event = Event(f"{provider_id}-paid-148533", "129", provider_id, Outcome.PAID, 148533, masked_card="411111**1111")
    assert bank.status("129", provider_id) == event
    assert bank.status("129", None) == event
    assert [sorted(told)[0] for told in server.asked("getOrderStatusExtended.do")] == ["orderId", "orderNumber"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0, "waiting"), (1, "waiting"), (2, "paid"), (3, "refunded"), (4, "unclear"), (5, "waiting"), (6, "failed")],
)
def test_every_state_of_the_bank_has_its_outcome(server: SberServer, bank: Sber, status: int, outcome: str) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = status
    assert bank.status("129", provider_id).outcome == outcome


def test_a_refusal_says_why(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status, server.deals[provider_id].reason = 6, "Недостаточно средств"
    assert bank.status("129", provider_id).reason == "Недостаточно средств"


def test_an_order_that_the_bank_does_not_know_is_not_decided(server: SberServer, bank: Sber) -> None:
    assert bank.status("129", None).outcome is Outcome.WAITING


def test_a_kept_card_is_named(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status, server.deals[provider_id].binding = 2, "b-1"
    assert bank.status("129", provider_id).card_id == "b-1"


def test_the_receipt_is_named_when_the_register_has_made_it(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank, replace(ORDER, receipt=Receipt(1, (Item("x", 148533),), email="a@example.org")))
    paid(server)
    first = bank.status("129", provider_id)
    server.receipt = "https://ofd.example/1"
    second = bank.status("129", provider_id)
    assert (first.receipt_url, second.receipt_url) == ("", "https://ofd.example/1")
    assert first.key != second.key and second.outcome is Outcome.PAID


@pytest.mark.parametrize("fault", ["500", "not json", "reset"])
def test_a_receipt_that_cannot_be_asked_for_takes_nothing_from_the_payment(
    server: SberServer, bank: Sber, fault: str
) -> None:
    provider_id = started(bank)
    paid(server)
    server.faults.extend(["", fault])
    event = bank.status("129", provider_id)
    assert (event.outcome, event.receipt_url) == (Outcome.PAID, "")


# Faults


@pytest.mark.parametrize("fault", UNKNOWN_FAULTS)
def test_a_bank_that_answers_without_sense_is_down(server: SberServer, bank: Sber, fault: str) -> None:
    server.faults.append(fault)
    with pytest.raises(GatewayDown) as told:
        bank.status("129", None)
    assert "pass&word" not in str(told.value) and "pass%26word" not in str(told.value)


@pytest.mark.parametrize("fault", ["silent", "drip"])
def test_a_bank_that_is_slow_is_not_waited_for_longer_than_the_limit(
    server: SberServer, bank: Sber, fault: str
) -> None:
    server.faults.append(fault)
    began = monotonic()
    with pytest.raises(GatewayDown):
        replace(bank, seconds=0.3).status("129", None)
    assert monotonic() - began < 3


def test_a_bank_that_is_not_there_is_down() -> None:
    with pytest.raises(GatewayDown, match="ConnectionRefusedError"):
        Sber("sber", f"http://127.0.0.1:{free_port()}/").create(ORDER)


def test_the_banks_own_fault_may_pass(server: SberServer, bank: Sber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "answer", lambda call: (200, server.fault(7, "Системная ошибка")))
    for ask in (lambda: bank.create(ORDER), lambda: bank.status("129", None), lambda: bank.saved_cards("7")):
        with pytest.raises(GatewayDown, match="Системная"):
            ask()


@pytest.mark.parametrize("told", [{}, {"orderId": "1"}, {"orderId": 1, "formUrl": "https://b"},
                                  {"orderId": "1", "formUrl": "javascript:alert(1)"}])  # fmt: skip
def test_an_answer_without_a_page_is_no_answer(
    server: SberServer, bank: Sber, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "answer", lambda call: (200, told))
    with pytest.raises(GatewayDown):
        bank.create(ORDER)


@pytest.mark.parametrize(
    "told",
    [{"orderStatus": "2", "amount": "many"}, {"orderStatus": None}, {"orderStatus": 2, "amount": -5},
     {"paymentAmountInfo": [], "orderStatus": True}, {"orderStatus": 99, "attributes": "x"},
     {"orderStatus": 6, "cardAuthInfo": 5, "bindingInfo": [], "attributes": [1, {"name": "mdOrder", "value": 5}]}],
)  # fmt: skip
def test_an_answer_of_strange_shapes_pays_nothing(
    server: SberServer, bank: Sber, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "answer", lambda call: (200, told))
    event = bank.status("129", "md")
    assert event.outcome is not Outcome.PAID or event.amount == 0


# Giving back


def asked_back(provider_id: str, amount: int, before: int = 0) -> Refund:
    return Refund("129", provider_id, "r-1", amount, 148533, before)


def test_money_is_given_back_in_parts(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    paid(server)
    first = bank.refund(asked_back(provider_id, 48533))
    assert (first.outcome, first.amount) == (Outcome.REFUNDED, 48533)
    assert bank.status("129", provider_id) == first
    second = bank.refund(asked_back(provider_id, 100000, 48533))
    assert (second.amount, server.deals[provider_id].back) == (148533, 148533)


@pytest.mark.parametrize("fault", ["lost", "500"])
def test_a_refund_whose_answer_was_lost_is_not_made_twice(server: SberServer, bank: Sber, fault: str) -> None:
    provider_id = started(bank)
    paid(server)
    server.faults.extend(["", fault])
    with pytest.raises(GatewayDown):
        bank.refund(asked_back(provider_id, 48533))
    assert bank.refund(asked_back(provider_id, 48533)).amount == 48533
    assert server.deals[provider_id].back == 48533


@pytest.mark.parametrize("fault", ["array", "not json", "redirect"])
def test_a_refund_is_believed_only_when_the_bank_says_so(server: SberServer, bank: Sber, fault: str) -> None:
    provider_id = started(bank)
    paid(server)
    server.faults.extend(["", fault])
    with pytest.raises(GatewayDown):
        bank.refund(asked_back(provider_id, 48533))
    assert server.deals[provider_id].back == 0


def test_money_that_is_only_held_is_let_go(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = 1
    with pytest.raises(Declined, match="удержаны"):
        bank.refund(asked_back(provider_id, 1))
    assert bank.refund(asked_back(provider_id, 148533)).outcome is Outcome.REFUNDED
    assert server.deals[provider_id].status == 3 and bank.status("129", provider_id).amount == 0


def test_more_than_was_paid_is_not_given_back(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    paid(server)
    with pytest.raises(Declined, match="больше"):
        bank.refund(asked_back(provider_id, 148534))


# Cards


def test_kept_cards_are_shown_masked_and_can_be_taken_away(server: SberServer, bank: Sber) -> None:
    server.bindings["7"] = [{"bindingId": "b-1", "maskedPan": "411111**1111", "expiryDate": "203012"}]
    assert bank.saved_cards("7") == (SavedCard("b-1", "411111**1111", "12/30"),)
    bank.forget_card("7", "b-1")
    assert bank.saved_cards("7") == ()
    bank.forget_card("7", "b-1")
    spelling = "unBindCard.do" if server.style == "form" else "unbindCard.do"
    assert len(server.asked(spelling)) == 2


def test_an_order_is_paid_by_a_kept_card_once(server: SberServer, bank: Sber) -> None:
    server.bindings["7"] = [{"bindingId": "b-1", "maskedPan": "411111**1111", "expiryDate": "203012"}]
    server.faults.extend(["", "lost"])
    with pytest.raises(GatewayDown):
        bank.charge(ORDER, "b-1")
    event = bank.charge(ORDER, "b-1")
    assert (event.outcome, event.amount) == (Outcome.PAID, 148533)
    assert len(server.asked("paymentOrderBinding.do")) == 1 and len(server.deals) == 1


def test_a_lost_registration_is_paid_by_the_next_try(server: SberServer, bank: Sber) -> None:
    server.bindings["7"] = [{"bindingId": "b-1", "maskedPan": "4", "expiryDate": ""}]
    server.faults.append("lost")
    with pytest.raises(GatewayDown):
        bank.charge(ORDER, "b-1")
    assert bank.charge(ORDER, "b-1").outcome is Outcome.PAID and len(server.deals) == 1


def test_a_card_that_is_gone_or_empty_pays_nothing(server: SberServer, bank: Sber) -> None:
    with pytest.raises(Declined, match="Связка"):
        bank.charge(ORDER, "b-1")
    server.bindings["7"] = [{"bindingId": "b-1", "maskedPan": "4", "expiryDate": ""}]
    server.card_fails = True
    event = bank.charge(replace(ORDER, number="130"), "b-1")
    assert (event.outcome, event.reason) == (Outcome.FAILED, "Недостаточно средств")


# Callbacks

BANK = Sber("sber", "https://bank.example/rest/", callback_secret=SECRET)
VECTOR = {
    "amount": "123456", "mdOrder": "3ff6962a-7dcc-4283-ab50-a6d7dd3386fe", "operation": "deposited",
    "orderNumber": "10747", "status": "1",
    "checksum": "51C892147225ABE87798CB02979D70EF46D0AE79B5AA3B28B1C260BE286C50A9",
}  # fmt: skip


def heard(values: dict[str, str], bank: Sber = BANK) -> Event:
    told = bank.read_callback(Callback("GET", query=values))
    assert isinstance(told, Event)
    return told


def test_the_banks_own_example_of_the_symmetric_signature_is_believed() -> None:
    event = heard(VECTOR)
    assert (event.outcome, event.amount, event.number) == (Outcome.PAID, 123456, "10747")
    assert heard({**VECTOR, "checksum": VECTOR["checksum"].lower(), "sign_alias": "any"}) == event
    told = BANK.read_callback(Callback("POST", form=VECTOR))
    assert told == event


@pytest.mark.parametrize("field", [*VECTOR])
def test_a_changed_parameter_is_a_forgery(field: str) -> None:
    with pytest.raises(Forged):
        heard({**VECTOR, field: VECTOR[field] + "1"})


@pytest.mark.parametrize("values", [{**VECTOR, "more": "1"}, {**VECTOR, "checksum": ""}, {}, {"status": "1"},
                                    {key: value for key, value in VECTOR.items() if key != "checksum"}])  # fmt: skip
def test_more_or_less_parameters_are_a_forgery(values: dict[str, str]) -> None:
    with pytest.raises(Forged):
        heard(values)


def test_words_of_the_payer_do_not_become_other_parameters_of_a_signed_callback() -> None:
    """`name;value;` has no quotes: what the payer typed may be read as the order and the success of another."""
    words = "a;mdOrder;B;operation;deposited;orderNumber;2;status;1;zzz;b"
    genuine = {"amount": "100", "email": words, "mdOrder": "A", "operation": "approved", "status": "1"}
    signed = checksum(signed_text(genuine), BANK.callback_secret)
    told = {
        "amount": "100", "email": "a", "mdOrder": "B", "operation": "deposited", "orderNumber": "2", "status": "1",
        "zzz": "b;mdOrder;A;operation;approved;status;1",
    }  # fmt: skip
    assert signed_text(told) == signed_text(genuine), "so the protocol is"
    assert heard({**told, "checksum": signed}).outcome is Outcome.WAITING
    assert heard({**genuine, "checksum": signed}).outcome is Outcome.WAITING


def test_a_callback_of_the_server_says_the_same_as_its_status(server: SberServer, bank: Sber) -> None:
    provider_id = started(bank)
    paid(server)
    told = bank.read_callback(Callback("GET", query=server.callback("129")))
    assert isinstance(told, Event)
    asked = bank.status("129", provider_id)
    assert (told.key, told.outcome, told.amount) == (asked.key, asked.outcome, asked.amount)


@pytest.mark.parametrize(
    ("operation", "status", "outcome"),
    [("deposited", 0, "waiting"), ("approved", 1, "waiting"), ("reversed", 1, "waiting"),
     ("refunded", 1, "waiting"), ("declinedByTimeout", 1, "failed"), ("bindingCreated", 1, "waiting")],
)  # fmt: skip
def test_what_a_callback_does_not_say_for_certain_makes_us_ask(
    server: SberServer, bank: Sber, operation: str, status: int, outcome: str
) -> None:
    started(bank)
    assert heard(server.callback("129", operation, status), bank).outcome == outcome


def test_a_success_without_its_sum_makes_us_ask(server: SberServer, bank: Sber) -> None:
    started(bank)
    assert heard(server.callback("129", amount=""), bank).outcome is Outcome.WAITING


def test_an_unsigned_callback_proves_nothing_where_no_signature_is_set_up() -> None:
    assert heard(VECTOR, replace(BANK, callback_secret="")).outcome is Outcome.WAITING


def test_the_banks_certificate_proves_a_callback(tmp_path: Path) -> None:
    """The string of formats.md 4.1, signed by a key of our own: the bank's certificate is not public."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256, SHA512

    key, pem = certificate(tmp_path / "bank.pem")
    values = {
        "amount": "35000099", "mdOrder": "12b59da8-f68f-7c8d-12b5-9da8000826ea", "operation": "deposited",
        "status": "1",
    }  # fmt: skip
    text = b"amount;35000099;mdOrder;12b59da8-f68f-7c8d-12b5-9da8000826ea;operation;deposited;status;1;"
    bank = replace(BANK, callback_secret="", certificate=str(pem))
    signed = {**values, "sign_alias": "SHA-512 with RSA", "checksum": key.sign(text, PKCS1v15(), SHA512()).hex()}
    assert heard({**signed, "checksum": signed["checksum"].upper()}, bank).amount == 35000099
    for wrong in (
        {**signed, "amount": "1"}, {**signed, "checksum": "zz"}, {**signed, "checksum": ""},
        {**signed, "checksum": key.sign(text, PKCS1v15(), SHA256()).hex()},
    ):  # fmt: skip
        with pytest.raises(Forged):
            heard(wrong, bank)


def test_the_answer_to_a_callback() -> None:
    assert BANK.acknowledge(None, Verdict(True)).status == 200
    assert BANK.acknowledge(None, Verdict(False)).status == 409


# Certificates of the НУЦ


def test_a_bank_under_an_authority_of_its_own_needs_its_certificate(tmp_path: Path) -> None:
    _, pem = certificate(tmp_path / "bank.pem", tmp_path / "bank.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, tmp_path / "bank.key")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b'{"errorCode": "6"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        threading.Thread(target=secure.serve_forever, args=(0.02,), daemon=True).start()
        bank = Sber("sber", f"https://127.0.0.1:{secure.server_address[1]}/", login={"token": "t"})
        with pytest.raises(GatewayDown, match="сертификат"):
            bank.status("1", None)
        assert replace(bank, ca=str(pem)).status("1", None).outcome is Outcome.WAITING
        secure.shutdown()


# Settings


def test_the_settings_name_all_that_is_missing(tmp_path: Path) -> None:
    values = {
        **ENGINE.options, **dict.fromkeys(ENGINE.secrets, ""), "url": "http://bank.example", "style": "xml",
        "page": "ftp://x", "ca": str(tmp_path / "absent.pem"), "tax_types": {"22": "12"},
    }  # fmt: skip
    told = " ".join(ENGINE.faults(values))
    for word in ("url:", "page:", "style:", "user и password", "ca:", "tax_types:"):
        assert word in told
    both = {**values, "callback_secret": "x", "certificate": "y"}
    assert any("бывает одна" in fault for fault in ENGINE.faults(both))


def test_the_payers_pages_may_stand_on_another_host() -> None:
    assert BANK.origin == "https://bank.example"
    assert replace(BANK, page="https://pay.example/").origin == "https://pay.example"
