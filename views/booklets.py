"""A text of the portal set as a PDF: the manual, the blanks of applications."""

from __future__ import annotations

from models import Text
from views import portal
from views.format import local
from views.texts import blocks


def booklet(text: Text) -> bytes:
    from documents.booklet import Booklet, render

    settings = portal.settings()
    return render(
        Booklet(
            str(text.title), settings.name, settings.base_url, int(text.version), local(text.published_at).date(),
            [(kind, lines) for kind, lines in blocks(str(text.body))],
        )
    )  # fmt: skip
