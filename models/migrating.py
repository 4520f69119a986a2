"""Brings the tables up to date: numbered scripts of `migrations/`, one runner at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playhouse.migrations import Runner

from models.base import db, on_postgresql

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 0x41626F6E  # any fixed number of ours; advisory locks are per database


def migrate(directory: Path = DIRECTORY) -> list[str]:
    """Applies what is pending, in order, and returns the names; of two that start at once the second finds none.

    The runner itself has no lock: two starts would both create the tables, and one of them would fail.
    """
    with _alone():
        opened = db.connect(reuse_if_open=True)
        try:
            with _advisory_lock():
                return list(Runner(db.obj, str(directory)).up())
        finally:
            if opened:
                db.close()


def pending(directory: Path = DIRECTORY) -> list[str]:
    """The scripts that have not been applied yet; needs an open connection."""
    return [step.name for step in Runner(db.obj, str(directory)).status() if step.applied is None]


def applied(directory: Path = DIRECTORY) -> list[str]:
    """The scripts that made the tables what they are; needs an open connection."""
    return [step.name for step in Runner(db.obj, str(directory)).status() if step.applied is not None]


@contextmanager
def _alone() -> Iterator[None]:
    """On SQLite a locked file beside the database, taken before connecting: neither can share the switch to WAL.

    A transaction around everything would not do: scripts that rebuild a table must switch foreign keys off first.
    """
    if on_postgresql():
        yield
        return
    with Path(f"{db.obj.database}.migrating").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _advisory_lock() -> Iterator[None]:
    """On PostgreSQL a lock of the session: it goes with the connection, whatever happens to the process."""
    if not on_postgresql():
        yield
        return
    db.execute_sql("SELECT pg_advisory_lock(%s)", (LOCK,))
    try:
        yield
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (LOCK,))
