"""P8: from the command to the first answer; the second `make run` is the same with migrations looked over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import filled, process
from bench.harness import Row, row
from bench.served import served

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5


def measure(accounts: int = 1_000) -> list[Row]:
    with filled.portal(accounts) as settings:
        serve = []
        for _ in range(ROUNDS):
            with served(settings) as (_, _, seconds):
                serve.append(seconds)
    return [
        row("P8 flask serve to the first answer", median(serve), "s", limit=imports(), bar="< 1"),
        row("P8 second make run to the first answer", median(second_run() for _ in range(3)), "s", bar="< 3"),
    ]


def imports() -> float:
    """The limit: the interpreter with what the portal stands on, and nothing of ours."""
    import time

    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask, flask_login, flask_wtf, peewee, waitress"], check=True)
    return time.perf_counter() - start


def second_run() -> float:
    """`make run` where everything is installed and the first start has filled the town."""
    with TemporaryDirectory(prefix="abonent-bench-") as folder:
        port = process.free_port(2)
        command = ["make", "--no-print-directory", "run", f"PORT={port}", f"DATABASE={folder}/town.sqlite3"]
        for _ in range(2):
            with process.running(command, port, {}) as (_, seconds):
                pass
    return seconds
