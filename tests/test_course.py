"""The course of a window beside the one before: sums by day, suppliers, what is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Flask

from models import ReadingProgress, Supplier
from services.course import courses
from tests import factories as make

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def window(of: Supplier, month: int, days: dict[int, int], expected: int = 10, opens: int = 16) -> ReadingProgress:
    """From the `opens`th to the 25th of the month; so many accounts sent on its days."""
    starts, ends = date(2026, month, opens), date(2026, month, 25)
    by_day = {date(2026, month, day): count for day, count in days.items()}
    ReadingProgress.put(of.id, starts, ends, expected, by_day, AT)
    return ReadingProgress.get(ReadingProgress.supplier == of, ReadingProgress.starts == starts)


def test_each_day_tells_how_many_had_sent_by_its_end_now_and_the_last_time(database: Flask) -> None:
    of = make.supplier()
    rows = [window(of, 10, {16: 3, 20: 4, 24: 1}), window(of, 11, {16: 1, 18: 2, 20: 2})]
    [course] = courses(rows, TODAY)
    assert [(day.sent, day.before) for day in course.days] == [
        (1, 3), (1, 3), (3, 3), (3, 3), (5, 7), (None, 7), (None, 7), (None, 7), (None, 8), (None, 8),
    ]  # fmt: skip
    assert (course.whole.sent, course.whole.before, course.unsent, course.whole.percent) == (5, 7, 5, 50)


def test_what_came_after_the_last_window_had_closed_counts_in_this_ones_past_no_more(database: Flask) -> None:
    of = make.supplier()
    rows = [window(of, 10, {16: 3, 28: 4}), window(of, 11, {16: 1})]
    [course] = courses(rows, date(2026, 11, 28))
    assert course.whole.before == 3 and course.days_left(date(2026, 11, 28)) is None


def test_days_left_count_down_to_the_last_day(database: Flask) -> None:
    [course] = courses([window(make.supplier(), 11, {})], TODAY)
    assert [course.days_left(date(2026, 11, day)) for day in (15, 16, 24, 25, 26)] == [None, 9, 1, 0, None]


def test_without_a_window_before_nothing_is_compared(database: Flask) -> None:
    [course] = courses([window(make.supplier(), 11, {17: 2})], TODAY)
    assert course.whole.before is None and {day.before for day in course.days} == {None}


def test_suppliers_with_the_same_days_stand_together_and_others_apart(database: Flask) -> None:
    one, two, other = (make.supplier(name=name) for name in ("Вода", "Тепло", "Свет"))
    rows = [
        window(one, 10, {16: 2}), window(one, 11, {16: 4}, 10), window(two, 11, {17: 1}, 20),
        window(other, 11, {16: 90}, 100, opens=15),
    ]  # fmt: skip
    alone, both = courses(rows, TODAY)
    assert (alone.whole.expected, alone.starts) == (100, date(2026, 11, 15))
    assert [(share.title, share.sent, share.expected, share.before) for share in both.shares] == [
        (one.title, 4, 10, 2), (two.title, 1, 20, None),
    ]  # fmt: skip
    assert (both.whole.sent, both.whole.expected, both.whole.before) == (5, 30, 2)


def test_a_supplier_who_waits_for_nobody_has_no_course(database: Flask) -> None:
    assert courses([window(make.supplier(), 11, {}, expected=0)], TODAY) == []
    assert courses([], TODAY) == []
