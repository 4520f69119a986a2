"""Counts what a page asks of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from models import db

STATEMENTS = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements run inside, in order; savepoints and pragmas are not counted."""
    seen: list[str] = []
    run = db.obj.execute_sql

    def note(sql: str, *args: Any, **kwargs: Any) -> Any:
        if sql.lstrip(" (").upper().startswith(STATEMENTS):
            seen.append(sql)
        return run(sql, *args, **kwargs)

    with patch.object(db.obj, "execute_sql", note):
        yield seen
