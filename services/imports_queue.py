"""Imports of the console: a file that an operator sent waits for the worker; its run is what the page shows."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from exchange.package import BLOCK, SUFFIXES, PackageError, open_package
from exchange.tables import BY_NAME
from models import ImportRun
from models.staging import Busy, Counts, alone
from services.imports import FAILED, STAGING, WAITING, Clock, Options, Progress, bury, recorded, silent
from services.imports_report import Report
from services.refusal import Refused

TAKEN = (".zip", ".xlsx", *SUFFIXES)


@dataclass(frozen=True)
class Told:
    """A run as the page shows it: the record, its counts by table with their Russian titles, its remarks."""

    run: ImportRun
    counts: list[tuple[str, Counts]]
    messages: list[str]

    @property
    def percent(self) -> int:
        return int(self.run.done) * 100 // max(int(self.run.total), 1)


def start(content: BinaryIO, file_name: str, *, folder: Path, who: str, now: datetime, options: Options) -> ImportRun:
    """Puts a sent file aside for the worker and enters its run. Raises Refused for a file that is no package."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    if Path(name).suffix.lower() not in TAKEN:
        raise Refused("Нужен архив .zip, книга .xlsx или файл CSV, названный как таблица.", field="package")
    run = ImportRun.create(
        who=who, file_name=name, sha256="", started_at=now, state=WAITING, is_dry=options.is_dry,
        is_strict=options.is_strict, encoding=options.encoding or "",
    )  # fmt: skip
    target = folder / str(run.id) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    sums = hashlib.sha256()
    with target.open("wb") as file:
        while block := content.read(BLOCK):
            sums.update(block)
            file.write(block)
    run.sha256 = sums.hexdigest()
    run.save()
    return run


def run_waiting(folder: Path, *, now: Clock, data_key: str, progress: Progress = silent) -> Report | None:
    """The worker's turn: the oldest run that waits. None when there is none, or another import is at work."""
    run: ImportRun | None = ImportRun.select().where(ImportRun.state == WAITING).order_by(ImportRun.id).first()
    if run is None:
        return None
    try:
        with alone():
            bury(now())
            claimed = ImportRun.update(state=STAGING).where(ImportRun.id == run.id, ImportRun.state == WAITING)
            if not claimed.execute():
                return None
            run.state = STAGING
            return _run(run, folder / str(run.id), now=now, data_key=data_key, progress=progress)
    except Busy:
        return None


def _run(run: ImportRun, place: Path, *, now: Clock, data_key: str, progress: Progress) -> Report | None:
    options = Options(bool(run.is_dry), bool(run.is_strict), str(run.encoding) or None, scratch=place)
    try:
        package = open_package(place / str(run.file_name))
        return recorded(run, package, now=now, options=options, data_key=data_key, progress=progress)
    except PackageError as fault:
        run.state, run.finished_at = FAILED, now()
        run.messages = json.dumps([str(fault)], ensure_ascii=False)
        run.save()
        return None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def runs(limit: int = 20, before: int | None = None) -> list[Told]:
    """The latest runs, newest first; `before` is the id of the last one shown."""
    query = ImportRun.select().order_by(ImportRun.id.desc()).limit(limit)
    return [told(run) for run in (query.where(ImportRun.id < before) if before else query)]


def report(run_id: int) -> Told | None:
    """A run by its id."""
    run: ImportRun | None = ImportRun.get_or_none(ImportRun.id == run_id)
    return None if run is None else told(run)


def told(run: ImportRun) -> Told:
    counts = json.loads(run.counts)
    return Told(
        run,
        [(BY_NAME[name].title, Counts(**counts[name])) for name in BY_NAME if name in counts],
        [str(message) for message in json.loads(run.messages)],
    )
