"""The real portal in a process of its own: `flask serve --prepare` over a fresh demo town."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.process import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS_WITHIN = 90.0
SENT_WITHIN = 15.0
PASSWORD = "Demo2026"

# Accounts that nobody holds, whose meters a resident can read off: with how many scales, of which supplier.
FREE = """
    SELECT account.id, account.number, supplier.id AS supplier, supplier.name, meter.number AS meter,
           count(register.id) AS scales
    FROM account JOIN supplier ON supplier.id = account.supplier_id JOIN meter ON meter.account_id = account.id
    JOIN register ON register.meter_id = meter.id
    WHERE account.closed_on IS NULL AND account.kind = 'person' AND meter.removed_on IS NULL
      AND NOT meter.is_automatic AND account.id NOT IN (SELECT account_id FROM link)
    GROUP BY account.id, meter.id HAVING scales = ? ORDER BY account.id
"""


@dataclass(frozen=True)
class Portal:
    """`url` of the server, `database` to look into what it stored."""

    url: str
    database: Path

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """What the database holds now; the test never writes into it."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]
        finally:
            connection.close()

    def free_accounts(self, scales: int) -> list[dict[str, Any]]:
        return self.rows(FREE, scales)

    def captcha(self, identity: str) -> str:
        """What the picture says: read where a person reads the picture."""
        return str(self.rows("SELECT answer FROM captcha WHERE id = ?", int(identity))[0]["answer"])

    def letter(self, to: str, pattern: str) -> str:
        """What the pattern finds in the newest letter or message to the address; waits for the worker to send it."""
        end = monotonic() + SENT_WITHIN
        while monotonic() < end:
            for row in self.rows("SELECT body FROM outbox WHERE destination = ? ORDER BY id DESC LIMIT 1", to):
                if found := re.search(pattern, row["body"]):
                    return found[1]
            sleep(0.1)
        raise AssertionError(f"nothing like {pattern} came to {to}")


@contextmanager
def started(folder: Path, preset: str = "default", config: str = "") -> Iterator[Portal]:
    """A portal of the preset on a free port, by its portal.toml or by none; its log is `folder`/log."""
    portal = placed(folder, config)
    with serving(portal, environ(portal, preset), "--prepare"):
        yield portal


def placed(folder: Path, config: str = "") -> Portal:
    """Where a portal will be: a free port, an empty database, its portal.toml."""
    (folder / "portal.toml").write_text(config, encoding="utf-8")
    return Portal(f"http://127.0.0.1:{free_port(2)}", folder / "demo.sqlite3")


def flask(*words: str) -> list[str]:
    """The command as it is typed on the server."""
    return [str(Path(sys.executable).parent / "flask"), "--app", "app", *words]


@contextmanager
def serving(portal: Portal, environment: dict[str, str], *words: str) -> Iterator[None]:
    """`flask serve` until the block ends."""
    command = flask("serve", "--port", portal.url.rpartition(":")[2], *words)
    path = portal.database.parent / "log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait(process, portal.url, path)
            yield
        finally:
            process.terminate()
            process.wait(30)


def environ(portal: Portal, preset: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("ABONENT_")}
    return {
        **others,
        "ABONENT_DEMO": "1",
        "ABONENT_PRESET": preset,
        "ABONENT_SECRET_KEY": "s" * 40,
        "ABONENT_DATA_KEY": "d" * 40,
        "ABONENT_DATABASE_URL": f"sqlite:///{portal.database}",
        "ABONENT_BASE_URL": portal.url,
        "ABONENT_CONFIG": str(portal.database.parent / "portal.toml"),
    }


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = monotonic() + STARTS_WITHIN
    while True:
        try:
            urlopen(f"{url}/healthz", timeout=5).close()
            return
        except (URLError, OSError):
            if process.poll() is not None or monotonic() > end:
                raise RuntimeError(f"the portal did not start:\n{log.read_text(errors='replace')[-3000:]}")
            sleep(0.05)
