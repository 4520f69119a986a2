"""The letters of a demo portal as a page: a newcomer finishes a registration with it; elsewhere it does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Blueprint, abort, render_template
from markupsafe import Markup

from models import Outbox
from views import portal
from views.access import public

bp = Blueprint("outbox", __name__)

MOST = 50
ADDRESS = re.compile(r"https?://\S+")


@bp.app_template_filter()
def lines(text: str) -> Markup:
    """Plain text with its line ends kept, safe to be shown."""
    return Markup("<br>").join(text.split("\n"))


@bp.get("/outbox")
@public
def index() -> str:
    if not portal.settings().demo:
        abort(404)
    letters = [(letter, list(pieces(str(letter.body)))) for letter in Outbox.newest(MOST)]
    return render_template("outbox/index.html", letters=letters)


def pieces(body: str) -> Iterator[tuple[str, str]]:
    """A letter as (text, link): our own addresses become links of this portal, whatever port it runs on."""
    base, end = str(portal.settings().base_url), 0
    for found in ADDRESS.finditer(body):
        url = found.group().rstrip(").,")
        if url != base and not url.startswith(f"{base}/"):
            continue
        yield body[end : found.start()], ""
        yield url, url.removeprefix(base) or "/"
        end = found.start() + len(url)
    yield body[end:], ""
