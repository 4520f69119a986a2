"""The preliminary sum: half-up by line, tariffs by scale, category and day."""

from __future__ import annotations

from datetime import date

import pytest

from services.preliminary import Price, Use, calculate, cost, from_json, is_of, price_of

TODAY = date(2026, 11, 20)


def use(scale: str = "Круглосуточный", volume: int = 1_000_000) -> Use:
    return Use(1, "Электроэнергия", "38002134", scale, "кВт*ч", volume)


def price(rub: int, scale: str = "", category: str = "", since: date = date(2026, 7, 1), service: int = 1) -> Price:
    return Price(service, scale, since, category, rub)


@pytest.mark.parametrize(
    ("volume", "rub", "kopecks"),
    [
        (4_475_000, 61_450_000, 27499),
        (2_500_000, 3_330_000, 833),
        (2_675_000, 1_000_000, 268),
        (0, 61_450_000, 0),
        (-2_500_000, 3_330_000, -833),
        (1, 1, 0),
    ],
)
def test_a_line_is_rounded_half_up_by_itself(volume: int, rub: int, kopecks: int) -> None:
    assert cost(volume, rub) == kopecks


def test_the_total_is_the_sum_of_rounded_lines() -> None:
    found = calculate([use("День", 2_500_000), use("Ночь", 2_500_000)], [price(3_330_000)], "", TODAY)
    assert ([line.amount for line in found.lines], found.total) == ([833, 833], 1666)


def test_the_scale_s_own_price_comes_before_that_of_all_scales() -> None:
    prices = [price(5_000_000), price(2_230_000, scale="Ночь")]
    assert price_of(use("Ночь"), prices, "", TODAY) == 2_230_000
    assert price_of(use("День"), prices, "", TODAY) == 5_000_000


def test_an_empty_scale_is_the_single_one() -> None:
    assert price_of(use(), [price(4_000_000, scale="Круглосуточный")], "", TODAY) == 4_000_000
    assert price_of(use(), [price(4_000_000)], "", TODAY) == 4_000_000
    assert price_of(use("Ночь"), [price(4_000_000, scale="Круглосуточный")], "", TODAY) is None


def test_the_stove_chooses_the_category_and_the_rest_pay_the_rest() -> None:
    prices = [price(5_000_000), price(3_500_000, category="электроплита"), price(4_900_000, category="газовая плита")]
    assert price_of(use(), prices, "Электрическая", TODAY) == 3_500_000
    assert price_of(use(), prices, "Газовая", TODAY) == 4_900_000
    assert price_of(use(), prices, "", TODAY) == 5_000_000


@pytest.mark.parametrize(
    ("category", "stove", "fits"),
    [
        ("электроплита", "Электрическая", True),
        ("Газ", "газовая", True),
        ("сельское население", "Сельское население", True),
        ("сельское население", "Сельское", False),
        ("электроплита", "", False),
    ],
)
def test_categories_are_compared_by_their_beginning_or_as_a_whole(category: str, stove: str, fits: bool) -> None:
    assert is_of(category, stove) is fits


def test_the_newest_price_that_has_begun_rules() -> None:
    prices = [
        price(4_000_000, since=date(2025, 7, 1)),
        price(5_000_000, since=date(2026, 7, 1)),
        price(9_000_000, since=date(2026, 12, 1)),
    ]
    assert price_of(use(), prices, "", TODAY) == 5_000_000


def test_a_service_without_a_tariff_leaves_its_line_open() -> None:
    found = calculate([use("День"), use("Ночь")], [price(3_000_000, scale="День")], "", TODAY)
    assert ([line.amount for line in found.lines], found.total, found.is_whole) == ([300, None], 300, False)
    assert calculate([use()], [], "", TODAY).total is None
    assert calculate([use()], [price(1, service=2)], "", TODAY).total is None


def test_a_calculation_is_kept_as_it_was_shown() -> None:
    found = calculate([use("День")], [price(3_000_000)], "", TODAY)
    assert from_json(found.as_json()) == found
    assert from_json("") is None
