"""Orders at ЮKassa from end to end: its server on a socket, our callbacks and poller; no money is ever guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateways.acquirer import Callback
from gateways.yookassa import YooKassa
from models import Autopay, BankCard, Checkout, Order, OrderLine, Resident
from services import autopay, autopay_rounds, cards, orders, settling
from services import payment as payments
from services.autopay_rounds import Counter
from services.refusal import Refused
from tests import factories
from tests.factories import NOW
from tests.test_autopay import at, carried
from tests.test_yookassa import BANK_ADDRESS
from tests.yookassa_server import SECRET, SHOP, YooKassaServer

PLACES = orders.Places("https://lk.example/orders/1", "https://lk.example/callbacks/yookassa")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def bank() -> Iterator[YooKassaServer]:
    with YooKassaServer() as running:
        yield running


@pytest.fixture
def shop(bank: YooKassaServer) -> YooKassa:
    return YooKassa("yookassa", SHOP, SECRET, bank.url, seconds=5)


@pytest.fixture
def order(database: object, shop: YooKassa) -> Order:
    """An order whose payer is on the bank's page."""
    account = factories.account()
    checkout = Checkout.create(resident=factories.resident(), once="o", created_at=NOW)
    made = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="yookassa", number="77", amount=10000, fee=50,
        created_at=NOW, expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    OrderLine.create(order=made, account=account, amount=10000, fee=50)
    orders.start(made, shop, PLACES, "Оплата", NOW)
    return Order.get_by_id(made.id)


def call(bank: YooKassaServer, shop: YooKassa, order: Order, event: str, now: datetime, address: str = "") -> int:
    body = bank.notification(event, str(order.provider_id))
    return orders.hear(shop, Callback("POST", body=body, address=address or BANK_ADDRESS), now).status


def poll(shop: YooKassa, now: datetime) -> None:
    settling.settle_orders({"yookassa": shop}, now)


def state(order: Order) -> str:
    return str(Order.get_by_id(order.id).state)


def asked(bank: YooKassaServer) -> int:
    return sum(call.path.startswith("GET") for call in bank.calls)


def test_a_notification_alone_pays_nothing_and_the_poller_asks_at_once(
    bank: YooKassaServer, shop: YooKassa, order: Order
) -> None:
    bank.pay(str(order.provider_id))
    assert call(bank, shop, order, "payment.succeeded", NOW) == 200
    assert state(order) == "sent" and asked(bank) == 0, "a request of the bank's is answered without asking it"
    poll(shop, NOW)
    paid = Order.get_by_id(order.id)
    assert (paid.state, paid.masked_card) == ("paid", "•• 0004")


def test_a_forged_success_asks_and_finds_nothing_paid(bank: YooKassaServer, shop: YooKassa, order: Order) -> None:
    assert call(bank, shop, order, "payment.succeeded", NOW, "203.0.113.7") == 400
    poll(shop, NOW)
    assert asked(bank) == 0
    assert call(bank, replace(shop, networks=()), order, "payment.succeeded", NOW, "203.0.113.7") == 200
    poll(shop, NOW)
    assert asked(bank) == 1 and state(order) == "sent"


def test_notifications_come_twice_late_and_out_of_order(bank: YooKassaServer, shop: YooKassa, order: Order) -> None:
    bank.pay(str(order.provider_id))
    for event in ("payment.succeeded", "payment.waiting_for_capture", "payment.succeeded"):
        call(bank, shop, order, event, NOW)
        poll(shop, NOW)
    assert state(order) == "paid"
    call(bank, shop, order, "payment.canceled", NOW + MINUTE)
    poll(shop, NOW + 2 * MINUTE)
    assert state(order) == "paid"


def test_without_a_notification_the_poller_finishes_the_work(
    bank: YooKassaServer, shop: YooKassa, order: Order
) -> None:
    bank.refuse(str(order.provider_id), "insufficient_funds")
    poll(shop, NOW + 2 * MINUTE)
    failed = Order.get_by_id(order.id)
    assert (failed.state, failed.reason) == ("failed", "Недостаточно средств на карте")


@pytest.mark.parametrize("fault", ["500", "reset", "not json", "half"])
def test_a_bank_that_fails_is_asked_again(bank: YooKassaServer, shop: YooKassa, order: Order, fault: str) -> None:
    bank.pay(str(order.provider_id))
    bank.faults.append(fault)
    poll(shop, NOW + 2 * MINUTE)
    assert state(order) == "sent"
    poll(shop, NOW + timedelta(hours=1))
    assert state(order) == "paid"


def test_a_success_after_the_orders_time_counts(bank: YooKassaServer, shop: YooKassa, order: Order) -> None:
    Order.update(state="expired", poll_at=None).execute()
    bank.pay(str(order.provider_id))
    call(bank, shop, order, "payment.succeeded", NOW + timedelta(hours=3))
    poll(shop, NOW + timedelta(hours=3))
    assert state(order) == "paid"


def test_a_refund_made_in_the_banks_own_pages_is_learnt(bank: YooKassaServer, shop: YooKassa, order: Order) -> None:
    payment = str(order.provider_id)
    bank.pay(payment)
    poll(shop, NOW + 2 * MINUTE)
    bank.give_back(payment, 4000)
    call(bank, shop, order, "refund.succeeded", NOW + 3 * MINUTE)
    poll(shop, NOW + 3 * MINUTE)
    part = Order.get_by_id(order.id)
    assert (part.state, part.refunded) == ("paid", 4000)
    bank.give_back(payment, 6050)
    call(bank, shop, order, "refund.succeeded", NOW + 4 * MINUTE)
    poll(shop, NOW + 4 * MINUTE)
    assert state(order) == "refunded"


