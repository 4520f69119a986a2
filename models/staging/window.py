"""The chunk beside the database: temporary tables of the session, filled from the stage with some accounts' rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from models.base import db, on_postgresql
from models.staging.layout import LAYOUTS, OF_ACCOUNTS, POSTGRESQL_TYPES, REFERENCE, SQLITE_TYPES
from models.staging.store import Stage

_HOLDER = ("holder", "supplier", "number")
_CHARGED = ("holder", "bill")
_ASIDE = {
    "incoming_holder": "holder {int} PRIMARY KEY, supplier text, number text",
    "incoming_charged": "holder {int}, bill text, PRIMARY KEY (holder, bill)",
    "incoming_service": "service {int} PRIMARY KEY, supplier text, code text",
    "whose": "holder {int} PRIMARY KEY, account_id {int}",
    "which": "service {int} PRIMARY KEY, service_id {int}",
    "scale_names": "scales text, scale text, position {int}",
    "delta": "line {int}, id {int}",
    "touched": "line {int} PRIMARY KEY",
    "missing": "line {int} PRIMARY KEY",
    "told": "line {int} PRIMARY KEY, account_id {int}, register_id {int}, taken_on {date}, value {int}, source text, "
    "state text, reason text, bill_id {int}, own_id {int}, reading_id {int}, is_own {int} DEFAULT 0",
}


class Window:
    """Temporary tables `incoming_…` with the rows of one chunk at a time; dropped at the end.

    On SQLite the stage is attached to the session, and rows go from file to file.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._tables = [name for name in LAYOUTS if stage.present.get(name)]
        self._is_attached = not on_postgresql() and not db.in_transaction()

    def __enter__(self) -> Window:
        self._stage.finish()
        types = POSTGRESQL_TYPES if on_postgresql() else SQLITE_TYPES
        if self._is_attached:
            db.execute_sql("ATTACH ? AS stage", (self._stage.path,))
        self._drop()
        for name, columns in _ASIDE.items():
            db.execute_sql(f"CREATE TEMP TABLE {name} ({columns.format(**types)})")
        for layout in LAYOUTS.values():
            db.execute_sql(layout.incoming(types))
        sql = self._stage.sql
        _copy(
            "scale_names", ("scales", "scale", "position"), sql.execute("SELECT scales, scale, position FROM scale")
        )
        services = sql.execute("SELECT id, supplier, code FROM service WHERE is_known")
        _copy("incoming_service", ("service", "supplier", "code"), services)
        for name in REFERENCE:
            self._fill(name, "")
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()
        if self._is_attached:
            db.execute_sql("DETACH stage")

    def _drop(self) -> None:
        for name in (*_ASIDE, *(f"incoming_{name}" for name in LAYOUTS)):
            db.execute_sql(f"DROP TABLE IF EXISTS {'pg_temp' if on_postgresql() else 'temp'}.{name}")

    def show(self, first: int, last: int) -> None:
        """The rows of the holders from `first` to `last`, and of no others."""
        within = f" BETWEEN {first} AND {last}"
        with _loading():
            for name in ("incoming_holder", "incoming_charged", *(f"incoming_{name}" for name in OF_ACCOUNTS)):
                _empty(name)
            self._take(
                "incoming_holder", _HOLDER, f"id, supplier, number FROM {{stage}}holder WHERE id{within} AND is_known"
            )
            if "charges" in self._tables:
                whole = f"""c.holder, c.bill FROM {{stage}}charged c LEFT JOIN {{stage}}torn t
                    ON t.holder = c.holder AND t.bill = c.bill WHERE c.holder{within} AND t.holder IS NULL"""
                self._take("incoming_charged", _CHARGED, whole)
            for name in self._tables:
                if name in OF_ACCOUNTS:
                    self._fill(name, f" WHERE holder{within}")

    def _fill(self, name: str, where: str) -> None:
        columns = LAYOUTS[name].names
        named = ", ".join(f'"{column}"' for column in columns)
        self._take(f"incoming_{name}", columns, f'{named} FROM {{stage}}"{name}"{where}')

    def _take(self, name: str, columns: Sequence[str], selected: str) -> None:
        if self._is_attached:
            named = ", ".join(f'"{column}"' for column in columns)
            db.execute_sql(f"INSERT INTO {name} ({named}) SELECT {selected.format(stage='stage.')}")
        else:
            _copy(name, columns, self._stage.sql.execute(f"SELECT {selected.format(stage='')}"))


def _empty(name: str) -> None:
    db.execute_sql(f"TRUNCATE {name}" if on_postgresql() else f"DELETE FROM {name}")


def _copy(name: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows of the stage into a temporary table, without passing through Python's hands one by one on SQLite."""
    named = ", ".join(f'"{column}"' for column in columns)
    cursor = db.cursor()
    if on_postgresql():
        with cursor.copy(f"COPY {name} ({named}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {name} ({named}) VALUES ({places})", rows)


@contextmanager
def _loading() -> Iterator[None]:
    """One transaction of the temporary tables; on SQLite a deferred one, which locks nobody's database."""
    if on_postgresql() or db.in_transaction():
        with db.atomic():
            yield
        return
    connection = db.connection()
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")
