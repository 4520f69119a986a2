"""gateways/tbank.py against a server of the same protocol on a real socket, and the bank's own examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from gateways.acquirer import (
    Callback,
    Declined,
    Event,
    Forged,
    GatewayDown,
    NewOrder,
    Outcome,
    Refund,
    SavedCard,
    Started,
    Verdict,
)
from gateways.receipt import VATS, Item, Receipt
from gateways.tbank import ENGINE, TBank, token, written
from tests.bank_server import FAULTS
from tests.tbank_server import TBankServer

ORDER = NewOrder(
    number="test2",
    amount=102120,
    description="Оплата услуг, л/с 0012345678",
    return_url="https://lk.example/orders/2",
    callback_url="https://lk.example/callbacks/tbank",
    email="anna@example.org",
    phone="+79991234567",
    client="7",
    expires_at=datetime(2026, 11, 20, 9, 20, tzinfo=UTC),
    seconds=1200,
)
CARD = {
    "CardId": "881900",
    "Pan": "518223******0036",
    "Status": "A",
    "RebillId": "6155672",
    "CardType": 0,
    "ExpDate": "1130",
}


@pytest.fixture
def server() -> Iterator[TBankServer]:
    with TBankServer() as running:
        yield running


@pytest.fixture
def bank(server: TBankServer) -> TBank:
    return tbank(server)


def tbank(server: TBankServer, **values: Any) -> TBank:
    whole = {**ENGINE.options, "url": server.url, "terminal": server.terminal, "password": "qwerty", **values}
    assert list(ENGINE.faults(whole)) == []
    built = ENGINE.build("tbank", whole)
    assert isinstance(built, TBank)
    return replace(built, seconds=5)


def started(bank: TBank, order: NewOrder = ORDER) -> str:
    found = bank.create(order).provider_id
    assert found
    return found


# The token


def test_the_banks_own_example_of_a_token_is_reproduced() -> None:
    values = {
        "TerminalKey": "MerchantTerminalKey", "Amount": 19200, "OrderId": "21090",
        "Description": "Подарочная карта на 1000 рублей", "DATA": {"Phone": "+71234567890"},
        "Receipt": {"Items": []}, "Shops": [1], "Nothing": None, "Token": "old",
    }  # fmt: skip
    assert token(values, "usaf8fw8fsw21g") == "0024a00af7c350a3a67ca168ce06502aa72772456662e38696d48b56ee9c97d9"


NOTIFICATION = {
    "TerminalKey": "1510572937960", "OrderId": "test2", "Success": True, "Status": "CONFIRMED", "PaymentId": 2006896,
    "ErrorCode": "0", "Amount": 102120, "CardId": 867911, "Pan": "430000******0777", "ExpDate": "1122",
    "Token": "b3ee9ffb317278f4b3e30bff19b596ce8ab121f2290ef127661ca468994b1b8d",
}  # fmt: skip
BANK = TBank("tbank", "https://bank.example/v2/", "1510572937960", "qwerty")


def heard(values: Any, bank: TBank = BANK) -> Event:
    told = bank.read_callback(Callback("POST", body=json.dumps(values).encode()))
    assert isinstance(told, Event)
    return told


def test_the_banks_own_example_of_a_notification_is_believed() -> None:
    assert heard(NOTIFICATION) == Event(
        "2006896-paid-102120", "test2", "2006896", Outcome.PAID, 102120, masked_card="430000******0777",
        card_id="867911",
    )  # fmt: skip
    form = {name: str(value) for name, value in NOTIFICATION.items()} | {"Success": "true"}
    assert BANK.read_callback(Callback("POST", form=form)) == heard(NOTIFICATION)


@pytest.mark.parametrize(
    "changes",
    [{"Amount": 1}, {"Success": False}, {"OrderId": "test3"}, {"More": "1"}, {"Token": ""}, {"Token": None},
     {"Token": 5}, {"TerminalKey": "another"}],
)  # fmt: skip
def test_a_changed_notification_is_a_forgery(changes: dict[str, Any]) -> None:
    with pytest.raises(Forged):
        heard({**NOTIFICATION, **changes})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"{}", b"[" * 100_000])
def test_a_notification_without_sense_is_a_forgery(body: bytes) -> None:
    with pytest.raises(Forged):
        BANK.read_callback(Callback("POST", body=body))


def test_a_notification_of_another_terminal_is_a_forgery(server: TBankServer) -> None:
    server.terminal = "another"
    bank = tbank(server)
    started(bank)
    told = server.notification("test2")
    assert heard(told, bank).outcome is Outcome.PAID
    with pytest.raises(Forged, match="another terminal"):
        heard(told)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("AUTHORIZED", "waiting"), ("CONFIRMED", "paid"), ("REJECTED", "failed"), ("DEADLINE_EXPIRED", "failed"),
     ("CANCELED", "failed"), ("REVERSED", "refunded"), ("REFUNDED", "refunded"), ("PARTIAL_REFUNDED", "unclear"),
     ("SOMETHING_NEW", "waiting")],
)  # fmt: skip
def test_every_status_has_its_outcome_in_a_notification_and_when_asked(
    server: TBankServer, bank: TBank, status: str, outcome: str
) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = status
    asked = bank.status("test2", provider_id)
    told = heard(server.notification("test2", status), bank)
    assert asked is not None
    assert (asked.outcome, told.outcome, asked.key) == (outcome, outcome, told.key)


def test_the_receipt_comes_by_a_notification_of_its_own(server: TBankServer, bank: TBank) -> None:
    started(bank)
    told = heard(
        server.notification("test2", "RECEIPT", Success=True, Url="https://ofd.example/1", Type="Income"), bank
    )
    assert (told.outcome, told.amount, told.receipt_url) == (Outcome.PAID, 102120, "https://ofd.example/1")
    back = server.notification("test2", "RECEIPT", Success=True, Url="https://ofd.example/2", Type="IncomeReturn")
    failed = server.notification("test2", "RECEIPT", Success=False, Url="https://ofd.example/3")
    assert heard(back, bank).outcome is heard(failed, bank).outcome is Outcome.WAITING


def test_the_answer_to_a_notification_is_exactly_ok() -> None:
    assert (BANK.acknowledge(None, Verdict(True)).status, BANK.acknowledge(None, Verdict(True)).body) == (200, "OK")
    assert BANK.acknowledge(None, Verdict(False)).body != "OK"


# Calls


def test_an_order_is_opened_with_all_that_the_bank_must_know(server: TBankServer, bank: TBank) -> None:
    found = bank.create(ORDER)
    assert found == Started(f"{server.url}pay/2006896", "2006896")
    [told] = server.asked("Init")
    assert (told["Amount"], told["OrderId"], told["PayType"], told["CustomerKey"]) == (102120, "test2", "O", "7")
    assert (told["SuccessURL"], told["FailURL"]) == (ORDER.return_url, ORDER.return_url)
    assert (told["NotificationURL"], told["RedirectDueDate"]) == (ORDER.callback_url, "2026-11-20T09:20:00+00:00")
    assert told["DATA"] == {"Email": "anna@example.org", "Phone": "+79991234567"} and "Recurrent" not in told
    assert server.customers == {"7"}
    bank.create(replace(ORDER, number="test3"))  # the client is known already


def test_cards_are_kept_only_where_the_settings_say_so(server: TBankServer) -> None:
    tbank(server, cards=False).create(ORDER)
    assert not server.customers and "CustomerKey" not in server.asked("Init")[0]
    tbank(server, recurrent=True).create(ORDER)
    assert server.asked("Init")[1]["Recurrent"] == "Y"


def test_a_long_description_is_cut(server: TBankServer, bank: TBank) -> None:
    bank.create(replace(ORDER, description="о" * 300))
    assert len(server.asked("Init")[0]["Description"]) == 140


def test_a_receipt_goes_along(server: TBankServer, bank: TBank) -> None:
    receipt = Receipt(2, (Item("Водоснабжение", 102000, "10"), Item("Комиссия", 120)), email="a@example.org")
    bank.create(replace(ORDER, receipt=receipt))
    told = server.asked("Init")[0]["Receipt"]
    assert (told["Email"], told["Taxation"]) == ("a@example.org", "usn_income")
    assert told["Items"][0] == {
        "Name": "Водоснабжение", "Price": 102000, "Quantity": 1, "Amount": 102000, "Tax": "vat10",
        "PaymentMethod": "full_payment", "PaymentObject": "service",
    }  # fmt: skip
    assert written(replace(receipt, email="", phone="+79991234567"))["Phone"] == "+79991234567"


@pytest.mark.parametrize("vat", VATS)
def test_every_rate_has_its_word(vat: str) -> None:
    assert written(Receipt(1, (Item("x", 1, vat),)))["Items"][0]["Tax"].startswith(("vat", "none"))


def test_a_wrong_password_is_final_and_is_not_told(server: TBankServer) -> None:
    with pytest.raises(Declined, match="токен") as fault:
        tbank(server, password="s3cr3t").create(ORDER)
    assert "s3cr3t" not in str(fault.value) and "s3cr3t" not in repr(tbank(server, password="s3cr3t"))


def test_a_bank_without_an_id_to_ask_by_is_not_asked(server: TBankServer, bank: TBank) -> None:
    assert bank.status("test2", None) is None and server.calls == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("silent", "drip")])
def test_a_bank_that_answers_without_sense_is_down(server: TBankServer, bank: TBank, fault: str) -> None:
    provider_id = started(bank)
    for ask in (
        lambda: bank.status("test2", provider_id), lambda: bank.create(ORDER), lambda: bank.saved_cards("7"),
    ):  # fmt: skip
        server.faults.append(fault)
        if fault in ("array", "redirect") and ask.__code__.co_names[-1] == "saved_cards":
            server.faults.clear()
            continue
        with pytest.raises(GatewayDown):
            ask()


@pytest.mark.parametrize("fault", ["silent", "drip"])
def test_a_bank_that_is_slow_is_not_waited_for(server: TBankServer, bank: TBank, fault: str) -> None:
    server.faults.append(fault)
    began = monotonic()
    with pytest.raises(GatewayDown):
        replace(bank, seconds=0.3).status("test2", "1")
    assert monotonic() - began < 3


def test_the_banks_own_fault_may_pass(server: TBankServer, bank: TBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "answer", lambda call: (200, server.fault("9999", "Внутренняя ошибка системы")))
    with pytest.raises(GatewayDown, match="Внутренняя"):
        bank.status("test2", "1")


@pytest.mark.parametrize("told", [{"Success": True}, {"Success": True, "PaymentURL": "javascript:1", "PaymentId": 1},
                                  {"Success": True, "PaymentURL": "https://b", "PaymentId": None}])  # fmt: skip
def test_an_answer_without_a_page_is_no_answer(
    server: TBankServer, bank: TBank, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "answer", lambda call: (200, told))
    with pytest.raises(GatewayDown):
        bank.create(ORDER)


# Giving back


def asked_back(provider_id: str, amount: int, before: int = 0, key: str = "r-1") -> Refund:
    return Refund("test2", provider_id, key, amount, 102120, before)


def test_money_is_given_back_in_parts(server: TBankServer, bank: TBank) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = "CONFIRMED"
    first = bank.refund(asked_back(provider_id, 2120))
    assert (first.outcome, first.amount) == (Outcome.REFUNDED, 2120)
    second = bank.refund(asked_back(provider_id, 100000, 2120, "r-2"))
    assert (second.outcome, second.amount, server.deals[provider_id].back) == (Outcome.REFUNDED, 0, 102120)


def test_a_whole_refund_whose_answer_was_lost_is_not_made_twice(server: TBankServer, bank: TBank) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = "CONFIRMED"
    server.faults.extend(["", "lost"])
    with pytest.raises(GatewayDown):
        bank.refund(asked_back(provider_id, 102120))
    assert bank.refund(asked_back(provider_id, 102120)).amount == 0
    assert len(server.asked("Cancel")) == 1


def test_a_part_whose_answer_was_lost_is_left_to_the_operator(server: TBankServer, bank: TBank) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = "CONFIRMED"
    server.faults.extend(["", "lost"])
    with pytest.raises(GatewayDown):
        bank.refund(asked_back(provider_id, 2120))
    assert bank.refund(asked_back(provider_id, 2120)).outcome is Outcome.UNCLEAR
    assert server.deals[provider_id].back == 2120


def test_a_second_part_is_known_by_its_key(server: TBankServer, bank: TBank) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = "CONFIRMED"
    bank.refund(asked_back(provider_id, 2120))
    server.faults.extend(["", "lost"])
    with pytest.raises(GatewayDown):
        bank.refund(asked_back(provider_id, 1000, 2120, "r-2"))
    bank.refund(asked_back(provider_id, 1000, 2120, "r-2"))
    assert server.deals[provider_id].back == 3120


def test_more_than_was_paid_is_not_given_back(server: TBankServer, bank: TBank) -> None:
    provider_id = started(bank)
    server.deals[provider_id].status = "CONFIRMED"
    receipt = Receipt(1, (Item("x", 102121),), email="a@example.org")
    with pytest.raises(Declined, match="больше"):
        bank.refund(replace(asked_back(provider_id, 102121), receipt=receipt))
    assert server.asked("Cancel")[0]["Receipt"]["Items"][0]["Amount"] == 102121


# Cards


def test_kept_cards_are_shown_masked_and_can_be_taken_away(server: TBankServer, bank: TBank) -> None:
    assert bank.saved_cards("7") == ()
    bank.create(ORDER)
    server.cards["7"] = [dict(CARD), {**CARD, "CardId": "2", "Status": "D"}]
    assert bank.saved_cards("7") == (SavedCard("881900", "518223******0036", "11/30"),)
    bank.forget_card("7", "881900")
    bank.forget_card("7", "881900")
    assert bank.saved_cards("7") == () and len(server.asked("RemoveCard")) == 1


def test_an_order_is_paid_by_a_kept_card(server: TBankServer, bank: TBank) -> None:
    bank.create(replace(ORDER, number="first"))
    server.cards["7"] = [dict(CARD)]
    event = bank.charge(ORDER, "881900")
    assert (event.outcome, event.amount, event.number) == (Outcome.PAID, 102120, "test2")
    assert server.asked("Charge")[0]["RebillId"] == "6155672"
    server.card_fails = True
    assert bank.charge(replace(ORDER, number="test4"), "881900").reason == "Недостаточно средств"


def test_a_card_that_is_gone_or_not_for_this_pays_nothing(server: TBankServer, bank: TBank) -> None:
    bank.create(replace(ORDER, number="first"))
    server.cards["7"] = [{**CARD, "RebillId": ""}]
    for card in ("881900", "nobody's"):
        with pytest.raises(Declined, match="карты нет"):
            bank.charge(ORDER, card)
    assert [told["OrderId"] for told in server.asked("Init")] == ["first"]


def test_the_settings_name_all_that_is_missing() -> None:
    told = " ".join(
        ENGINE.faults({**ENGINE.options, "password": "", "url": "x", "page": "y", "ca": "/nowhere/ca.pem"})
    )
    for word in ("url:", "page:", "terminal:", "password", "ca:"):
        assert word in told
    assert (
        BANK.origin == "https://bank.example" and replace(BANK, page="https://p.example/x").origin[8:] == "p.example"
    )


def test_an_order_without_an_end_and_a_client_goes_bare(server: TBankServer, bank: TBank) -> None:
    bank.create(replace(ORDER, expires_at=None, client="", email="", phone=""))
    assert not {"RedirectDueDate", "CustomerKey", "DATA"} & set(server.asked("Init")[0])
    assert timedelta(seconds=ORDER.seconds) == timedelta(minutes=20)


@pytest.mark.parametrize("fault", ["500", "lost"])
def test_a_charge_whose_answer_was_lost_is_waited_for_by_its_payment(
    bank: TBank, server: TBankServer, fault: str
) -> None:
    """Charging again would open another payment: what became of this one is asked."""
    bank.create(replace(ORDER, number="first"))
    server.cards["7"] = [dict(CARD)]
    server.faults.extend(["", "", fault])  # GetCardList and Init are answered
    event = bank.charge(ORDER, "881900")
    assert event.outcome is Outcome.WAITING and event.provider_id in server.deals
    found = bank.status(ORDER.number, event.provider_id)
    assert found is not None and found.outcome is (Outcome.PAID if fault == "lost" else Outcome.WAITING)
