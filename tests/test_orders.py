"""Orders: registered once, settled by the bank's word alone, whatever the order of its words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateways import acquirer
from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Event,
    Forged,
    GatewayDown,
    NewOrder,
    Outcome,
    Question,
    SavedCard,
    Standing,
    Started,
    Told,
    Verdict,
)
from models import Checkout, GatewayEvent, Order, OrderLine, Outbox, Refund, RefundLine, Resident
from services import orders, settings, settling
from services.orders import Places
from services.refusal import Refused
from tests import factories

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLACES = Places("https://lk.example/orders/1", "https://lk.example/callbacks/slowbank")


@dataclass
class SlowBank:
    """A bank of the tests that can be asked: it stands outside, like the built-in one, and keeps what it was told."""

    says: Event | None = None
    is_down: bool = False
    created: list[NewOrder] = field(default_factory=list)
    asked: int = 0
    name: str = "slowbank"
    origin: str = "https://bank.example"
    keeps_cards: bool = False
    charges_once: bool = True
    declines: bool = False

    def create(self, order: NewOrder) -> Started:
        if self.is_down:
            raise GatewayDown("no answer")
        if self.declines:
            raise Declined("мерчант заблокирован")
        self.created.append(order)
        return Started(f"https://bank.example/pay/{order.number}", f"md-{order.number}")

    def status(self, number: str, provider_id: str | None) -> Event | None:
        self.asked += 1
        if self.is_down:
            raise GatewayDown("no answer")
        return self.says

    def refund(self, refund: acquirer.Refund) -> Event:
        raise Declined("never gives back")

    def read_callback(self, callback: Callback) -> Told:
        raise Forged("never calls back")

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        return Answer(200 if verdict.accepted else 409, "")

    def saved_cards(self, client: str) -> tuple[SavedCard, ...]:
        return ()

    def forget_card(self, client: str, card: str) -> None:
        raise Declined("keeps none")

    def charge(self, order: NewOrder, card: str) -> Event:
        raise Declined("keeps none")


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident(email="anna@example.org")


def ordered(resident: Resident, state: str = "created", **facts: object) -> Order:
    account = factories.account()
    checkout = Checkout.create(
        resident=resident, once=f"o{Order.select().count()}", created_at=NOW, email=resident.email
    )
    order = Order.create(
        **{
            "checkout": checkout, "supplier": account.supplier, "gateway": "slowbank", "number": checkout.once,
            "amount": 10000, "fee": 50, "state": state, "created_at": NOW, "expires_at": NOW + timedelta(days=1),
            **facts,
        }
    )  # fmt: skip
    OrderLine.create(order=order, account=account, amount=10000, fee=50)
    return order


def sent(resident: Resident, **facts: object) -> Order:
    return ordered(
        resident, "sent",
        **{"sent_at": NOW, "poll_at": NOW, "expires_at": NOW + orders.SESSION, "provider_url": "https://b", **facts},
    )  # fmt: skip


def event(order: Order, outcome: str = "paid", amount: int = 10050, key: str = "", **facts: object) -> Event:
    return Event(key or f"{outcome}-{order.number}", order.number, "md-1", Outcome(outcome), amount, **facts)


def now_of(order: Order) -> Order:
    return Order.get_by_id(order.id)


# Starting


def test_an_order_is_registered_with_its_fee_and_sent(resident: Resident) -> None:
    order, bank = ordered(resident), SlowBank()
    assert orders.start(order, bank, PLACES, "Оплата услуг", NOW) == f"https://bank.example/pay/{order.number}"
    [told] = bank.created
    assert (told.amount, told.email, told.description) == (10050, "anna@example.org", "Оплата услуг")
    assert (told.return_url, told.callback_url) == (PLACES.return_url, PLACES.callback_url)
    stored = now_of(order)
    assert (stored.state, stored.provider_id, stored.sent_at) == ("sent", f"md-{order.number}", NOW)
    assert stored.expires_at == NOW + orders.SESSION


def test_a_second_press_goes_to_the_same_page_of_the_bank(resident: Resident) -> None:
    order, bank = ordered(resident), SlowBank()
    first = orders.start(order, bank, PLACES, "", NOW)
    assert orders.start(now_of(order), bank, PLACES, "", NOW + timedelta(minutes=1)) == first
    assert len(bank.created) == 1


def test_a_press_beside_a_press_does_not_register_again(resident: Resident) -> None:
    order, bank = ordered(resident), SlowBank()
    assert orders.claim(order, NOW)
    assert orders.start(order, bank, PLACES, "", NOW) == ""
    assert bank.created == []


def test_a_start_that_broke_off_may_be_repeated_after_its_lease(resident: Resident) -> None:
    order, bank = ordered(resident), SlowBank()
    assert orders.claim(order, NOW)
    assert orders.start(order, bank, PLACES, "", NOW + orders.LEASE)


def test_a_bank_that_does_not_answer_leaves_the_order_to_be_tried_again(resident: Resident) -> None:
    order, bank = ordered(resident), SlowBank(is_down=True)
    with pytest.raises(Refused, match="Деньги не списаны"):
        orders.start(order, bank, PLACES, "", NOW)
    assert now_of(order).state == "created"
    bank.is_down = False
    assert orders.start(now_of(order), bank, PLACES, "", NOW)


def test_a_bank_that_declines_an_order_leaves_it_to_be_tried_again(resident: Resident) -> None:
    order, bank = ordered(resident), SlowBank(declines=True)
    with pytest.raises(Refused, match="не принял"):
        orders.start(order, bank, PLACES, "", NOW)
    assert (now_of(order).state, now_of(order).poll_at) == ("created", None)


@pytest.mark.parametrize("state", ["failed", "expired", "refunded"])
def test_an_order_that_is_over_is_not_started(resident: Resident, state: str) -> None:
    with pytest.raises(Refused, match="заново"):
        orders.start(ordered(resident, state), SlowBank(), PLACES, "", NOW)


def test_an_order_left_for_a_day_is_not_started(resident: Resident) -> None:
    with pytest.raises(Refused, match="заново"):
        orders.start(ordered(resident), SlowBank(), PLACES, "", NOW + timedelta(days=1))


def test_an_order_whose_bank_page_is_closed_warns_of_paying_twice(resident: Resident) -> None:
    with pytest.raises(Refused, match="второй раз не платите"):
        orders.start(sent(resident), SlowBank(), PLACES, "", NOW + timedelta(hours=1))


def test_a_callback_faster_than_the_registration_is_kept(resident: Resident) -> None:
    order = ordered(resident)
    orders.apply("slowbank", event(order), NOW)
    orders.sent(order, "https://bank.example/pay/1", None, NOW)
    assert (now_of(order).state, now_of(order).provider_url) == ("paid", "https://bank.example/pay/1")


def test_two_presses_that_both_reach_the_bank_lead_to_one_page(resident: Resident) -> None:
    """The first press took longer than its lease; what the second opened stays the order's."""
    order = ordered(resident)
    assert orders.sent(order, "https://bank.example/pay/2", "md-2", NOW) == "https://bank.example/pay/2"
    assert orders.sent(order, "https://bank.example/pay/1", "md-1", NOW) == "https://bank.example/pay/2"
    assert now_of(order).provider_id == "md-2"


