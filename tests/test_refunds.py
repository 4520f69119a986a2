"""Money given back: what the bank's books say is booked once, by account, and shown as a negative payment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

import worker
from config import Settings
from gateways import acquirer
from gateways.acquirer import Declined, Event, GatewayDown, Outcome
from models import Checkout, GatewayEvent, Match, Order, OrderLine, Outbox, Payment, Refund, RefundLine, Resident
from models.beside import Beside, paid_beside
from models.history import Span
from services import history, orders, refund_requests, refunds
from services import settings as supplier_settings
from services.refusal import Refused
from tests import factories
from tests.client import PageClient
from tests.test_orders import SlowBank

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
TOTAL = 10050 + 5025  # two accounts: 100 and 50 roubles, half a percent each


@dataclass
class Bank:
    """A bank of the tests that gives money back; its books count by keys, like ЮKassa's."""

    books: dict[str, int] = field(default_factory=dict)
    asked: list[acquirer.Refund] = field(default_factory=list)
    fault: Exception | None = None
    says: Outcome = Outcome.REFUNDED
    name: str = "slowbank"

    def refund(self, refund: acquirer.Refund) -> Event:
        self.asked.append(refund)
        if not isinstance(self.fault, Declined):
            self.books[refund.key] = refund.amount
        if self.fault:
            raise self.fault
        back = sum(self.books.values())
        return Event(f"{refund.provider_id}-back-{back}", refund.number, refund.provider_id, self.says, back)


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident(email="anna@example.org")


@pytest.fixture
def order(resident: Resident) -> Order:
    """A paid order over two accounts of one supplier."""
    first = factories.link(resident).account
    second = factories.link(resident, factories.account(first.supplier)).account
    checkout = Checkout.create(resident=resident, once="o", created_at=NOW, email="anna@example.org")
    row = Order.create(
        checkout=checkout, supplier=first.supplier, gateway="slowbank", number="129", amount=15000, fee=75,
        state="paid", provider_id="md-1", created_at=NOW, paid_at=NOW, expires_at=NOW,
    )  # fmt: skip
    OrderLine.create(order=row, account=first, amount=10000, fee=50)
    OrderLine.create(order=row, account=second, amount=5000, fee=25)
    return row


def posted(order: Order) -> None:
    """The billing has met the order's payment."""
    for line in order.lines:
        payment = factories.payment(line.account, line.amount, date(2026, 11, 20))
        assert Match.made(line.id, payment.id, 0, NOW)
    order.moved("posted", "paid")


def given_back(order: Order, bank: Bank, amount: int) -> Refund:
    refund = refund_requests.ask(order, amount, "olga@example.org", NOW)
    refund_requests.carry_out(refund, bank, NOW)  # type: ignore[arg-type]
    return Refund.get_by_id(refund.id)


def now_of(order: Order) -> Order:
    return Order.get_by_id(order.id)


# Asked by an operator


def test_all_of_an_order_is_given_back(order: Order) -> None:
    refund = given_back(order, Bank(), TOTAL)
    assert (refund.state, refund.who, refund.done_at) == ("done", "olga@example.org", NOW)
    assert (now_of(order).state, now_of(order).refunded) == ("refunded", TOTAL)
    assert [row.amount for row in RefundLine.select().order_by(RefundLine.id)] == [10000, 5000]


def test_parts_come_to_the_whole_on_every_account(order: Order) -> None:
    bank = Bank()
    for amount in (1, 5000, 33, TOTAL - 5034):
        assert given_back(order, bank, amount).state == "done"
    by_line = RefundLine.back_of(order)
    assert list(by_line.values()) == [10000, 5000] and now_of(order).state == "refunded"
    assert [told.before for told in bank.asked] == [0, 1, 5001, 5034]


def test_the_payer_is_told_of_each(order: Order) -> None:
    bank = Bank()
    given_back(order, bank, 5000)
    given_back(order, bank, 1000)
    letters = Outbox.select().where(Outbox.kind == "payment-refunded")
    assert [letter.destination for letter in letters] == ["anna@example.org"] * 2


