"""What is urgent goes first, what may wait goes not at night, and one address takes only so much a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

import worker
from config import Settings
from models import Outbox, Resident
from services import outbox, telling
from services.pace import MOST_A_DAY, Pace, is_quiet, pace
from tests import factories
from tests.factories import NOW
from tests.post import Post, again, put

PHONE = "+79123456789"
NIGHT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # 23:00 in Moscow


def resident() -> Resident:
    return factories.resident(phone=PHONE, phone_key=PHONE, phone_confirmed_at=NOW)


def tell(who: Resident, key: str, now: datetime = NOW) -> Outbox:
    notice = factories.notice("Отключение воды", who)
    telling.tell_many("notice", key, [who], now, ways=("sms",), notice=notice.id)
    return Outbox.get(Outbox.key == f"{key}:{who.id}:sms")


def send(post: Post, settings: Settings, now: datetime, most: int = 3, quiet: bool = False) -> int:
    day = now.replace(hour=0)
    allowed = Pace(quiet, day, day + timedelta(days=1, hours=6), most)
    return worker.send_letters(post, worker.desk_of(settings), False, lambda: now, "sms", allowed)


@pytest.mark.parametrize(
    ("hour", "night", "quiet"),
    [(20, (21, 9), False), (21, (21, 9), True), (3, (21, 9), True), (9, (21, 9), False), (3, (1, 5), True),
     (5, (1, 5), False), (0, (1, 5), False), (12, (0, 0), False)],
)  # fmt: skip
def test_the_night_is_from_one_hour_to_another(hour: int, night: tuple[int, int], quiet: bool) -> None:
    assert is_quiet(hour, *night) is quiet


def test_a_letter_wakes_nobody() -> None:
    assert pace("sms", NIGHT, 0, 23).is_quiet and not pace("email", NIGHT, 0, 23).is_quiet


def test_at_night_only_a_code_is_sent(database: Flask, settings: Settings) -> None:
    reminder = tell(resident(), "n", NIGHT)
    put("code", "known-phone", NIGHT, channel="sms", destination=PHONE)
    post = Post()
    assert send(post, settings, NIGHT, quiet=True) == 1
    assert again(reminder).state == "waiting" and again(reminder).attempts == 0
    assert send(post, settings, NIGHT + timedelta(hours=10)) == 1


def test_a_code_overtakes_a_hundred_reminders(database: Flask, settings: Settings) -> None:
    who = resident()
    for number in range(100):
        tell(who, f"n{number}")
    code = put("code", "known-phone", NOW + timedelta(seconds=1), channel="sms", destination=PHONE)
    leased = outbox.lease(NOW + timedelta(minutes=1), "sms")
    assert leased == code


def test_an_address_takes_only_so_much_a_day_and_the_rest_tomorrow(database: Flask, settings: Settings) -> None:
    who, post = resident(), Post()
    rows = [tell(who, f"n{number}") for number in range(5)]
    put("code", "known-phone", channel="sms", destination=PHONE)
    assert send(post, settings, NOW) == 4, "three and the code"
    late = [again(row) for row in rows if again(row).state == "waiting"]
    assert len(late) == 2 and {row.attempts for row in late} == {0}
    assert {row.not_before for row in late} == {NOW.replace(hour=6) + timedelta(days=1)}
    assert send(post, settings, NOW + timedelta(days=1)) == 2


def test_every_channel_has_its_measure() -> None:
    assert set(MOST_A_DAY) == set(worker.JOBS)
    assert pace("sms", NIGHT, 21, 9).next_day.hour == 9