# What the bank says


def test_a_paid_order_keeps_card_and_receipt_and_sends_a_letter(resident: Resident) -> None:
    order = sent(resident)
    facts = {"receipt_url": "https://bank.example/r/1", "masked_card": "•• 0004"}
    assert orders.apply("slowbank", event(order, **facts), NOW)
    stored = now_of(order)
    assert (stored.state, stored.paid_at, stored.poll_at) == ("paid", NOW, None)
    assert (stored.receipt_url, stored.masked_card) == ("https://bank.example/r/1", "•• 0004")
    letter = Outbox.get()
    assert (letter.kind, letter.destination) == ("payment-received", "anna@example.org")


def test_the_same_word_twice_is_one_payment(resident: Resident) -> None:
    order = sent(resident)
    assert orders.apply("slowbank", event(order), NOW)
    assert orders.apply("slowbank", event(order), NOW + timedelta(minutes=5))
    assert now_of(order).paid_at == NOW
    assert GatewayEvent.select().count() == 1 and Outbox.select().count() == 1


@pytest.mark.parametrize("state", ["created", "sent", "failed", "expired"])
def test_a_late_success_counts(resident: Resident, state: str) -> None:
    order = ordered(resident, state)
    assert orders.apply("slowbank", event(order), NOW + timedelta(days=2))
    assert now_of(order).state == "paid"