@pytest.mark.parametrize(("amount", "says"), [(0, "не больше"), (-1, "не больше"), (TOTAL + 1, "не больше 150,75")])
def test_a_wrong_sum_is_refused(order: Order, amount: int, says: str) -> None:
    with pytest.raises(Refused, match=says):
        refund_requests.ask(order, amount, "olga", NOW)


@pytest.mark.parametrize("state", ["created", "sent", "failed", "expired", "refunded"])
def test_only_what_was_paid_is_given_back(order: Order, state: str) -> None:
    order.moved(state, "paid")
    with pytest.raises(Refused, match="оплаченный"):
        refund_requests.ask(order, 100, "olga", NOW)


def test_a_second_wish_waits_for_the_first(order: Order) -> None:
    refund_requests.ask(order, 100, "olga", NOW)
    with pytest.raises(Refused, match="уже идёт"):
        refund_requests.ask(order, 100, "olga", NOW)


def test_a_wish_of_a_page_that_is_older_than_another_refund_is_refused(order: Order) -> None:
    bank = Bank()
    given_back(order, bank, 5000)
    with pytest.raises(Refused, match="с тех пор"):
        refund_requests.ask(order, 5000, "olga@example.org", NOW, seen="0")
    assert now_of(order).refunded == 5000 and len(bank.asked) == 1
    refund_requests.ask(order, 5000, "olga@example.org", NOW, seen="1")


def test_what_was_given_back_is_read_with_the_right_to_ask(order: Order) -> None:
    """The callback of a lost try may come between the two: asked with the new figure, the bank would pay again."""
    refund = refund_requests.ask(order, 5000, "olga@example.org", NOW)
    wanted = refund_requests.seize(refund, NOW)
    orders.apply("slowbank", Event("back", "129", "md-1", Outcome.REFUNDED, 5000, TOTAL), NOW)
    assert wanted and wanted.before == 0, "the bank sees by its books that this one is done"
    assert refund_requests.seize(refund, LATER) is None


def test_a_bank_that_is_silent_is_asked_again_with_the_same_key(order: Order) -> None:
    bank = Bank(fault=GatewayDown("no answer"))
    refund = given_back(order, bank, 5000)
    assert (refund.state, refund.poll_at) == ("asked", NOW + refund_requests.FIRST_PAUSE)
    assert refund_requests.carry_out_all({"slowbank": bank}, NOW) == 0  # type: ignore[dict-item]
    bank.fault = None
    assert refund_requests.carry_out_all({"slowbank": bank}, LATER) == 1  # type: ignore[dict-item]
    assert len({told.key for told in bank.asked}) == 1
    assert (now_of(order).refunded, Refund.get_by_id(refund.id).state) == (5000, "done")


def test_pauses_grow_to_an_hour(order: Order) -> None:
    bank = Bank(fault=GatewayDown("no answer"))
    refund, now, pauses = given_back(order, bank, 5000), NOW, []
    for _ in range(8):
        now = Refund.get_by_id(refund.id).poll_at
        refund_requests.carry_out_all({"slowbank": bank}, now)  # type: ignore[dict-item]
        pauses.append((Refund.get_by_id(refund.id).poll_at - now) // timedelta(minutes=1))
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_no_of_the_bank_ends_the_wish_and_another_may_follow(order: Order) -> None:
    refund = given_back(order, Bank(fault=Declined("больше, чем списано")), 5000)
    assert (refund.state, refund.reason, now_of(order).refunded) == ("declined", "больше, чем списано", 0)
    assert given_back(order, Bank(), 5000).state == "done"


def test_a_bank_that_thinks_is_asked_again_and_the_order_too(order: Order) -> None:
    refund = given_back(order, Bank(says=Outcome.WAITING), 5000)
    assert (refund.state, now_of(order).poll_at) == ("asked", NOW)


def test_a_bank_that_does_not_say_how_much_leaves_it_to_the_operator(order: Order) -> None:
    refund = given_back(order, Bank(says=Outcome.UNCLEAR), 5000)
    assert refund.state == "declined" and "посмотрите у него" in refund.reason
    assert [row.verdict for row in GatewayEvent.to_look_at(None, 9)] == ["unclear"]


def test_a_bank_that_is_not_set_up_gives_nothing_back(order: Order) -> None:
    refund = refund_requests.ask(order, 5000, "olga", NOW)
    refund_requests.carry_out_all({}, NOW)
    assert Refund.get_by_id(refund.id).state == "declined"


def test_the_callback_of_a_refund_may_be_faster_than_its_answer(order: Order) -> None:
    refund = refund_requests.ask(order, 5000, "olga", NOW)
    told = Event("cb", "129", "md-1", Outcome.REFUNDED, 5000)
    assert orders.apply("slowbank", told, NOW)
    assert Refund.get_by_id(refund.id).state == "done"
    refund_requests.come(refund, Event("answer", "129", "md-1", Outcome.REFUNDED, 5000), NOW)
    assert (Refund.select().count(), now_of(order).refunded) == (1, 5000)


def test_what_was_given_back_in_the_banks_own_pages_closes_no_other_wish(order: Order) -> None:
    refund = refund_requests.ask(order, 5000, "olga", NOW)
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 700), NOW)
    assert (Refund.get_by_id(refund.id).state, now_of(order).refunded) == ("asked", 700)


