"""The stage: a SQLite file of its own, outside the database, gone with the process that made it."""

from __future__ import annotations

import fcntl
import sqlite3
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from models.staging.layout import LAYOUTS, SCALES, Layout

Value = int | str | None

Row = list[Value]

BATCH = 1_000
_REMEMBERED = 100_000  # accounts whose numbers are kept in memory
_NO_CONTENT = ("line", "position")  # where a row stood, not what it says
_SECOND: Callable[[Row], Any] = itemgetter(1)
_PREFIX = "abonent-import-"

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
    """Rows of a package on their way. The file goes when the stage is closed, at the latest with the next import."""

    def __init__(self, folder: Path | None = None) -> None:
        _sweep(folder)
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix=_PREFIX)  # noqa: SIM115 - closed with the stage
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # says that the file is in use; SQLite locks otherwise
        self.path = self._file.name
        self.sql = sqlite3.connect(self.path, isolation_level=None)
        # A stage is never read again after a crash: nothing of it has to survive one.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16000", "page_size=16384"):
            self.sql.execute(f"PRAGMA {pragma}")
        self.sql.execute("BEGIN")  # until `finish`: the pages that do not fit the cache go to the file
        for statement in (*_SCHEMA.split(";"), *(layout.staged() for layout in LAYOUTS.values())):
            self.sql.execute(statement)
        self.sql.executemany("INSERT INTO scale VALUES (?, ?, ?)", _scales())
        self.present: dict[str, frozenset[str]] = {}
        self.repeated: dict[str, int] = {}
        self.rows_of = array("L", [0])  # rows of each holder, whatever becomes of them
        self._holders: dict[tuple[str, str], int] = {}
        self._services: dict[tuple[str, str], int] = {}

    def finish(self) -> None:
        """No more rows come: others may read the file."""
        self.sql.execute("COMMIT")

    def close(self) -> None:
        self.sql.close()
        self._file.close()

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

    def suppliers(self) -> list[str]:
        """The codes of all suppliers that the rows name."""
        named = (
            "SELECT code AS supplier FROM suppliers UNION SELECT supplier FROM services UNION SELECT supplier FROM"
        )
        rows = self.sql.execute(f"{named} tariffs UNION SELECT supplier FROM holder ORDER BY 1")
        return [str(row[0]) for row in rows]

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

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Takes rows whose values stand in the order of `columns`, `line` first and then, if any, the holder.

        The same key twice is met here: an identical row changes nothing, a different one is refused.
        """
        self.present[table] = frozenset(columns)
        named, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        insert = f'INSERT INTO "{table}" ({named}) VALUES ({places})'
        rows = iter(rows)
        while batch := list(islice(rows, BATCH)):
            self.sql.executemany(insert, batch)
            if columns[1] == "holder":
                for holder, count in Counter(map(_SECOND, batch)).items():
                    self.rows_of[holder] += count
        self.repeated[table] = self._settle(LAYOUTS[table])

    def _settle(self, layout: Layout) -> int:
        """Orders the table by its key; returns how many rows only repeated another."""
        sql, name = self.sql, layout.name
        key = ", ".join(f'"{field.name}"' for field in layout.key)
        sql.execute(f'CREATE INDEX "of_{name}" ON "{name}" ({key})')
        if not sql.execute(f'SELECT 1 FROM "{name}" GROUP BY {key} HAVING count(*) > 1 LIMIT 1').fetchone():
            return 0
        sql.execute("DROP TABLE IF EXISTS repeat")
        matched = " AND ".join(f'f."{field.name}" = x."{field.name}"' for field in layout.key)
        same = " AND ".join(f'y."{f.name}" IS x."{f.name}"' for f in layout.rest if f.name not in _NO_CONTENT)
        sql.execute(
            f"""CREATE TABLE repeat AS SELECT x.line, f.first, {same} AS is_same FROM "{name}" x
            JOIN (SELECT {key}, min(line) AS first FROM "{name}" GROUP BY {key} HAVING count(*) > 1) f ON {matched}
            JOIN "{name}" y ON {matched.replace("f.", "y.")} AND y.line = f.first WHERE x.line > f.first"""
        )
        sql.execute(
            """INSERT OR IGNORE INTO refused SELECT ?, line, '', '', 'Повтор ключа, см. строку ' || first || '.'
            FROM repeat WHERE NOT is_same""",
            (name,),
        )
        sql.execute(f'DELETE FROM "{name}" WHERE line IN (SELECT line FROM repeat)')
        return int(sql.execute("SELECT count(*) FROM repeat WHERE is_same").fetchone()[0])


def _sweep(folder: Path | None) -> None:
    """Removes the files of imports that were killed: whoever works on one holds its lock."""
    for path in Path(folder or tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        except OSError:  # it lives, or is not ours
            continue


def _scales() -> Iterator[tuple[str, str, int]]:
    for scales, names in SCALES.items():
        for position, name in enumerate(names):
            yield scales, name, position
