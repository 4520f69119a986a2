"""What tests of letters share: a mail server in memory, a letter to send, a round of the worker."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from threading import Lock

import worker
from config import Settings
from gateways.mail import Mail, Undeliverable
from models import Outbox
from services import letters, outbox
from tests.factories import NOW


class Post:
    """A mail server of the tests: keeps what it was given, or answers as it is told to."""

    def __init__(self, *faults: Undeliverable) -> None:
        self.mails: list[Mail] = []
        self.faults = list(faults)
        self._one_at_a_time = Lock()

    def send(self, mail: Mail, _now: datetime) -> str:
        with self._one_at_a_time:
            if self.faults:
                raise self.faults.pop(0)
            self.mails.append(mail)
            return f"<{mail.key}@post>"


class SlowPost(Post):
    """A mail server that takes its time over each letter; `now` is the clock of the worker that waits for it."""

    def __init__(self, takes: timedelta) -> None:
        super().__init__()
        self.takes, self.now = takes, NOW
        self.leases: list[timedelta] = []

    def send(self, mail: Mail, now: datetime) -> str:
        row = Outbox.get_by_id(int(mail.key.removeprefix("outbox-")))
        self.leases.append(row.leased_until - self.now)
        self.now += self.takes
        return super().send(mail, now)


def put(key: str = "k1", kind: str = "known-email", now: datetime = NOW, **facts: object) -> Outbox:
    outbox.put(kind, key, now, **{"destination": "anna@example.org", **facts})  # type: ignore[arg-type]
    return Outbox.get(Outbox.key == key)


def send(post: Post, settings: Settings, now: datetime = NOW, keeps_body: bool = False) -> int:
    return worker.send_letters(post, worker.desk_of(settings), keeps_body, lambda: now)


def again(row: Outbox) -> Outbox:
    return Outbox.get_by_id(row.id)


def newest_code(settings: Settings, now: datetime, place: int = 0) -> str:
    """The digits of the newest message or letter (or the one so many before it), as its reader sees them."""
    row = list(Outbox.select().order_by(Outbox.id.desc()))[place]  # `get` forgets an offset
    letter = letters.compose(row, worker.desk_of(settings), now)
    assert letter is not None, f"{row.kind} has nothing to say any more"
    found = re.search(r"(?<!\d)\d{5,6}(?!\d)", letter.body)
    assert found, letter.body
    return found[0]
