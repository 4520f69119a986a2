"""Two hundred at once at one account: nothing that was acknowledged is lost, nothing is stored twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from flask import Flask

from config import Settings
from gateways.testbank import sign
from models import (
    Account,
    Checkout,
    GatewayEvent,
    Order,
    OrderLine,
    Outbox,
    Reading,
    Register,
    Submission,
    db,
)
from models.order import PAID
from models.reading import ACCEPTED, BY_RESIDENT, REPLACED
from tests import factories
from tests.crowd import Visitor, server, session, together

pytestmark = pytest.mark.commits
CROWD = 200
FORMS = CROWD // 2
BEFORE = 1_000


@pytest.fixture
def town(app: Flask) -> tuple[Account, list[str]]:
    """One account with a two-zone meter, and the cookies of a hundred residents who hold it."""
    with db.connection_context(), db.atomic():
        account = factories.account()
        today = date.today()  # noqa: DTZ011 - the server's clock is the real one
        for register in factories.meter(account, scales=("День", "Ночь")).registers:
            for back in range(1, 7):
                factories.reading(register, BEFORE - 150 * (back - 1), today - timedelta(days=30 * back))
        residents = [factories.resident() for _ in range(FORMS)]
        for who in residents:
            factories.link(who, account)
        return account, [session(who) for who in residents]


@pytest.fixture
def port(settings: Settings, town: object) -> Iterator[int]:
    with server(settings) as listening:
        yield listening


def test_readings_of_a_crowd_are_each_stored_once(town: tuple[Account, list[str]], port: int) -> None:
    """A hundred forms with values of their own, each pressed by two at once: the last one stands, all are history."""
    account, tokens = town
    with db.connection_context():
        registers = [row.id for row in Register.select().order_by(Register.id)]
    path = f"/readings/{account.id}"
    forms = [filled(Visitor(port, token), path, readings_of(registers, turn)) for turn, token in enumerate(tokens)]
    answers = together([press(visitor, path, values) for visitor, values in forms for _ in range(2)])
    assert answers == [303] * CROWD
    with db.connection_context():
        rows = list(Reading.select().where(Reading.origin == BY_RESIDENT))
        assert Submission.select().count() == FORMS
    for register in registers:
        own = [row for row in rows if row.register_id == register]
        assert sorted(row.value for row in own) == [value(turn) * 10**6 for turn in range(FORMS)]
        assert sorted(row.state for row in own) == [ACCEPTED] + [REPLACED] * (FORMS - 1)
    assert len({row.submission_id for row in rows if row.state == ACCEPTED}) == 1, (
        "both scales that stand are of one act"
    )


def test_payments_of_a_crowd_are_each_ordered_once(town: tuple[Account, list[str]], port: int) -> None:
    """A hundred sums, each pressed by two at once: each form makes one order."""
    account, tokens = town
    answers = ordered(account, tokens, port)
    assert answers == [303] * CROWD
    with db.connection_context():
        assert Checkout.select().count() == FORMS
        assert sorted(row.amount for row in OrderLine.select()) == [10_000 + turn for turn in range(FORMS)]


def test_callbacks_of_a_crowd_pay_each_order_once(
    town: tuple[Account, list[str]], port: int, settings: Settings
) -> None:
    """The bank calls twice for every order, all calls at once: each is paid once and thanked for once."""
    account, tokens = town
    ordered(account, tokens, port)
    with db.connection_context():
        calls = [(order.number, order.total) for order in Order.select().order_by(Order.id)]
    nobody = Visitor(port, "")
    answers = together(
        [call(nobody, number, amount, settings.testbank_secret) for number, amount in calls for _ in range(2)]
    )
    assert answers == [200] * CROWD
    with db.connection_context():
        assert [order.state for order in Order.select()] == [PAID] * FORMS
        assert GatewayEvent.select().count() == FORMS
        letters = Outbox.select().where(Outbox.kind == "payment-received")
        assert len({letter.ids for letter in letters}) == len(letters) == FORMS


def ordered(account: Account, tokens: list[str], port: int) -> list[int]:
    forms = [filled(Visitor(port, token), "/payment", sum_of(account.id, turn)) for turn, token in enumerate(tokens)]
    return together([press(visitor, "/payment", values) for visitor, values in forms for _ in range(2)])


def call(nobody: Visitor, number: str, amount: int, secret: str) -> Callable[[threading.Barrier], int]:
    """The test bank's signed word that the order is paid."""
    values = {"key": f"paid-{number}", "number": number, "provider_id": f"p-{number}", "outcome": "paid",
              "amount": str(amount)}  # fmt: skip
    values["sign"] = sign(values, secret)

    def step(barrier: threading.Barrier) -> int:
        barrier.wait()
        return nobody.post("/callbacks/testbank", values)[0]

    return step


def filled(visitor: Visitor, path: str, typed: dict[str, str]) -> tuple[Visitor, dict[str, str]]:
    """The form of the page with what the resident typed into it."""
    form = visitor.get(path)
    return visitor, {"csrf_token": form["csrf_token"], "once": form["once"], **typed}


def press(visitor: Visitor, path: str, values: dict[str, str]) -> Callable[[threading.Barrier], int]:
    """Sends the form when all are ready, and confirms what it is warned about; the status of the last answer."""

    def step(barrier: threading.Barrier) -> int:
        barrier.wait()
        status, again = visitor.post(path, values)
        if status == 422 and again.get("warned"):
            status, _ = visitor.post(path, {**values, "warned": again["warned"], "confirm": "yes"})
        return status

    return step


def value(turn: int) -> int:
    return BEFORE + 50 + turn


def readings_of(registers: list[int], turn: int) -> dict[str, str]:
    return {f"reading-{register}": str(value(turn)) for register in registers}


def sum_of(account: int, turn: int) -> dict[str, str]:
    return {f"pay-{account}": "yes", f"sum-{account}": f"100,{turn:02d}"}
