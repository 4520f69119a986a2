"""Importing a package of the billing: read, stage, check, publish in chunks, record.

docs/exchange.md is the format, docs/decisions/0003-import.md the reasons.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from peewee import DatabaseError

from exchange.package import Package, PackageError, open_package
from exchange.reader import open_rows
from exchange.tables import BY_NAME, TABLES
from models import ImportRun
from models.run import KEPT
from models.staging import MOST_ROWS, Busy, Counts, Publication, Stage, alone, apply_rules, look_up
from models.staging.window import Window
from services import matching, reconciliation, undo
from services.imports_report import Report, keep_refused, kept_meters, remarks
from services.imports_rows import stage_rows
from services.refusal import Refused

STAGING, PUBLISHING, DONE, REFUSED, FAILED, DROPPED, CANCELLING, CANCELLED = (
    "staging",
    "publishing",
    "done",
    "refused",
    "failed",
    "dropped",
    "cancelling",
    "cancelled",
)
WORKING = (STAGING, PUBLISHING)
ALIVE = (*WORKING, CANCELLING)
STOPPED = "Загрузку отменили. Что успело загрузиться, загружено целыми счетами; «Продолжить» загрузит остальное."
ROOM = "Проверьте место на диске и базу, затем загрузите пакет ещё раз."
Clock = Callable[[], datetime]


class Occupied(Refused):
    """Another run is under way: this one may be tried again later."""


class Cancelled(Refused):
    """An operator asked to stop the run, and it stopped."""


class Progress(Protocol):
    """Hears how far a run is: of which table (its Russian title), how much is done and how much there is."""

    def __call__(self, title: str, done: int, total: int) -> None: ...


@dataclass(frozen=True)
class Options:
    """How to run. `refused` is a folder for the files of refused rows, `scratch` one with room for the stage.

    `rows_at_once` bounds a transaction, of whole accounts: a resident's write waits for one.
    """

    is_dry: bool = False
    is_strict: bool = False
    encoding: str | None = None
    refused: Path | None = None
    scratch: Path | None = None
    rows_at_once: int = MOST_ROWS


def silent(title: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def run_import(
    paths: Sequence[Path], *, who: str, now: Clock, options: Options, data_key: str, progress: Progress = silent,
    run: ImportRun | None = None,
) -> Report:  # fmt: skip
    """Load a package; several plain files make one. Raises Refused when there is nothing to load or no way to.

    `run` is the record of a file that waited for this (`services.uploads`); without it a record is made.
    Rows that break a rule are refused one by one and reported. Each account is written whole or not at all; a run
    that was cut off is loaded again and changes only what is missing. `now` gives moments in the utility's zone: by
    its days imported payments meet the portal's orders.
    """
    try:
        package = open_package(*paths)
        with alone():
            _bury(now())
            run = run or ImportRun(
                who=who, file_name=package.label, is_dry=options.is_dry, is_strict=options.is_strict
            )
            with _told_if_full():
                _begin(run, package.digest, now())
            return _recorded(run, package, now=now, options=options, data_key=data_key, progress=progress)
    except PackageError as fault:
        raise Refused(str(fault))
    except Busy:
        raise Occupied("Сейчас идёт другая загрузка. Дождитесь её конца и повторите.")


def _begin(run: ImportRun, digest: str, now: datetime) -> None:
    """Takes up a new run, or one that waited, if nobody has cancelled it meanwhile."""
    if run.id is None:
        run.sha256, run.started_at, run.state = digest, now, STAGING
        run.save()
    elif not run.move(("waiting",), sha256=digest, started_at=now, state=STAGING):
        raise Cancelled("Загрузку отменили, ничего не записано.")


@contextmanager
def _told_if_full() -> Iterator[None]:
    """A database that takes nothing any more is a sentence for the clerk, not a fault of the program."""
    try:
        yield
    except DatabaseError as fault:
        raise Refused(f"База не принимает записей: {fault}. {ROOM}")


def drop_interrupted(now: datetime) -> int:
    """Closes the record of runs whose process is gone; how many. What they wrote stands: whole accounts."""
    try:
        with alone():
            return _bury(now)
    except Busy:
        return 0


def _bury(now: datetime) -> int:
    """Runs that nobody works on any more: the lock is ours, so their processes are gone."""
    dead = list(ImportRun.select().where(ImportRun.state.in_(ALIVE)))
    for run in dead:
        run.state, run.finished_at = DROPPED, now
        told = "Загрузка прервалась. Что успело загрузиться, загружено целыми счетами; загрузите пакет ещё раз."
        run.messages = json.dumps([*json.loads(run.messages), told], ensure_ascii=False)
        run.save()
        undo.settle(run)
    return len(dead)


def _recorded(
    run: ImportRun, package: Package, *, now: Clock, options: Options, data_key: str, progress: Progress
) -> Report:
    """Runs under the lock and writes down what came of it, whatever it was."""
    try:
        with Stage(options.scratch) as stage:
            report = _Work(run, package, stage, options, data_key, progress).done()
    except Cancelled as stop:
        messages = json.dumps([stop.sentence], ensure_ascii=False)
        run.move(ALIVE, state=CANCELLED, finished_at=now(), messages=messages)
        undo.settle(run)
        raise
    except (sqlite3.Error, DatabaseError, OSError) as fault:
        told = f"Загрузка остановилась: {fault}. {ROOM}"
        _stopped(run, told, now())
        raise Refused(told)
    except BaseException as fault:
        _stopped(run, str(fault) if isinstance(fault, PackageError) else "Загрузку остановили.", now())
        raise
    if run.state == DONE and not run.is_dry and "payments" in report.counts:
        if report.counts["payments"].removed:
            matching.recheck()  # an order whose payment is gone must not wait a day to be met anew
        # At once, or a payment made here would stand twice until the worker's next look.
        reconciliation.reconcile(now())
    run.finished_at = now()
    run.save()
    undo.settle(run)
    undo.prune(now())
    return report


def _stopped(run: ImportRun, told: str, now: datetime) -> None:
    """Writes down that the run failed, if the database still takes it; else the next import will."""
    run.state, run.finished_at, run.messages = FAILED, now, json.dumps([told], ensure_ascii=False)
    with suppress(DatabaseError):
        run.save()
        undo.settle(run)


class _Work:
    """One run: reads, checks, publishes, and keeps the record of how far it is."""

    def __init__(
        self, run: ImportRun, package: Package, stage: Stage, options: Options, data_key: str, progress: Progress
    ) -> None:
        self.run, self.package, self.stage, self.options = run, package, stage, options
        self.data_key, self.progress = data_key, progress
        self.report = Report(int(run.id))
        self.told = -1  # the last hundredth of the reading that was noted
        self.published = False

    def done(self) -> Report:
        self._read()
        look_up(self.stage)
        apply_rules(self.stage)
        self._remark()
        keep_refused(self.stage, self.package, self.run, self.options.encoding, self.options.refused)
        refused = {name: self.stage.refused_count(name) for name in self.stage.present}
        if self.options.is_strict and (any(refused.values()) or self.report.stopped):
            self.report.counts = {name: Counts() for name in refused}
            self.run.state = REFUSED
        else:
            self._publish()
            self.run.state = DONE
        for name, count in refused.items():
            self.report.counts[name].refused = count
        return self._told()

    def _read(self) -> None:
        """All tables into the stage, in the order in which they refer to each other."""
        read = 0
        for table in TABLES:
            source = self.package.sources.get(table.name)
            if source is None:
                continue
            self._step(table.title, read)
            try:
                rows = open_rows(source, self.options.encoding)
            except PackageError as fault:
                self.report.stopped[table.name] = str(fault)
                continue
            try:
                if rows.header.unknown:
                    names = ", ".join(f"«{heading}»" for heading in rows.header.unknown)
                    self.report.messages.append(f"{source.label}: незнакомые колонки не загружены: {names}.")
                stage_rows(self.stage, rows, self.data_key, lambda done: self._step(table.title, read + done))  # noqa: B023
            finally:
                rows.close()
            read += source.size

    def _step(self, title: str, done: int) -> None:
        self.progress(title, done, self.package.size)
        size = max(self.package.size, 1)
        hundredth = 100 * done // size
        if hundredth != self.told:
            self.told = hundredth
            self._keep(STAGING, title, hundredth, 100)

    def _remark(self) -> None:
        messages = self.report.messages
        messages += [f"{BY_NAME[name].title}: {fault}" for name, fault in self.report.stopped.items()]
        if self.package.others:
            messages.append(f"Другие файлы не загружены: {', '.join(self.package.others)}.")
        messages += remarks(self.stage)

    def _publish(self) -> None:
        self._note(PUBLISHING, "", 0, 0)
        if not self.options.is_dry:
            codes = json.dumps(self.stage.suppliers(), ensure_ascii=False)
            self.run.move(WORKING, undo=KEPT, suppliers=codes)
        with Window(self.stage) as window:
            publication = Publication(self.stage, window, int(self.run.id), is_dry=self.options.is_dry)
            self.report.counts = publication.counts
            publication.publish_reference()
            self.published = not self.options.is_dry
            chunks = list(publication.chunks(self.options.rows_at_once))
            done, total = 0, sum(rows for _, _, rows in chunks)
            for first, last, rows in chunks:
                publication.publish(first, last)
                self.published = not self.options.is_dry
                done += rows
                self._note(PUBLISHING, "Запись", done, total)
        self.report.messages += kept_meters(publication.kept)

    def _note(self, state: str, title: str, done: int, total: int) -> None:
        """Progress for who watches here and for the console."""
        if title:
            self.progress(title, done, total)
        self._keep(state, title, done, total)

    def _keep(self, state: str, title: str, done: int, total: int) -> None:
        """Notes how far it is; a run that was asked to stop is not moved on, and stops here: between two chunks."""
        if not self.run.move(WORKING, state=state, table=title, done=done, total=total):
            raise Cancelled(STOPPED if self.published else "Загрузку отменили, ничего не записано.")

    def _told(self) -> Report:
        self.report.state = str(self.run.state)
        self.run.counts = json.dumps({name: asdict(counts) for name, counts in self.report.counts.items()})
        self.run.messages = json.dumps(self.report.messages, ensure_ascii=False)
        return self.report
