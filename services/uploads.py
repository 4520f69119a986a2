"""Packages uploaded in the console: kept as files until a process of its own has loaded them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from peewee import IntegrityError

from models import ImportRun, Resident, transaction
from models.run import KEPT
from services import audit, undo
from services.imports import (
    CANCELLED,
    CANCELLING,
    DONE,
    DROPPED,
    FAILED,
    WORKING,
    Cancelled,
    Occupied,
    Options,
    run_import,
)  # fmt: skip
from services.refusal import Refused

WAITING = "waiting"
KINDS = (".zip", ".xlsx", ".csv")
UPLOADED_WITHIN = timedelta(hours=1)
KEPT_FOR = timedelta(days=1)  # the file of a check, or of a run that was cut off: to be loaded as it is
PRIVATE = 0o700  # packages hold passports in clear
NOT_KEPT = "Файл не сохранился: проверьте место на диске сервера и загрузите его ещё раз."
ENCODING = "encoding"  # the file beside the package's own that keeps what was chosen in the form


class Stored(Protocol):
    """A file of a form: its name and a way to write it down."""

    filename: str | None

    def save(self, dst: Path) -> None: ...


def keep(
    files: list[Stored], folder: Path, *, who: str, is_dry: bool, is_strict: bool, encoding: str, now: datetime,
    once: str = "",
) -> ImportRun:  # fmt: skip
    """Writes the uploaded files down and puts a run in the queue; several CSV files make one package.

    `once` is the form's key: pressed twice, it gives the run of the first press.
    """
    if (before := ImportRun.of_once(who, once)) is not None:
        return before
    names = [plain_name(file.filename or "") for file in files]
    if not any(names):
        raise Refused("Выберите файл: архив .zip, книгу .xlsx или таблицы .csv.", field="files")
    for name in names:
        if Path(name).suffix.lower() not in KINDS:
            raise Refused(f"«{name}» не подходит: нужен архив .zip, книга .xlsx или таблицы .csv.", field="files")
    if len({name.casefold() for name in names}) < len(names):
        raise Refused("Два файла названы одинаково. Загрузите их по одному или переименуйте.", field="files")
    try:
        run = _queued(", ".join(names), who, is_dry, is_strict, now, once)
    except IntegrityError:  # the other press was faster by less than a look
        if (before := ImportRun.of_once(who, once)) is None:
            raise
        return before
    place = folder / str(run.id)
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        place.mkdir(mode=PRIVATE)
        for file, name in zip(files, names, strict=True):
            file.save(place / name)
        (place / ENCODING).write_text(encoding, encoding="utf-8")
        _ready(run)
    except BaseException as fault:
        shutil.rmtree(place, ignore_errors=True)
        _failed(run, NOT_KEPT, now)
        if isinstance(fault, OSError):
            raise Refused(NOT_KEPT, field="files")
        raise
    return run


def is_kept(run: ImportRun, folder: Path) -> bool:
    """Is the file still there, of a check that may be loaded or of a run that may go on?"""
    if run.undo not in ("", KEPT):
        return False
    may = run.state in (CANCELLED, DROPPED) or (run.state == DONE and run.is_dry)
    return may and (folder / str(run.id)).is_dir()


def load_kept(run: ImportRun, folder: Path, by: Resident, now: datetime) -> ImportRun:
    """Puts the very file of a check, or of a run that was cut off, in the queue again; this time it is written.

    What had been written of a run that was cut off is the same and stays. The folder is renamed, so of two clerks, or
    of two presses of the button, one has it.
    """
    again = _again(run, by, now)
    try:
        (folder / str(run.id)).rename(folder / str(again.id))
    except OSError:
        _failed(again, "Файла уже нет.", now)
        raise Refused(
            "Файла уже нет: его загружают или прошли сутки. Посмотрите список загрузок или выберите файл снова."
        )
    _ready(again)
    return again


@transaction
def _again(run: ImportRun, by: Resident, now: datetime) -> ImportRun:
    made = _queued(str(run.file_name), str(by.email), False, bool(run.is_strict), now)
    audit.note("import.load", "ImportRun", made.id, by, now, after={"of": run.id})
    return made


@transaction
def cancel(run: ImportRun, by: Resident, now: datetime) -> None:
    """Asks a run to stop: one that waits never begins, one at work stops between two chunks of whole accounts."""
    told = json.dumps(["Загрузку отменили, ничего не записано."], ensure_ascii=False)
    if run.move((WAITING,), state=CANCELLED, finished_at=now, messages=told) or run.move(WORKING, state=CANCELLING):
        audit.note("import.cancel", "ImportRun", run.id, by, now, after={"state": run.state})
        return
    raise Refused("Загрузка уже закончилась: отменять нечего.")


def load_waiting(folder: Path, *, now: Callable[[], datetime], data_key: str) -> int:
    """Loads what waits, one package after another; returns how many.

    Files go with the end of their run; those of a check or of a run that was cut off stay for a day (`load_kept`).

    What nobody foresaw fails the run too and is raised: else the worker would begin with it again and again.
    """
    count = 0
    while run := ImportRun.next_waiting():
        place = folder / str(run.id)
        try:
            _load(run, place, now, data_key)
        except Occupied:
            return count
        except Cancelled:
            pass
        except BaseException as fault:
            shutil.rmtree(place, ignore_errors=True)
            _failed(run, _told(fault), now())
            if not isinstance(fault, Refused | FileNotFoundError):
                raise
        if not is_kept(run, folder):
            shutil.rmtree(place, ignore_errors=True)
        count += 1
    return count


def sweep(folder: Path, now: datetime) -> None:
    """Closes uploads that were cut off and removes files whose run is over: its process may have been killed."""
    places = {int(path.name): path for path in folder.glob("*") if path.name.isdecimal()}
    _bury(now)
    undo.prune(now)
    kept = {run.id for run in ImportRun.ended_since(now - KEPT_FOR) if is_kept(run, folder)}
    for run_id in places.keys() - ImportRun.unfinished() - kept:
        shutil.rmtree(places[run_id], ignore_errors=True)


def _told(fault: BaseException) -> str:
    if isinstance(fault, Refused):
        return fault.sentence
    if isinstance(fault, FileNotFoundError):
        return "Файл загрузки не найден. Загрузите его ещё раз."
    return "Загрузку остановили. Загрузите пакет ещё раз."


def _load(run: ImportRun, place: Path, now: Callable[[], datetime], data_key: str) -> None:
    encoding = (place / ENCODING).read_text(encoding="utf-8") or None
    files = sorted(path for path in place.iterdir() if path.name != ENCODING)
    options = Options(bool(run.is_dry), bool(run.is_strict), encoding, scratch=place.parent)
    run_import(files, who=str(run.who), now=now, options=options, data_key=data_key, run=run)


def plain_name(name: str) -> str:
    """The file's own name without folders and signs that no table has."""
    return re.sub(r"[^\w.\- ()№+]", "_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")[:100]


@transaction
def _queued(names: str, who: str, is_dry: bool, is_strict: bool, now: datetime, once: str = "") -> ImportRun:
    return ImportRun.create(
        who=who, file_name=names, sha256="", started_at=now, state="uploading", is_dry=is_dry, is_strict=is_strict,
        once=once,
    )  # fmt: skip


@transaction
def _ready(run: ImportRun) -> None:
    run.state = WAITING
    run.save()


@transaction
def _failed(run: ImportRun, told: str, now: datetime) -> None:
    run.state, run.finished_at, run.messages = FAILED, now, json.dumps([told], ensure_ascii=False)
    run.save()


@transaction
def _bury(now: datetime) -> None:
    for run in ImportRun.uploading(now - UPLOADED_WITHIN):
        _failed(run, NOT_KEPT, now)
