"""`flask serve`, `flask worker`, `flask job`: the processes of the portal."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from urllib.parse import urlsplit

import click
from flask import current_app

import clock
import worker
from commands.data import prepare
from commands.demo import fill, is_demo, logins
from commands.frame import connected, settings, told
from models import db, migrating
from services.refusal import Refused

SERVER = {
    "ident": "abonent",
    "clear_untrusted_proxy_headers": False,  # views/address.py decides whose word about the client counts
    "max_request_body_size": 256 * 1024 * 1024,  # more than the portal takes: it is the portal that says so, in words
    "channel_timeout": 60,
    "connection_limit": 500,
}
THREADS = 8  # docs/decisions/0004-server.md


@click.command("serve", help="Запустить кабинет. Со встроенной базой (SQLite) рассылка работает внутри.")
@click.option("--host", default="127.0.0.1", show_default=True, help="На каком адресе слушать.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", help="На каком порту слушать.")
@click.option("--threads", default=THREADS, show_default=True, help="Сколько запросов обслуживать сразу.")
@click.option(
    "--worker/--no-worker", "inside", default=None, help="Рассылка внутри процесса (по умолчанию с SQLite)."
)
@click.option("--prepare", "first", is_flag=True, help="Сначала обновить таблицы; в учебном режиме заполнить город.")
def serve(host: str, port: int, threads: int, inside: bool | None, first: bool) -> None:
    chosen = settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    make_ready(first)
    embedded = chosen.database_url.startswith("sqlite:") if inside is None else inside
    with told(), ExitStack() as running:
        if chosen.demo:
            running.enter_context(test_bank(port))
        if embedded:
            running.enter_context(worker.build(chosen, current_app.extensions["gateways"]).thread())
        announce(host, port)
        listen(host, port, threads)


@connected
def make_ready(first: bool) -> None:
    """Migrates and fills the demo town where asked; refuses a database that is not fit to be served."""
    if first:
        prepare()
        if settings().demo:
            fill()
    waiting = migrating.pending()
    if waiting:
        raise Refused(f"База не обновлена ({', '.join(waiting)}). Выполните: flask migrate")
    if is_demo() and not settings().demo:
        raise Refused("В этой базе учебный город с известным всем паролем: кабинет на ней не запускается.")


@contextmanager
def test_bank(port: int) -> Iterator[None]:
    """The built-in bank is a process of its own at the next port (a callback to ourselves would deadlock)."""
    from gateways.testbank_server import start_child

    chosen = settings()
    place = urlsplit(chosen.testbank_url)
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        child = start_child(place.port or port + 1, chosen.testbank_secret, chosen.data_dir / "testbank.sqlite3")
    except OSError as fault:
        raise Refused(f"Учебный банк не запустился: {fault}. Выберите другой порт: make run PORT=8010")
    try:
        yield
    finally:
        child.terminate()
        child.wait(timeout=10)


def announce(host: str, port: int) -> None:
    """What a newcomer needs: the address, and in demo mode whom to be."""
    click.echo(f"Кабинет открыт: {settings().base_url}")
    if settings().demo:
        with db.connection_context():
            click.echo(logins())
    sys.stdout.flush()


def listen(host: str, port: int, threads: int) -> None:
    """Serves until it is told to stop; SIGTERM lets the requests under way finish."""
    import waitress

    chosen = settings()
    try:
        server = waitress.create_server(
            current_app._get_current_object(),  # type: ignore[attr-defined]
            host=host,
            port=port,
            threads=threads,
            url_scheme="https" if chosen.is_secure else "http",
            **SERVER,
        )
    except OSError as fault:
        raise Refused(f"Порт {port} занят или закрыт ({fault.strerror}). Выберите другой: make run PORT=8010")

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        server.run()
    finally:
        server.close()


@click.command("worker", help="Рассылка и ежедневные дела отдельным процессом (для PostgreSQL).")
def run_worker() -> None:
    chosen = settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    make_ready(False)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    worker.build(chosen, current_app.extensions["gateways"]).run(stopped)


@click.command("job", help="Выполнить одно дело рассылки сейчас; без имени — показать список.")
@click.argument("name", required=False)
@connected
def job(name: str | None) -> None:
    loop = worker.build(settings(), current_app.extensions["gateways"])
    if name is None:
        click.echo("\n".join(sorted(loop.jobs)))
        return
    if name not in loop.jobs:
        raise Refused(f"Дела «{name}» нет. Есть: {', '.join(sorted(loop.jobs))}")
    loop.jobs[name](clock.now())


COMMANDS = [serve, run_worker, job]
