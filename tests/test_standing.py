"""What an account owes: the newer of the latest balance and the last bill, in a constant number of queries."""

from __future__ import annotations

from datetime import date

from flask import Flask
from peewee import Database

from models import db
from models.standing import standings
from tests import factories


class Counted:
    """Counts the statements that reach the database inside the block."""

    def __enter__(self) -> Counted:
        self.count, self._execute = 0, db.obj.execute_sql
        db.obj.execute_sql = self._counting
        return self

    def _counting(self, *args: object, **kwargs: object) -> object:
        self.count += 1
        return self._execute(*args, **kwargs)

    def __exit__(self, *_fault: object) -> None:
        del db.obj.execute_sql
        assert isinstance(db.obj, Database)


def test_a_later_bill_rules_over_an_older_balance(database: Flask) -> None:
    account = factories.account()
    factories.balance(account, 100, date(2026, 10, 1))
    bill = factories.bill(account, to_pay=148533, issued_on=date(2026, 10, 31))
    found = standings([account.id])[account.id]
    assert (found.debt, found.debt_on, found.balance) == (148533, date(2026, 10, 31), 100)
    assert found.last_bill == bill


def test_a_balance_of_the_same_day_or_later_rules_over_the_bill(database: Flask) -> None:
    account = factories.account()
    factories.bill(account, to_pay=148533, issued_on=date(2026, 10, 31))
    factories.balance(account, -31240, date(2026, 10, 31))
    found = standings([account.id])[account.id]
    assert (found.debt, found.debt_on, found.parts) == (-31240, date(2026, 10, 31), [])


def test_parts_make_the_balance_where_no_whole_is_given(database: Flask) -> None:
    account = factories.account()
    late = factories.service(account.supplier, name="Пени", position=2)
    early = factories.service(account.supplier, name="Электроэнергия", position=1)
    factories.balance(account, 4917, service=late)
    factories.balance(account, 10050, service=early)
    found = standings([account.id])[account.id]
    assert (found.debt, found.parts) == (14967, [("Электроэнергия", 10050), ("Пени", 4917)])
    assert found.by_service == {early.id: 10050, late.id: 4917}


def test_the_last_bill_is_the_newest_by_period_date_and_natural_number(database: Flask) -> None:
    account = factories.account()
    for number in ("2609-9", "2609-10", "2609-2"):
        factories.bill(account, number=number)
    factories.bill(account, number="9999", period=date(2026, 9, 1))
    last = standings([account.id])[account.id].last_bill
    assert last is not None
    assert last.number == "2609-10"


def test_an_account_of_which_the_billing_said_nothing_has_an_empty_standing(database: Flask) -> None:
    account = factories.account()
    found = standings([account.id])[account.id]
    assert (found.debt, found.debt_on, found.last_bill) == (None, None, None)


def test_the_last_payment_is_the_newest_that_is_no_reversal(database: Flask) -> None:
    account = factories.account()
    factories.payment(account, 221314, date(2026, 10, 14))
    factories.payment(account, -221314, date(2026, 10, 16))
    last = standings([account.id])[account.id].last_payment
    assert last is not None
    assert (last.amount, last.paid_on) == (221314, date(2026, 10, 14))


def test_ten_accounts_cost_as_many_queries_as_one(database: Flask) -> None:
    accounts = [factories.account() for _ in range(10)]
    for account in accounts:
        factories.bill(account)
        factories.balance(account, 5)
    with Counted() as one:
        standings([accounts[0].id])
    with Counted() as ten:
        standings(account.id for account in accounts)
    assert one.count == ten.count == 1
