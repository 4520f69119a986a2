"""Meters that the billing withdraws while residents send readings of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask

from models import Account, Meter, Reading, Register, Submission, db, lock
from models.base import on_postgresql
from services.imports import Options, run_import
from services.imports_report import Report
from tests.billing import KEY, METERS, NOW, PLAIN, load_tables, write

pytestmark = pytest.mark.commits

OFF = METERS.replace("Шкалы\n", "Шкалы;Удалить\n").replace("6;\n", "6;;да\n").replace("Ночь\n", "Ночь;да\n")
KEPT = "Счётчики, по которым жители только что передали показания, не удалены (1): 0020, счётчик 222."


@pytest.fixture(autouse=True)
def connection(database: Flask) -> Iterator[None]:
    with db.connection_context():
        yield


def send(number: str) -> None:
    """What `readings.send` writes, under the lock that it takes."""
    account = lock(Account.get(Account.number == number))
    act = Submission.create(account=account, once="o", sent_at=NOW)
    register = Register.select().join(Meter).where(Meter.account == account).first()
    Reading.create(
        register=register, submission=act, value=5, taken_on=NOW.date(), origin="resident", state="accepted"
    )


def withdraw(folder: Path, act: Callable[[], None]) -> Report:
    """Loads the package account by account; `act` is done after the first and before the second."""
    acts = [act]

    def progress(title: str, done: int, total: int) -> None:
        if title == "Запись" and acts:
            acts.pop()()

    package, options = write(folder, meters=OFF), Options(rows_at_once=1)
    return run_import([package], who="т", now=lambda: NOW, options=options, data_key=KEY, progress=progress)


def check(report: Report) -> None:
    assert [reading.origin for reading in Reading.select()] == ["resident"]
    assert [meter.number for meter in Meter.select()] == ["222"]
    assert (report.counts["meters"].removed, report.counts["meters"].same) == (1, 1)
    assert [message.startswith(KEPT) for message in report.messages] == [True]


def test_a_reading_sent_after_the_check_keeps_its_meter(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **PLAIN, meters=METERS)

    def act() -> None:
        with db.atomic():
            send("0020")

    check(withdraw(tmp_path / "b", act))


def test_a_reading_on_its_way_is_waited_for(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **PLAIN, meters=METERS)
    sent, loaded = Event(), Event()

    def resident() -> None:
        with db.connection_context(), db.atomic():
            send("0020")
            sent.set()
            while not loaded.wait(0.02) and not is_awaited():
                continue

    def act() -> None:
        thread.start()
        assert sent.wait(10)

    thread = Thread(target=resident)
    report = withdraw(tmp_path / "b", act)
    loaded.set()
    thread.join(10)
    check(report)


def is_awaited() -> bool:
    """Whether somebody waits for a lock; SQLite's writers cannot be seen waiting, there is one at a time."""
    query = "SELECT 1 FROM pg_locks WHERE NOT granted"
    return not on_postgresql() or db.execute_sql(query).fetchone() is not None
