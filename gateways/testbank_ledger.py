"""What the test bank remembers: payments and the callbacks it owes, in a file of its own; a restart loses nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

LONGEST_PAUSE = 300.0
OPEN, CODE, PAID, FAILED = "open", "code", "paid", "failed"
WAITING = "waiting"  # what is said of a payment whose end is not told yet
VERSION = 3
SCHEMA = """
DROP TABLE IF EXISTS payment;
DROP TABLE IF EXISTS callback;
DROP TABLE IF EXISTS kept;
CREATE TABLE payment (
    token TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, fields TEXT NOT NULL, expires REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', provider_id TEXT NOT NULL UNIQUE, card TEXT NOT NULL DEFAULT '',
    keeps TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX payment_open ON payment (expires) WHERE state IN ('open', 'code');
CREATE TABLE callback (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, due REAL NOT NULL,
    until REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX callback_due ON callback (due);
CREATE TABLE kept (
    client TEXT NOT NULL, number TEXT NOT NULL, id TEXT NOT NULL, card TEXT NOT NULL, PRIMARY KEY (client, number)
);
"""


@dataclass(frozen=True)
class Payment:
    """`token` stands in addresses, `fields` are those of the signed address, moments are seconds since 1970."""

    token: str
    number: str
    fields: dict[str, str]
    expires: float
    state: str
    provider_id: str
    card: str
    keeps: str
    tries: int
    reason: str

    @property
    def amount(self) -> int:
        return int(self.fields["amount"])

    @property
    def is_over(self) -> bool:
        return self.state in (PAID, FAILED)


@dataclass(frozen=True)
class Call:
    """A callback to be sent: from `due` on, and not after `until`."""

    url: str
    body: Mapping[str, str]
    due: float
    until: float
    id: int = 0
    tries: int = 0


class Ledger:
    """Each call opens its own connection: pages and the callback loop run in threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as base:
            if base.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                base.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    def opened(self, fields: Mapping[str, str], expires: float) -> Payment:
        """The payment of a signed address, remembered when it is first seen; later ones find it as it is."""
        with self._open() as base:
            base.execute(
                "INSERT OR IGNORE INTO payment (token, number, fields, expires, provider_id) VALUES (?, ?, ?, ?, ?)",
                (token_urlsafe(24), fields["number"], json.dumps(dict(fields)), expires, token_urlsafe(18)),
            )
            row = base.execute("SELECT * FROM payment WHERE number = ?", (fields["number"],)).fetchone()
        return _payment(row)

    def find(self, token: str) -> Payment | None:
        return self._one("SELECT * FROM payment WHERE token = ?", token)

    def by_number(self, number: str) -> Payment | None:
        return self._one("SELECT * FROM payment WHERE number = ?", number)

    def by_provider_id(self, provider_id: str) -> Payment | None:
        return self._one("SELECT * FROM payment WHERE provider_id = ?", provider_id)

    def every(self) -> list[Payment]:
        """All payments, for who wants to compare the books."""
        with self._open() as base:
            return [_payment(row) for row in base.execute("SELECT * FROM payment ORDER BY rowid").fetchall()]

    def overdue(self, now: float) -> list[Payment]:
        """Payments whose time ran out with nobody pressing anything."""
        statement = "SELECT * FROM payment WHERE expires <= ? AND state IN ('open', 'code') LIMIT 100"
        with self._open() as base:
            return [_payment(row) for row in base.execute(statement, (now,)).fetchall()]

    def ask_code(self, payment: Payment, card: str, keeps: str) -> bool:
        """From the card to its code; False if it went on already."""
        return self._move(
            "UPDATE payment SET state = 'code', card = ?, keeps = ? WHERE token = ? AND state = 'open'",
            (card, keeps, payment.token),
        )

    def wrong_code(self, payment: Payment) -> int:
        """Counts a wrong 3-D Secure code; how many there were."""
        with self._open() as base:
            base.execute("UPDATE payment SET tries = tries + 1 WHERE token = ?", (payment.token,))
            row = base.execute("SELECT tries FROM payment WHERE token = ?", (payment.token,)).fetchone()
        return int(row[0])

    def finish(
        self, payment: Payment, state: str, card: str, keeps: str | None, reason: str, calls: Sequence[Call]
    ) -> bool:
        """Ends the payment and owes its callbacks, in one transaction; False if it had ended: a second press.

        `keeps`: the card to keep for the client as JSON, "" = forget, None = as it was asked before the code.
        """
        with self._open() as base:
            changed = base.execute(
                "UPDATE payment SET state = ?, card = ?, keeps = coalesce(?, keeps), reason = ?"
                " WHERE token = ? AND state IN ('open', 'code')",
                (state, card, keeps, reason, payment.token),
            ).rowcount
            if changed:
                rows = [(payment.number, it.url, json.dumps(dict(it.body)), it.due, it.until) for it in calls]
                base.executemany("INSERT INTO callback (number, url, body, due, until) VALUES (?, ?, ?, ?, ?)", rows)
            if changed and state == PAID:
                _keep(base, payment)
        return bool(changed)

    def kept_cards(self, client: str) -> list[dict[str, str]]:
        """The cards that the client asked to keep, the newest first: id, card, expiry, holder."""
        with self._open() as base:
            rows = base.execute(
                "SELECT id, card FROM kept WHERE client = ? ORDER BY rowid DESC", (client,)
            ).fetchall()
        return [{"id": row["id"], **json.loads(row["card"])} for row in rows] if client else []

    def kept_card(self, client: str, name: str = "") -> dict[str, str]:
        """The kept card of this id, the newest where none is named; empty where there is none."""
        cards = self.kept_cards(client)
        return next((card for card in cards if not name or card["id"] == name), {})

    def forget(self, client: str, name: str) -> None:
        """The client's card is kept no longer."""
        self._move("DELETE FROM kept WHERE client = ? AND id = ?", (client, name))

    def owed(self, now: float) -> list[Call]:
        with self._open() as base:
            rows = base.execute("SELECT * FROM callback WHERE due <= ? ORDER BY due LIMIT 20", (now,)).fetchall()
        return [
            Call(row["url"], json.loads(row["body"]), row["due"], row["until"], row["id"], row["tries"])
            for row in rows
        ]

    def owes(self, number: str) -> bool:
        """Is a callback of this payment still to be sent?"""
        with self._open() as base:
            return base.execute("SELECT 1 FROM callback WHERE number = ? LIMIT 1", (number,)).fetchone() is not None

    def delivered(self, call: Call) -> None:
        self._move("DELETE FROM callback WHERE id = ?", (call.id,))

    def put_off(self, call: Call, now: float) -> bool:
        """Again after a pause that doubles; False = given up, its time is over."""
        later = now + min(2.0 ** min(call.tries, 20), LONGEST_PAUSE)
        if later > call.until:
            self.delivered(call)
            return False
        return self._move("UPDATE callback SET tries = tries + 1, due = ? WHERE id = ?", (later, call.id))

    def _one(self, statement: str, value: str) -> Payment | None:
        with self._open() as base:
            row = base.execute(statement, (value,)).fetchone()
        return _payment(row) if row else None

    def _move(self, statement: str, values: tuple[object, ...]) -> bool:
        with self._open() as base:
            return bool(base.execute(statement, values).rowcount)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        base = sqlite3.connect(self.path, timeout=10)
        base.row_factory = sqlite3.Row
        try:
            with base:
                yield base
        finally:
            base.close()


def _payment(row: sqlite3.Row) -> Payment:
    facts = {name: row[name] for name in Payment.__dataclass_fields__ if name != "fields"}
    return Payment(fields=json.loads(row["fields"]), **facts)


def _keep(base: sqlite3.Connection, payment: Payment) -> None:
    """Keeps the card for the client, or forgets it where the tick was taken away."""
    client = payment.fields.get("client", "")
    keeps, number = base.execute("SELECT keeps, card FROM payment WHERE token = ?", (payment.token,)).fetchone()
    if client and keeps:
        card = json.loads(keeps)
        row = (client, number, card.pop("id"), json.dumps(card))
        base.execute("INSERT OR REPLACE INTO kept (client, number, id, card) VALUES (?, ?, ?, ?)", row)
    elif client:
        base.execute("DELETE FROM kept WHERE client = ? AND number = ?", (client, number))
