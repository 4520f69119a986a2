"""Packages uploaded in the console: kept as files until a process of its own has loaded them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from models import ImportRun, transaction
from services.imports import FAILED, Occupied, Options, run_import
from services.refusal import Refused

WAITING = "waiting"
KINDS = (".zip", ".xlsx", ".csv")
UPLOADED_WITHIN = timedelta(hours=1)
PRIVATE = 0o700  # packages hold passports in clear
NOT_KEPT = "Файл не сохранился: проверьте место на диске сервера и загрузите его ещё раз."
ENCODING = "encoding"  # the file beside the package's own that keeps what was chosen in the form


class Stored(Protocol):
    """A file of a form: its name and a way to write it down."""

    filename: str | None

    def save(self, dst: Path) -> None: ...


def keep(
    files: list[Stored], folder: Path, *, who: str, is_dry: bool, is_strict: bool, encoding: str, now: datetime
) -> ImportRun:
    """Writes the uploaded files down and puts a run in the queue; several CSV files make one package."""
    names = [plain_name(file.filename or "") for file in files]
    if not any(names):
        raise Refused("Выберите файл: архив .zip, книгу .xlsx или таблицы .csv.", field="files")
    for name in names:
        if Path(name).suffix.lower() not in KINDS:
            raise Refused(f"«{name}» не подходит: нужен архив .zip, книга .xlsx или таблицы .csv.", field="files")
    if len({name.casefold() for name in names}) < len(names):
        raise Refused("Два файла названы одинаково. Загрузите их по одному или переименуйте.", field="files")
    run = _queued(", ".join(names), who, is_dry, is_strict, now)
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


def load_waiting(folder: Path, *, now: Callable[[], datetime], data_key: str) -> int:
    """Loads what waits, one package after another; returns how many. Files go however their run ends.

    What nobody foresaw fails the run too and is raised: else the worker would begin with it again and again.
    """
    count = 0
    while run := ImportRun.next_waiting():
        place = folder / str(run.id)
        try:
            _load(run, place, now, data_key)
        except Occupied:
            return count
        except BaseException as fault:
            shutil.rmtree(place, ignore_errors=True)
            _failed(run, _told(fault), now())
            if not isinstance(fault, Refused | FileNotFoundError):
                raise
        shutil.rmtree(place, ignore_errors=True)
        count += 1
    return count


def sweep(folder: Path, now: datetime) -> None:
    """Closes uploads that were cut off and removes files whose run is over: its process may have been killed."""
    places = {int(path.name): path for path in folder.glob("*") if path.name.isdecimal()}
    _bury(now)
    for run in places.keys() - ImportRun.unfinished():
        shutil.rmtree(places[run], ignore_errors=True)


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
def _queued(names: str, who: str, is_dry: bool, is_strict: bool, now: datetime) -> ImportRun:
    return ImportRun.create(
        who=who, file_name=names, sha256="", started_at=now, state="uploading", is_dry=is_dry, is_strict=is_strict
    )


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