@pytest.mark.parametrize("state", ["paid", "posted", "refunded"])
def test_paid_never_goes_back_to_failed(resident: Resident, state: str) -> None:
    order = ordered(resident, state)
    assert orders.apply("slowbank", event(order, "failed"), NOW)
    assert now_of(order).state == state
    assert GatewayEvent.get().verdict == "too late"


def test_a_refund_takes_a_payment_back_and_a_late_success_does_not_undo_it(resident: Resident) -> None:
    order = ordered(resident, "paid")
    assert orders.apply("slowbank", event(order, "refunded"), NOW)
    assert now_of(order).state == "refunded"
    assert orders.apply("slowbank", event(order, "paid"), NOW)
    assert now_of(order).state == "refunded"


@pytest.mark.parametrize("state", ["created", "sent", "failed", "expired", "posted"])
def test_a_refund_heard_before_its_payment_counts_and_the_payment_does_not(resident: Resident, state: str) -> None:
    order = ordered(resident, state, poll_at=NOW)
    assert orders.apply("slowbank", event(order, "refunded"), NOW)
    assert orders.apply("slowbank", event(order, "paid"), NOW)
    assert (now_of(order).state, now_of(order).poll_at) == ("refunded", None)
    assert [row.verdict for row in GatewayEvent.select().order_by(GatewayEvent.id)] == ["applied", "too late"]
    assert [row.kind for row in Outbox.select()] == ["payment-refunded"]
    orders.sent(order, "https://bank.example/pay/1", None, NOW)
    assert (now_of(order).state, now_of(order).provider_url) == ("refunded", "https://bank.example/pay/1")


@pytest.mark.parametrize("state", ["created", "sent", "failed", "expired"])
def test_a_part_given_back_before_its_payment_leaves_the_payment_to_come(resident: Resident, state: str) -> None:
    order = ordered(resident, state)
    part = event(order, "refunded", 5000)
    assert orders.apply("slowbank", part, NOW)
    assert (now_of(order).state, GatewayEvent.get().verdict) == (state, "unclear")
    assert orders.apply("slowbank", event(order), NOW)
    assert orders.apply("slowbank", part, NOW)
    assert (now_of(order).state, now_of(order).refunded) == ("paid", 5000)


@pytest.mark.parametrize("state", ["created", "sent", "failed", "expired"])
def test_a_part_given_back_of_what_was_taken_is_a_payment_too(resident: Resident, state: str) -> None:
    order = ordered(resident, state)
    assert not orders.apply("slowbank", event(order, "refunded", 5000, key="x", taken=9000), NOW)
    assert orders.apply("slowbank", event(order, "refunded", 5000, taken=10050), NOW)
    assert (now_of(order).state, now_of(order).refunded, now_of(order).paid_at) == ("paid", 5000, NOW)


