"""The current account, where one is shown at a time: the header names it, and a select there changes it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, Response, current_app, g, request, url_for
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from models import Link
from models.standing import Standing, standings
from services import accounts
from views import hx, portal, resume
from views.access import chosen_link, current_link, own_links
from views.forms import typed

bp = Blueprint("current", __name__)

KEPT = ("kind", "period", "from", "to", "sort")  # what holds for any account


@dataclass(frozen=True)
class Current:
    """What the header shows: the account among the others, and how it stands where the preset's summary tells it."""

    link: Link
    links: list[Link]
    standing: Standing | None


def shown() -> Current | None:
    """None where all accounts are shown at once, and for those who hold none; asked once a request."""
    if "current" not in g:
        g.current = _current()
    current: Current | None = g.current
    return current


def _current() -> Current | None:
    preset = portal.preset()
    if not preset.shows_current or not current_user.is_authenticated or not own_links():
        return None
    link = current_link(own_links())
    return Current(link, own_links(), standings([link.account_id])[link.account_id] if preset.summary else None)


@bp.post("/accounts/current")
def choose() -> Response:
    link = chosen_link(own_links(), typed("account"))
    accounts.choose(g.session, link)
    return hx.go(_there(request.form.get("back"), link.account_id))


def _there(back: str | None, account_id: int) -> str:
    """The page that was left, now of this account; what belonged to the other one is dropped."""
    parts = resume.split(resume.inside(back))
    try:
        endpoint, arguments = current_app.url_map.bind("").match(parts.path, "GET")
    except HTTPException:
        return "/"
    if "account_id" in arguments:
        arguments = {**arguments, "account_id": account_id}
    return url_for(endpoint, **{key: value for key, value in parse_qsl(parts.query) if key in KEPT}, **arguments)
