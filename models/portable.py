"""Tables as plain rows that fit either engine: what backup writes and restore reads."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import Any

from peewee import BlobField, BooleanField, chunked

from models.base import Base, db, on_postgresql

CHUNK = 500  # rows an INSERT: SQLite allows 32,766 values in one


def columns(table: type[Base]) -> list[str]:
    return [field.column_name for field in table._meta.sorted_fields]


def rows(table: type[Base]) -> Iterator[list[Any]]:
    """All rows by id, in JSON's words: bytes as base64, moments and days as text."""
    blobs = _kinds(table, BlobField)
    flags = _kinds(table, BooleanField)
    names = ", ".join(f'"{name}"' for name in columns(table))
    last = 0
    while True:
        cursor = db.execute_sql(
            f'SELECT {names} FROM "{table._meta.table_name}" WHERE id > {db.param} ORDER BY id LIMIT 5000',  # noqa: S608
            (last,),
        )
        found = cursor.fetchall()
        if not found:
            return
        last = found[-1][0]
        for row in found:
            yield [_plain(value, i in blobs, i in flags) for i, value in enumerate(row)]


def fill(table: type[Base], names: list[str], plain: Iterable[list[Any]]) -> int:
    """Inserts rows made by `rows`; returns how many."""
    fields = [table._meta.columns[name] for name in names]
    blobs = {i for i, field in enumerate(fields) if isinstance(field, BlobField)}
    count = 0
    quoted = ", ".join(f'"{name}"' for name in names)
    places = ", ".join([db.param] * len(names))
    for chunk in chunked(plain, CHUNK):
        values = [[b64decode(v) if i in blobs and v is not None else v for i, v in enumerate(row)] for row in chunk]
        cursor = db.cursor()
        cursor.executemany(f'INSERT INTO "{table._meta.table_name}" ({quoted}) VALUES ({places})', values)  # noqa: S608
        count += len(values)
    if on_postgresql():
        name = table._meta.table_name
        db.execute_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), "  # noqa: S608
            f'(SELECT COALESCE(MAX(id), 0) + 1 FROM "{name}"), false)'
        )
    return count


def is_empty(tables: Iterable[type[Base]]) -> bool:
    return not any(table.select().exists() for table in tables)


def _kinds(table: type[Base], kind: type) -> set[int]:
    return {i for i, field in enumerate(table._meta.sorted_fields) if isinstance(field, kind)}


def _plain(value: Any, is_blob: bool, is_flag: bool) -> Any:
    if value is None or isinstance(value, str):
        return value
    if is_blob:
        return b64encode(bytes(value)).decode()
    if is_flag:
        return bool(value)
    return value if isinstance(value, int) else str(value)
