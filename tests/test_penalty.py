"""The penalty for paying late: the days and sums of formats.md §6.2, and when nothing is estimated."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import penalty
from services.penalty import Late

DUE = date(2026, 4, 15)


@pytest.mark.parametrize(
    ("on", "lower", "higher", "kopecks"),
    [
        (date(2026, 4, 15), 0, 0, 0),
        (date(2026, 5, 15), 0, 0, 0),
        (date(2026, 5, 16), 1, 0, 95),
        (date(2026, 7, 14), 60, 0, 5700),
        (date(2026, 7, 15), 60, 1, 5919),
        (date(2026, 8, 1), 60, 18, 9646),
    ],
)
def test_three_thousand_roubles_cost_what_the_law_says(on: date, lower: int, higher: int, kopecks: int) -> None:
    assert penalty.late(300_000, DUE, on, None) == Late(date(2026, 5, 16), lower, higher, 950, kopecks)


def test_a_rate_of_the_settings_rules_and_none_is_guessed_after_the_cap_ends() -> None:
    assert penalty.late(300_000, DUE, date(2026, 5, 16), 1600).amount == 160
    assert penalty.late(300_000, DUE, date(2027, 1, 1), None).amount is None
    assert penalty.late(300_000, DUE, date(2027, 1, 1), 1600).amount is not None


@given(
    debt=st.integers(0, 10**9),
    day=st.dates(date(2026, 4, 16), date(2026, 12, 30)),
    rate=st.integers(0, 3000),
)
def test_a_day_more_never_costs_less(debt: int, day: date, rate: int) -> None:
    sums = [penalty.late(debt, DUE, on, rate).amount or 0 for on in (day, day + timedelta(days=1))]
    assert 0 <= sums[0] <= sums[1]