# On the account


def test_a_refund_of_a_payment_that_counts_stands_beside_the_debt(order: Order) -> None:
    first, second = [line.account for line in order.lines]
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 7537), NOW)
    beside = paid_beside({first.id: date(2026, 11, 1), second.id: None})
    back = {line.line.account.id: line.amount for line in RefundLine.select()}
    assert sum(back.values()) == 7499
    assert beside == {one.id: Beside(0, sum_, 0, back[one.id]) for one, sum_ in ((first, 10000), (second, 5000))}
    assert beside[first.id].total == 10000 - back[first.id]


def test_an_order_given_back_in_full_that_the_billing_never_met_counts_for_nothing(order: Order) -> None:
    account = order.lines[0].account
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 0), NOW)
    assert paid_beside({account.id: None}) == {account.id: Beside()}


def test_an_order_that_the_billing_met_is_reversed_by_a_negative_payment(order: Order, resident: Resident) -> None:
    line = order.lines[0]
    posted(order)
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 0), NOW)
    page = history.payments(Span((line.account.id,)), resident, "-date", "", UTC)
    assert [row.amount for row in page.rows] == [-10000, 10000] and page.sum == 0
    assert paid_beside({line.account.id: date(2026, 11, 1)}) == {line.account.id: Beside(10000, 0, 0, 10000)}
    reversal = factories.payment(line.account, -10000, date(2026, 11, 25))
    assert refunds.meet(UTC) == 1
    assert [one.payment for one in RefundLine.select() if one.line_id == line.id] == [reversal]
    page = history.payments(Span((line.account.id,)), resident, "-date", "", UTC)
    assert [row.amount for row in page.rows] == [-10000, 10000] and page.sum == 0
    assert paid_beside({line.account.id: date(2026, 11, 1)}) == {line.account.id: Beside(0)}


@pytest.mark.parametrize(
    ("amount", "day"), [(-4999, date(2026, 11, 25)), (-5000, date(2026, 11, 10)), (-5000, date(2027, 3, 1))]
)
def test_another_reversal_of_the_billing_is_not_taken_for_it(order: Order, amount: int, day: date) -> None:
    posted(order)
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 7537), NOW)
    factories.payment(order.lines[0].account, amount, day)
    assert refunds.meet(UTC) == 0


def test_a_reversal_meets_one_refund(order: Order) -> None:
    posted(order)
    account = order.lines[0].account
    for back in (1508, 3016):
        orders.apply("slowbank", Event(f"cb{back}", "129", "md-1", Outcome.REFUNDED, back), NOW)
    amounts = [one.amount for one in RefundLine.select() if one.line.account == account]
    assert len(set(amounts)) == 1
    factories.payment(account, -amounts[0], date(2026, 11, 25))
    assert (refunds.meet(UTC), refunds.meet(UTC)) == (1, 0)
    factories.payment(account, -amounts[0], date(2026, 11, 26))
    assert refunds.meet(UTC) == 1 and Payment.select().where(Payment.amount < 0).count() == 2


