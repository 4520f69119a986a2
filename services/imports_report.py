"""What an import says of itself: counts by table, remarks, refused rows with their reasons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from exchange.header import folded
from exchange.lines import Unreadable
from exchange.package import Package
from exchange.reader import open_rows
from exchange.tables import BY_NAME
from exchange.writers import RefusedFile, refused_parts, xlsx_bytes
from models import ImportRun, RefusedRow, db
from models.staging import Counts, Refusal, Stage

KEPT = 50_000  # refused rows of a run that the database keeps; the file of the command holds all
LONGEST_CELL = 500
AT_ONCE = 500


@dataclass
class Report:
    """What came of a run. `stopped` are tables that could not be read at all, with the reason."""

    run: int
    state: str = ""
    counts: dict[str, Counts] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        return sum(counts.refused for counts in self.counts.values())

    @property
    def is_clean(self) -> bool:
        return not self.refused and not self.stopped


@dataclass(frozen=True)
class RefusedLine:
    """A refused row for people: where it stands, the account, what is wrong and why."""

    line: int
    table: str
    title: str
    account: str
    heading: str
    value: str
    reason: str
    cells: dict[str, str]


def sentence(heading: str, value: str, reason: str) -> str:
    """`Причина` of the refused rows: names the column and what stands there."""
    if not heading:
        return reason
    return f"{heading}: «{value}». {reason}" if value else f"{heading}. {reason}"


def remarks(stage: Stage) -> list[str]:
    """What is loaded as it is and deserves a look."""
    found = []
    if "bills" in stage.present:
        rows = stage.sql.execute(
            """SELECT h.number, b.number FROM bills b JOIN holder h ON h.id = b.holder
            WHERE NOT b.withdrawn AND b.to_pay <> b.opening + b.charged + b.recalculated - b.paid"""
        ).fetchmany(AT_ONCE)
        if rows:
            shown = "; ".join(f"{account}, счёт {number}" for account, number in rows[:3])
            found.append(f"Счета, где суммы не сходятся ({_some(rows)}), загружены как есть: {shown}.")
    if "balances" in stage.present:
        rows = stage.sql.execute(
            """SELECT h.number FROM balances b JOIN holder h ON h.id = b.holder
            WHERE b.service = 0 AND b.amount <> (SELECT sum(p.amount) FROM balances p
                WHERE p.holder = b.holder AND p.service <> 0 AND p.as_of = b.as_of)"""
        ).fetchmany(AT_ONCE)
        if rows:
            shown = ", ".join(number for (number,) in rows[:3])
            found.append(f"Сальдо целиком не равно сумме по услугам ({_some(rows)}): {shown}.")
    return found


def kept_meters(kept: list[tuple[str, str]]) -> list[str]:
    """Says which meters (account, number) were not withdrawn: a resident read them while the package was checked."""
    shown = "; ".join(f"{account}, счётчик {number}" for account, number in kept[:3])
    told = "Счётчики, по которым жители только что передали показания, не удалены"
    return [f"{told} ({len(kept)}): {shown}. Вместо удаления укажите дату в колонке «Снят»."] if kept else []


def _some(rows: list[tuple[str, ...]]) -> str:
    return f"не меньше {len(rows)}" if len(rows) == AT_ONCE else str(len(rows))


def keep_refused(stage: Stage, package: Package, run: ImportRun, encoding: str | None, folder: Path | None) -> None:
    """Reads the refused rows again where they stand: whole into files, without private cells into the database."""
    kept = 0
    for table in stage.present:
        if not stage.refused_count(table):
            continue
        rows = open_rows(package.sources[table], encoding)
        file = RefusedFile(_made(folder) / f"{table}.csv", rows.header.headings) if folder else None
        private = {column.heading for column in rows.header.columns if column.private}
        hidden = {rows.header.places[column.name] for column in rows.header.columns if column.heading in private}
        batch: list[dict[str, object]] = []
        for refusal, cells in _found(stage.refused(table), rows):
            if file:
                file.add(refusal.line, cells, sentence(refusal.heading, refusal.value, refusal.reason))
            if kept < KEPT:
                kept += 1
                batch.append(_row(run, table, refusal, rows.header.headings, cells, hidden))
            if len(batch) == AT_ONCE:
                _store(batch)
        _store(batch)
        rows.close()
        if file:
            file.close()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _found(
    refusals: Iterator[Refusal], rows: Iterable[tuple[int, list[str] | Unreadable]]
) -> Iterator[tuple[Refusal, list[str]]]:
    """Pairs refusals with their rows: both come in the order of lines."""
    refusal = next(refusals, None)
    for line, cells in rows:
        if refusal is None:
            return
        if line == refusal.line:
            yield refusal, [] if isinstance(cells, Unreadable) else cells
            refusal = next(refusals, None)


def _row(
    run: ImportRun, table: str, refusal: Refusal, headings: tuple[str, ...], cells: list[str], hidden: set[int]
) -> dict[str, object]:
    kept = {
        heading: "" if place in hidden or place >= len(cells) else cells[place][:LONGEST_CELL]
        for place, heading in enumerate(headings)
    }
    return {
        "run": run,
        "table": table,
        "line": refusal.line,
        "cells": json.dumps(kept, ensure_ascii=False),
        "heading": refusal.heading,
        "reason": refusal.reason,
    }


def _store(batch: list[dict[str, object]]) -> None:
    if batch:
        with db.atomic():
            RefusedRow.insert_many(batch).execute()
        batch.clear()


@dataclass(frozen=True)
class TableCounts:
    """What came of one table, as the console lists it."""

    title: str
    new: int
    changed: int
    same: int
    removed: int
    refused: int


def tables_of(run: ImportRun) -> dict[str, TableCounts]:
    """The counts of a finished run by table name."""
    return {name: TableCounts(BY_NAME[name].title, **counts) for name, counts in json.loads(str(run.counts)).items()}


def messages_of(run: ImportRun) -> list[str]:
    return [str(message) for message in json.loads(str(run.messages))]


def refused_lines(run: int, *, after: int = 0, limit: int = 50) -> list[RefusedLine]:
    """Refused rows of a run as the console lists them; `after` is the id of the last one shown before."""
    rows = (
        RefusedRow.select().where(RefusedRow.run == run, RefusedRow.id > after).order_by(RefusedRow.id).limit(limit)
    )
    return [_line(row) for row in rows]


def _line(row: RefusedRow) -> RefusedLine:
    cells = {str(heading): str(cell) for heading, cell in json.loads(row.cells).items()}
    columns = {column.name: column for column in BY_NAME[row.table].columns}
    by_column = _by_column(cells)
    account = by_column.get(columns["account"].heading, "") if "account" in columns else ""
    return RefusedLine(
        row.line, row.table, BY_NAME[row.table].title, account, row.heading, by_column.get(row.heading, ""),
        row.reason, cells,
    )  # fmt: skip


def _by_column(cells: dict[str, str]) -> dict[str, str]:
    """Cells by the table's own headings, however the file spelt them."""
    known = {folded(column.heading): column.heading for table in BY_NAME.values() for column in table.columns}
    return {known.get(folded(heading), heading): cell.strip() for heading, cell in cells.items()}


def refused_file(run: int, table: str) -> Iterator[bytes]:
    """The file of a run's refused rows as the database keeps it, part by part: private columns are blank."""
    batches = RefusedRow.batches(run, table, AT_ONCE)
    first = next(batches, [])
    headings = list(json.loads(first[0].cells)) if first else []
    told = ([(row.line, _cells(row), _why(row)) for row in rows] for rows in chain([first], batches))
    return refused_parts(headings, told)


def refused_book(run: ImportRun, table: str) -> bytes:
    """The same as a workbook, which the import takes back."""
    batches = RefusedRow.batches(run.id, table, AT_ONCE)
    first = next(batches, [])
    headings = list(json.loads(first[0].cells)) if first else []
    rows = ([*_cells(row), str(row.line), _why(row)] for some in chain([first], batches) for row in some)
    return xlsx_bytes(table, [*headings, "Строка", "Причина"], rows, run.started_at)


def _cells(row: RefusedRow) -> list[str]:
    return [str(cell) for cell in json.loads(row.cells).values()]


def _why(row: RefusedRow) -> str:
    line = _line(row)
    return sentence(line.heading, line.value, line.reason)
