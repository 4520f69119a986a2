"""How what is typed meets what the billing gave: names, flats, days, passports."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

import clock
from models import Account
from services.proof import Passport, Proof, plain_flat, plain_title
from services.refusal import Refused
from tests.factories import NOW
from views.shapes import day_of, inn_of

TITLES = [
    "ООО «Ёлочка»",
    'ООО "Елочка"',
    "OOO Елочка",  # the legal form in Latin letters
    "Общество с ограниченной ответственностью  «ЁЛОЧКА»",
    "Ёлочка, ООО",
    "Eлoчкa",  # noqa: RUF001 - three letters are Latin
    "елочка",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_name_is_compared_without_quotes_form_and_lookalikes(title: str) -> None:
    assert plain_title(title) == plain_title("ООО «Ёлочка»") == "елочка"


@pytest.mark.parametrize("title", ["ООО «Ёлочки»", "ООО «Ёлочка-2»", "", "ООО", "«»"])
def test_another_name_is_another(title: str) -> None:
    assert plain_title(title) != "елочка"


def test_words_that_only_begin_like_a_legal_form_stay() -> None:
    assert plain_title("АО «Ипотека ИП»") == "ипотека"
    assert plain_title("ООО «Аорта»") == "аорта"


@pytest.mark.parametrize("typed", ["45А", "кв. 45а", "Кв.45 А", "045a", "квартира 45-А", " помещение 45А "])
def test_a_flat_is_compared_without_its_word(typed: str) -> None:
    assert plain_flat(typed) == "45а"


@pytest.mark.parametrize(
    "typed", ["15.03.2018", "2018-03-15", "15/03/18", " 15.3.2018 ", "15-03-2018", "15032018", "15 03 2018"]
)
def test_a_day_is_read_as_people_write_it(app: Flask, typed: str) -> None:
    assert day_of(typed) == date(2018, 3, 15)


def test_two_digits_of_a_year_mean_the_past(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert (day_of("20.02.73"), day_of("20.02.26")) == (date(1973, 2, 20), date(2026, 2, 20))


@pytest.mark.parametrize("typed", ["вчера", "31.02.2018", "2018", "00.00.0000", "1.1.1.1", "٠١.٠١.٢٠١٨", "9" * 20])
def test_what_is_no_day_is_refused(app: Flask, typed: str) -> None:
    with pytest.raises(Refused):
        day_of(typed)


@pytest.mark.parametrize("typed", ["770708389", "77070838931", "77070838ОЗ", "", "٧٧٠٧٠٨٣٨٩٣"])
def test_what_is_no_inn_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="10 или 12 цифр"):
        inn_of(typed)


def test_an_inn_may_have_blanks() -> None:
    assert inn_of(" 7707 083893 ") == "7707083893"


@pytest.mark.parametrize(
    ("number", "shown"), [("1002154", "•••154"), ("0012345678", "•••5678"), ("42", "•••2"), ("7", "•••")]
)
def test_a_masked_number_tells_no_more_than_half(number: str, shown: str) -> None:
    assert Account(number=number).masked == shown


def test_no_trace_shows_a_passport_or_a_password() -> None:
    passport = Passport("0018", "000101", date(2018, 3, 15), "000-001", date(1973, 2, 20))
    shown = repr(Proof("passport", passport=passport, password="Bereza-u-0kna"))
    assert not any(part in shown for part in ("0018", "000101", "2018", "000-001", "1973", "Bereza"))