def test_a_part_given_back_leaves_the_order_paid(resident: Resident) -> None:
    order = ordered(resident, "paid")
    for _ in range(2):
        assert orders.apply("slowbank", event(order, "refunded", 5025), NOW)
    assert (now_of(order).state, now_of(order).refunded, GatewayEvent.get().verdict) == ("paid", 5025, "applied")
    [refund] = Refund.select()
    assert (refund.amount, refund.state, refund.who) == (5025, "done", "")
    assert [line.amount for line in refund.lines] == [5000]


def test_parts_given_back_come_to_the_whole_whatever_their_order(resident: Resident) -> None:
    order = ordered(resident, "posted")
    for back in (3000, 10050, 7000):
        assert orders.apply("slowbank", event(order, "refunded", back, key=f"b{back}"), NOW)
    assert (now_of(order).state, now_of(order).refunded) == ("refunded", 10050)
    assert [row.amount for row in Refund.select().order_by(Refund.id)] == [3000, 7050]
    assert sum(row.amount for row in RefundLine.select()) == 10000


def test_all_given_back_without_a_sum_is_the_whole(resident: Resident) -> None:
    order = ordered(resident, "paid")
    assert orders.apply("slowbank", event(order, "refunded", 0), NOW)
    assert (now_of(order).state, now_of(order).refunded) == ("refunded", 10050)


def test_more_given_back_than_taken_is_not_believed(resident: Resident) -> None:
    order = ordered(resident, "paid")
    assert not orders.apply("slowbank", event(order, "refunded", 10051), NOW)
    assert (now_of(order).state, now_of(order).refunded) == ("paid", 0)


def test_what_a_bank_does_not_tell_clearly_is_left_to_the_operator(resident: Resident) -> None:
    order = ordered(resident, "paid")
    assert orders.apply("slowbank", event(order, "unclear", 4000), NOW)
    [row] = GatewayEvent.to_look_at(None, 10)
    assert (row.verdict, row.order.id, now_of(order).refunded) == ("unclear", order.id, 0)
    orders.apply("slowbank", event(order, "refunded", 4000), NOW)
    orders.apply("slowbank", event(order, "unclear", 4000), NOW)
    assert GatewayEvent.to_look_at(None, 10) == []


@pytest.mark.parametrize("amount", [10000, 10049, 10051, 0, 1005000])
def test_another_amount_pays_nothing_and_is_refused_to_the_bank(resident: Resident, amount: int) -> None:
    order = sent(resident)
    assert not orders.apply("slowbank", event(order, amount=amount), NOW)
    assert not orders.apply("slowbank", event(order, amount=amount), NOW)
    assert now_of(order).state == "sent"
    assert (GatewayEvent.get().verdict, GatewayEvent.get().amount) == ("wrong amount", amount)


def test_an_unknown_order_is_written_down_and_refused(resident: Resident) -> None:
    order = sent(resident)
    foreign = Event("k", "no-such", "md-9", Outcome.PAID, 10050)
    assert not orders.apply("slowbank", foreign, NOW)
    assert not orders.apply("otherbank", event(order), NOW)
    assert now_of(order).state == "sent"
    assert [row.verdict for row in GatewayEvent.select()] == ["unknown order", "unknown order"]


def test_an_event_of_an_unknown_order_is_judged_again_when_the_bank_repeats_it(resident: Resident) -> None:
    """The bank's own number may be stored a moment after its call."""
    order = ordered(resident, "sent")
    early = Event("k", "", "md-77", Outcome.PAID, 10050)
    assert not orders.apply("slowbank", early, NOW)
    order.moved("sent", "sent", provider_id="md-77")
    assert orders.apply("slowbank", early, NOW)
    assert now_of(order).state == "paid"
    [told] = GatewayEvent.select()
    assert (told.verdict, told.order_id) == ("applied", order.id)


def test_another_amount_put_right_under_the_same_key_pays(
    resident: Resident, caplog: pytest.LogCaptureFixture
) -> None:
    order = sent(resident)
    with caplog.at_level("WARNING", "abonent.orders"):
        for _ in range(2):
            assert not orders.apply("slowbank", event(order, amount=10000, key="k"), NOW)
    assert len(caplog.records) == 1
    assert orders.apply("slowbank", event(order, key="k"), NOW)
    assert now_of(order).state == "paid"
    [told] = GatewayEvent.select()
    assert (told.verdict, told.amount, told.outcome) == ("applied", 10050, "paid")


