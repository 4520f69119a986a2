"""The photo beside a reading, optional: made anew without EXIF, bounded, kept for a term outside the web root."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from pathlib import Path

from models import Account, Photo, Supplier, transaction
from services import attachments, limits, settings
from services.attachments import JPEG, LARGEST, ONE_AT_A_TIME, Attachment
from services.limits import Limit, TooMany, Visitor
from services.refusal import Refused
from services.secrets import keyed

FOLDER = Path("documents") / "readings"  # beside the database, outside the web root
SIDE = 1600  # the figures of a meter are read well at that, and it takes a few hundred kilobytes
KEPT = Limit("reading-photo", 20)  # of one account in an hour: unpacking costs a second each
FORM_LIVES = timedelta(days=1)  # a photo waits so long for the second press

FIELD = "photo"
GONE = "Этого фото больше нет: снимки счётчиков хранятся ограниченный срок."
OFTEN = "Фото этих счётчиков присылали слишком часто. Подождите {} или передайте показания без фото."
NO_ROOM = "Фото не сохранилось: на сервере нет места. Передайте показания без фото."
UNFIT = (
    "Фото не подошло: нужен снимок JPEG или PNG до 10 МБ, переданный целиком. "
    "Выберите другое или передайте показания без фото."
)


def keep(content: bytes, account: Account, folder: Path, visitor: Visitor, now: datetime) -> str:
    """Stores a picture for an act that is being sent and returns its name; no act names it yet."""
    try:
        limits.spend([(KEPT, visitor.subject(KEPT.kind, str(account.id)))], now)
    except TooMany as refusal:
        raise Refused(OFTEN.format(limits.waiting_words(refusal.left)), field=FIELD)
    if not content or len(content) > LARGEST:
        raise Refused(UNFIT, field=FIELD)
    from services.pictures import redrawn  # Pillow is loaded with the first picture

    try:
        with ONE_AT_A_TIME:
            picture = redrawn(content, SIDE)
    except Refused:  # its sentences speak of a document
        raise Refused(UNFIT, field=FIELD)
    try:
        return attachments.keep(Attachment("photo.jpg", JPEG, picture), folder)
    except Refused:
        raise Refused(NO_ROOM, field=FIELD)


def claim(file_key: str, account: Account, key: str) -> str:
    """What a form carries so that a photo need not be chosen again after a warning; it fits this account alone."""
    return f"{file_key}.{_signature(file_key, account, key)}"


def claimed(text: str, account: Account, key: str) -> str:
    """The name that a form carried, "" where it is none of ours."""
    file_key, _, signature = text.partition(".")
    return file_key if hmac.compare_digest(signature.encode(), _signature(file_key, account, key).encode()) else ""


def open_photo(photo: Photo, folder: Path) -> bytes | None:
    """The picture; None where it is no more."""
    return attachments.read(str(photo.file_key), folder)


def sweep(folder: Path, now: datetime) -> int:
    """Removes photos whose term is over, and files that no act names; how many files."""
    _forget(now)
    return attachments.sweep(folder, Photo.keys(), now, FORM_LIVES)


@transaction
def _forget(now: datetime) -> None:
    book = settings.in_force(now.date())
    for supplier in Supplier.select(Supplier.id):
        Photo.forget(supplier.id, now - timedelta(days=book.of(supplier.id).photo_days))


def _signature(file_key: str, account: Account, key: str) -> str:
    return keyed(key, "reading-photo", str(account.id), file_key)