def test_paid_and_partly_given_back_between_two_looks_is_paid(
    bank: YooKassaServer, shop: YooKassa, order: Order
) -> None:
    payment = str(order.provider_id)
    bank.pay(payment)
    bank.give_back(payment, 4000)
    poll(shop, NOW + 2 * MINUTE)
    known = Order.get_by_id(order.id)
    assert (known.state, known.refunded) == ("paid", 4000)


def test_another_sum_at_the_bank_pays_nothing(bank: YooKassaServer, shop: YooKassa, order: Order) -> None:
    payment = str(order.provider_id)
    bank.pay(payment)
    bank.payments[payment]["amount"]["value"] = "1.00"
    poll(shop, NOW + 2 * MINUTE)
    assert state(order) == "sent"


def test_a_kept_card_pays_by_itself(bank: YooKassaServer, shop: YooKassa, order: Order, settings: object) -> None:
    """The card is bound by a payment, autopay charges it, a lost answer is asked for again by the same key."""
    who = Resident.get()
    link = factories.link(who)
    factories.bill(link.account)
    bank.pay(str(order.provider_id), saved=True)
    poll(shop, NOW + 2 * MINUTE)
    kept = BankCard.get()
    terms = autopay.Terms("yookassa")
    autopay.turn_on(link, autopay.Wanted(kept, 10, 300000), terms, {"yookassa"}, at("2026-12-01").date())
    counter = Counter({"yookassa": shop}, "yookassa", "running", "https://lk.example")
    autopay_rounds.run(counter, at("2026-12-09"))
    carried(settings, at("2026-12-09"))  # type: ignore[arg-type]
    bank.faults.append("lost")
    autopay_rounds.run(counter, at("2026-12-10"))
    autopay_rounds.run(counter, at("2026-12-10", 12))
    assert Autopay.select().count() == 1 and len(bank.payments) == 2
    charged = Order.get(Order.id != order.id)
    assert (charged.state, charged.amount) == ("paid", 148533)
    assert bank.orders[-1]["payment_method_id"] == kept.name and "confirmation" not in bank.orders[-1]


@pytest.fixture
def lost(bank: YooKassaServer, shop: YooKassa, order: Order) -> Order:
    """An order by a kept card: the bank took the money at once, and its answer was lost."""
    bank.pay(str(order.provider_id), saved=True)
    who = order.checkout.resident
    card = BankCard.create(
        resident=who, gateway="yookassa", name=str(order.provider_id), masked="•• 0004", kept_at=NOW
    )
    account = OrderLine.get(OrderLine.order == order).account
    made = Order.create(
        checkout=Checkout.create(resident=who, once="p", created_at=NOW), supplier=account.supplier,
        gateway="yookassa", number="78", amount=10000, fee=50, created_at=NOW, expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    OrderLine.create(order=made, account=account, amount=10000, fee=50)
    cards.choose([made], card, keep=False)
    bank.faults.append("lost")
    with pytest.raises(Refused) as refusal:
        orders.start(made, shop, PLACES, "Оплата", NOW)
    assert "не списаны" not in refusal.value.sentence, "nobody knows that"
    return Order.get_by_id(made.id)


def test_a_kept_card_that_paid_while_the_answer_was_lost_is_found_by_the_notification(
    bank: YooKassaServer, shop: YooKassa, lost: Order
) -> None:
    [name] = paying(bank, "78")
    payment = bank.payments.pop(name)
    poll(shop, NOW + MINUTE)
    assert state(lost) == "created", "the bank does not list it yet"
    bank.payments[name] = payment
    body = bank.notification("payment.succeeded", name)
    orders.hear(shop, Callback("POST", body=body, address=BANK_ADDRESS), NOW + 3 * MINUTE)
    poll(shop, NOW + 3 * MINUTE)
    assert state(lost) == "paid"


def test_without_a_notification_it_is_found_when_the_orders_time_is_over(shop: YooKassa, lost: Order) -> None:
    poll(shop, NOW + timedelta(days=1, minutes=2))
    assert state(lost) == "paid"


def test_pressed_again_it_is_the_same_payment(bank: YooKassaServer, shop: YooKassa, lost: Order) -> None:
    orders.start(lost, shop, PLACES, "Оплата", NOW + MINUTE)
    poll(shop, NOW + 3 * MINUTE)
    assert state(lost) == "paid" and len(bank.payments) == 2


def test_an_order_that_went_back_to_its_form_is_asked_about_too(shop: YooKassa, lost: Order) -> None:
    payments.withdraw(lost.checkout, NOW + MINUTE)
    assert state(lost) == "expired"
    poll(shop, NOW + 2 * MINUTE)
    assert state(lost) == "paid"


def test_an_order_whose_lost_start_reached_nobody_ends_with_its_time(
    bank: YooKassaServer, shop: YooKassa, lost: Order
) -> None:
    for name in paying(bank, "78"):
        del bank.payments[name]
    poll(shop, NOW + MINUTE)
    now = Order.get_by_id(lost.id)
    assert (now.state, now.poll_at) == ("created", None), "it may be pressed again at once"
    poll(shop, NOW + timedelta(days=1, minutes=5))
    assert state(lost) == "created", "a success may be on its way"
    poll(shop, NOW + timedelta(days=1, hours=1))
    assert state(lost) == "expired"


def paying(bank: YooKassaServer, number: str) -> list[str]:
    """The bank's payments of an order."""
    return [name for name, made in bank.payments.items() if made["metadata"].get("order") == number]