def test_what_was_decided_is_not_judged_again(resident: Resident) -> None:
    order = sent(resident)
    assert orders.apply("slowbank", event(order, "failed", key="k"), NOW)
    assert orders.apply("slowbank", event(order, "paid", key="k"), NOW)
    assert now_of(order).state == "failed" and GatewayEvent.get().outcome == "failed"


def test_a_failure_says_why(resident: Resident) -> None:
    order = sent(resident)
    assert orders.apply("slowbank", event(order, "failed", reason="Недостаточно средств"), NOW)
    assert (now_of(order).state, now_of(order).reason) == ("failed", "Недостаточно средств")


def test_a_call_that_proves_nothing_has_the_bank_asked_at_once(resident: Resident) -> None:
    order = sent(resident, poll_at=NOW + settling.LONGEST_POLL)
    bank = SlowBank(says=event(order))
    assert settling.settle_orders({"slowbank": bank}, NOW) == 0
    assert orders.apply("slowbank", event(order, "waiting"), NOW)
    assert now_of(order).state == "sent" and bank.asked == 0
    assert settling.settle_orders({"slowbank": bank}, NOW) == 1
    assert now_of(order).state == "paid"


def test_a_hint_leaves_no_trace_but_that_the_bank_is_asked(resident: Resident) -> None:
    order = ordered(resident)
    assert orders.apply("slowbank", event(order, "waiting"), NOW)
    assert not orders.apply("slowbank", replace(event(order, "waiting"), number="nobody's"), NOW)
    assert (now_of(order).state, now_of(order).poll_at) == ("created", None)
    assert GatewayEvent.select().count() == 0


@pytest.mark.parametrize("state", ["paid", "posted", "failed", "expired"])
def test_an_order_that_is_over_is_asked_about_once_when_the_bank_hints(resident: Resident, state: str) -> None:
    order, bank = ordered(resident, state), SlowBank()
    assert orders.apply("slowbank", event(order, "waiting"), NOW)
    assert settling.settle_orders({"slowbank": bank}, NOW) == 0
    assert settling.settle_orders({"slowbank": bank}, NOW + timedelta(hours=1)) == 0
    assert (now_of(order).state, now_of(order).poll_at, bank.asked) == (state, None, 1)


@pytest.mark.parametrize(
    ("state", "says", "becomes"),
    [("paid", "refunded", "refunded"), ("posted", "refunded", "refunded"), ("expired", "paid", "paid"),
     ("failed", "paid", "paid")],
)  # fmt: skip
def test_the_news_of_an_order_that_was_over_count(resident: Resident, state: str, says: str, becomes: str) -> None:
    order = ordered(resident, state)
    orders.apply("slowbank", event(order, "waiting"), NOW)
    assert settling.settle_orders({"slowbank": SlowBank(says=event(order, says))}, NOW) == 1
    assert (now_of(order).state, now_of(order).poll_at) == (becomes, None)


def test_a_bank_that_is_down_is_asked_again_about_an_order_that_is_over(resident: Resident) -> None:
    order, bank = ordered(resident, "paid", paid_at=NOW), SlowBank(is_down=True)
    orders.apply("slowbank", event(order, "waiting"), NOW)
    settling.settle_orders({"slowbank": bank}, NOW)
    assert now_of(order).poll_at == NOW + settling.LONGEST_POLL
    settling.settle_orders({"slowbank": bank}, NOW + settling.SILENCE)
    assert (now_of(order).poll_at, bank.asked) == (None, 2)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//bank", "data:x", "https://b/" + "r" * 3000])
