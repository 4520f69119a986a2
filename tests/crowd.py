"""A crowd of residents at a real server process: each a thread with its own connection, cookie and form."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar
from urllib.parse import urlencode

from bench.process import free_port
from config import Settings
from models import Resident, Session
from services.codes import token_hash
from views.sessions import COOKIE

ROOT = Path(__file__).resolve().parent.parent
FIELD = re.compile(r"""<(?:input|button)[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)\"""")
PATIENCE = 60
T = TypeVar("T")


@contextmanager
def server(settings: Settings) -> Iterator[int]:
    """The port of the portal served by waitress in a process of its own, over the database of the test."""
    port = free_port()
    command, environ = serving(settings, port)
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def serving(settings: Settings, port: int) -> tuple[list[str], dict[str, str]]:
    """The command and the environment of such a process."""
    command = [
        sys.executable,
        "-m",
        "waitress",
        f"--listen=127.0.0.1:{port}",
        "--threads=4",
        "--call",
        "app:create_app",
    ]
    environ = {
        "ABONENT_DEMO": "1",
        "ABONENT_SECRET_KEY": settings.secret_key,
        "ABONENT_DATA_KEY": settings.data_key,
        "ABONENT_DATABASE_URL": settings.database_url,
        "ABONENT_BASE_URL": f"http://127.0.0.1:{port}",
        "ABONENT_TESTBANK_URL": settings.testbank_url,
        "ABONENT_TESTBANK_SECRET": settings.testbank_secret,
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("ABONENT_")}
    return command, {**others, **environ}


def session(of: Resident) -> str:
    """The cookie of a signed-in resident."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    Session.create(
        resident=of, token_hash=token_hash(token), created_at=now, seen_at=now, expires_at=now + timedelta(hours=1)
    )
    return token


def together(steps: Sequence[Callable[[threading.Barrier], T]]) -> list[T]:
    """Runs all steps at once; each waits at the barrier until every one of them is ready."""
    barrier = threading.Barrier(len(steps), timeout=PATIENCE)
    with ThreadPoolExecutor(len(steps)) as pool:
        return [running.result() for running in [pool.submit(step, barrier) for step in steps]]


@dataclass
class Visitor:
    """A browser without scripts: keeps its cookies, reads the fields of a form, posts them."""

    port: int
    token: str
    form_cookie: str = ""
    answered: tuple[int, str] = (0, "")

    def get(self, path: str) -> dict[str, str]:
        """The fields of the page by name, as they would be sent."""
        return fields(self.page(path))

    def page(self, path: str) -> str:
        """The page as it is."""
        status, body = self._ask("GET", path)
        assert status == 200, f"{path}: {status}"
        return body

    def post(self, path: str, values: dict[str, str]) -> tuple[int, dict[str, str]]:
        status, body = self._ask("POST", path, urlencode(values))
        return status, fields(body)

    def ask(self, method: str, path: str, values: dict[str, str] | None = None) -> tuple[int, str]:
        """(status, where it leads)."""
        self._ask(method, path, urlencode(values) if values else "")
        return self.answered

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Cookie": f"{COOKIE}={self.token}; {self.form_cookie}", "Origin": f"http://127.0.0.1:{self.port}"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            self.answered = (answer.status, answer.getheader("Location") or "")
            self.form_cookie = (answer.getheader("Set-Cookie") or self.form_cookie).partition(";")[0]
            return answer.status, text
        finally:
            connection.close()


def fields(page: str) -> dict[str, str]:
    """Hidden and visible inputs of a page; the first of a name counts."""
    found: dict[str, str] = {}
    for name, value in FIELD.findall(page):
        found.setdefault(name, value)
    return found


def wait(port: int) -> None:
    end = monotonic() + 30
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            if monotonic() > end:
                raise
            sleep(0.05)
        finally:
            connection.close()
