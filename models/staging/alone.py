"""One import at a time: two would refuse each other's rows and block each other's chunks."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.base import db, on_postgresql

LOCK = 0x41626F6F  # advisory locks are per database; the next one after the migrations'


class Busy(Exception):
    """Another import runs now."""


@contextmanager
def alone() -> Iterator[None]:
    """Holds the only place of an import. The lock goes with the process, whatever happens to it. Raises Busy."""
    if on_postgresql():
        if not db.execute_sql("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()[0]:
            raise Busy
        try:
            yield
        finally:
            db.execute_sql("SELECT pg_advisory_unlock(%s)", (LOCK,))
        return
    with Path(f"{db.obj.database}.importing").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy
        yield
