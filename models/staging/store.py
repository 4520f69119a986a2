"""The stage: a SQLite file of its own, outside the database, gone with the process that made it."""

from __future__ import annotations

import sqlite3
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from models.staging.layout import LAYOUTS, OF_ACCOUNTS, SCALES, Layout

Value = int | str | None

BATCH = 2_000
_REMEMBERED = 100_000  # accounts whose numbers are kept in memory
_FILE_ORDER = "position"  # says where a line stood in its file, and is no part of what the row says

_SCHEMA = """
CREATE TABLE refused ("table" TEXT, line INTEGER, heading TEXT, value TEXT, reason TEXT,
    PRIMARY KEY ("table", line)) WITHOUT ROWID;
CREATE TABLE holder (id INTEGER PRIMARY KEY, supplier TEXT, number TEXT, account_id INTEGER,
    is_known INTEGER DEFAULT 0, UNIQUE (supplier, number));
CREATE TABLE service (id INTEGER PRIMARY KEY, supplier TEXT, code TEXT, is_known INTEGER DEFAULT 0,
    UNIQUE (supplier, code));
CREATE TABLE charged (holder INTEGER, bill TEXT, PRIMARY KEY (holder, bill)) WITHOUT ROWID;
CREATE TABLE torn (holder INTEGER, bill TEXT, PRIMARY KEY (holder, bill)) WITHOUT ROWID;
CREATE TABLE scale (scales TEXT, scale TEXT, position INTEGER, PRIMARY KEY (scales, scale)) WITHOUT ROWID;
CREATE TABLE known_supplier (code TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE known_service (supplier TEXT, code TEXT, id INTEGER, PRIMARY KEY (supplier, code)) WITHOUT ROWID;
CREATE TABLE known_register (holder INTEGER, number TEXT, scale TEXT, service INTEGER,
    PRIMARY KEY (holder, number, scale, service)) WITHOUT ROWID;
CREATE TABLE known_bill (holder INTEGER, number TEXT, PRIMARY KEY (holder, number)) WITHOUT ROWID;
"""


class Refusal(NamedTuple):
    """Why a row was refused: the heading of the column and its text, "" for the whole row, and a sentence."""

    line: int
    heading: str
    value: str
    reason: str


