"""Operators at once: one of two administrators stays, a receipt is written once, a form registers one resident."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier

import pytest
from flask import Flask

import clock
from models import Link, Operator, RegistryLine, Resident, db
from services import counter, desk, residents
from services.counter import Newcomer
from services.desk import Wanted
from services.refusal import Refused
from tests import factories
from tests.crowd import together

pytestmark = pytest.mark.commits
KEY = "s" * 40


def at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of each: «done», or the refusal."""

    def step(act: Callable[[], object]) -> Callable[[Barrier], str]:
        def run(barrier: Barrier) -> str:
            with db.connection_context():
                barrier.wait()
                try:
                    act()
                except Refused as refusal:
                    return refusal.sentence
                return "done"

        return run

    return together([step(act) for act in acts])


def test_of_two_administrators_who_block_each_other_one_stays(app: Flask) -> None:
    with db.connection_context():
        one, other = factories.operator(role="administrator"), factories.operator(role="administrator")
    now = clock.now()
    told = at_once(
        lambda: residents.block(one, "Ссора", other, now), lambda: residents.block(other, "Ссора", one, now)
    )
    with db.connection_context():
        assert sorted(told) == sorted(["done", residents.LAST])
        assert Resident.select().join(Operator).where(Resident.state == "active").count() == 1


def test_a_receipt_is_written_once_by_clerks_at_once(app: Flask) -> None:
    with db.connection_context():
        olga = factories.operator()
        accounts = [factories.account(number="1")]
        accounts += [factories.account(accounts[0].supplier, number=f"{n}") for n in range(2, 5)]
    now, today = clock.now(), clock.today()
    wanted = Wanted("cash", 500, today, "17")
    told = at_once(*[lambda one=one: desk.accept(one, wanted, olga, now, today) for one in accounts])  # type: ignore[misc]
    with db.connection_context():
        assert told.count("done") == 1 and RegistryLine.select().count() == 1


def test_different_receipts_at_once_all_have_their_line(app: Flask) -> None:
    with db.connection_context():
        olga = factories.operator()
        account = factories.account()
    now, today = clock.now(), clock.today()
    acts = [
        lambda n=n: desk.accept(account, Wanted("cash", 500 + n, today, f"чек {n}"), olga, now, today)  # type: ignore[misc]
        for n in range(4)
    ]
    assert at_once(*acts) == ["done"] * 4
    with db.connection_context():
        assert sorted(row.line for row in RegistryLine.select()) == [1, 2, 3, 4]


def test_a_form_pressed_twice_registers_one_resident(app: Flask) -> None:
    with db.connection_context():
        olga, account = factories.operator(), factories.account()
    newcomer, now = Newcomer("Орлова Вера", "account", has_passport=True), clock.now()

    def press() -> object:
        return counter.register(account, newcomer, ["account"], olga, now, "once", KEY)

    assert at_once(press, press, press) == ["done"] * 3
    with db.connection_context():
        assert Link.select().count() == 1 and Resident.select().count() == 2
