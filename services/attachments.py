"""What people attach: its kind told by the content, pictures made anew without EXIF, kept outside the web root."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from services.codes import new_token
from services.refusal import Refused
from services.uploads import PRIVATE, plain_name

PDF, JPEG = "application/pdf", "image/jpeg"
ENDINGS = {PDF: ".pdf", JPEG: ".jpg"}
LARGEST = 10 * 1024 * 1024
STORED_WITHIN = timedelta(hours=1)  # between the file and the row that names it
ONE_AT_A_TIME = Lock()  # threads that unpack at once would need the memory at once

EMPTY = "Файл пустой. Выберите другой."
TOO_LARGE = "Файл больше 10 МБ. Сфотографируйте документ с меньшим качеством или приложите только нужную страницу."
NOT_KEPT = "Файл не сохранился: на сервере нет места. Попробуйте позже или обратитесь к поставщику."


@dataclass(frozen=True)
class Attachment:
    """A file that may be kept: its name as it is shown, its kind and its bytes."""

    name: str
    kind: str
    content: bytes


def accepted(name: str, content: bytes) -> Attachment:
    """The file as it may be kept: a PDF as it is, a picture as a JPEG of ours; anything else is refused."""
    if not content:
        raise Refused(EMPTY, field="document")
    if len(content) > LARGEST:
        raise Refused(TOO_LARGE, field="document")
    if content.startswith(b"%PDF-"):
        return Attachment(_shown(name, PDF), PDF, content)
    from services.pictures import redrawn  # Pillow is loaded with the first picture

    with ONE_AT_A_TIME:
        return Attachment(_shown(name, JPEG), JPEG, redrawn(content))


def keep(attachment: Attachment, folder: Path) -> str:
    """Writes the file under a random name and returns that name."""
    key = new_token()
    place = folder / key
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        place.touch(mode=0o600, exist_ok=False)
        place.write_bytes(attachment.content)
    except OSError:
        with suppress(OSError):  # what is left of it goes with the next sweep
            drop(key, folder)
        raise Refused(NOT_KEPT, field="document")
    return key


def read(key: str, folder: Path) -> bytes | None:
    """The file's bytes; None where it is no more."""
    try:
        return (folder / key).read_bytes() if key else None
    except FileNotFoundError:
        return None


def drop(key: str, folder: Path) -> None:
    if key:
        (folder / key).unlink(missing_ok=True)


def sweep(folder: Path, wanted: Collection[str], now: datetime, within: timedelta = STORED_WITHIN) -> int:
    """Removes files that no row names, but for those whose row may still come within the time; returns how many."""
    gone = [path for path in folder.glob("*") if path.name not in wanted and _is_old(path, now, within)]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _is_old(path: Path, now: datetime, within: timedelta) -> bool:
    try:
        return now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > within
    except FileNotFoundError:
        return False


def shown_name(name: str) -> str:
    """The name as a person reads it: no folders, nothing that turns the line about."""
    return plain_name(name) or "документ"


def _shown(name: str, kind: str) -> str:
    return (Path(plain_name(name)).stem or "документ") + ENDINGS[kind]
