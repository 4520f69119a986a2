"""Taking back what an import has written, by its journal: set by set, whatever the size of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from peewee import ForeignKeyField, fn

from models import TABLES
from models.base import Base, UtcField, db, on_postgresql
from models.bill import Payment
from models.journal import FILLED, PARTS, ImportAdded, ImportChange, Part
from models.progress import ReadingProgress
from models.reading import Reading
from models.run import EXPIRED, UNDONE, ImportRun
from models.staging.dialect import execute
from models.staging.journal import listed
from models.unsent import Unsent

_TYPES = {"TEXT": "text", "INT": "integer", "BIGINT": "bigint", "DATE": "date", "BOOL": "boolean", "AUTO": "integer",
          "DATETIME": "timestamp"}  # fmt: skip
_COUNTED = (Unsent, ReadingProgress)  # the worker counts them anew
_TAKEN = "taken"  # a row's id that somebody else's row has by now


@dataclass(frozen=True)
class Extent:
    """How many rows of a table the run has added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0


def hanging() -> Iterator[tuple[type[Base], ForeignKeyField]]:
    """What people write that hangs on rows of imports: with it, a row cannot be taken away.

    Payments of the billing are no hindrance: what was met by one is met anew without it.
    """
    for table in TABLES:
        for field in table._meta.refs:
            if field.rel_model in FILLED and field.rel_model is not Payment and table not in (*FILLED, *_COUNTED):
                yield table, field
    yield Reading, Reading.register


