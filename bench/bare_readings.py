"""The limit of P3: a server that stores a reading in one transaction and does nothing else.

python -m bench.bare_readings PORT DATABASE
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import waitress

SCHEMA = """
    CREATE TABLE submission (id INTEGER PRIMARY KEY, account INTEGER, once TEXT, UNIQUE (account, once));
    CREATE TABLE reading (id INTEGER PRIMARY KEY, register INTEGER, submission INTEGER, value INTEGER);
    CREATE INDEX reading_register ON reading (register);
"""
local = threading.local()


def connect(path: str) -> sqlite3.Connection:
    """A thread's own, as durable as ours."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = full")
    return connection


def store(path: str, account: int, value: int) -> None:
    """Two scales of one meter, once."""
    connection = getattr(local, "connection", None)
    if connection is None:
        connection = local.connection = connect(path)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("SELECT value FROM reading WHERE register = ? ORDER BY id DESC", (2 * account,)).fetchone()
    act = connection.execute("INSERT INTO submission (account, once) VALUES (?, ?)", (account, "once")).lastrowid
    rows = [(2 * account - 1, act, value), (2 * account, act, value)]
    connection.executemany("INSERT INTO reading (register, submission, value) VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")


def application(path: str) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
            store(path, int(form["account"][0]), int(form["value"][0]))
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"OK"]

    return answer


if __name__ == "__main__":
    port, database = int(sys.argv[1]), sys.argv[2]
    connect(database).executescript(SCHEMA)
    waitress.serve(application(database), host="127.0.0.1", port=port, threads=8)
