"""Names that people type against the billing's (formats §8.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.names import Fit, fit, words_of

HOLDER = "Семёнова Анна-Мария Викторовна"


@pytest.mark.parametrize(
    ("typed", "known", "expected"),
    [
        (HOLDER, HOLDER, Fit.EXACT),
        ("СЕМЕНОВА АННА-МАРИЯ ВИКТОРОВНА", HOLDER, Fit.EXACT),
        ("  семенова   анна - мария  викторовна ", HOLDER, Fit.EXACT),
        ("Семенова Анна—Мария Викторовна.", HOLDER, Fit.EXACT),
        ("Анна-Мария Викторовна Семёнова", HOLDER, Fit.SWAPPED),
        ("Семёнова Анна-Мария", HOLDER, Fit.PARTS),
        ("Семёнова А. В.", HOLDER, Fit.PARTS),
        ("Семёнова А.В.", HOLDER, Fit.PARTS),
        ("Семёнова", HOLDER, Fit.NONE),
        ("Семёнов Анна-Мария Викторовна", HOLDER, Fit.NONE),
        ("Иванова Анна-Мария Викторовна", HOLDER, Fit.NONE),
        ("Алиев Руслан Мамед оглы", "Алиев Руслан Мамед оглы", Fit.EXACT),
        ("Алиев Руслан Мамед-оглы", "Алиев Руслан Мамед оглы", Fit.NONE),
        ("Kосова Eлена Cергеевна", "Косова Елена Сергеевна", Fit.EXACT),  # noqa: RUF001 - К, Е, С typed on the other layout
        ("Ким", "Ким", Fit.EXACT),
        ("О’Коннор Джон", "О’Коннор Джон", Fit.EXACT),  # noqa: RUF001
        ("", HOLDER, Fit.NONE),
        (HOLDER, "", Fit.NONE),
        ("", "", Fit.NONE),
        ("ООО Ромашка", "ООО Ромашка", Fit.EXACT),
    ],
)
def test_a_name_fits_whatever_its_spelling(typed: str, known: str, expected: Fit) -> None:
    assert fit(typed, known) == expected


@given(st.text(max_size=60))
def test_any_text_fits_itself_or_is_no_name(text: str) -> None:
    assert fit(text, text) == (Fit.EXACT if words_of(text) else Fit.NONE)


@given(st.lists(st.text(alphabet="абвгдеё-.", min_size=1, max_size=8), min_size=1, max_size=4))
def test_case_and_blanks_mean_nothing(parts: list[str]) -> None:
    name = " ".join(parts)
    assert words_of(f"  {name.upper()} ") == words_of(name.lower())
