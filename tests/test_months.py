"""A month as an address or a person names it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from views.months import read


@pytest.mark.parametrize("text", ["2026-10", "2026-10-31", "10.2026", "1.10.2026", "31.10.2026"])
def test_a_month_is_read_as_people_and_fields_write_it(text: str) -> None:
    assert read(text) == date(2026, 10, 1)


@pytest.mark.parametrize(
    "text", ["", "x", "2026-13", "00.2026", "1989-12", "2200-01", "2026-10-", "\u0662\u0660\u0662\u0666-10", "9" * 99]
)
def test_what_names_no_month_of_a_bill_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text(alphabet="0123456789-. \u00b2\u0663x", max_size=12) | st.text(max_size=40))
def test_any_text_is_a_first_of_a_month_or_none(text: str) -> None:
    month = read(text)
    assert month is None or (month.day == 1 and 1990 <= month.year < 2200)


@given(st.dates(date(1990, 1, 1), date(2199, 12, 31)))
def test_what_a_select_sends_comes_back(day: date) -> None:
    assert read(day.strftime("%Y-%m")) == day.replace(day=1)
