"""P7: resident memory of the one process, idle, after a busy evening and after two hundred quittances."""

from __future__ import annotations

from urllib.request import Request, urlopen

from bench import filled, load, process
from bench.harness import Row, row
from bench.served import served

PAGES = ["/", "/readings", "/payment", "/history"]
SECONDS, CLIENTS, DOCUMENTS = 8.0, 50, 200


def measure(accounts: int = 10_000) -> list[Row]:
    with filled.portal(accounts) as settings, served(settings) as (port, pid, _):
        idle = process.megabytes(pid)
        load.run(port, SECONDS, CLIENTS, PAGES)
        busy = process.megabytes(pid)
        for number in range(1, DOCUMENTS + 1):
            fetch(port, 1 + number % 20)
        printed = process.megabytes(pid)
    return [
        row("P7 memory, idle", idle, "MB", bar="≤ 90"),
        row(f"P7 memory, after {CLIENTS} clients", busy, "MB", bar="≤ 140"),
        row(f"P7 memory, after {DOCUMENTS} quittances", printed, "MB", bar="≤ 160"),
    ]


def fetch(port: int, bill: int) -> None:
    """A quittance of the first resident."""
    request = Request(f"http://127.0.0.1:{port}/bills/{bill}.pdf", headers={"Cookie": f"abonent={filled.token(1)}"})
    with urlopen(request, timeout=30) as answer:
        assert answer.read(5) == b"%PDF-"
