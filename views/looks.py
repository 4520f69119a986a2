"""«Посмотреть как житель»: what an operator may see through a resident's eyes, and the way back."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

from flask import Blueprint, Response, abort, flash, g, request, session, url_for
from flask_login import current_user

import clock
from models import taken_back
from services import looks
from views import errors, hx, sessions

bp = Blueprint("looks", __name__)

END = "looks.end"
# All that is shown; what is not named here is not. No sign-ins, tokens, devices, downloads, documents, nor any form
# behind which there is nothing to see.
SHOWN = {
    "accounts.index", "accounts.show", "appeals.received", "appeals.sent", "appeals.show", "applications.index",
    "assets.favicon", "bills.index", "bills.make", "bills.pdf", "calls.index", "charges.show", "groups.index",
    "help.manual", "help.show", "history.show", "home.show", "notices.bell", "notices.index", "orders.show",
    "pages.contacts", "pages.requisites", "payment.account", "payment.index", "payment_codes.show", "readings.index",
    "readings.show", "requests.index", "statement.show", "tariffs.show", "texts.show",
}  # fmt: skip
TITLE = "Здесь только просмотр"
ADVICE = (
    "Вы смотрите кабинет жителя: менять в нём ничего нельзя, а входы, пароль, документы и личные файлы не "
    "показываются. Чтобы работать дальше, нажмите «Закончить»."
)
OVER = "Просмотр кабинета закончился. "
OVER_ADVICE = "Ничего не отправлено: форма была открыта в чужом кабинете. Откройте консоль и продолжите работу там."


def is_asked() -> bool:
    """Does the browser's session show another's portal, or has it just done so? Asks nothing of who has no cookie."""
    if sessions.COOKIE not in request.cookies or request.endpoint == "assets.static":
        return False
    return bool(current_user.is_authenticated) and "looker" in g


def gate() -> Response | None:
    """Before each page of a look: what may not be shown is refused, what a page writes is taken back."""
    if request.endpoint == END:
        return None
    is_reading = request.method in ("GET", "HEAD")
    if g.session is g.looker:
        return _over() if is_reading else errors.page(403, OVER.strip(), OVER_ADVICE)
    if not is_reading or request.endpoint not in SHOWN:
        return errors.page(403, TITLE, ADVICE)
    g.look_undone = ExitStack()
    g.look_undone.enter_context(taken_back())
    return None


def undo() -> None:
    """After the page: «прочитано», a picture's row, whatever it has written was never there."""
    undone: ExitStack | None = g.pop("look_undone", None)
    if undone is not None:
        undone.close()


def until() -> datetime | None:
    """When the look ends; None where the page is one's own. For the banner."""
    is_on = bool(current_user.is_authenticated) and "looker" in g and g.session is not g.looker
    return g.session.expires_at if is_on else None


@bp.post("/look/end")
def end() -> Response:
    if "looker" not in g:
        abort(404)
    return _back()


def _over() -> Response:
    flash(OVER.strip(), "warn")
    return _back()


def _back() -> Response:
    """To the resident's card of the console; forms that were opened in his portal are no forms of the operator's."""
    whose = looks.end(g.looker, g.looker.resident, clock.now())
    session.pop("csrf_token", None)
    return hx.go(url_for("admin.resident", resident_id=whose) if whose else "/admin/")