def test_a_receipt_that_is_no_web_address_is_not_kept(resident: Resident, url: str) -> None:
    order = sent(resident)
    orders.apply("slowbank", event(order, receipt_url=url), NOW)
    assert (now_of(order).state, now_of(order).receipt_url) == ("paid", "")


def test_without_a_confirmed_address_no_letter_goes_out(database: object) -> None:
    order = ordered(factories.resident(email=""), "sent")
    orders.apply("slowbank", event(order), NOW)
    assert Outbox.select().count() == 0


# What no callback settled


def test_the_worker_asks_and_believes_the_answer(resident: Resident) -> None:
    order = sent(resident)
    assert settling.settle_orders({"slowbank": SlowBank(says=event(order))}, NOW) == 1
    assert now_of(order).state == "paid"


def test_the_worker_asks_after_pauses_that_double(resident: Resident) -> None:
    order, bank = sent(resident), SlowBank(says=None)
    pauses = []
    for _ in range(4):
        moment = now_of(order).poll_at
        settling.settle_orders({"slowbank": bank}, moment)
        pauses.append((now_of(order).poll_at - moment).total_seconds())
    assert pauses == [60, 120, 240, 480]
    assert settling.settle_orders({"slowbank": bank}, moment) == 0 and bank.asked == 4


def test_a_page_that_was_left_expires_after_its_grace(resident: Resident) -> None:
    order = sent(resident)
    late = NOW + orders.SESSION + settling.GRACE
    assert settling.settle_orders({"slowbank": SlowBank(says=event(order, "waiting"))}, late) == 0
    assert now_of(order).state == "sent"
    assert settling.settle_orders({"slowbank": SlowBank()}, late + timedelta(hours=1)) == 1
    assert now_of(order).state == "expired"


@pytest.mark.parametrize(("outcome", "amount"), [("paid", 10000), ("refunded", 5000)])
def test_an_answer_that_settles_nothing_is_asked_for_again_and_ends(
    resident: Resident, outcome: str, amount: int
) -> None:
    """Another amount, a part given back: no payment, yet money may have been taken."""
    order = sent(resident)
    bank = SlowBank(says=event(order, outcome, amount))
    assert settling.settle_orders({"slowbank": bank}, NOW) == 0
    assert (now_of(order).state, now_of(order).poll_at) == ("sent", NOW + orders.FIRST_POLL)
    assert settling.settle_orders({"slowbank": bank}, NOW + timedelta(days=3)) == 0
    assert settling.settle_orders({"slowbank": bank}, NOW + timedelta(days=4)) == 1
    assert now_of(order).state == "expired" and bank.asked == 3


def test_a_refund_of_which_the_worker_hears_first_ends_the_order(resident: Resident) -> None:
    order = sent(resident)
    assert settling.settle_orders({"slowbank": SlowBank(says=event(order, "refunded"))}, NOW) == 1
    assert (now_of(order).state, now_of(order).poll_at) == ("refunded", None)


def test_another_amount_is_logged_by_the_orders_number(resident: Resident, caplog: pytest.LogCaptureFixture) -> None:
    order = sent(resident, number="4711")
    with caplog.at_level("WARNING", "abonent.orders"):
        settling.settle_orders({"slowbank": SlowBank(says=event(order, amount=10000))}, NOW)
    [record] = caplog.records
    assert "4711" in record.getMessage() and "anna@" not in record.getMessage()


def test_a_silent_bank_is_waited_for_three_days(resident: Resident) -> None:
    order, bank = sent(resident), SlowBank(is_down=True)
    settling.settle_orders({"slowbank": bank}, NOW + timedelta(days=3))
    assert now_of(order).state == "sent"
    settling.settle_orders({"slowbank": bank}, NOW + timedelta(days=4))
    assert now_of(order).state == "expired"


def test_an_order_that_was_never_confirmed_expires(resident: Resident) -> None:
    order = ordered(resident)
    assert settling.settle_orders({}, NOW + timedelta(hours=23)) == 0
    assert settling.settle_orders({}, NOW + timedelta(hours=24)) == 1
    assert now_of(order).state == "expired"


