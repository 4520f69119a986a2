"""Migrations: from an empty database they make what the models say, on both engines, and only once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from peewee import Database, PostgresqlDatabase, SqliteDatabase

from models import TABLES, db, on_postgresql
from models.migrating import DIRECTORY, pending

ROOT = DIRECTORY.parent
HISTORY = "schema_migration"

# A database of the first release with a resident and his session, brought up to date.
FILLED = """
import sys
from models import bind, db
from models.migrating import DIRECTORY, migrate
from playhouse.migrations import Runner

bind(sys.argv[1])
db.connect()
Runner(db.obj, str(DIRECTORY)).up("0001_house")
db.execute_sql(
    "INSERT INTO resident (id, surname, name, patronymic, gender, email, phone, username, password_hash, state,"
    " created_at, advertising) VALUES (7, '', '', '', '', '', '', '', '', 'active', '2026-01-01', false)"
)
db.execute_sql(
    "INSERT INTO session (resident_id, token_hash, created_at, seen_at, expires_at, address, device, is_remembered)"
    " VALUES (7, 'hash', '2026-01-01', '2026-01-01', '2026-01-01', '', '', false)"
)
print(migrate())
found = "SELECT r.notify_email, r.factor, s.token_hash FROM resident r JOIN session s ON s.resident_id = r.id"
print(db.execute_sql(found).fetchall())
"""

PG_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
"""
PG_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
PG_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
"""


@pytest.fixture
def twin_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """A second, empty database beside the one of the run."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'twin.sqlite3'}"
        return
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE twin TEMPLATE template0")
        yield database_url.replace("/postgres?", "/twin?")
        connection.execute("DROP DATABASE twin WITH (FORCE)")


def test_migrations_from_empty_make_what_the_models_say(database: Flask, twin_url: str) -> None:
    with by_models(twin_url) as other:
        wanted = schema(other)
    made = schema(db.obj)
    assert made.keys() == wanted.keys()
    for part, rows in wanted.items():
        assert made[part] == rows, f"{part}: write the next migration"


def test_nothing_waits_after_migrating(database: Flask) -> None:
    assert pending() == []


def test_starts_at_once_migrate_once(twin_url: str) -> None:
    code = (
        "import sys; from models import bind; from models.migrating import migrate;"
        "bind(sys.argv[1]); print(len(migrate()))"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", code, twin_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    applied = [int(start.communicate(timeout=60)[0]) for start in starts]
    assert [start.returncode for start in starts] == [0] * 4
    assert sorted(applied) == [0, 0, 0, len(list(DIRECTORY.glob("[0-9]*.py")))]


def test_a_filled_database_keeps_its_rows(twin_url: str) -> None:
    """SQLite rebuilds a table to add a column: what hangs on it by CASCADE must not fall with the old one."""
    done = subprocess.run(
        [sys.executable, "-c", FILLED, twin_url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'', 'hash')" in done.stdout and "0001" not in done.stdout


def test_migrations_do_not_know_the_models() -> None:
    for script in DIRECTORY.glob("*.py"):
        assert "models" not in script.read_text(encoding="utf-8").split('"""')[2], f"{script.name} must stay frozen"


@contextmanager
def by_models(url: str) -> Iterator[Database]:
    """The database as `create_tables` makes it."""
    if url.startswith("sqlite"):
        other: Database = SqliteDatabase(url.removeprefix("sqlite:///"))
    else:
        other = PostgresqlDatabase(url, prefer_psycopg3=True)
    with other.bind_ctx(TABLES), other.connection_context():
        other.create_tables(TABLES)
        yield other


def schema(of: Database) -> dict[str, list[tuple[object, ...]]]:
    """Columns, indexes and constraints, sorted: the order of columns may differ after an ALTER."""
    parts = _on_postgresql(of) if on_postgresql() else _on_sqlite(of)
    return {
        name: sorted((row for row in rows if row[0] != HISTORY), key=lambda row: tuple(map(str, row)))
        for name, rows in parts.items()
    }


def _on_postgresql(of: Database) -> dict[str, list[tuple[object, ...]]]:
    statements = {"columns": PG_COLUMNS, "indexes": PG_INDEXES, "constraints": PG_CONSTRAINTS}
    return {name: of.execute_sql(statement).fetchall() for name, statement in statements.items()}


def _on_sqlite(of: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = [name for name in of.get_tables() if not name.startswith("sqlite_")]
    columns, foreign, checks = [], [], []
    for table in tables:
        columns += [(table, *row[1:]) for row in of.execute_sql(f'PRAGMA table_info("{table}")')]
        foreign += [(table, *row[2:]) for row in of.execute_sql(f'PRAGMA foreign_key_list("{table}")')]
        made = of.execute_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        checks += [(table, made.upper().count("CHECK"))]
    indexes = of.execute_sql("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
    return {
        "columns": columns,
        "foreign keys": foreign,
        "checks": checks,
        "indexes": [(table, name, (made or "").replace(" IF NOT EXISTS", "")) for table, name, made in indexes],
    }
