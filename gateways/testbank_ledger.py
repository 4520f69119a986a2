"""What the test bank remembers: payments and the callbacks it owes, in a file of its own; a restart loses nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LONGEST_PAUSE = 60.0
MOST_TRIES = 20

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    number TEXT PRIMARY KEY, fields TEXT NOT NULL, state TEXT NOT NULL, provider_id TEXT NOT NULL DEFAULT '',
    card TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL, body TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0
);
"""


@dataclass(frozen=True)
class Payment:
    """`state`: open, code (3-D Secure is asked), paid, failed."""

    number: str
    fields: dict[str, str]
    state: str
    provider_id: str
    card: str
    tries: int
    reason: str


@dataclass(frozen=True)
class Owed:
    id: int
    url: str
    body: dict[str, str]
    tries: int


class Ledger:
    """Each call opens its own connection: pages and the callback loop run in threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as base:
            base.executescript(SCHEMA)

    def opened(self, fields: Mapping[str, str]) -> Payment:
        """The payment of a signed address, remembered when it is first seen."""
        with self._open() as base:
            base.execute(
                "INSERT OR IGNORE INTO payment (number, fields, state) VALUES (?, ?, 'open')",
                (fields["number"], json.dumps(dict(fields))),
            )
        found = self.find(fields["number"])
        assert found is not None
        return found

    def find(self, number: str) -> Payment | None:
        with self._open() as base:
            row = base.execute(
                "SELECT number, fields, state, provider_id, card, tries, reason FROM payment WHERE number = ?",
                (number,),
            ).fetchone()
        return Payment(row[0], json.loads(row[1]), *row[2:]) if row else None

    def ask_code(self, number: str, card: str) -> bool:
        return self._move(
            "UPDATE payment SET state = 'code', card = ? WHERE number = ? AND state = 'open'", card, number
        )

    def wrong_code(self, number: str) -> int:
        """Counts a wrong 3-D Secure code; how many there were."""
        self._move("UPDATE payment SET tries = tries + 1 WHERE number = ?", number)
        found = self.find(number)
        return found.tries if found else 0

    def finish(
        self,
        number: str,
        state: str,
        card: str,
        provider_id: str,
        reason: str,
        calls: Sequence[tuple[str, Mapping[str, str], float]],
    ) -> bool:
        """Ends the payment and owes its callbacks, in one transaction; False if it had ended: a second press."""
        with self._open() as base:
            changed = base.execute(
                "UPDATE payment SET state = ?, card = ?, provider_id = ?, reason = ?"
                " WHERE number = ? AND state IN ('open', 'code')",
                (state, card, provider_id, reason, number),
            ).rowcount
            if changed:
                base.executemany(
                    "INSERT INTO callback (url, body, due) VALUES (?, ?, ?)",
                    [(url, json.dumps(dict(body)), due) for url, body, due in calls],
                )
        return bool(changed)

    def owed(self, now: float) -> list[Owed]:
        with self._open() as base:
            rows = base.execute(
                "SELECT id, url, body, tries FROM callback WHERE due <= ? ORDER BY due LIMIT 20", (now,)
            ).fetchall()
        return [Owed(row[0], row[1], json.loads(row[2]), row[3]) for row in rows]

    def delivered(self, owed: Owed) -> None:
        self._move("DELETE FROM callback WHERE id = ?", owed.id)

    def put_off(self, owed: Owed, now: float) -> None:
        """Again after a pause that doubles; given up after `MOST_TRIES`."""
        if owed.tries + 1 >= MOST_TRIES:
            return self.delivered(owed)
        pause = min(2.0**owed.tries, LONGEST_PAUSE)
        self._move("UPDATE callback SET tries = tries + 1, due = ? WHERE id = ?", now + pause, owed.id)
        return None

    def _move(self, statement: str, *values: object) -> bool:
        with self._open() as base:
            return bool(base.execute(statement, values).rowcount)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        base = sqlite3.connect(self.path, timeout=10)
        try:
            with base:
                yield base
        finally:
            base.close()
