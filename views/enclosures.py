"""Files beside a text in a form: what was chosen is stored at once and comes back with the form, signed.

A file that was sent need not be chosen again because of the other fields, nor for a step without scripts. What
comes back is a row of ticks: to take one away is to leave its file out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask import current_app, request
from flask_wtf.file import MultipleFileField
from itsdangerous import BadData, URLSafeSerializer
from wtforms.fields.choices import SelectChoice

import clock
from services import appeals, attachments, enclosures
from services.enclosures import Enclosure
from services.refusal import Refused
from views import portal
from views.access import resident
from views.address import visitor
from views.forms import Form, word
from views.turns import paused

KEPT = "enclosed"
ACCEPT = "image/jpeg,image/png,application/pdf"


class EnclosingForm(Form):
    """A form with «Файл...»: `enclosed` are the files that were kept before and those that came now."""

    files = MultipleFileField(word("appeals.files"))

    def __init__(self, *values: object, **named: object) -> None:
        super().__init__(*values, **named)
        self.enclosed: list[Enclosure] = []

    def take_files(self) -> bool:
        """Stores what came; False where a file was refused, which is said at the field."""
        self.enclosed = list(_kept())
        for file in request.files.getlist(self.files.name):
            if file.filename and not self._takes(file.filename, file.stream.read(attachments.LARGEST + 1)):
                return False
        return True

    def _takes(self, name: str, content: bytes) -> bool:
        try:
            appeals.spend_file(resident(), visitor(), clock.now())
            with paused():  # unpacking a picture takes a while, and nobody else waits for it
                attachment = enclosures.accepted(name, content)
            self.enclosed.append(enclosures.keep(attachment, self.enclosed, folder()))
        except Refused as refusal:
            self.refuse(refusal)
            return False
        return True

    @property
    def ticks(self) -> list[SelectChoice]:
        """The files that the form keeps: what to send for them, and their names."""
        return [SelectChoice(_signed(file), file.name) for file in self.enclosed]


def folder() -> Path:
    """Where the files of appeals lie."""
    place: Path = portal.settings().data_dir / appeals.FOLDER
    return place


def _kept() -> Iterator[Enclosure]:
    """The files whose ticks came back; what is none of ours, or another's, is none."""
    for text in request.form.getlist(KEPT)[: enclosures.MOST]:
        try:
            key, name, kind, size = _signer().loads(text)
        except (BadData, ValueError):
            continue
        yield Enclosure(key, name, kind, size)


def _signed(file: Enclosure) -> str:
    return str(_signer().dumps([file.file_key, file.name, file.kind, file.size]))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"enclosed-{resident().id}")
