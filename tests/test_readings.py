"""Sending readings: what is stored, replaced, withdrawn, refused; once however often it is pressed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, timedelta

import pytest
from flask import Flask

from models import Account, Meter, Reading, Register, Resident, Submission, db, on_postgresql
from models.reading import ACCEPTED, EXPORTED, REJECTED, REPLACED, USED, WITHDRAWN
from services import reading_links, readings, settings
from services.exports import export_readings
from services.limits import Visitor
from services.preliminary import from_json
from services.reading_cards import Card, cards
from services.readings import Act, NotTaken
from services.refusal import Refused
from tests import factories
from tests.factories import NOW, TODAY
from tests.portal import READING_KEY as KEY


@pytest.fixture
def account(database: Flask) -> Account:
    """One two-scale meter with readings used in October's bill."""
    account = factories.account()
    metered(account, ("День", "Ночь"), (15737, 6018))
    return account


def metered(account: Account, scales: tuple[str, ...], values: tuple[int, ...], **facts: object) -> list[Register]:
    service = factories.service(account.supplier)
    factories.tariff(service, 5_000_000)
    registers = list(factories.meter(account, service, scales, **facts).registers.order_by(Register.position))
    for register, value in zip(registers, values, strict=True):
        factories.reading(register, value, date(2026, 10, 20), state=USED)
    return registers


def act(values: dict[Register, str], once: str = "key", **facts: object) -> Act:
    return Act(typed={register.id: text for register, text in values.items()}, once=once, **facts)  # type: ignore[arg-type]


def send(
    account: Account, values: dict[Register, str], once: str = "key", on: date = TODAY, **facts: object
) -> Submission:
    return readings.send(account, None, act(values, once, **facts), NOW, on)


def registers(account: Account) -> list[Register]:
    return list(Register.of_account(account))


def card(account: Account, on: date = TODAY) -> Card:
    return cards([account], on, settings.in_force(on))[account.id]


