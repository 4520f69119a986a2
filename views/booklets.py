"""A text of the portal set as a PDF: the manual, the blanks of applications."""

from __future__ import annotations

from models import Text
from views import manual, portal
from views.format import local
from views.texts import blocks


def booklet(text: Text) -> bytes:
    from documents.booklet import Booklet, render

    settings, parts = portal.settings(), list(blocks(str(text.body)))
    found = {lines[0]: manual.picture(lines[0]) for kind, lines in parts if kind == "picture"}
    pictures = {line: (one.png, one.width, one.height, one.shows) for line, one in found.items() if one}
    return render(
        Booklet(
            str(text.title), settings.name, settings.base_url, int(text.version), local(text.published_at).date(),
            parts, pictures,
        )
    )  # fmt: skip
