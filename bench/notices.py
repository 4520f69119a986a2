"""A notice to 100,000 residents: how long until all have it and its letters wait, and what it costs meanwhile.

The worker is the thread of the served portal, as on one small server; no mail is sent.

Run: python -m bench.notices [residents]
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from time import monotonic, perf_counter, sleep
from urllib.request import Request, urlopen

from bench import filled, process
from bench.harness import Row, row, table
from bench.served import served
from config import Settings

PAGES = ("/", "/readings", "/notices")
BEFORE = 60  # requests of each page with nothing to do
WITHIN = 600.0


def measure(residents: int = 100_000) -> list[Row]:
    with filled.portal(3_000, 2) as settings:
        _crowd(settings, residents)
        with served(settings) as (port, pid, _), closing(_opened(settings)) as base:
            calm = [took for _ in range(BEFORE) for took in _look(port)]
            idle = process.megabytes(pid)
            busy, most, seconds = _spread(base, port, pid)
            reached, letters = base.execute(
                "SELECT (SELECT count(*) FROM notice_receipt), (SELECT count(*) FROM outbox WHERE kind = 'notice')"
            ).fetchone()
    return [
        row("notice, residents who have it", reached, "", bar=f"{residents:,}"),
        row("notice, letters that wait", letters, "", bar=f"{residents:,}"),
        row("notice, until all have it", seconds, "s"),
        row("notice, memory of the process before", idle, "MB"),
        row("notice, most memory meanwhile", most, "MB"),
        row("notice, a page before, median", _at(calm, 50), "ms"),
        row("notice, a page before, p95", _at(calm, 95), "ms"),
        row("notice, a page meanwhile, median", _at(busy, 50), "ms"),
        row("notice, a page meanwhile, p95", _at(busy, 95), "ms"),
        row("notice, a page meanwhile, longest", max(busy), "ms"),
    ]


def _spread(base: sqlite3.Connection, port: int, pid: int) -> tuple[list[float], float, float]:
    """Published now; pages are looked at until the worker is done: their times, the most memory, the seconds."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    [stamp] = base.execute("SELECT created_at FROM resident LIMIT 1").fetchone()
    assert len(stamp) == len(now), "the form of moments in the database"
    facts = {
        "kind": "bell", "subject": "Отключение воды", "body": "С 10 до 16 часов.", "link_url": "", "link_label": "",
        "needs_confirmation": 0, "published_at": now, "audience": "everybody", "audience_id": 0, "channels": "email",
        "is_advertising": 0, "spread_to": 0, "reached": 0, "whom": "", "is_draft": 0,
    }  # fmt: skip
    marks = ", ".join("?" * len(facts))
    base.execute(f"INSERT INTO notice ({', '.join(facts)}) VALUES ({marks})", tuple(facts.values()))
    times, most, begun = [], 0.0, monotonic()
    while base.execute("SELECT spread_at FROM notice").fetchone()[0] is None:
        assert monotonic() - begun < WITHIN, "the worker does not come to its end"
        times += _look(port)
        most = max(most, process.megabytes(pid))
        sleep(0.05)
    return times, most, monotonic() - begun


def _look(port: int) -> list[float]:
    """Milliseconds of each page of the first resident."""
    times = []
    for page in PAGES:
        asked = Request(f"http://127.0.0.1:{port}{page}", headers={"Cookie": f"abonent={filled.token(1)}"})
        begun = perf_counter()
        with urlopen(asked, timeout=60) as answer:
            assert answer.status == 200 and answer.read()
        times.append((perf_counter() - begun) * 1000)
    return times


def _crowd(settings: Settings, residents: int) -> None:
    """More residents, copies of the first with an address of their own."""
    with closing(_opened(settings)) as base:
        columns = [name for _, name, *_ in base.execute("PRAGMA table_info(resident)") if name != "id"]
        own = {"email": "'r' || n || '@example.org'", "email_key": "'r' || n || '@example.org'", "phone_key": "NULL"}
        own |= {"username_key": "NULL", "email_confirmed_at": "created_at"}
        [known] = base.execute("SELECT count(*) FROM resident").fetchone()
        base.execute("BEGIN")
        base.execute("UPDATE resident SET email_confirmed_at = created_at, email = 'a' || id || '@example.org'")
        base.execute(
            f"WITH RECURSIVE s(n) AS (SELECT {known + 1} UNION ALL SELECT n + 1 FROM s WHERE n < {residents}) "
            f"INSERT INTO resident ({', '.join(columns)}) "
            f"SELECT {', '.join(own.get(name, f'resident.{name}') for name in columns)} FROM s, resident WHERE id = 1"
        )
        base.execute("COMMIT")
        base.execute("ANALYZE")


def _opened(settings: Settings) -> sqlite3.Connection:
    return sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)


def _at(times: list[float], percent: int) -> float:
    return sorted(times)[len(times) * percent // 100]


if __name__ == "__main__":
    print(table(measure(*map(int, sys.argv[1:]))))
