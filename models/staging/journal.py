"""Keeps what a run is about to change, so that it can be undone; in the transaction of the chunk itself."""

from __future__ import annotations

from models.base import db, on_postgresql
from models.journal import PARTS, Part
from models.staging.dialect import execute

IN_DELTA = "IN (SELECT id FROM delta)"


def listed(part: Part) -> str:
    """SQL of the JSON list of a row's columns; the row is `t`."""
    columns = ", ".join(f't."{name}"' for name in part.columns)
    return f"json_build_array({columns})::text" if on_postgresql() else f"json_array({columns})"


class Journal:
    """Of one run; a check (`is_on` = False) keeps nothing, since everything it writes is taken back.

    `which` is what follows `t.id` in a condition: by default the rows of `delta`.
    """

    def __init__(self, run: int, *, is_on: bool) -> None:
        self.run, self._is_on = run, is_on

    def before(self, name: str, which: str = IN_DELTA) -> None:
        """Keeps the rows as they are; the first of two changes by one run is the one to go back to."""
        if not self._is_on:
            return
        part = PARTS[name]
        execute(
            f"""INSERT INTO import_change (run_id, part, "row", was, became)
            SELECT {self.run}, '{name}', t.id, {listed(part)}, '' FROM "{part.name}" t WHERE t.id {which}
            AND NOT EXISTS (SELECT 1 FROM import_change c
                WHERE c.run_id = {self.run} AND c.part = '{name}' AND c."row" = t.id)"""
        )

    def after(self, name: str, which: str = IN_DELTA) -> None:
        """Keeps what became of the rows, where somebody else may change them later."""
        part = PARTS[name]
        if self._is_on and part.is_shared:
            execute(
                f"""UPDATE import_change AS c SET became = {listed(part)} FROM "{part.name}" t
                WHERE c.run_id = {self.run} AND c.part = '{name}' AND c."row" = t.id AND t.id {which}"""
            )

    def insert(self, table: str, query: str) -> int:
        """Runs an INSERT into the table and keeps where its rows lie; how many. Ids only grow within a run."""
        last = self._last(table)
        rows = execute(query)
        if rows and self._is_on:
            execute(
                f"""INSERT INTO import_added (run_id, "table", "first", "last", "rows")
                VALUES ({self.run}, '{table}', {last + 1}, {self._last(table)}, {rows})
                ON CONFLICT (run_id, "table") DO UPDATE
                SET "last" = excluded."last", "rows" = import_added."rows" + excluded."rows\""""
            )
        return rows

    def _last(self, table: str) -> int:
        return int(db.execute_sql(f'SELECT coalesce(max(id), 0) FROM "{table}"').fetchone()[0]) if self._is_on else 0
