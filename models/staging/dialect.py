"""SQL written once for both engines."""

from __future__ import annotations

from models.base import db, on_postgresql


def execute(query: str) -> int:
    """Runs SQL written for both engines; returns the number of rows it touched.

    `{join}` keeps SQLite from turning the order of tables round: without statistics it may walk a large table
    for every row of a chunk.
    """
    return int(db.execute_sql(dialect(query)).rowcount)


def dialect(query: str) -> str:
    if on_postgresql():
        return query.format(join="JOIN", differs="IS DISTINCT FROM", same="IS NOT DISTINCT FROM", row="ROW")
    return query.format(join="CROSS JOIN", differs="IS NOT", same="IS", row="")