class Undoing:
    """Of one run."""

    def __init__(self, run: ImportRun) -> None:
        self.run, self._started = int(run.id), UtcField.text(run.started_at)
        self._added = {str(row.table): row for row in ImportAdded.select().where(ImportAdded.run == run)}
        counted = ImportChange.select(ImportChange.part, fn.COUNT(ImportChange.id)).where(ImportChange.run == run)
        pairs = cast(Iterable[tuple[str, int]], counted.group_by(ImportChange.part).tuples())
        self._changed = dict(pairs)

    @property
    def is_empty(self) -> bool:
        """The run has written nothing."""
        return not self._added and not self._changed

    def extent(self) -> dict[str, Extent]:
        """By the names of tables, those that others hang on first."""
        found = {}
        for table in FILLED:
            name = str(table._meta.table_name)
            added = int(self._added[name].rows) if name in self._added else 0
            parts = [part for part in self._changed if part.partition(".")[0] == name]
            changed = self._changed[parts[0]] if len(parts) == 1 else self._distinct(parts)
            row = Extent(added, changed, self._changed.get(f"-{name}", 0))
            if row != Extent():
                found[name] = row
        return found

    def _distinct(self, parts: list[str]) -> int:
        if not parts:
            return 0
        rows = ImportChange.select(ImportChange.row).where(ImportChange.run == self.run, ImportChange.part.in_(parts))
        return int(rows.distinct().count())

    def hindrances(self) -> dict[str, int]:
        """Names of tables of what people have done since, and how many such rows: undoing would break it.

        `reading` counts those sent for new registers and those that the run changed and somebody changed after it.
        """
        found: dict[str, int] = {}
        for table, field in hanging():
            new = self._new(field.rel_model)
            if new:
                name, others = str(table._meta.table_name), ""
                if field is Reading.register:
                    others = f"AND (o.run_id IS NULL OR o.run_id <> {self.run})"
                query = f"""SELECT count(*) FROM "{name}" o JOIN "{field.rel_model._meta.table_name}" t
                    ON t.id = o."{field.column_name}" WHERE {new} {others}"""
                found[name] = found.get(name, 0) + _number(query)
        for name, part in PARTS.items():
            if part.is_shared and name in self._changed:
                query = f"""SELECT count(*) FROM import_change c JOIN "{part.name}" t ON t.id = c."row"
                    WHERE {self._of(name)} AND c.became <> {listed(part)}"""
                found[part.name] = found.get(part.name, 0) + _number(query)
        found["invitation"] = self._accepted()
        return {name: count for name, count in found.items() if count}

    def _accepted(self) -> int:
        told = f"""t.id IN (SELECT c."row" FROM import_change c WHERE {self._of("invitation")})"""
        new = self._new_of("invitation") or "1 = 0"
        return _number(
            f"SELECT count(*) FROM invitation t WHERE t.accepted_at >= '{self._started}' AND ({told} OR {new})"
        )

    def hold(self) -> None:
        """Nobody orders by the run's bills or changes what it has changed, until the transaction ends."""
        if not on_postgresql():
            return  # a transaction is alone there
        if new := self._new_of("bill"):
            execute(f"SELECT t.id FROM bill t WHERE {new} ORDER BY t.id FOR UPDATE")
        for name, part in PARTS.items():
            if part.is_shared and name in self._changed:
                rows = f"""SELECT c."row" FROM import_change c WHERE {self._of(name)}"""
                execute(f'SELECT t.id FROM "{part.name}" t WHERE t.id IN ({rows}) ORDER BY t.id FOR UPDATE')

    def carry_out(self) -> None:
        """Removed rows come back, changed ones are as they were, new ones go; in the caller's transaction."""
        for name, part in PARTS.items():
            if name in self._changed and part.is_removed:
                self._bring_back(name, part)
        for name, part in PARTS.items():
            if name in self._changed and not part.is_removed:
                values = ", ".join(f'"{column}" = {_value(part, column)}' for column in part.columns)
                execute(
                    f"""UPDATE "{part.name}" AS t SET {values} FROM import_change c
                    WHERE {self._of(name)} AND t.id = c."row\""""
                )
        for table in reversed(FILLED):
            if new := self._new(table):
                self._remove_new(str(table._meta.table_name), new)

    def _bring_back(self, name: str, part: Part) -> None:
        """With their ids; a reading whose id another has by now gets a new one: nothing of the portal names it."""
        columns, values = list(part.columns), [_value(part, column) for column in part.columns]
        if part.table is Reading:
            execute(
                f"""UPDATE import_change AS c SET became = '{_TAKEN}' WHERE {self._of(name)}
                AND EXISTS (SELECT 1 FROM reading t WHERE t.id = c."row")"""
            )
        self._insert(name, part, columns, values, "c.became = ''")
        if part.table is Reading:
            place = columns.index("id")
            del columns[place], values[place]
            self._insert(name, part, columns, values, f"c.became = '{_TAKEN}'")

    def _insert(self, name: str, part: Part, columns: list[str], values: list[str], which: str) -> None:
        named = ", ".join(f'"{column}"' for column in columns)
        execute(
            f"""INSERT INTO "{part.name}" ({named}) SELECT {", ".join(values)} FROM import_change c
            WHERE {self._of(name)} AND {which} ORDER BY c."row\""""
        )

    def _remove_new(self, name: str, new: str) -> None:
        if name == "house":  # one into which others have moved meanwhile stays
            execute(f"DELETE FROM unsent WHERE house_id IN (SELECT t.id FROM house t WHERE {new})")
            new += " AND NOT EXISTS (SELECT 1 FROM account a WHERE a.house_id = t.id)"
        execute(f'DELETE FROM "{name}" AS t WHERE {new}')

    def _new(self, table: type[Base]) -> str:
        return self._new_of(str(table._meta.table_name))

    def _new_of(self, name: str) -> str:
        """Condition that a row `t` was added by the run; "" where none was."""
        row = self._added.get(name)
        if row is None:
            return ""
        own = "" if name == "house" else f" AND t.run_id = {self.run}"
        return f"(t.id BETWEEN {row.first} AND {row.last}{own})"

    def _of(self, name: str) -> str:
        return f"c.run_id = {self.run} AND c.part = '{name}'"


def forget(run: ImportRun, most: int) -> bool:
    """Removes so many rows of a run's journal; is anything left of it?"""
    some = ImportChange.select(ImportChange.id).where(ImportChange.run == run).limit(most)
    if ImportChange.delete().where(ImportChange.id.in_(some)).execute() == most:
        return True
    ImportAdded.delete().where(ImportAdded.run == run).execute()
    return False


def kept_in_vain() -> list[ImportRun]:
    """Runs that are undone or can no longer be, of whose journal something is left."""
    own = [table.select().where(table.run == ImportRun.id) for table in (ImportAdded, ImportChange)]
    rows = ImportRun.select().where(ImportRun.undo.in_((UNDONE, EXPIRED)), fn.EXISTS(own[0]) | fn.EXISTS(own[1]))
    return list(rows.order_by(ImportRun.id))


def _value(part: Part, column: str) -> str:
    """SQL of a column as the journal `c` has kept it."""
    place = part.columns.index(column)
    if on_postgresql():
        return f"(c.was::json ->> {place})::{_TYPES[part.table._meta.columns[column].field_type]}"
    return f"json_extract(c.was, '$[{place}]')"


def _number(query: str) -> int:
    return int(db.execute_sql(query).fetchone()[0])
