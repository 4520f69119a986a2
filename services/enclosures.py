"""Several files beside one text: each is cleaned and stored before the text is judged, so that none is chosen twice.

What is stored and never named by a row goes with the sweep after a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services import attachments
from services.attachments import Attachment
from services.refusal import Refused

MOST = 5
LARGEST_TOGETHER = 25 * 1024 * 1024
FIELD = "files"

TOO_MANY = f"Приложить можно не больше {MOST} файлов, а выбрано {{}}. Остальные отправьте следующим сообщением."
TOO_HEAVY = "Все файлы вместе больше 25 МБ. Остальные отправьте следующим сообщением."
GONE = "Файл «{}» больше не хранится: выберите его ещё раз."


@dataclass(frozen=True)
class Enclosure:
    """A stored file: the random name under which it lies, and what is shown of it."""

    file_key: str
    name: str
    kind: str
    size: int


def accepted(name: str, content: bytes) -> Attachment:
    """The file as it may be kept; a refusal names it, since several are sent at once."""
    try:
        return attachments.accepted(name, content)
    except Refused as refusal:
        raise Refused(f"«{attachments.shown_name(name)}»: {_lowered(refusal.sentence)}", field=FIELD)


def keep(attachment: Attachment, before: Sequence[Enclosure], folder: Path) -> Enclosure:
    """Stores one more file beside those that are kept already."""
    if len(before) >= MOST:
        raise Refused(TOO_MANY.format(len(before) + 1), field=FIELD)
    if sum(file.size for file in before) + len(attachment.content) > LARGEST_TOGETHER:
        raise Refused(TOO_HEAVY, field=FIELD)
    try:
        key = attachments.keep(attachment, folder)
    except Refused as refusal:  # its field is another form's
        raise Refused(refusal.sentence, field=FIELD)
    return Enclosure(key, attachment.name, attachment.kind, len(attachment.content))


def check_there(files: Iterable[Enclosure], folder: Path) -> None:
    """A row never names a file that is not there: a form may have waited longer than files do."""
    for file in files:
        if not (folder / file.file_key).is_file():
            raise Refused(GONE.format(file.name), field=FIELD)


def _lowered(sentence: str) -> str:
    """As the second part of a sentence; an abbreviation keeps its letters."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