def test_a_billing_that_has_not_met_the_payment_reverses_none_of_it(order: Order) -> None:
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 1508), NOW)
    line = RefundLine.get()
    factories.payment(line.line.account, -line.amount, date(2026, 11, 25))
    assert refunds.meet(UTC) == 0
    posted(order)
    assert refunds.meet(UTC) == 1


def test_a_reversal_that_is_withdrawn_leaves_the_refund_open(order: Order) -> None:
    posted(order)
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 1508), NOW)
    line = RefundLine.get()
    reversal = factories.payment(line.line.account, -line.amount, date(2026, 11, 25))
    assert refunds.meet(UTC) == 1
    reversal.delete_instance()
    assert refunds.meet(UTC) == 0 and line.id in [one.id for one in RefundLine.unmet()]


def test_the_history_shows_a_part_given_back(client: PageClient, order: Order, resident: Resident) -> None:
    orders.apply("slowbank", Event("cb", "129", "md-1", Outcome.REFUNDED, 7537), NOW)
    page = client.sign_in(resident).get("/history?kind=payments")
    assert "Возврат" in page and "Оплачено" in page


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8), st.data())
def test_shares_come_to_the_whole_and_none_beyond_itself(parts: list[int], data: st.DataObject) -> None:
    of = dict(enumerate(parts))
    whole = data.draw(st.integers(0, sum(parts)))
    found = refunds.shares(whole, of)
    assert sum(found.values()) == whole and all(0 <= found[key] <= part for key, part in of.items())
    assert refunds.shares(sum(parts) + 5, of) == of and refunds.shares(5, {}) == {}


# The command


def test_money_is_given_back_from_the_servers_console(
    app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(bank: Bank, *words: str) -> str:
        monkeypatch.setitem(app.extensions, "gateways", {"slowbank": bank})
        with app.app_context():
            return app.test_cli_runner().invoke(args=["refund", *words]).output

    bank = Bank()
    assert "Возвращено 50,00" in run(bank, "129", "--sum", "50")
    assert "Возвращено 100,75" in run(bank, "129")
    assert "оплаченный заказ" in run(bank, "129")
    assert "Заказа № 5 нет" in run(bank, "5")


def test_the_console_says_when_a_bank_is_silent_or_refuses(
    app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "gateways", {"slowbank": Bank(fault=GatewayDown("no answer"))})
    with app.app_context():
        assert "спросит его снова" in app.test_cli_runner().invoke(args=["refund", "129"]).output
        Refund.update(state="declined").execute()
        app.extensions["gateways"]["slowbank"].fault = Declined("нет денег")
        done = app.test_cli_runner().invoke(args=["refund", "129"])
    assert done.exit_code == 1 and "нет денег" in done.output


def test_the_worker_writes_the_receipts_of_the_utilitys_day(
    database: Flask, settings: Settings, order: Order
) -> None:
    """At one in the morning of 1 December in Moscow it is still November in UTC."""
    bank, night = Bank(), datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
    supplier_settings.record(order.supplier, "receipts", date(2026, 12, 1), True)
    refund_requests.ask(order, TOTAL, "olga@example.org", night)
    worker.build(settings, {"slowbank": bank}).jobs["refunds"](night)  # type: ignore[dict-item]
    assert bank.asked[0].receipt is not None


def test_the_worker_waits_for_the_receipts_of_the_utilitys_day(
    database: Flask, settings: Settings, order: Order
) -> None:
    night = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
    supplier_settings.record(order.supplier, "receipts", date(2026, 12, 1), True)
    Order.update(state="sent", expires_at=night, poll_at=night).execute()
    paid = Event("paid", "129", "md-1", Outcome.PAID, TOTAL)
    worker.build(settings, {"slowbank": SlowBank(says=paid)}).jobs["orders"](night)
    assert (now_of(order).state, bool(now_of(order).poll_at)) == ("paid", True)
