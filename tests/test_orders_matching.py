"""Orders meet the billing's payments one to one, so that nothing is counted twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models import Account, Checkout, Match, Order, OrderLine, Payment, history
from models import beside as aside
from services import matching
from services.matching import Met, Open, pairs
from tests import billing, factories

DAY = date(2026, 11, 20)
ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=ZONE)


def line(id_: int, amount: int = 50000, day: date = DAY, *names: str, account: int = 1) -> Open:
    return Open((id_,), account, amount, day, frozenset(names), frozenset({str(id_)}))


def payment(id_: int, amount: int = 50000, day: date = DAY, identifier: str = "", account: int = 1) -> Met:
    return Met(id_, account, amount, day, identifier or f"P{id_}")


def test_an_equal_identifier_meets_whatever_the_day() -> None:
    late = payment(9, day=DAY + timedelta(days=40), identifier="bank-7")
    assert pairs([line(1, 50000, DAY, "129", "bank-7")], [late]) == {1: 9}


def test_the_lines_own_id_meets_only_with_the_same_sum() -> None:
    assert pairs([line(17)], [payment(9, 50000, DAY + timedelta(days=40), "17")]) == {17: 9}
    assert pairs([line(17)], [payment(9, 60000, DAY, "17")]) == {}


@pytest.mark.parametrize(("days", "met"), [(0, {1: 9}), (3, {1: 9}), (-3, {1: 9}), (4, {}), (-4, {})])
def test_without_an_identifier_three_days_are_the_limit(days: int, met: dict[int, int]) -> None:
    assert pairs([line(1)], [payment(9, day=DAY + timedelta(days=days))]) == met


def test_another_account_or_sum_is_another_payment() -> None:
    assert pairs([line(1)], [payment(9, account=2), payment(10, 50001)]) == {}


def test_two_equal_payments_meet_one_order_each_and_the_nearest_day_wins() -> None:
    opens = [line(1, day=DAY), line(2, day=DAY + timedelta(days=2))]
    both = [payment(8, day=DAY + timedelta(days=2)), payment(9, day=DAY)]
    assert pairs(opens, both) == {1: 9, 2: 8}
    assert pairs(opens, [payment(9, day=DAY)]) == {1: 9}


def test_an_identifier_goes_before_a_nearer_day() -> None:
    opens = [line(1), line(2, 50000, DAY + timedelta(days=3), "bank-7")]
    assert pairs(opens, [payment(9, identifier="bank-7")]) == {2: 9}


def test_one_payment_for_all_services_of_an_order() -> None:
    whole = Open((1, 2), 1, 14967, DAY, frozenset({"129"}))
    parts = [line(1, 10050), line(2, 4917)]
    assert pairs([whole, *parts], [payment(9, 14967)]) == {1: 9, 2: 9}
    assert pairs([whole, *parts], [payment(8, 4917), payment(9, 10050)]) == {1: 9, 2: 8}


@pytest.fixture
def account(database: object) -> Account:
    return factories.account()


def paid(account: Account, *amounts: int, **facts: object) -> Order:
    moment = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    checkout = Checkout.create(once=f"o{Order.select().count()}", created_at=moment)
    order = Order.create(
        **{
            "checkout": checkout, "supplier": account.supplier, "gateway": "testbank", "number": checkout.once,
            "amount": sum(amounts), "state": "paid", "created_at": moment, "paid_at": moment, "expires_at": moment,
            **facts,
        }
    )  # fmt: skip
    for amount in amounts:
        OrderLine.create(order=order, account=account, amount=amount)
    return order


def state(order: Order) -> str:
    return str(Order.get_by_id(order.id).state)


def test_an_order_is_posted_when_every_line_was_met(account: Account) -> None:
    order = paid(account, 10050, 4917)
    factories.payment(account, 10050, DAY)
    assert matching.match(NOW) == 1 and state(order) == "paid"
    factories.payment(account, 4917, DAY)
    assert matching.match(NOW) == 1 and state(order) == "posted"
    assert matching.match(NOW) == 0
    assert Match.select().count() == 2


def test_a_payment_is_met_once(account: Account) -> None:
    orders = [paid(account, 50000), paid(account, 50000)]
    factories.payment(account, 50000, DAY)
    matching.match(NOW)
    assert sorted(map(state, orders)) == ["paid", "posted"]


def test_a_reversal_meets_nothing(account: Account) -> None:
    order = paid(account, 50000)
    factories.payment(account, -50000, DAY)
    matching.match(NOW)
    assert state(order) == "paid"


def test_the_day_is_compared_in_the_utilitys_zone(account: Account) -> None:
    """Paid at 00:30 of the 21st in Moscow: three days on is the 24th, not the 23rd."""
    order = paid(account, 50000, paid_at=datetime(2026, 11, 20, 21, 30, tzinfo=UTC))
    factories.payment(account, 50000, date(2026, 11, 24))
    matching.match(NOW)
    assert state(order) == "posted"


def test_an_unpaid_order_is_not_met(account: Account) -> None:
    orders = [paid(account, 50000, state=state) for state in ("created", "sent", "failed", "expired", "refunded")]
    factories.payment(account, 50000, DAY)
    matching.match(NOW)
    assert [state(order) for order in orders] == ["created", "sent", "failed", "expired", "refunded"]


def test_a_payment_that_the_billing_withdrew_leaves_the_order_open_again(account: Account) -> None:
    order = paid(account, 50000)
    row = factories.payment(account, 50000, DAY)
    matching.match(NOW)
    Payment.delete().where(Payment.id == row.id).execute()
    assert matching.recheck() == 1 and state(order) == "paid"
    factories.payment(account, 50000, DAY)
    matching.match(NOW)
    assert state(order) == "posted" and matching.recheck() == 0


def test_a_payment_for_several_services_that_was_withdrawn_is_counted_once(account: Account) -> None:
    order = paid(account, 60000, 40000)
    row = factories.payment(account, 100000, DAY)
    assert matching.match(NOW) == 2 and state(order) == "posted"
    assert [one.payment_id for one in Match.select()] == [row.id, row.id]
    assert counted(account) == 100000
    Payment.delete().where(Payment.id == row.id).execute()
    assert counted(account) == 100000
    assert matching.recheck() == 1 and state(order) == "paid"
    factories.payment(account, 100000, DAY + timedelta(days=1))
    assert matching.match(NOW) == 2 and state(order) == "posted"
    assert counted(account) == 100000


def counted(account: Account) -> int:
    """What was paid since long ago by «Оплата»; «История» must say the same, and the same number of payments."""
    span = history.Span((account.id,))
    billed = history.payments(span, "-date", None, 50)
    listed = sum(row.amount for row in billed)
    listed += sum(row.amount for row in aside.orders([account.id], factories.resident()))
    beside = aside.paid_beside({account.id: date(2020, 1, 1)})[account.id].total
    assert (len(billed), listed) == (history.payments_total(span).count, beside)
    return beside


def test_of_two_runs_at_once_one_meets_a_payment(account: Account) -> None:
    """The schema says it: a payment has one first line."""
    lines = [paid(account, 50000).lines.get().id for _ in range(2)]
    row = factories.payment(account, 50000, DAY)
    assert [Match.made(line, row.id, 0, NOW) for line in lines] == [True, False]


def test_an_imported_payment_meets_its_order_at_once(account: Account, tmp_path: Path) -> None:
    order = paid(account, 50000, provider_id="md-1")
    code, number = account.supplier.code, account.number
    rows = f"Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\n{code};{number};md-1;24.11.2026;500,00\n"
    report = billing.load_tables(tmp_path / "package", payments=rows)
    assert not report.stopped and state(order) == "posted"


def test_more_orders_than_a_chunk_are_met(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "CHUNK", 2)
    orders = [paid(account, 1000 + number) for number in range(5)]
    for number in range(5):
        factories.payment(account, 1000 + number, DAY)
    assert matching.match(NOW) == 5
    assert set(map(state, orders)) == {"posted"}