class Stage:
    """Rows of a package on their way. Close it, or let the process end: the file has no name any more."""

    def __init__(self, folder: Path | None = None) -> None:
        with tempfile.NamedTemporaryFile(dir=folder, prefix="abonent-import-") as file:
            self.sql = sqlite3.connect(file.name, isolation_level=None)
            # A stage is never reopened: nothing of it has to survive a crash.
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-48000"):
                self.sql.execute(f"PRAGMA {pragma}")
            self.sql.executescript(_SCHEMA + ";".join(layout.staged() for layout in LAYOUTS.values()))
        self.sql.execute("BEGIN")  # never committed: the pages that do not fit the cache go to the file
        self.sql.executemany("INSERT INTO scale VALUES (?, ?, ?)", _scales())
        self.present: dict[str, frozenset[str]] = {}
        self.repeated: dict[str, int] = {}
        self.rows_of = array("L", [0])  # rows of each holder, whatever becomes of them
        self._holders: dict[tuple[str, str], int] = {}
        self._services: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        self.sql.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def holder(self, supplier: str, number: str) -> int:
        """The number of an account within the stage."""
        found = self._holders.get((supplier, number))
        if found is None:
            if len(self._holders) >= _REMEMBERED:
                self._holders.clear()
            found = self._named("holder", "number", supplier, number)
            self._holders[supplier, number] = found
            self.rows_of.extend([0] * (found + 1 - len(self.rows_of)))
        return found

    def service(self, supplier: str, code: str) -> int:
        """The number of a service within the stage; 0 for none."""
        if not code:
            return 0
        found = self._services.get((supplier, code))
        if found is None:
            if len(self._services) >= _REMEMBERED:
                self._services.clear()
            found = self._services[supplier, code] = self._named("service", "code", supplier, code)
        return found

    def _named(self, table: str, column: str, supplier: str, name: str) -> int:
        row = self.sql.execute(
            f"SELECT id FROM {table} WHERE supplier = ? AND {column} = ?", (supplier, name)
        ).fetchone()
        if row is None:
            query = f"INSERT INTO {table} (supplier, {column}) VALUES (?, ?) RETURNING id"
            row = self.sql.execute(query, (supplier, name)).fetchone()
        return int(row[0])

    def refuse(self, table: str, line: int, heading: str, value: str, reason: str) -> None:
        self.sql.execute(
            "INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)", (table, line, heading, value, reason)
        )

    def refused(self, table: str) -> Iterator[Refusal]:
        """The refused rows of a table by line."""
        query = 'SELECT line, heading, value, reason FROM refused WHERE "table" = ? ORDER BY line'
        return map(Refusal._make, self.sql.execute(query, (table,)))

    def refused_count(self, table: str) -> int:
        return int(self.sql.execute('SELECT count(*) FROM refused WHERE "table" = ?', (table,)).fetchone()[0])

    def tear(self, holder: int, bill: str) -> None:
        """A line of the bill was refused: those that came are not the whole set."""
        self.sql.execute("INSERT OR IGNORE INTO torn VALUES (?, ?)", (holder, bill))

    def loader(self, table: str, columns: Sequence[str]) -> Loader:
        """A loader of rows whose values stand in the order of `columns`, with `line` among them."""
        self.present[table] = frozenset(columns)
        self.repeated.setdefault(table, 0)
        return Loader(self, LAYOUTS[table], columns)


class Loader:
    """Rows of one table into the stage; the same key twice is met here."""

    def __init__(self, stage: Stage, layout: Layout, columns: Sequence[str]) -> None:
        self._stage, self._table = stage, layout.name
        self._columns = tuple(columns)
        self._line = self._columns.index("line")
        self._holder = self._columns.index("holder") if layout.name in OF_ACCOUNTS else None
        named = ", ".join(f'"{column}"' for column in columns)
        places = ", ".join("?" * len(columns))
        self._insert = f'INSERT OR IGNORE INTO "{layout.name}" ({named}) VALUES ({places})'
        self._key = [self._columns.index(field.name) for field in layout.key if field.name in columns]
        same = " AND ".join(f'"{self._columns[place]}" = ?' for place in self._key)
        self._select = f'SELECT {named} FROM "{layout.name}" WHERE {same}'
        self._content = [n for n, name in enumerate(columns) if name not in ("line", _FILE_ORDER)]
        self._batch: list[list[Value]] = []

    def add(self, row: list[Value]) -> None:
        self._batch.append(row)
        if len(self._batch) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """What is added is in the stage after it."""
        stored = self._stage.sql.executemany(self._insert, self._batch).rowcount
        if self._holder is not None:
            rows_of, place = self._stage.rows_of, self._holder
            for row in self._batch:
                rows_of[row[place]] += 1  # type: ignore[index]
        if stored < len(self._batch):
            self._meet_repeats()
        self._batch.clear()

    def _meet_repeats(self) -> None:
        """The same key twice: an identical row changes nothing, a different one is refused."""
        for row in self._batch:
            first = self._stage.sql.execute(self._select, [row[place] for place in self._key]).fetchone()
            if first is None or first[self._line] == row[self._line]:
                continue
            if all(first[place] == row[place] for place in self._content):
                self._stage.repeated[self._table] += 1
            else:
                reason = f"Повтор ключа, см. строку {first[self._line]}."
                self._stage.refuse(self._table, int(str(row[self._line])), "", "", reason)


def _scales() -> Iterator[tuple[str, str, int]]:
    for scales, names in SCALES.items():
        for position, name in enumerate(names):
            yield scales, name, position
