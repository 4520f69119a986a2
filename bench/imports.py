"""P5: the import of an invented town beside what the same rows cost without any rule (limit) and by peewee (peer).

Each contender runs in a process of its own, so that its peak memory is its own, and they take turns. The limit reads
the files by `csv` and puts the texts as they are into tables with the natural keys, by `executemany`, 50,000 rows a
transaction; the peer does the same with peewee's `insert_many`, on a sample. Beside one more load the parent writes
as a resident does, and notes how long it waits.

Run: python -m bench.imports [accounts] [months]
"""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from statistics import median

from peewee import Model, SqliteDatabase, TextField

from bench import process
from bench.harness import Row, row, table
from exchange.header import match
from exchange.tables import BY_NAME
from exchange.town import write_town

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 2
SAMPLE = 60_000  # rows of the peer: it takes ten times as long
MEMORY_BAR = 256


def measure(accounts: int = 10_000, months: int = 24) -> list[Row]:
    """Rows a second of the first and the second load, peak memory, and how long a resident's write waits."""
    with tempfile.TemporaryDirectory(prefix="abonent-bench-") as name:
        folder = Path(name)
        package = folder / "package"
        package.mkdir()
        write_town(package, seed=7, month=date(2026, 11, 1), accounts=accounts, months=months)
        first, second, limit, peer = [], [], [], []
        for turn in range(ROUNDS):
            base = folder / f"{turn}.sqlite3"
            limit.append(_child("limit", folder / "limit.sqlite3", package))
            first.append(_child("ours", base, package))
            second.append(_child("ours", base, package))
            peer.append(_child("peer", folder / "peer.sqlite3", package))
        waits = _watched(folder / "watched.sqlite3", package)
    low, high = _speed(peer), _speed(limit)
    return [
        row("import, first load", _speed(first), "rows/s", low, high, "≥ 0.3 × limit"),
        row("import, the same again", _speed(second), "rows/s", low, high, "≥ first load"),
        row("import, peak memory", max(run["memory"] for run in first + second), "MB", bar=f"≤ {MEMORY_BAR}"),
        row("a resident's write meanwhile, p95", _p95(waits), "ms", bar="< 500"),
    ]


def _speed(runs: list[dict[str, float]]) -> float:
    return median(run["speed"] for run in runs)


def _child(what: str, base: Path, package: Path) -> dict[str, float]:
    done = subprocess.run(_command(what, base, package), cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def _command(what: str, base: Path, package: Path) -> list[str]:
    return [sys.executable, "-m", "bench.imports", what, str(base), str(package)]


def _watched(base: Path, package: Path) -> list[float]:
    """A first load with somebody else at work in the database: the milliseconds of each of his writes."""
    waits = []
    _child("tables", base, package)
    with (
        subprocess.Popen(_command("ours", base, package), cwd=ROOT, stdout=subprocess.DEVNULL) as child,
        closing(sqlite3.connect(base, isolation_level=None, timeout=10)) as db,
    ):
        db.execute("PRAGMA synchronous=FULL")
        while child.poll() is None:
            begun = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO attempt (kind, subject, at, succeeded) VALUES ('bench', '', '2026-11-01', 0)")
            db.execute("COMMIT")
            waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.02)
    return waits


def _p95(waits: list[float]) -> float:
    return sorted(waits)[len(waits) * 95 // 100]


def _made_tables(base: Path, _package: Path) -> int:
    from models import TABLES, bind, db

    bind(f"sqlite:///{base}")
    with db.connection_context():
        db.create_tables(TABLES)
    return len(TABLES)


def _ours(base: Path, package: Path) -> int:
    from models import db
    from services.imports import Options, run_import

    _made_tables(base, package)
    with db.connection_context():
        report = run_import(
            [package],
            who="bench",
            now=lambda: datetime.now(UTC),
            options=Options(scratch=base.parent),
            data_key="k" * 40,
        )
    assert report.is_clean
    return sum(counts.new + counts.changed + counts.same for counts in report.counts.values())


def _limit(base: Path, package: Path) -> int:
    base.unlink(missing_ok=True)
    count = 0
    with closing(sqlite3.connect(base, isolation_level=None)) as db:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000"):
            db.execute(f"PRAGMA {pragma}")
        for name, headings, keys, lines in _tables(package):
            columns = ", ".join(f'"{heading}"' for heading in headings)
            db.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, {columns})')
            db.execute(f'CREATE UNIQUE INDEX "key_{name}" ON "{name}" ({", ".join(keys)})')
            insert = f'INSERT INTO "{name}" ({columns}) VALUES ({", ".join("?" * len(headings))})'
            while batch := list(islice(lines, 50_000)):
                db.execute("BEGIN IMMEDIATE")
                db.executemany(insert, batch)
                db.execute("COMMIT")
                count += len(batch)
    return count


def _peer(base: Path, package: Path) -> int:
    base.unlink(missing_ok=True)
    db = SqliteDatabase(str(base), pragmas={"journal_mode": "wal", "synchronous": "full"})
    count = 0
    for name, headings, _, lines in _tables(package):
        if name != "charges":
            continue
        fields = {f"c{n}": TextField() for n in range(len(headings))}
        charge = type("Charge", (Model,), {**fields, "Meta": type("Meta", (), {"database": db})})
        db.create_tables([charge])
        columns = [getattr(charge, field) for field in fields]
        while count < SAMPLE and (batch := list(islice(lines, 1000))):
            with db.atomic():
                charge.insert_many(batch, fields=columns).execute()
            count += len(batch)
    return count


def _tables(package: Path) -> Iterator[tuple[str, list[str], list[str], Iterator[list[str]]]]:
    for path in sorted(package.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=";")
            headings = next(lines)
            found = match(BY_NAME[path.stem], headings)
            keys = [f'"{headings[found.places[c.name]]}"' for c in found.table.key if c.name in found.places]
            yield path.stem, headings, keys, lines


CONTENDERS = {"ours": _ours, "limit": _limit, "peer": _peer, "tables": _made_tables}


def _contend(what: str, base: Path, package: Path) -> None:
    """The child: does it and prints rows a second and its peak memory."""
    begun = time.perf_counter()
    count = CONTENDERS[what](base, package)
    speed = count / (time.perf_counter() - begun)
    memory = process.most_megabytes()
    print(json.dumps({"speed": speed, "memory": memory}))


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in CONTENDERS:
        _contend(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        print(table(measure(*map(int, sys.argv[1:]))))
