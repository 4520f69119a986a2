"""Which WSGI server? The real pages over a filled SQLite file, 8 clients, a few seconds a server.

    python -m scripts.compare_servers [--accounts N] [--seconds N] [--rounds N] [--slow] [--no-turns] [--only NAME]

`--slow` lets one request in twenty sleep two seconds outside the database, as a call to a slow gateway would:
the times shown are those of the other requests.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

from bench import filled, load, process

CLIENTS = 8
PATHS = ["/", "/readings"]
SLOW_ONE_IN, SLOW_SECONDS = 20, 2.0
BIN = Path(sys.executable).parent
TARGET = "scripts.compare_servers:application"


def servers(port: int) -> dict[str, list[str]]:
    gunicorn = [str(BIN / "gunicorn"), "-b", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "error"]
    granian = [str(BIN / "granian"), "--interface", "wsgi", "--factory", "--port", str(port), "--no-log"]
    waitress = [str(BIN / "waitress-serve"), f"--listen=127.0.0.1:{port}", "--call"]
    return {
        "waitress, 1 thread": [*waitress, "--threads=1", TARGET],
        "waitress, 4 threads": [*waitress, "--threads=4", TARGET],
        "waitress, 8 threads": [*waitress, "--threads=8", TARGET],
        "granian, 1 blocking thread": [*granian, "--blocking-threads", "1", TARGET],
        "granian, 4 blocking threads": [*granian, "--blocking-threads", "4", TARGET],
        "granian, 2 workers of 1": [*granian, "--workers", "2", "--blocking-threads", "1", TARGET],
        "gunicorn sync": [*gunicorn, f"{TARGET}()"],
        "gunicorn gthread, 4 threads": [*gunicorn, "--threads", "4", f"{TARGET}()"],
        "gunicorn sync, 2 workers": [*gunicorn, "--workers", "2", f"{TARGET}()"],
    }


def application() -> Callable[..., Iterable[bytes]]:
    """What the servers serve: the portal over the filled database, with the sleeper in front if asked for."""
    from app import create_app

    portal = create_app(filled.settings(Path(os.environ["BENCH_DATABASE"])))
    if os.environ.get("BENCH_NO_TURNS"):
        portal.wsgi_app = portal.wsgi_app.application  # type: ignore[method-assign,attr-defined]
    return Sleeper(portal) if os.environ.get("BENCH_SLOW") else portal


class Sleeper:
    """One request in twenty waits for something slow that is not the database."""

    def __init__(self, portal: Callable[..., Iterable[bytes]]) -> None:
        self.portal = portal
        self.numbers = count(1)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if next(self.numbers) % SLOW_ONE_IN or environ["PATH_INFO"] == "/healthz":
            return self.portal(environ, start_response)
        time.sleep(SLOW_SECONDS)
        return self.portal(environ, lambda status, headers, *rest: start_response(
            status, [*headers, ("X-Slow", "1")], *rest))  # fmt: skip


def main(options: argparse.Namespace) -> None:
    print(f"{'server':30}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}{'errors':>8}{'MB':>7}")
    with filled.portal(options.accounts) as settings:
        for _ in range(options.rounds):
            for name in servers(0):
                if options.only in name:
                    measure(name, settings.database_url.removeprefix("sqlite:///"), options)


def measure(name: str, database: str, options: argparse.Namespace) -> None:
    port = process.free_port()
    environ = {"BENCH_DATABASE": database, "BENCH_SLOW": "1" if options.slow else "",
               "BENCH_NO_TURNS": "1" if options.no_turns else ""}  # fmt: skip
    with process.running(servers(port)[name], port, environ) as (pid, _):
        load.run(port, 1, CLIENTS, PATHS)
        before = process.cpu_seconds(pid)
        result = load.run(port, options.seconds, CLIENTS, PATHS)
        spent = (process.cpu_seconds(pid) - before) * 1000 / (result.rate * result.seconds)
        weight = process.megabytes(pid)
    times = f"{result.percentile(0.5):>9.1f}{result.percentile(0.99):>9.1f}{spent:>9.1f}"
    print(f"{name:30}{result.rate:>8.0f}{times}{result.errors:>8}{weight:>7.0f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--no-turns", action="store_true", help="without views/turns.py")
    parser.add_argument("--only", default="")
    main(parser.parse_args())