def test_two_workers_ask_once(resident: Resident) -> None:
    order, bank = sent(resident), SlowBank(says=None)
    assert settling.seize(order, NOW)
    assert not settling.settle(order, bank, NOW) and bank.asked == 0


def test_an_order_of_a_bank_that_was_switched_off_ends_by_its_time(resident: Resident) -> None:
    order = sent(resident)
    settling.settle_orders({}, NOW + timedelta(hours=2))
    assert now_of(order).state == "expired"


# A bank that asks first


@pytest.mark.parametrize(
    ("state", "stands"), [("created", "open"), ("sent", "open"), ("paid", "paid"), ("posted", "paid"),
                          ("failed", "closed"), ("expired", "closed"), ("refunded", "closed")],
)  # fmt: skip
def test_a_bank_that_asks_is_told_how_the_order_stands(resident: Resident, state: str, stands: str) -> None:
    order = ordered(resident, state)
    verdict = orders.consider("slowbank", Question(order.number), NOW)
    assert verdict == Verdict(True, Standing(stands), 10050)
    assert GatewayEvent.select().count() == 0


def test_a_bank_that_asks_about_another_sum_or_an_unknown_order_is_told_no(resident: Resident) -> None:
    order = ordered(resident)
    assert not orders.consider("slowbank", Question(order.number, amount=1), NOW).accepted
    assert orders.consider("slowbank", Question("nobody's"), NOW) == Verdict(False)
    assert orders.consider("slowbank", None, NOW).accepted


def test_an_order_known_by_the_banks_id_is_found_under_another_number(resident: Resident) -> None:
    order = sent(resident, provider_id="md-7")
    orders.apply("slowbank", Event("k", f"{order.number}-2", "md-7", Outcome.PAID, 10050), NOW)
    assert now_of(order).state == "paid"


# The receipt


def test_a_receipt_comes_after_its_payment_and_the_first_stays(resident: Resident) -> None:
    order = ordered(resident, "posted")
    for url in ("https://ofd.example/1", "https://ofd.example/2"):
        assert orders.apply("slowbank", event(order, key=url, receipt_url=url), NOW)
    assert now_of(order).receipt_url == "https://ofd.example/1"


def test_a_receipt_is_asked_for_until_it_is_made(resident: Resident) -> None:
    order = sent(resident)
    settings.record(order.supplier, "receipts", date(2026, 1, 1), True)
    orders.apply("slowbank", event(order), NOW)
    assert now_of(order).poll_at == NOW + orders.FIRST_POLL
    bank, now = SlowBank(says=event(order)), now_of(order).poll_at
    settling.settle_orders({"slowbank": bank}, now)
    assert now_of(order).poll_at == now + timedelta(minutes=2)
    bank.says = event(order, key="with the receipt", receipt_url="https://ofd.example/1")
    settling.settle_orders({"slowbank": bank}, now_of(order).poll_at)
    assert (now_of(order).receipt_url, now_of(order).poll_at) == ("https://ofd.example/1", None)
    assert Outbox.select().count() == 1


def test_a_receipt_that_is_never_made_is_given_up(resident: Resident) -> None:
    order = sent(resident)
    settings.record(order.supplier, "receipts", date(2026, 1, 1), True)
    orders.apply("slowbank", event(order), NOW)
    bank = SlowBank(says=event(order))
    while (due := now_of(order).poll_at) is not None:
        settling.settle_orders({"slowbank": bank}, due)
        assert due < NOW + timedelta(hours=9)
    assert bank.asked == settling.RECEIPT_POLLS + 1


def test_nobody_waits_for_a_receipt_that_is_not_given(resident: Resident) -> None:
    order = sent(resident)
    orders.apply("slowbank", event(order), NOW)
    assert now_of(order).poll_at is None
