"""Several workers at once, on connections of their own: every account is warned once and charged once."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Lock

import pytest
from flask import Flask

from config import Settings
from gateways.acquirer import Event, NewOrder
from models import AutopayRun, BankCard, Link, Order, Outbox, db
from services import autopay, autopay_rounds, settling
from services.autopay_rounds import Counter
from tests import factories
from tests.crowd import together
from tests.post import Post, send
from tests.test_autopay import Keeper, at, on

ACCOUNTS, WORKERS = 6, 4


class Busy(Keeper):
    """A bank that may be asked by several at once, and loses every third answer."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = Lock()

    def charge(self, order: NewOrder, card: str) -> Event:
        with self.lock:
            self.loses_answers = self.asked_to_charge % 3 == 2
            return super().charge(order, card)


class Answerable(Busy):
    """One that can be asked by our number alone: it tells of an order although its answer to the charge was lost.

    Without this such an order of an autopay that is off by now is waited for till the bank's day is over.
    """

    def status(self, number: str, provider_id: str | None) -> Event | None:
        return self.event(number) if number in self.charged else None


def rounds(counter: Counter, now: datetime) -> None:
    """A round of every worker, begun at the same moment."""

    def works(gate: Barrier) -> None:
        with db.connection_context():
            gate.wait()
            autopay_rounds.run(counter, now)
            settling.settle_orders(counter.banks, now)

    together([works] * WORKERS)


def linked(number: int) -> Link:
    link = factories.link(factories.resident())
    factories.bill(link.account, to_pay=10000 + number)
    card = {"gateway": "keeper", "masked": "•• 0004", "kept_at": factories.NOW}
    BankCard.create(resident=link.resident, name=f"binding-{number}", **card)
    on(link)
    return link


@pytest.mark.commits
def test_many_workers_warn_and_charge_every_account_once(app: Flask, settings: Settings) -> None:
    bank = Busy()
    counter = Counter({"keeper": bank}, "keeper", "running", "https://lk.example.org")
    with db.connection_context():
        links = [linked(number) for number in range(ACCOUNTS)]
    rounds(counter, at("2026-11-09"))
    with db.connection_context():
        send(Post(), settings, at("2026-11-09"))
        assert Outbox.select().where(Outbox.kind == "autopay-soon").count() == ACCOUNTS
    for hour in (10, 11, 12, 13):
        rounds(counter, at("2026-11-10", hour))
    with db.connection_context():
        assert [run.state for run in AutopayRun.select()] == ["done"] * ACCOUNTS
        assert [order.state for order in Order.select()] == ["paid"] * ACCOUNTS
    assert bank.taken == sum(10000 + number for number in range(ACCOUNTS)) and len(links) == ACCOUNTS


@pytest.mark.commits
def test_turning_off_beside_the_worker_either_stops_the_run_or_comes_too_late(app: Flask, settings: Settings) -> None:
    bank = Answerable()
    counter = Counter({"keeper": bank}, "keeper", "running", "https://lk.example.org")
    with db.connection_context():
        links = [linked(number) for number in range(ACCOUNTS)]
        autopay_rounds.run(counter, at("2026-11-09"))
        send(Post(), settings, at("2026-11-09"))

    def leaves(gate: Barrier) -> None:
        with db.connection_context():
            gate.wait()
            for link in reversed(links):
                autopay.turn_off(link)

    def works(gate: Barrier) -> None:
        with db.connection_context():
            gate.wait()
            autopay_rounds.run(counter, at("2026-11-10"))

    together([leaves, works])
    with db.connection_context():
        for hours in (1, 2, 3):
            now = at("2026-11-10") + timedelta(hours=hours)
            autopay_rounds.run(counter, now)
            settling.settle_orders(counter.banks, now)
        runs = list(AutopayRun.select())
        assert {run.state for run in runs} <= {"dropped", "done"}
        assert Order.select().where(Order.state == "paid").count() == len(bank.charged)
        assert sum(run.state == "done" for run in runs) == len(bank.charged)
        unpaid = [order.reason for order in Order.select().where(Order.state != "paid")]
        assert set(unpaid) <= {autopay_rounds.TURNED_OFF}, "an order made before the resident left is not charged"
