"""P3: the deadline evening. Fifty residents at once, each opens an account's page, sends readings, sees them taken.

The limit beside it is a bare server that stores the same rows in one transaction a press and shows no page at all;
both are driven by the same generator, in turns. python -m bench.evening PORT FIRST LAST [bare] prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from bench import filled, process
from bench.harness import Row, row
from bench.load import answer
from bench.served import served
from config import Settings

ROOT = Path(__file__).resolve().parent.parent
CLIENTS, ROUNDS, BY_ROUND = 50, 3, 300  # accounts a round
FIELD = re.compile(r'name="(csrf_token|once|shape|reading-[0-9]+)"[^>]*?value="([^"]*)"')
READ = 899_990  # above what the filled portal's meters show, as much as every month


@dataclass
class Evening:
    """`times`: milliseconds of every answer; `taken`: accounts whose readings were accepted."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    taken: int = 0
    errors: int = 0


def measure(accounts: int = 10_000) -> list[Row]:
    with filled.portal(accounts) as settings, served(settings) as (port, _, _), bare(settings) as bare_port:
        evenings, bares = Evening(), Evening()
        for step in range(ROUNDS):
            span = (1 + step * BY_ROUND, (step + 1) * BY_ROUND)
            _add(evenings, drive(port, *span))
            _add(bares, drive(bare_port, *span, "bare"))
        stored = _stored(settings)
    ordered = sorted(evenings.times)
    return [
        row(f"P3 readings accepted, {CLIENTS} at once", evenings.taken / evenings.seconds, "a second",
            limit=bares.taken / bares.seconds, bar="≥ 0.5 × limit"),
        row("P3 answers a second (three a reading)", len(ordered) / evenings.seconds, "a second"),
        row("P3 99 of 100 answers within", ordered[int(len(ordered) * 0.99)], "ms", bar="< 1,000"),
        row("P3 errors", evenings.errors, "", bar="0"),
        row("P3 lost", evenings.taken - stored[0], "", bar="0"),
        row("P3 doubled", stored[1], "", bar="0"),
    ]  # fmt: skip


def drive(port: int, first: int, last: int, kind: str = "") -> Evening:
    """The load on accounts first … last, from a process of its own."""
    command = [sys.executable, "-m", "bench.evening", str(port), str(first), str(last), *filter(None, [kind])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return Evening(**json.loads(done.stdout))


@contextmanager
def bare(settings: Settings) -> Iterator[int]:
    """The port of the limit's server, over a database of its own, with as many threads as ours."""
    port = process.free_port()
    path = settings.database_url.removeprefix("sqlite:///") + ".bare"
    with process.running([sys.executable, "-m", "bench.bare_readings", str(port), path], port, {}):
        yield port


def _add(whole: Evening, part: Evening) -> None:
    whole.seconds += part.seconds
    whole.times += part.times
    whole.taken += part.taken
    whole.errors += part.errors


def _stored(settings: Settings) -> tuple[int, int]:
    """(accounts with readings of residents, accounts with more than one act)."""
    connection = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))
    acts = connection.execute("SELECT account_id, count(*) FROM submission GROUP BY account_id").fetchall()
    connection.close()
    return len(acts), sum(count > 1 for _, count in acts)


class _Browser:
    """One resident's: a kept connection, his cookies, the time of every answer."""

    def __init__(self, port: int, evening: Evening) -> None:
        self.port, self.evening = port, evening
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.cookies: dict[str, str] = {}

    async def ask(self, method: str, path: str, values: dict[str, str] | None = None) -> tuple[int, str]:
        """(status, the page)."""
        body = urlencode(values).encode() if values else b""
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: http://127.0.0.1:{self.port}",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        ]
        if body:
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        start = perf_counter()
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        status, headers, body = await answer(reader)
        self.evening.times.append((perf_counter() - start) * 1000)
        for name, value in headers:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
            if name == "connection" and value == "close":
                writer.close()
                self.streams = None
        return status, body.decode()


async def _send(port: int, account: int, evening: Evening) -> None:
    """Page, press, the page that thanks."""
    browser = _Browser(port, evening)
    browser.cookies["abonent"] = filled.token((account - 1) // filled.HELD + 1)
    path = f"/readings/{account}"
    status, page = await browser.ask("GET", path)
    values = {name: value or str(READ) for name, value in FIELD.findall(page)}
    pressed, _ = await browser.ask("POST", path, values)
    seen, thanks = await browser.ask("GET", path)
    is_taken = (status, pressed, seen) == (200, 303, 200) and "Показания приняты" in thanks
    evening.taken += is_taken
    evening.errors += not is_taken


async def _press(port: int, account: int, evening: Evening) -> None:
    status, _ = await _Browser(port, evening).ask("POST", "/", {"account": str(account), "value": str(READ)})
    evening.taken += status == 200
    evening.errors += status != 200


async def _main(port: int, first: int, last: int, kind: str) -> Evening:
    evening, step = Evening(), _press if kind == "bare" else _send
    waiting = list(range(first, last + 1))

    async def client() -> None:
        while waiting:
            await step(port, waiting.pop(0), evening)

    start = perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    evening.seconds = perf_counter() - start
    return evening


if __name__ == "__main__":
    kind = sys.argv[4] if len(sys.argv) > 4 else ""
    print(json.dumps(asdict(asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), kind)))))
