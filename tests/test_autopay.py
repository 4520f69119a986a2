"""Autopay: once a month or a bill, warned a day ahead, never above the limit, whatever happens to the worker."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config import Settings
from gateways.acquirer import Declined, Event, GatewayDown, NewOrder, Outcome
from models import Autopay, AutopayRun, BankCard, Link, Order, Outbox, Resident
from services import autopay, autopay_rounds, cards, orders, settling
from services.autopay import Wanted
from services.autopay_rounds import Counter
from services.payment import Terms
from services.refusal import Refused
from tests import factories
from tests.post import Post, send
from tests.test_orders import SlowBank

ZONE = ZoneInfo("Europe/Moscow")
TERMS = Terms("keeper")


class Keeper(SlowBank):
    """A bank that charges kept cards: an order once, however often it is asked; `fate` is what comes of a charge."""

    def __init__(self) -> None:
        super().__init__(name="keeper", keeps_cards=True)
        self.fate = Outcome.PAID
        self.charged: dict[str, NewOrder] = {}
        self.asked_to_charge = 0
        self.loses_answers = self.declines_cards = False

    @property
    def taken(self) -> int:
        return sum(order.amount for order in self.charged.values()) if self.fate is Outcome.PAID else 0

    def status(self, number: str, provider_id: str | None) -> Event | None:
        return self.event(number) if provider_id and number in self.charged else None

    def event(self, number: str) -> Event:
        amount = self.charged[number].amount
        return Event(
            f"{number}:{self.fate}", number, f"md-{number}", self.fate, amount, reason="Недостаточно средств"
        )

    def charge(self, order: NewOrder, card: str) -> Event:
        self.asked_to_charge += 1
        if self.is_down:
            raise GatewayDown("no answer")
        if self.declines_cards:
            raise Declined("no such card")
        self.charged.setdefault(order.number, order)
        assert self.charged[order.number].amount == order.amount, "asked again in other words"
        if self.loses_answers:
            raise GatewayDown("the line broke")
        return self.event(order.number)


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02d}:00").replace(tzinfo=ZONE)


@pytest.fixture
def bank() -> Keeper:
    return Keeper()


@pytest.fixture
def counter(bank: Keeper) -> Counter:
    return Counter({"keeper": bank}, "keeper", "running", "https://lk.example.org")


@pytest.fixture
def link(database: object) -> Link:
    """Anna's account with 1 485,33 owed by the bill of 31 October, and her kept card."""
    anna = factories.resident(email="anna@example.org")
    made = factories.link(anna)
    factories.bill(made.account)
    BankCard.create(resident=anna, gateway="keeper", name="binding-1", masked="•• 0004", kept_at=factories.NOW)
    return made


def card_of(link: Link) -> BankCard:
    return BankCard.get(BankCard.resident == link.resident)


def on(link: Link, day: int | None = 10, most: int = 3000_00, since: str = "2026-11-01", **facts: object) -> Autopay:
    wanted = Wanted(facts.pop("card", card_of(link)), day, most)  # type: ignore[arg-type]
    autopay.turn_on(link, wanted, facts.pop("terms", TERMS), {"keeper"}, date.fromisoformat(since))  # type: ignore
    return Autopay.get(Autopay.link == link)


def letters(kind: str = "") -> list[str]:
    return [row.kind for row in Outbox.select().order_by(Outbox.id) if row.kind.startswith(kind or "autopay")]


def carried(settings: Settings, now: datetime) -> Post:
    post = Post()
    send(post, settings, now)
    return post


def lived(counter: Counter, settings: Settings, first: str, last: str, hours: tuple[int, ...] = (8, 10, 14)) -> Post:
    """The worker's rounds and letters, day after day."""
    post, day = Post(), date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        for hour in hours:
            now = at(day.isoformat(), hour)
            autopay_rounds.run(counter, now)
            settling.settle_orders(counter.banks, now)
            send(post, settings, now)
        day += timedelta(days=1)
    return post


def run_of(link: Link) -> AutopayRun:
    return AutopayRun.get(AutopayRun.account == link.account)


# Days


@pytest.mark.parametrize(
    ("day", "since", "today", "expected"),
    [
        (10, "2026-11-01", "2026-11-08", None),
        (10, "2026-11-01", "2026-11-09", "2026-11-10"),
        (10, "2026-11-01", "2026-11-13", "2026-11-10"),
        (10, "2026-11-01", "2026-11-14", None),
        (10, "2026-11-10", "2026-11-10", None),
        (1, "2026-11-02", "2026-11-30", "2026-12-01"),
        (31, "2026-11-01", "2026-11-29", "2026-11-30"),
        (31, "2026-11-01", "2027-02-27", "2027-02-28"),
        (31, "2026-11-01", "2026-12-02", "2026-11-30"),
    ],
)
def test_the_letter_goes_out_from_the_day_before(day: int, since: str, today: str, expected: str | None) -> None:
    found = autopay.due_day(day, date.fromisoformat(since), date.fromisoformat(today))
    assert found == (date.fromisoformat(expected) if expected else None)


