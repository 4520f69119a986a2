"""The portal as `flask serve` runs it, over a filled database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import process
from config import Settings


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, int, float]]:
    """(port, process id, seconds to the first answer) of the real server process."""
    port = process.free_port(2)
    flask = [str(Path(sys.executable).parent / "flask"), "--app", "app", "serve", "--port", str(port)]
    with process.running(flask, port, environ(settings, port)) as (pid, seconds):
        yield port, pid, seconds


def environ(settings: Settings, port: int) -> dict[str, str]:
    return {
        "ABONENT_SECRET_KEY": settings.secret_key,
        "ABONENT_DATA_KEY": settings.data_key,
        "ABONENT_DATABASE_URL": settings.database_url,
        "ABONENT_BASE_URL": f"http://127.0.0.1:{port}",
    }
