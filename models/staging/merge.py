"""Rows that came against rows that are: changed ones are updated, missing ones inserted, equal ones untouched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from models.staging.dialect import execute
from models.staging.journal import Journal


@dataclass(frozen=True)
class Target:
    """How rows `x` of a chunk become rows `t` of a table.

    `source` joins what gives the ids; `key` and `values` map columns of the table to SQL over the source. A value
    whose staged column was not in the file is left as it is (`of` names the column where it is not the value's
    own). `once` are given to new rows only; `rows` limits the rows, `changes` those that may change something.
    `nullable` is the column of the key that may be NULL on both sides.
    """

    name: str
    table: str
    source: str
    key: Mapping[str, str]
    values: Mapping[str, str]
    once: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)
    rows: str = ""
    changes: str = ""
    nullable: str = ""

    def told(self, present: Collection[str]) -> dict[str, str]:
        """The values that the file says something about."""
        return {name: sql for name, sql in self.values.items() if self.of.get(name, name) in present}


def merge(target: Target, present: Collection[str], journal: Journal) -> tuple[int, int]:
    """Publishes rows that may be there already; returns how many are new and how many changed.

    One look at each row fills `delta`: with the row that differs, or with nothing where there is none. A chunk that
    says nothing new costs that look and writes nothing.
    """
    execute("DELETE FROM delta")
    found = execute(
        f'INSERT INTO delta SELECT x.line, t.id FROM {target.source} LEFT JOIN "{target.table}" t '
        f"ON {_matched(target)} WHERE {_all(target.rows, f't.id IS NULL OR ({_differs(target, present)})')}"
    )
    if not found:
        return 0, 0
    execute("DELETE FROM missing")
    new = execute("INSERT INTO missing SELECT line FROM delta WHERE id IS NULL")
    if found > new:
        update_changed(target, present, journal)
    if new:
        _insert(target, journal, "x.line IN (SELECT line FROM missing)")
    return new, found - new


def mark_changed(target: Target, present: Collection[str]) -> int:
    """Fills `delta` with the rows that differ from what is there."""
    execute("DELETE FROM delta")
    return execute(
        f'INSERT INTO delta SELECT x.line, t.id FROM {target.source} {{join}} "{target.table}" t '
        f"ON {_matched(target)} WHERE {_all(target.rows, _differs(target, present))}"
    )


def update_changed(target: Target, present: Collection[str], journal: Journal) -> None:
    """Updates the rows of `delta`, which the journal keeps as they were."""
    journal.before(target.table)
    told = ", ".join(f'"{name}" = {sql}' for name, sql in target.told(present).items())
    execute(
        f'UPDATE "{target.table}" AS t SET {told}, run_id = {journal.run} FROM delta d, {target.source} '
        "WHERE d.line = x.line AND t.id = d.id"
    )
    journal.after(target.table)


def insert_missing(target: Target, journal: Journal) -> int:
    """Inserts the rows that are not there."""
    absent = f'NOT EXISTS (SELECT 1 FROM "{target.table}" t WHERE {_matched(target)})'
    return _insert(target, journal, _all(target.rows, absent))


def insert_all(target: Target, journal: Journal) -> int:
    """Inserts rows of accounts that are new: nobody has to look what is there."""
    return _insert(target, journal, target.rows)


def _insert(target: Target, journal: Journal, condition: str) -> int:
    columns = {**target.key, **target.values, **target.once, "run_id": str(journal.run)}
    names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(columns.values())
    where = f" WHERE {condition}" if condition else ""
    query = f'INSERT INTO "{target.table}" ({names}) SELECT {values} FROM {target.source}{where}'
    return journal.insert(target.table, query)


def _matched(target: Target) -> str:
    return " AND ".join(
        f't."{name}" {"{same}" if name == target.nullable else "="} {sql}' for name, sql in target.key.items()
    )


def _differs(target: Target, present: Collection[str]) -> str:
    """Condition that a row `t` is not what the file says; false where the file says nothing of it."""
    told = target.told(present)
    if not told:
        return "1 = 0"
    theirs, ours = ", ".join(told.values()), ", ".join(f't."{name}"' for name in told)
    differ = f"{{row}}({ours}) {{differs}} {{row}}({theirs})" if len(told) > 1 else f"{ours} {{differs}} {theirs}"
    return _all(differ, target.changes)


def _all(*conditions: str) -> str:
    return " AND ".join(f"({condition})" for condition in conditions if condition)
