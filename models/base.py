"""The database handle, the field kinds every table uses, and the one transaction decorator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from peewee import AutoField, BigIntegerField, DatabaseProxy, DateTimeField, Model, PostgresqlDatabase
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

P = ParamSpec("P")
R = TypeVar("R")
Row = TypeVar("Row", bound="Base")

db = DatabaseProxy()

SCALE = 10**6  # meter values and prices are whole numbers of millionths: an import may change the decimals

# FULL: a power cut must not take back a reading that the resident was told is accepted (840 against 901 writes/s).
SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "cache_size": -16_000,
    "temp_store": "memory",
}


def bind(url: str, connections: int = 12) -> None:
    """Points `db` at ``sqlite:///path``, ``sqlite:////absolute/path`` or ``postgresql://user:pass@host:port/name``."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        db.initialize(
            PooledSqliteDatabase(
                parts.path[1:],
                pragmas=SQLITE_PRAGMAS,
                lock_type="IMMEDIATE",
                max_connections=connections,
                stale_timeout=None,
                timeout=10,
                check_same_thread=False,
            )
        )
    elif parts.scheme in ("postgresql", "postgres"):
        db.initialize(
            PooledPostgresqlDatabase(
                url, prefer_psycopg3=True, max_connections=connections, stale_timeout=300, timeout=10
            )
        )
    else:
        raise ValueError(f"unknown database scheme: {parts.scheme!r}")


def on_postgresql() -> bool:
    """True where rows can and must be locked one by one; SQLite has one writer at a time."""
    return isinstance(db.obj, PostgresqlDatabase)


def transaction(function: Callable[P, R]) -> Callable[P, R]:
    """A use-case: everything it writes is there, or nothing is."""

    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with db.atomic():
            return function(*args, **kwargs)

    return inner


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is written inside never was."""
    deferred = () if on_postgresql() else ("DEFERRED",)  # who only reads must not hold the writer's lock
    with db.atomic(*deferred) as inside:
        yield
        inside.rollback()


def lock(row: Row) -> Row:
    """Holds the row until the transaction ends and returns it as it is now.

    "Count, then insert" stores more rows than the limit at READ COMMITTED; on SQLite the transaction
    itself is the lock (BEGIN IMMEDIATE).
    """
    model = type(row)
    query = model.select().where(model.id == row.id)
    return query.for_update().get() if on_postgresql() else query.get()


def lock_names(*names: str) -> None:
    """Holds names that have no row of their own (whom attempts are counted for) until the transaction ends."""
    if on_postgresql():
        for number in sorted({int(sha256(name.encode()).hexdigest()[:15], 16) for name in names}):
            db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (number,))


class UtcField(DateTimeField):
    """An aware moment in UTC; stored as text of fixed width on SQLite and as `timestamp` on PostgreSQL."""

    def db_value(self, value: datetime | None) -> str | None:
        return None if value is None else self.text(value)

    @staticmethod
    def text(value: datetime) -> str:
        """The form in which both engines compare moments; a naive one is a bug."""
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def python_value(self, value: Any) -> datetime | None:
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC)


class KopecksField(BigIntegerField):
    """Money: whole kopecks; 64 bits, since 32 end at 21.5 million roubles."""


class MicroField(BigIntegerField):
    """A meter value or a price: whole millionths of its unit (see `SCALE`)."""


class Base(Model):
    """Every table: only changed fields are written back, table names are the model's in snake case."""

    id = AutoField()

    class Meta:
        database = db
        only_save_dirty = True
        legacy_table_names = False
