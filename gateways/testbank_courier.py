"""Carries the test bank's callbacks to the portal: again and again, with growing pauses, until it answers 200."""

from __future__ import annotations

import http.client
import logging
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode

from gateways.testbank_ledger import Ledger
from gateways.testbank_till import Till

TICK = 0.3  # seconds between looks at what is due
TIMEOUT = 10
log = logging.getLogger("testbank")


class Courier:
    """The loop beside the pages; it also ends the payments that were left open."""

    def __init__(self, ledger: Ledger, till: Till) -> None:
        self.ledger, self.till = ledger, till
        self._news = threading.Condition()

    def run(self, stopped: threading.Event) -> None:
        """Rounds until it is told to stop; a file that cannot be written now is tried again."""
        while not stopped.is_set():
            try:
                self.round()
            except (OSError, sqlite3.Error):
                log.exception("a round of callbacks broke off")
            with self._news:
                self._news.wait(TICK)

    def round(self) -> None:
        """Sends what is due."""
        self.till.expire(time.time())
        for call in self.ledger.owed(time.time()):
            if post(call.url, call.body):
                self.ledger.delivered(call)
            elif not self.ledger.put_off(call, time.time()):
                log.warning("callback of payment %s given up", call.body["number"])
            self.wake()

    def wake(self) -> None:
        """There is something to do, or something was done."""
        with self._news:
            self._news.notify_all()

    def wait_for(self, number: str, seconds: float) -> None:
        """Until the callbacks of the payment are delivered, or the time is over."""
        with self._news:
            self._news.wait_for(lambda: not self.ledger.owes(number), seconds)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A callback goes where it was signed to go, and nowhere else."""

    def redirect_request(self, *_args: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)


def post(url: str, body: Mapping[str, str]) -> bool:
    """Was it answered 200?"""
    request = urllib.request.Request(url, urlencode(body).encode(), method="POST")
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException) as fault:
        log.info("callback of payment %s not taken: %s", body["number"], fault)
        return False