@given(some.integers(1, 31), some.dates(date(2026, 1, 1), date(2030, 1, 1)), some.integers(0, 400))
def test_the_next_charge_is_always_ahead_and_near(day: int, since: date, later: int) -> None:
    today = since + timedelta(days=later)
    found = autopay.next_charge(day, since, today, set())
    assert today < found <= today + timedelta(days=62) and found > since
    assert autopay.next_charge(day, since, today, {autopay.occasion_of(found)}) > found


# Turning it on and off


def test_it_is_turned_on_changed_and_turned_off(link: Link) -> None:
    on(link)
    row = on(link, day=None, most=500_00)
    assert (row.day, row.most, Autopay.select().count()) == (None, 500_00, 1)
    assert autopay.turn_off(link) and not autopay.turn_off(link)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": 0}, "день месяца"),
        ({"day": 32}, "день месяца"),
        ({"most": 99_99}, "наибольшую сумму"),
        ({"most": 100_000_01}, "наибольшую сумму"),
        ({"terms": Terms("otherbank")}, "другой банк"),
    ],
)
def test_what_cannot_be_is_refused(link: Link, changes: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        on(link, **changes)  # type: ignore[arg-type]
    assert not Autopay.select().exists()


def test_without_a_confirmed_mailbox_there_is_no_autopay(link: Link) -> None:
    Resident.update(email_confirmed_at=None).execute()
    with pytest.raises(Refused, match="подтвердите"):
        on(Link.get_by_id(link.id))


def test_an_account_has_one_autopay_whoever_holds_it(link: Link) -> None:
    on(link)
    boris = factories.link(factories.resident(), link.account)
    theirs = BankCard.create(resident=boris.resident, gateway="keeper", name="b2", masked="", kept_at=factories.NOW)
    with pytest.raises(Refused, match="другой его пользователь"):
        on(boris, card=theirs)
    autopay.turn_off(link)
    assert on(boris, card=theirs).link == boris


# A month


def test_a_month_is_warned_of_and_then_charged_once(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    post = lived(counter, settings, "2026-11-05", "2026-11-30")
    [order] = Order.select()
    assert (order.state, order.amount, bank.taken) == ("paid", 148533, 148533)
    assert order.sent_at.astimezone(ZONE) == at("2026-11-10")
    soon, received = post.mails
    assert "10" in soon.subject and "1 485,33" in soon.subject.replace("\N{NO-BREAK SPACE}", " ")
    assert "•• 0004" in soon.text and f"/profile/autopay/{link.account_id}" in soon.text
    assert "Банк подтвердил оплату" in received.text
    assert run_of(link).state == "done"


def test_the_next_month_is_charged_for_what_is_owed_then(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-10")
    factories.payment(link.account, 148533, on=date(2026, 11, 11))
    Order.update(state="posted").execute()
    factories.bill(link.account, issued_on=date(2026, 11, 30), period=date(2026, 11, 1), to_pay=20000 + 148533)
    lived(counter, settings, "2026-12-01", "2026-12-20")
    assert [row.occasion for row in AutopayRun.select().order_by(AutopayRun.id)] == ["2026-11", "2026-12"]


def test_nothing_owed_is_nothing_charged_and_no_letter(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    factories.balance(link.account, -5000, on=date(2026, 11, 2))
    post = lived(counter, settings, "2026-11-05", "2026-11-20")
    assert not post.mails and not bank.charged and not AutopayRun.select().exists()


def test_a_debt_that_comes_a_day_late_is_charged_a_day_after_its_letter(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    balance = factories.balance(link.account, 0, on=date(2026, 11, 2))
    lived(counter, settings, "2026-11-05", "2026-11-10")
    balance.amount = 70000
    balance.save()
    lived(counter, settings, "2026-11-11", "2026-11-20")
    [order] = Order.select()
    assert (order.amount, order.sent_at.astimezone(ZONE).date()) == (70000, date(2026, 11, 12))


def test_it_is_turned_on_on_its_day_for_the_next_month(link: Link, counter: Counter, settings: Settings) -> None:
    on(link, day=10, since="2026-11-10")
    lived(counter, settings, "2026-11-10", "2026-12-08")
    assert not AutopayRun.select().exists()


def test_nobody_is_charged_at_night(link: Link, counter: Counter, bank: Keeper, settings: Settings) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-11", hours=(0, 3, 8, 21, 23))
    assert not bank.charged and run_of(link).state == "told"


# A bill


def test_a_new_bill_is_charged_and_the_one_that_was_there_is_not(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link, day=None)
    lived(counter, settings, "2026-11-01", "2026-11-20")
    assert not bank.charged
    factories.bill(link.account, issued_on=date(2026, 11, 21), period=date(2026, 11, 1), to_pay=50000, number="77")
    lived(counter, settings, "2026-11-21", "2026-12-20")
    assert [order.amount for order in bank.charged.values()] == [50000]
    assert run_of(link).occasion == "bill 2026-11 77"


def test_a_bill_that_was_loaded_anew_is_the_same_bill(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link, day=None)
    facts = {"issued_on": date(2026, 11, 21), "period": date(2026, 11, 1), "to_pay": 50000, "number": "77"}
    bill = factories.bill(link.account, **facts)
    lived(counter, settings, "2026-11-21", "2026-11-23")
    Order.update(state="refunded").execute()
    bill.delete_instance()
    factories.bill(link.account, **facts)
    lived(counter, settings, "2026-11-24", "2026-11-30")
    assert len(bank.charged) == 1


# Limits


def test_a_sum_above_the_limit_is_not_charged_and_told_of_once(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link, most=1000_00)
    post = lived(counter, settings, "2026-11-05", "2026-11-30")
    assert not bank.charged and not Order.select().exists()
    [mail] = post.mails
    assert "не прошёл" in mail.subject and "больше наибольшей" in mail.text


@pytest.mark.parametrize(("most", "charged"), [(1500_18, True), (1500_17, False)])
def test_the_fee_counts_for_the_limit(
    link: Link, counter: Counter, bank: Keeper, settings: Settings, most: int, charged: bool
) -> None:
    factories.setting(link.account.supplier, "fee", 100)  # one percent: 14,85
    on(link, most=most)
    lived(counter, settings, "2026-11-09", "2026-11-11")
    assert bank.taken == (1500_18 if charged else 0)


def test_a_limit_lowered_after_the_letter_holds(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    on(link, most=1000_00)
    post = lived(counter, settings, "2026-11-10", "2026-11-12")
    assert not bank.charged and "больше наибольшей" in post.mails[0].text


def test_a_debt_that_grew_after_the_letter_is_charged_as_the_letter_said(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    factories.balance(link.account, 999_00 + 148533, on=date(2026, 11, 9))
    lived(counter, settings, "2026-11-10", "2026-11-12")
    assert bank.taken == 148533


def test_what_was_paid_by_hand_after_the_letter_is_not_charged_again(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    factories.payment(link.account, 100000, on=date(2026, 11, 9))
    lived(counter, settings, "2026-11-10", "2026-11-10")
    assert bank.taken == 48533


def test_a_debt_paid_in_full_by_hand_ends_the_run_quietly(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    factories.payment(link.account, 148533, on=date(2026, 11, 9))
    post = lived(counter, settings, "2026-11-10", "2026-11-20")
    assert not bank.charged and not post.mails and run_of(link).state == "skipped"


def test_a_fee_that_grew_after_the_letter_is_not_taken(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    factories.setting(link.account.supplier, "fee", 100)
    post = lived(counter, settings, "2026-11-10", "2026-11-12")
    assert not bank.charged and "стала больше" in post.mails[0].text


# Off at any time


@pytest.mark.parametrize("way", ["off", "card", "link"])
def test_turned_off_after_the_letter_nothing_is_charged(
    link: Link, counter: Counter, bank: Keeper, settings: Settings, way: str
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    if way == "off":
        autopay.turn_off(link)
    elif way == "card":
        cards.remove(card_of(link), link.resident, at("2026-11-10", 7))
    else:
        link.delete_instance()
    post = lived(counter, settings, "2026-11-10", "2026-11-30")
    assert not bank.charged and not post.mails


def test_a_day_changed_after_the_letter_is_warned_of_and_charged_on_the_new_day(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    on(link, day=20, since="2026-11-09")
    post = lived(counter, settings, "2026-11-10", "2026-11-18")
    assert not bank.charged and not post.mails, "the old day is not charged"
    lived(counter, settings, "2026-11-19", "2026-11-30")
    assert Order.get().sent_at.astimezone(ZONE).date() == date(2026, 11, 20) and bank.taken == 148533


def test_turned_off_and_on_again_the_month_is_warned_of_anew_and_charged_once(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09", hours=(8,))
    autopay.turn_off(link)
    on(link, since="2026-11-09")
    post = lived(counter, settings, "2026-11-09", "2026-11-20", hours=(11, 14))
    assert letters() == ["autopay-soon", "autopay-soon"] and "1 485,33" in post.mails[0].subject.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert len(bank.charged) == 1 and bank.taken == 148533


@pytest.mark.parametrize("way", ["off", "card", "link"])
def test_turned_off_while_the_bank_was_silent_it_is_not_asked_to_charge_any_more(
    link: Link, counter: Counter, bank: Keeper, settings: Settings, way: str
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    bank.is_down = True
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(10,))
    assert bank.asked_to_charge == 1
    if way == "off":
        autopay.turn_off(link)
    elif way == "card":
        cards.remove(card_of(link), link.resident, at("2026-11-10", 11))
    else:
        link.delete_instance()
    bank.is_down = False
    lived(counter, settings, "2026-11-10", "2026-11-12", hours=(12, 15))
    assert not bank.charged and Order.get().state == "expired"


def test_turned_off_between_the_order_and_the_bank_nothing_is_charged_and_nothing_said(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    [one] = AutopayRun.to_charge(date(2026, 11, 10), 5)
    assert autopay_rounds.take_on(one, counter, at("2026-11-10"))
    autopay.turn_off(link)
    post = lived(counter, settings, "2026-11-10", "2026-11-11")
    assert not bank.asked_to_charge and not post.mails
    assert (Order.get().state, run_of(link).state) == ("failed", "dropped")


def test_turned_off_before_the_letter_went_out_no_letter_goes(
    link: Link, counter: Counter, settings: Settings
) -> None:
    on(link)
    autopay_rounds.run(counter, at("2026-11-09"))
    autopay.turn_off(link)
    assert not carried(settings, at("2026-11-09", 11)).mails


# The bank


def test_a_refusal_is_told_once_and_not_tried_again(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    bank.fate = Outcome.FAILED
    post = lived(counter, settings, "2026-11-09", "2026-11-30")
    assert [mail.subject.split(" ")[0] for mail in post.mails] == ["Автоплатёж", "Автоплатёж"]
    assert "Недостаточно средств" in post.mails[1].text
    assert run_of(link).state == "failed" and bank.asked_to_charge == 1


def test_a_card_that_the_bank_does_not_know_any_more_is_told_of(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    bank.declines_cards = True
    post = lived(counter, settings, "2026-11-09", "2026-11-12")
    assert "не принял платёж этой картой" in post.mails[1].text
    assert Order.get().state == "failed"


def test_a_bank_that_is_silent_is_asked_again_until_it_answers(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    bank.is_down = True
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(10, 11, 12))
    bank.is_down = False
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(15,))
    assert bank.taken == 148533 and run_of(link).state == "done"


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_charged_twice(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    bank.loses_answers = True
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(10, 11, 12))
    bank.loses_answers = False
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(15,))
    assert len(bank.charged) == 1 and Order.get().state == "paid"


def test_a_bank_that_was_silent_for_a_day_ends_the_run_with_a_letter(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    bank.is_down = True
    post = lived(counter, settings, "2026-11-10", "2026-11-15")
    assert Order.get().state == "expired" and "не ответил" in post.mails[0].text
    bank.is_down = False
    asked = bank.asked_to_charge
    lived(counter, settings, "2026-11-16", "2026-11-17")
    assert bank.asked_to_charge == asked


def test_a_bank_that_takes_its_time_is_waited_for_by_its_own_name(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    bank.fate = Outcome.WAITING
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(10, 11))
    assert bank.asked_to_charge == 1 and Order.get().provider_id
    bank.fate = Outcome.PAID
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(13, 14))
    assert run_of(link).state == "done"


def test_a_supplier_that_changed_its_bank_is_not_paid_by_the_old_card(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    factories.setting(link.account.supplier, "gateway", "otherbank", since=date(2026, 11, 5))
    post = lived(counter, settings, "2026-11-09", "2026-11-12")
    assert not bank.charged and "через другой банк" in post.mails[0].text


# The letter


def test_nobody_is_charged_before_the_letter_went_out(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    for day in ("2026-11-09", "2026-11-10", "2026-11-11"):
        autopay_rounds.run(counter, at(day))
    assert not bank.charged
    carried(settings, at("2026-11-11", 11))
    autopay_rounds.run(counter, at("2026-11-11", 12))
    assert not bank.charged
    autopay_rounds.run(counter, at("2026-11-12"))
    assert bank.taken == 148533


def test_a_letter_that_never_goes_out_ends_the_run(link: Link, counter: Counter, bank: Keeper) -> None:
    on(link)
    for day in range(9, 30):
        autopay_rounds.run(counter, at(f"2026-11-{day:02d}"))
    assert not bank.charged and run_of(link).state == "failed"
    assert letters() == ["autopay-soon", "autopay-failed"]


# Killed and doubled


@pytest.mark.parametrize("step", ["announce", "take_on", "see_through", "_charge", "conclude"])
def test_a_worker_killed_at_any_step_charges_once_in_the_end(
    link: Link, counter: Counter, bank: Keeper, settings: Settings, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the step and right after it, then the next rounds."""
    on(link)
    real = getattr(autopay_rounds, step)
    deaths = iter(["before", "after"])

    def dies(*given: object) -> object:
        death = next(deaths, "")
        if death == "before":
            raise KeyboardInterrupt
        done = real(*given)
        if death == "after":
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(autopay_rounds, step, dies)
    for day in range(8, 14):
        for hour in (10, 11, 12, 13):
            now = at(f"2026-11-{day:02d}", hour)
            with suppress(KeyboardInterrupt):
                autopay_rounds.run(counter, now)
            send(Post(), settings, now)
    assert bank.taken == 148533 and Order.select().count() == 1 and run_of(link).state == "done"
    assert letters() == ["autopay-soon"]


@pytest.mark.parametrize("death", ["before", "after", "the line broke", "none"])
def test_a_bank_that_would_charge_again_is_asked_once_whatever_happens(
    link: Link, counter: Counter, bank: Keeper, settings: Settings, death: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(link)
    bank.charges_once = False
    bank.loses_answers = death == "the line broke"
    real = bank.charge

    def dies(order: NewOrder, card: str) -> Event:
        if death == "before":
            raise KeyboardInterrupt
        event = real(order, card)
        if death == "after":
            raise KeyboardInterrupt
        return event

    monkeypatch.setattr(bank, "charge", dies)
    post = Post()
    for hour in range(9 * 24, 14 * 24):
        now = at("2026-11-01", 0) + timedelta(hours=hour - 24)
        with suppress(KeyboardInterrupt):
            autopay_rounds.run(counter, now)
        settling.settle_orders(counter.banks, now)
        send(post, settings, now)
    assert bank.asked_to_charge == (0 if death == "before" else 1)
    expected = ("done", "paid") if death == "none" else ("failed", "expired")
    assert (run_of(link).state, Order.get().state) == expected
    assert ("не ответил" in post.mails[-1].text) == (death != "none")


def test_a_row_that_is_older_than_anothers_turn_gets_none(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    autopay_rounds.take_on(run_of(link), counter, at("2026-11-10"))
    stale = run_of(link)
    bank.is_down = True
    assert not autopay_rounds.see_through(run_of(link), counter, at("2026-11-10"))
    bank.is_down = False
    assert not autopay_rounds.see_through(stale, counter, at("2026-11-10", 12)) and bank.asked_to_charge == 1
    assert autopay_rounds.see_through(run_of(link), counter, at("2026-11-10", 12))


def test_two_workers_at_once_announce_and_charge_once(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    stale = Autopay.every(0, 10)
    for row in stale * 2:
        autopay_rounds._announce(row, "2026-11", counter, at("2026-11-09"))
    carried(settings, at("2026-11-09"))
    one = run_of(link)
    twin = AutopayRun.get_by_id(one.id)
    assert [autopay_rounds.take_on(row, counter, at("2026-11-10")) for row in (one, twin)] == [True, False]
    one, twin = AutopayRun.get_by_id(one.id), AutopayRun.get_by_id(one.id)
    assert [autopay_rounds.see_through(row, counter, at("2026-11-10")) for row in (one, twin)] == [True, False]
    assert bank.asked_to_charge == 1 and letters() == ["autopay-soon"]


def test_an_order_with_the_bank_cannot_be_paid_by_hand_too(
    link: Link, counter: Counter, bank: Keeper, settings: Settings
) -> None:
    on(link)
    lived(counter, settings, "2026-11-09", "2026-11-09")
    bank.is_down = True
    lived(counter, settings, "2026-11-10", "2026-11-10", hours=(10,))
    order = Order.get()
    places = orders.Places("https://lk/1", "https://lk/2")
    assert orders.start(order, bank, places, "", at("2026-11-10", 11).astimezone(UTC)) == ""
    assert not bank.created
