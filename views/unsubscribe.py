"""«Отписаться» of a letter: a page with one button, and the mail program's own press of it (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

import clock
from services import unsubscribing
from services.refusal import Refused
from services.unsubscribing import Pass
from views import portal
from views.access import public

bp = Blueprint("unsubscribe", __name__)


@bp.get("/unsubscribe/<token>")
@public
def show(token: str) -> str:
    """Nothing ends by looking: mail programs open links by themselves."""
    return _page(token, _known(token))


@bp.post("/unsubscribe/<token>")
@public
def end(token: str) -> Response:
    """Without a form token: it is pressed from afar, and the address itself is signed."""
    what = _known(token)
    try:
        unsubscribing.end(what, clock.now())
    except Refused as refusal:
        return make_response(_page(token, what, trouble=str(refusal)), 422)
    return make_response(_page(token, what, is_done=True))


def _known(token: str) -> Pass:
    return unsubscribing.read(token, portal.settings().secret_key) or abort(404)


def _page(token: str, what: Pass, trouble: str = "", is_done: bool = False) -> str:
    name = unsubscribing.NAMES[what.topic]
    return render_template("unsubscribe/show.html", token=token, name=name, trouble=trouble, is_done=is_done)
