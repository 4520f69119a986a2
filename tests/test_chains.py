"""Parallel bills of one account: which goes on from which, and that the sums of a chain add up to the kopeck."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import Account, Bill, Payment
from services.chains import Chain, chains
from tests import factories
from tests.billing import load


@pytest.fixture
def account(database: object) -> Account:
    return factories.account()


def billed(account: Account, number: str, month: int, opening: int, to_pay: int) -> Bill:
    return factories.bill(
        account, number=number, period=date(2026, month, 1), opening=opening, charged=to_pay - opening, to_pay=to_pay
    )


def numbers(found: list[Chain]) -> list[list[str]]:
    return [[bill.number for bill in chain.bills] for chain in found]


def of(account: Account) -> list[Chain]:
    return chains(reversed(list(Bill.of_account(account))))


def test_parallel_bills_keep_apart(account: Account) -> None:
    billed(account, "1", 8, 0, 100)
    billed(account, "2", 9, 100, 250)
    billed(account, "6", 9, -700, -600)
    billed(account, "3", 10, 250, 0)
    billed(account, "7", 10, -600, -900)
    assert numbers(of(account)) == [["1", "2", "3"], ["6", "7"]]
    assert not any(chain.unexplained for chain in of(account))


def test_a_month_without_a_bill_does_not_end_a_chain(account: Account) -> None:
    billed(account, "1", 7, 0, 100)
    billed(account, "2", 10, 100, 150)
    (chain,) = of(account)
    assert not chain.unexplained and chain.numbers == "1–2"  # noqa: RUF001 - a range


def test_a_saldo_changed_between_bills_is_no_second_chain(account: Account) -> None:
    billed(account, "1", 8, 0, 100)
    billed(account, "2", 9, 80, 200)
    (chain,) = of(account)
    assert chain.unexplained == -20 and numbers([chain]) == [["1", "2"]]


def test_a_second_bill_of_a_month_may_go_on_from_the_first(account: Account) -> None:
    billed(account, "1", 9, 0, 100)
    billed(account, "2", 9, 100, 300)
    assert numbers(of(account)) == [["1", "2"]]


@pytest.mark.parametrize("package", ["manuals", "town"])
def test_every_chain_of_a_package_adds_up_to_the_kopeck(packages: Path, package: str, database: object) -> None:
    load(packages / package)
    for account in Account.select():
        found = of(account)
        assert sorted(bill.id for chain in found for bill in chain.bills) == sorted(b.id for b in account.bills)
        for chain in found:
            assert not chain.unexplained


def test_what_the_chains_of_the_town_were_paid_is_what_its_people_paid(packages: Path, database: object) -> None:
    load(packages / "town")
    for account in Account.select():
        payments = sum(payment.amount for payment in Payment.select().where(Payment.account == account))
        assert sum(chain.paid for chain in of(account)) == payments