def states(register: Register) -> list[tuple[int, str]]:
    rows = Reading.select().where(Reading.register == register, Reading.origin != "billing").order_by(Reading.id)
    return [(row.value // 10**6, row.state) for row in rows]


def test_all_scales_are_stored_together_with_what_they_cost(account: Account) -> None:
    day, night = registers(account)
    sent = send(account, {day: "015 892", night: "6110"})
    rows = list(sent.readings.order_by(Reading.id))
    assert [(row.register_id, row.value, row.taken_on, row.state) for row in rows] == [
        (day.id, 15_892_000_000, TODAY, ACCEPTED),
        (night.id, 6_110_000_000, TODAY, ACCEPTED),
    ]
    assert [row.before for row in rows] == [15_737_000_000, 6_018_000_000]
    calculation = from_json(sent.preliminary)
    assert calculation is not None
    assert [line.amount for line in calculation.lines] == [155 * 500, 92 * 500]


def test_the_same_form_twice_is_one_reading(account: Account) -> None:
    day, night = registers(account)
    values = {day: "15892", night: "6110"}
    assert send(account, values) == send(account, values)
    assert states(day) == [(15892, ACCEPTED)]


def test_the_same_values_from_another_tab_are_one_reading(account: Account) -> None:
    day, night = registers(account)
    first = send(account, {day: "15892", night: "6110"}, "tab one")
    assert send(account, {day: "015892", night: "6 110"}, "tab two") == first
    assert Submission.select().count() == 1


def test_the_form_s_key_with_other_values_is_another_act(account: Account) -> None:
    """«Назад», a mended digit, «Передать»: the mended value must not be lost silently."""
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"})
    send(account, {day: "15893", night: "6110"})
    assert states(day) == [(15892, REPLACED), (15893, ACCEPTED)]


def test_a_retry_that_comes_late_changes_nothing(account: Account) -> None:
    day, night = registers(account)
    first = send(account, {day: "15892", night: "6110"}, "first")
    send(account, {day: "15895", night: "6110"}, "second")
    assert send(account, {day: "15892", night: "6110"}, "first") == first
    assert states(day) == [(15892, REPLACED), (15895, ACCEPTED)]


def test_the_last_one_in_the_window_wins_and_may_be_smaller(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"}, "a", on=date(2026, 11, 18))
    send(account, {day: "15800", night: "6100"}, "b")
    assert states(day) == [(15892, REPLACED), (15800, ACCEPTED)]
    shown = card(account).meters[0].scales[0]
    assert shown.last is not None and shown.dial.base is not None
    assert (shown.last.value, shown.dial.base.value) == (15_800_000_000, 15_737_000_000)


def test_an_exported_reading_may_be_corrected_but_not_withdrawn(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"})
    Reading.update(state=EXPORTED).where(Reading.state == ACCEPTED).execute()
    with pytest.raises(Refused, match="уже переданы в расчёт"):
        readings.withdraw(account, TODAY)
    send(account, {day: "15893", night: "6110"}, "again")
    assert states(day) == [(15892, REPLACED), (15893, ACCEPTED)]


def test_a_reading_that_a_bill_has_used_is_left_alone(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"})
    Reading.update(state=USED).where(Reading.state == ACCEPTED).execute()
    send(account, {day: "15900", night: "6120"}, "again")
    assert states(day) == [(15892, USED), (15900, ACCEPTED)]
    assert Reading.get(Reading.value == 15_900_000_000).before == 15_892_000_000


def test_a_withdrawn_reading_counts_no_more(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"})
    assert readings.withdraw(account, TODAY) == 2
    assert states(day) == [(15892, WITHDRAWN)]
    assert card(account).state == "todo"
    with pytest.raises(Refused, match="Отзывать нечего"):
        readings.withdraw(account, TODAY)


def test_checks_start_from_the_last_used_even_if_later_ones_were_accepted(account: Account) -> None:
    day, _ = registers(account)
    factories.reading(day, 15750, date(2026, 11, 1))
    assert card(account).meters[0].scales[0].dial.base.value == 15_737_000_000  # type: ignore[union-attr]


def test_checks_start_from_the_last_accepted_where_no_bill_has_used_any(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (15737,))[0]
    Reading.update(state=ACCEPTED).execute()
    factories.reading(register, 15700, date(2026, 9, 20), state=REJECTED)
    assert card(account).meters[0].scales[0].dial.base.value == 15_737_000_000  # type: ignore[union-attr]


def test_a_doubt_is_confirmed_by_the_second_press_and_kept_for_the_operator(account: Account) -> None:
    day, night = registers(account)
    with pytest.raises(NotTaken) as asked:
        send(account, {day: "15737", night: "6110"})
    warned = asked.value.checked.signature
    send(account, {day: "15737", night: "6110"}, is_confirmed=True, warned=warned)
    assert Reading.get(Reading.register == day, Reading.state == ACCEPTED).doubts == "zero"
    assert Reading.get(Reading.register == night, Reading.state == ACCEPTED).doubts == ""


def test_other_values_than_those_warned_about_are_warned_about_anew(account: Account) -> None:
    day, night = registers(account)
    with pytest.raises(NotTaken) as asked:
        send(account, {day: "25737", night: "6110"})
    with pytest.raises(NotTaken):
        send(account, {day: "26737", night: "6110"}, is_confirmed=True, warned=asked.value.checked.signature)
    assert states(day) == []


def test_a_program_that_confirms_at_once_is_believed(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "25737", night: "6110"}, is_confirmed=True)
    assert states(day) == [(25737, ACCEPTED)]


def test_a_mistake_is_not_confirmed_away(account: Account) -> None:
    day, night = registers(account)
    with pytest.raises(NotTaken, match="Меньше прошлого"):
        send(account, {day: "15000", night: "6110"}, is_confirmed=True)


def test_a_roll_over_is_stored_with_its_consumption(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (99987,), digits=5)[0]
    with pytest.raises(NotTaken, match="перешёл через ноль"):
        send(account, {register: "12"}, is_confirmed=True)
    sent = send(account, {register: "12"}, rolled={register.id})
    row = sent.readings.get()
    assert (row.has_rolled, row.doubts, row.value) == (True, "rolled", 12_000_000)
    assert from_json(sent.preliminary).lines[0].volume == 25_000_000  # type: ignore[union-attr]


def test_the_ratio_multiplies_the_consumption(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (100,), ratio=20)[0]
    sent = send(account, {register: "150"})
    assert from_json(sent.preliminary).lines[0].volume == 1_000_000_000  # type: ignore[union-attr]


def test_the_unusual_is_measured_by_the_account_s_own_year(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (1000,))[0]
    for back in range(1, 8):
        factories.reading(register, 1000 - 100 * back, date(2026, 10, 20) - timedelta(days=30 * back), state=USED)
    send(account, {register: "1410"})
    with pytest.raises(NotTaken, match="раз больше обычного|раза больше обычного"):
        send(account, {register: "1600"}, "more")


def test_the_season_of_a_year_ago_explains_what_the_average_does_not(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (6200,))[0]
    used = [0, 200, 1000, 2200, 3400, 4400, 5200, 5500, 5600, 5700, 5800, 5900, 6000]  # from September 2025
    for number, value in enumerate(used):
        factories.reading(register, value, date(2025 + (8 + number) // 12, (8 + number) % 12 + 1, 20), state=USED)
    send(account, {register: "9200"})  # 3000 in November: six times the average, less than four times last November
    with pytest.raises(NotTaken, match="больше, чем год назад в эти же дни"):
        send(account, {register: "9600"}, "more")


def test_the_factor_is_a_dated_setting_of_the_supplier(account: Account) -> None:
    factories.setting(account.supplier, "unusual_factor", 3, since=date(2026, 11, 1))
    factories.setting(account.supplier, "roll_over_from", 80, since=date(2026, 12, 1))
    dials = [card(account, on).meters[0].scales[0].dial for on in (date(2026, 10, 31), TODAY, date(2026, 12, 1))]
    assert [(dial.factor, dial.near_end) for dial in dials] == [(4, 90), (3, 90), (3, 80)]


def test_what_was_sent_is_expected_until_the_bill(account: Account) -> None:
    day, night = registers(account)
    assert readings.expected(account, date(2026, 10, 1)) is None
    send(account, {day: "15892", night: "6110"})
    waiting = readings.expected(account, date(2026, 10, 1))
    assert waiting is not None
    assert (waiting.on, waiting.period, waiting.calculation.total) == (TODAY, date(2026, 11, 1), 247 * 500)
    assert readings.expected(account, date(2026, 11, 1)) is None
    Reading.update(state=USED).where(Reading.state == ACCEPTED).execute()
    assert readings.expected(account, None) is None


def test_meters_that_were_sent_apart_are_expected_together_and_each_once(account: Account) -> None:
    water = metered(account, ("Круглосуточный",), (300,))[0]
    day, night = registers(account)[:2]
    send(account, {day: "15892", night: "6110"}, "light")
    send(account, {water: "310"}, "water")
    send(account, {day: "15893", night: "6110"}, "light again")
    waiting = readings.expected(account, None)
    assert waiting is not None and waiting.calculation.total == (156 + 92 + 10) * 500


def test_a_window_over_the_months_end_belongs_to_the_month_it_begins_in(account: Account) -> None:
    factories.setting(account.supplier, "reading_from_day", 25)
    factories.setting(account.supplier, "reading_to_day", 3)
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"}, on=date(2026, 12, 2))
    waiting = readings.expected(account, date(2026, 10, 1))
    assert waiting is not None and waiting.period == date(2026, 11, 1)


def test_decimals_that_an_import_took_away_do_not_make_a_reading_smaller(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (416,), decimals=0)[0]
    Reading.update(value=416_105_000).execute()
    sent = send(account, {register: "416"}, is_confirmed=True)
    assert sent.readings.get().doubts == "zero"


def test_a_closed_window_says_when_it_opens(account: Account) -> None:
    factories.setting(account.supplier, "reading_from_day", 1)
    factories.setting(account.supplier, "reading_to_day", 10)
    day, night = registers(account)
    with pytest.raises(Refused, match=r"закрыт до 01\.12\.2026"):
        send(account, {day: "15892", night: "6110"})
    assert card(account).state == "closed"


def test_a_later_setting_overrides_and_an_older_day_keeps_its_own(account: Account) -> None:
    factories.setting(None, "reading_to_day", 10)
    factories.setting(account.supplier, "reading_to_day", 25, since=date(2026, 11, 1))
    assert settings.in_force(TODAY).of(account.supplier_id).reading_to_day == 25
    assert settings.in_force(date(2026, 10, 31)).of(account.supplier_id).reading_to_day == 10


@pytest.mark.parametrize(
    ("facts", "state", "sentence"),
    [
        ({"is_automatic": True}, "automatic", "сами отправляют"),
        ({"removed_on": date(2026, 11, 1)}, "none", "нет счётчиков"),
        ({"verified_until": date(2026, 11, 19)}, "expired", "поверки"),
    ],
)
def test_a_meter_that_takes_no_readings_refuses_with_the_reason(
    database: Flask, facts: dict[str, object], state: str, sentence: str
) -> None:
    account = factories.account()
    factories.setting(account.supplier, "expired_meters", "refuse")
    register = metered(account, ("Круглосуточный",), (100,), **facts)[0]
    assert card(account).state == state
    with pytest.raises(Refused, match=sentence):
        send(account, {register: "150"})
    assert states(register) == []


@pytest.mark.parametrize(
    ("verified_on", "years", "until"),
    [
        (date(2020, 2, 29), 6, date(2026, 2, 28)),
        (date(2010, 11, 20), 16, date(2026, 11, 20)),
        (date(2010, 11, 20), None, None),
        (None, 16, None),
    ],
)
def test_the_end_of_a_verification_is_the_last_one_and_the_interval(
    verified_on: date | None, years: int | None, until: date | None
) -> None:
    assert Meter(verified_on=verified_on, interval_years=years).valid_until == until
    named = Meter(verified_on=verified_on, interval_years=years, verified_until=date(2030, 1, 1))
    assert named.valid_until == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("days", "is_expired", "is_expiring"),
    [(-1, True, False), (0, False, True), (90, False, True), (91, False, False)],
)
def test_ninety_days_before_its_end_the_verification_is_spoken_of(
    days: int, is_expired: bool, is_expiring: bool
) -> None:
    meter = Meter(verified_until=TODAY + timedelta(days=days))
    assert (meter.is_expired(TODAY), meter.is_expiring(TODAY)) == (is_expired, is_expiring)


def test_an_expired_meter_only_warns_unless_the_supplier_refuses(database: Flask) -> None:
    account = factories.account()
    register = metered(account, ("Круглосуточный",), (100,), verified_until=date(2026, 11, 19))[0]
    assert card(account).meters[0].is_expired
    send(account, {register: "150"})
    assert states(register) == [(150, ACCEPTED)]


def test_a_closed_account_takes_no_readings(account: Account) -> None:
    account.closed_on = TODAY
    account.save()
    day, night = registers(account)
    with pytest.raises(Refused, match="Лицевой счёт закрыт"):
        send(account, {day: "15892", night: "6110"})


def test_a_register_of_another_account_is_not_written(account: Account) -> None:
    other = metered(factories.account(), ("Круглосуточный",), (100,))[0]
    with pytest.raises(Refused, match="счётчики изменились"):
        send(account, {other: "150"})
    assert states(other) == []


def test_an_account_sent_in_part_waits_for_the_rest(account: Account) -> None:
    metered(account, ("Круглосуточный",), (300,))
    day, night = registers(account)[:2]
    send(account, {day: "15892", night: "6110"})
    assert (card(account).state, card(account).missing) == ("partly", 1)


def test_a_rejected_reading_is_shown_until_another_is_sent(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"})
    Reading.update(state=REJECTED, reason="Фото не совпало").where(Reading.register == day).execute()
    shown = card(account)
    assert shown.state == "todo"
    assert shown.meters[0].scales[0].refused is not None
    send(account, {day: "15890", night: "6110"}, "again")
    assert card(account).meters[0].scales[0].refused is None


def test_ten_accounts_and_ten_years_cost_two_queries(database: Flask) -> None:
    from tests.queries import counted

    accounts = [factories.account() for _ in range(10)]
    for account in accounts:
        metered(account, ("День", "Ночь"), (15737, 6018))
    for month in range(120):
        factories.reading(registers(accounts[0])[0], 10 + month, date(2016 + month // 12, month % 12 + 1, 20))
    with counted() as seen:
        found = cards(accounts, TODAY, settings.Book([]))
    assert len(seen) == 2
    assert len(found) == 10


def test_one_exported_scale_keeps_the_others_from_being_withdrawn(account: Account) -> None:
    day, night = registers(account)
    send(account, {day: "15892", night: "6110"})
    Reading.update(state=EXPORTED).where(Reading.register == night, Reading.state == ACCEPTED).execute()
    with pytest.raises(Refused, match="уже переданы в расчёт"):
        readings.withdraw(account, TODAY)
    assert states(day) == [(15892, ACCEPTED)] and states(night) == [(6110, EXPORTED)]


def together(count: int, work: Callable[[int], object]) -> list[object]:
    """Runs the work in threads that start at once; what each returned or raised."""
    results: list[object] = [None] * count
    gate = threading.Barrier(count)

    def run(place: int) -> None:
        gate.wait()
        try:
            with db.connection_context():
                results[place] = work(place)
        except Exception as fault:  # noqa: BLE001 - the test looks at every fault
            results[place] = fault

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def shared(app: Flask) -> tuple[Account, list[Register], list[Resident]]:
    with db.connection_context():
        account = factories.account()
        metered(account, ("День", "Ночь"), (15737, 6018))
        holders = [factories.resident(), factories.resident()]
        for holder in holders:
            factories.link(holder, account)
        return account, registers(account), holders


@pytest.mark.commits
@pytest.mark.parametrize("keys", [["key"] * 8, [f"tab {n}" for n in range(8)]], ids=["one form", "eight tabs"])
def test_eight_presses_at_once_store_one_reading(
    shared: tuple[Account, list[Register], list[Resident]], keys: list[str]
) -> None:
    account, (day, night), holders = shared
    act_of = lambda place: act({day: "15892", night: "6110"}, keys[place])  # noqa: E731
    results = together(8, lambda place: readings.send(account, holders[place % 2], act_of(place), NOW, TODAY).id)
    with db.connection_context():
        assert len(set(results)) == 1, results
        assert Submission.select().count() == 1
        assert Reading.select().where(Reading.origin != "billing").count() == 2


@pytest.mark.commits
def test_holders_who_send_different_values_at_once_leave_one_that_counts(
    shared: tuple[Account, list[Register], list[Resident]],
) -> None:
    account, (day, night), holders = shared
    act_of = lambda place: act({day: str(15892 + place), night: "6110"}, f"holder {place}")  # noqa: E731
    results = together(8, lambda place: readings.send(account, holders[place % 2], act_of(place), NOW, TODAY).id)
    with db.connection_context():
        assert all(isinstance(result, int) for result in results), results
        assert len(states(day)) == 8
        assert [state for _, state in states(day)].count(ACCEPTED) == 1
        assert states(day)[-1][1] == ACCEPTED


@pytest.mark.commits
def test_what_is_being_exported_is_not_withdrawn(shared: tuple[Account, list[Register], list[Resident]]) -> None:
    account, (day, night), _ = shared
    with db.connection_context():
        send(account, {day: "15892", night: "6110"})
        with db.atomic():
            export_readings(TODAY, None, NOW, who="clerk", zone=UTC)
            answers: list[object] = []
            resident = threading.Thread(target=lambda: answers.extend(withdrawn(account)))
            resident.start()
            until_it_waits(resident)
        resident.join()
        assert [type(answer) for answer in answers] == [Refused]
        assert states(day) == [(15892, EXPORTED)] and states(night) == [(6110, EXPORTED)]


def withdrawn(account: Account) -> list[object]:
    return together(1, lambda _place: readings.withdraw(account, TODAY))


def until_it_waits(thread: threading.Thread) -> None:
    """The thread has come to the rows that this transaction holds; on SQLite it waits where it begins."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while thread.is_alive() and on_postgresql() and not db.execute_sql(waiting).fetchone()[0]:
        db.execute_sql("SELECT pg_stat_clear_snapshot()")


@pytest.mark.commits
def test_a_link_and_a_holder_at_once_store_one_reading(
    shared: tuple[Account, list[Register], list[Resident]],
) -> None:
    account, (day, night), holders = shared
    with db.connection_context():
        token = reading_links.link_for(account, TODAY, KEY, "").rpartition("/")[2]

    def send_as(place: int) -> int:
        press = act({day: "15892", night: "6110"}, f"tab {place}")
        if place % 2:
            return int(readings.send(account, holders[0], press, NOW, TODAY).id)
        visitor = Visitor(key="k" * 32, address="192.0.2.7")
        return int(reading_links.send(token, account, press, visitor, NOW, TODAY, key=KEY).id)

    results = together(8, send_as)
    with db.connection_context():
        assert len(set(results)) == 1, results
        assert Reading.select().where(Reading.origin != "billing").count() == 2


@pytest.mark.commits
def test_a_link_that_is_revoked_at_that_moment_stores_all_or_nothing(
    shared: tuple[Account, list[Register], list[Resident]],
) -> None:
    account, (day, night), _ = shared
    visitor = Visitor(key="k" * 32, address="192.0.2.7")
    with db.connection_context():
        token = reading_links.link_for(account, TODAY, KEY, "").rpartition("/")[2]

    def press(place: int) -> object:
        if place == 0:
            return reading_links.revoke(account)
        one = act({day: "15892", night: "6110"}, f"tab {place}")
        return reading_links.send(token, account, one, visitor, NOW, TODAY, key=KEY).id

    results = together(4, press)
    with db.connection_context():
        assert all(isinstance(result, int | Refused) for result in results[1:]), results
        sent = [result for result in results[1:] if isinstance(result, int)]
        assert Reading.select().where(Reading.origin != "billing").count() == (2 if sent else 0)
