"""The portal is killed at random moments of payments through the test bank: none is lost, none is doubled.

`pytest tests/test_payment_kills.py --payments 500` does more of them than the suite.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from http.client import HTTPException
from pathlib import Path
from subprocess import DEVNULL, Popen
from time import monotonic
from urllib.parse import urlsplit

import pytest
from flask import Flask

from bench.process import free_port
from config import Settings
from gateways.testbank_ledger import Ledger
from gateways.testbank_server import start_child
from models import GatewayEvent, Order, OrderLine, db
from models.order import PAID
from tests import crowd, factories
from tests.crowd import Visitor, fields, session

pytestmark = pytest.mark.commits
PAYERS = 6
# It pays; is told twice; is told before the payer returns; refuses.
CARDS = ("2200000000000004", "2200000000000046", "2200000000000079", "2200000000000020")
LINK = re.compile(r'href="(http[^"]+/pay\?[^"]+)"')
TYPED = {"expiry": "12/39", "holder": "ANNA", "cvc": "123"}
PATIENCE = 600.0  # a press that died holds its order for a minute, and the next one may die too, several times over


@dataclass
class Mortal:
    """The portal's process: killed and started again at the same port while others talk to it."""

    settings: Settings
    port: int
    deaths: int = 0

    def start(self) -> None:
        """As a supervisor does: a process that ends before it answers is started again."""
        command, environ = crowd.serving(self.settings, self.port)
        for last in (False, False, True):
            self.process = Popen(command, cwd=crowd.ROOT, env=environ, stderr=DEVNULL)
            try:
                crowd.wait(self.port)
                return
            except OSError:
                if last:
                    raise
                self.process.kill()
                self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)
        self.deaths += 1


@contextmanager
def living(portal: Mortal) -> Iterator[None]:
    portal.start()
    try:
        yield
    finally:
        portal.process.kill()
        portal.process.wait(30)


@contextmanager
def dying(portal: Mortal, chance: random.Random) -> Iterator[None]:
    """Between random moments of life it is killed and comes back; at the end it lives."""
    ended = threading.Event()

    def reap() -> None:
        while not ended.wait(chance.uniform(0.2, 2.0)):
            portal.kill()
            portal.start()

    reaper = threading.Thread(target=reap, daemon=True)
    reaper.start()
    try:
        yield
    finally:
        ended.set()
        reaper.join(PATIENCE)


@dataclass
class Payer:
    """One resident with a browser; what breaks off is begun again, as a person would."""

    visitor: Visitor
    account: int
    bank: int

    def pay(self, turn: int) -> None:
        values = {f"pay-{self.account}": "yes", f"sum-{self.account}": f"{100 + turn},01"}
        order = self._until(lambda: self._ordered(values))
        address = self._until(lambda: self._sent(order))
        bank = Visitor(self.bank, "")
        _, page = bank.ask("GET", address)
        bank.ask("POST", page, {**TYPED, "card": CARDS[turn % len(CARDS)]})

    def _ordered(self, values: dict[str, str]) -> str:
        form = self.visitor.get("/payment")
        status, place = self.visitor.ask("POST", "/payment", {**values, **_hidden(form)})
        assert status == 303, status
        return place

    def _sent(self, order: str) -> str:
        """The bank's page: by the button, or by the link where a press that died had opened it."""
        body = self.visitor.page(order)
        if opened := LINK.search(body):
            return _path(unescape(opened[1]))
        status, place = self.visitor.ask("POST", order, _hidden(fields(body)))
        if status != 303 or "/pay?" not in place:
            raise HTTPException(f"{status} {place}")
        return _path(place)

    def _until(self, act: Callable[[], str]) -> str:
        """Again and again while the portal is dead."""
        end = monotonic() + PATIENCE
        while True:
            try:
                return act()
            except (OSError, HTTPException, KeyError, AssertionError) as fault:
                assert monotonic() < end, f"not done in {PATIENCE:.0f} s: {fault!r}"
                threading.Event().wait(0.1)


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _hidden(form: dict[str, str]) -> dict[str, str]:
    return {name: form[name] for name in ("csrf_token", "once", "seen") if name in form}


@pytest.fixture
def payers(app: Flask) -> list[tuple[int, str]]:
    with db.connection_context(), db.atomic():
        links = [factories.link(factories.resident()) for _ in range(PAYERS)]
        return [(link.account_id, session(link.resident)) for link in links]


def test_payments_survive_the_death_of_the_portal(
    payers: list[tuple[int, str]], settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count, bank_port = request.config.getoption("--payments"), free_port()
    ledger = Ledger(tmp_path / "bank.sqlite3")
    portal = Mortal(replace(settings, testbank_url=f"http://127.0.0.1:{bank_port}"), free_port())
    bank = start_child(bank_port, settings.testbank_secret, ledger.path)
    try:
        with living(portal):
            each = [Payer(Visitor(portal.port, token), account, bank_port) for account, token in payers]
            with dying(portal, random.Random(7)), ThreadPoolExecutor(PAYERS) as pool:
                list(pool.map(lambda n: [each[n].pay(turn) for turn in range(n, count, PAYERS)], range(PAYERS)))
            portal_is_told(ledger)
    finally:
        bank.kill()
        bank.wait(30)
    assert portal.deaths > 0
    nothing_is_lost_or_doubled(ledger, count)


def portal_is_told(ledger: Ledger) -> None:
    """The bank owes no callback any more; it repeats them while the portal is dead."""
    end = monotonic() + PATIENCE
    while ledger.owed(2.0**40):
        assert monotonic() < end, "callbacks are owed still"
        threading.Event().wait(0.2)


def nothing_is_lost_or_doubled(ledger: Ledger, count: int) -> None:
    taken = {payment.number: payment for payment in ledger.every()}
    with db.connection_context():
        orders = {row.number: row for row in Order.select()}
        paid = {number for number, row in orders.items() if row.state == PAID}
        assert paid == {number for number, payment in taken.items() if payment.state == "paid"}
        assert all(orders[number].total == taken[number].amount for number in paid)
        assert len(taken) == count, "every press reached the bank once"
        assert max(Counter(row.order_id for row in GatewayEvent.select()).values()) == 1
        lines = Counter(row.order_id for row in OrderLine.select())
        assert set(lines.values()) == {1}
