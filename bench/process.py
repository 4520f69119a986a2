"""A server of the bench: started on a free port, waited for, weighed, stopped."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import randrange
from time import monotonic, perf_counter, sleep
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent


def free_port(count: int = 1) -> int:
    """The first of `count` ports in a row that nobody listens on.

    Below those that systems give to outgoing connections: a port of theirs may be taken before the server binds it.
    """
    while True:
        first = randrange(10_000, 32_000)
        if all(_is_free(first + step) for step in range(count)):
            return first


@contextmanager
def running(command: list[str], port: int, environ: dict[str, str]) -> Iterator[tuple[int, float]]:
    """(process id, seconds to the first answer) of a server started with `command`."""
    start = perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port, process)
        yield process.pid, perf_counter() - start
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)


def megabytes(process: int) -> float:
    """Resident memory of the process and all it started."""
    pages = sum(int(Path(f"/proc/{it}/statm").read_text().split()[1]) for it in family(process))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def most_megabytes() -> float:
    """The most memory this process has held; `ru_maxrss` would remember the parent's from before the exec."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def cpu_seconds(process: int) -> float:
    """Processor time of the process and all it started: what a busy machine does not change much."""
    ticks = 0
    for it in family(process):
        fields = Path(f"/proc/{it}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(process: int) -> list[int]:
    """The process and its descendants; any of its threads may have started one."""
    found = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            found += family(int(child))
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = monotonic() + 60
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        except (URLError, OSError):
            if process.poll() is not None or monotonic() > end:
                raise RuntimeError(f"the server did not start: {process.args}")
            sleep(0.01)
