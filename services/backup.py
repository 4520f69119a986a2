"""A portable copy of all tables: a zip of JSON lines that restores into SQLite or PostgreSQL alike."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from models import (
    TABLES,
    Base,
    Pulse,
    Question,
    QuestionGroup,
    ReadingProgress,
    Text,
    Topic,
    Unsent,
    db,
    on_postgresql,
)
from models.portable import columns, fill, is_empty, rows
from services.refusal import Refused
from services.sealing import MAGIC, Sealer, unseal

FORMAT = 1
# `flask migrate` has published the first texts and questions, a worker may have looked round: the copy has its own.
SEEDED: tuple[type[Base], ...] = (Text, Topic, Question, QuestionGroup, ReadingProgress, Unsent, Pulse)


def write_backup(path: Path, *, key: str, schema: list[str], now: datetime) -> dict[str, int]:
    """Writes all tables as they are at one moment; sealed under `key` unless it is "". Rows by table."""
    partial = path.with_name(path.name + ".part")
    partial.unlink(missing_ok=True)
    try:
        partial.touch(mode=0o600)  # it holds everything that the database does
        with partial.open("wb") as raw:
            if key:
                with Sealer(raw, key) as sealed:
                    counts = _write(sealed, schema, now)
            else:
                counts = _write(raw, schema, now)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return counts


def read_backup(path: Path, *, key: str, schema: list[str]) -> dict[str, int]:
    """Fills an empty, migrated database from a copy, all or nothing; refuses a database that holds something."""
    with path.open("rb") as raw, TemporaryFile() as plain:
        is_sealed = raw.read(len(MAGIC)) == MAGIC
        raw.seek(0)
        if is_sealed and not key:
            raise Refused("Копия зашифрована: задайте ABONENT_BACKUP_KEY.")
        source: IO[bytes] = raw
        if is_sealed:
            unseal(raw, plain, key)
            plain.seek(0)
            source = plain
        try:
            with zipfile.ZipFile(source) as archive:
                return _restore(archive, schema)
        except (zipfile.BadZipFile, KeyError, json.JSONDecodeError):
            raise Refused("Файл не похож на копию кабинета или повреждён.")


def _write(out: Any, schema: list[str], now: datetime) -> dict[str, int]:
    counts: dict[str, int] = {}
    # One transaction: the copy shows one moment, whatever residents do meanwhile.
    moment = db.atomic("REPEATABLE READ") if on_postgresql() else db.atomic("DEFERRED")
    with moment, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for table in TABLES:
            name = table._meta.table_name
            with archive.open(f"{name}.jsonl", "w", force_zip64=True) as entry:
                counts[name] = _write_table(entry, table)
        manifest = {"format": FORMAT, "schema": schema, "made_at": now.isoformat(), "rows": counts}
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return counts


def _write_table(entry: IO[bytes], table: type[Base]) -> int:
    count = 0
    entry.write(_line(columns(table)))
    for row in rows(table):
        entry.write(_line(row))
        count += 1
    return count


def _restore(archive: zipfile.ZipFile, schema: list[str]) -> dict[str, int]:
    manifest = json.loads(archive.read("manifest.json"))
    if manifest["format"] != FORMAT or manifest["schema"] != schema:
        raise Refused("Копия сделана другой версией кабинета: поставьте ту же версию, восстановите и обновите.")
    if not is_empty(table for table in TABLES if table not in SEEDED):
        raise Refused("База не пуста: восстанавливать можно только в новую базу.")
    counts = {}
    with db.atomic():
        for table in SEEDED:
            table.delete().execute()
        for table in TABLES:
            name = table._meta.table_name
            with archive.open(f"{name}.jsonl") as entry:
                lines = _lines(entry)
                counts[name] = fill(table, next(lines), lines)
            if counts[name] != manifest["rows"][name]:
                raise Refused(f"В копии не хватает строк таблицы {name}.")
    return counts


def _line(values: list[Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _lines(entry: IO[bytes]) -> Iterator[list[Any]]:
    for line in io.TextIOWrapper(entry, encoding="utf-8"):
        yield json.loads(line)
