"""«Выписка»: chains of bills with their own saldo, and the range of days; rules alone."""

from __future__ import annotations

from datetime import date

import pytest

from models import Account, Bill, Resident
from services import statement
from services.chains import chains
from tests import factories

# The bills of manual A: number, month of 2018, opening, charged, recalculated, paid, to pay (kopecks).
MANUAL_A = (
    ("130", 9, 204880, 41630, 14030, 104900, 155640),
    ("131", 10, 155640, 45770, 17250, 0, 218660),
    ("136", 10, -538515, 45770, 17250, 0, -475495),
    ("132", 11, 218660, 48530, 14260, 118660, 162790),
    ("137", 11, -475495, 48530, 14260, 118660, -531365),
    ("133", 12, 162790, 53130, 10350, 163000, 63270),
)


def bill(number: str, month: int, opening: int, charged: int, recalculated: int, paid: int, to_pay: int) -> Bill:
    day = date(2018, month, 1)
    return Bill(
        number=number, period=day, issued_on=day, opening=opening, charged=charged, recalculated=recalculated,
        paid=paid, to_pay=to_pay,
    )  # fmt: skip


def numbers(bills: list[Bill]) -> list[list[str]]:
    return [[one.number for one in chain.bills] for chain in chains(bills)]


def test_the_two_chains_of_the_manual_keep_apart() -> None:
    first, second = chains([bill(*facts) for facts in MANUAL_A])
    assert [one.number for one in first.bills] == ["130", "131", "132", "133"]
    assert [one.number for one in second.bills] == ["136", "137"]
    assert (first.opening, first.closing, first.unexplained) == (204880, 63270, 0)
    assert (second.opening, second.closing, second.unexplained) == (-538515, -531365, 0)
    assert (first.charged, first.recalculated, first.paid) == (189060, 55890, 386560)


def test_a_saldo_changed_by_the_billing_stays_in_its_chain_and_is_told() -> None:
    [chain] = chains([bill("1", 1, 0, 100, 0, 0, 100), bill("2", 2, 70, 50, 0, 0, 120)])
    assert (chain.opening, chain.closing, chain.unexplained) == (0, 120, -30)


def test_bills_of_one_period_may_go_on_each_other() -> None:
    assert numbers([bill("1", 1, 0, 100, 0, 0, 100), bill("2", 1, 100, 50, 0, 0, 150)]) == [["1", "2"]]


def test_bills_of_one_period_with_openings_of_their_own_are_chains() -> None:
    assert numbers([bill("1", 1, 0, 100, 0, 0, 100), bill("2", 1, 30, 50, 0, 0, 80)]) == [["1"], ["2"]]


def test_equal_chains_side_by_side_keep_apart() -> None:
    """Of two that could go on, the one without a bill of the period does."""
    rows = [(n, month, 0, 0, 0, 0, 0) for month in (1, 2) for n in (f"{month}a", f"{month}b")]
    rows[0], rows[1] = ("1a", 1, 0, 10, 0, 0, 10), ("1b", 1, 5, 5, 0, 0, 10)
    rows[2], rows[3] = ("2a", 2, 10, 1, 0, 0, 11), ("2b", 2, 10, 2, 0, 0, 12)
    assert numbers([bill(*facts) for facts in rows]) == [["1a", "2a"], ["1b", "2b"]]


def test_no_bills_make_no_chain() -> None:
    assert chains([]) == []


@pytest.fixture
def account(database: object) -> Account:
    return factories.account()


def test_an_open_range_is_twelve_months_up_to_the_newest_bill(account: Account) -> None:
    today = date(2026, 11, 20)
    assert statement.days(account, None, None, today) == (date(2025, 12, 1), today)
    factories.bill(account, period=date(2018, 12, 1), issued_on=date(2018, 12, 1))
    assert statement.days(account, None, None, today) == (date(2018, 1, 1), today)
    assert statement.days(account, date(2020, 5, 5), None, today) == (date(2020, 5, 5), today)
    assert statement.days(account, None, date(2020, 5, 5), today) == (date(2019, 6, 1), date(2020, 5, 5))


def test_a_range_that_ends_before_it_starts_has_nothing(account: Account) -> None:
    who: Resident = factories.resident()
    factories.bill(account)
    found = statement.of(account, date(2027, 1, 1), date(2020, 1, 1), who, factories.NOW.tzinfo)  # type: ignore[arg-type]
    assert found.is_empty
