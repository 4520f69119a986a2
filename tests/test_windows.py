"""The days when readings are taken."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.windows import windows


@pytest.mark.parametrize(
    ("today", "is_open"),
    [
        (date(2026, 11, 14), False),
        (date(2026, 11, 15), True),
        (date(2026, 11, 25), True),
        (date(2026, 11, 26), False),
    ],
)
def test_the_window_holds_its_first_and_last_day(today: date, is_open: bool) -> None:
    assert (windows(15, 25, today).now is not None) == is_open


def test_a_closed_window_says_which_was_the_last_and_which_is_next() -> None:
    near = windows(1, 10, date(2026, 11, 20))
    assert (near.last.ends, near.next.starts, near.current) == (date(2026, 11, 10), date(2026, 12, 1), near.last)


def test_no_days_mean_any_day_of_the_month() -> None:
    near = windows(None, None, date(2026, 2, 28))
    assert near.now is not None
    assert (near.now.starts, near.now.ends, near.now.is_limited) == (date(2026, 2, 1), date(2026, 2, 28), False)


def test_the_31st_of_a_short_month_is_its_last_day() -> None:
    near = windows(20, 31, date(2026, 2, 28))
    assert near.now is not None
    assert near.now.ends == date(2026, 2, 28)


@pytest.mark.parametrize("today", [date(2026, 12, 30), date(2027, 1, 3)])
def test_a_window_may_run_into_the_next_month(today: date) -> None:
    near = windows(25, 3, today)
    assert near.now is not None
    assert (near.now.starts, near.now.ends) == (date(2026, 12, 25), date(2027, 1, 3))


@given(st.none() | st.integers(1, 31), st.none() | st.integers(1, 31), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_last_now_and_next_never_overlap(start: int | None, end: int | None, today: date) -> None:
    near = windows(start, end, today)
    assert near.last.ends < today < near.next.starts
    assert near.now is None or (near.now.holds(today) and near.now.starts <= near.now.ends)
    assert near.next.starts - today <= timedelta(days=62)
