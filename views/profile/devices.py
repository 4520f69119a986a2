"""«Устройства и входы»: where the resident is signed in, and the log of his sign-ins."""

from __future__ import annotations

from flask import Response, flash, g, render_template, request, session, url_for

import clock
from models import Session
from services import devices as signed_in
from views import hx, sessions
from views.access import own_session, resident
from views.address import visitor
from views.forms import typed
from views.profile import bp


@bp.get("/devices")
def devices() -> str:
    now = clock.now()
    log, after = signed_in.log(resident(), typed("after"))
    return render_template(
        "profile/devices.html",
        own=g.session,
        open=Session.open_of(resident(), now),
        log=log,
        after=after,
        is_first=not typed("after"),
        guesses=signed_in.guesses(resident(), visitor(), now),
        now=now,
    )


@bp.post("/devices")
def leave_everywhere() -> Response:
    if request.form.get("which") == "all":
        signed_in.end_all(resident(), clock.now())
        return signed_out("Вы вышли из кабинета на всех устройствах.")
    signed_in.end_others(resident(), g.session, sessions.device_token(), clock.now())
    flash("На других устройствах кабинет закрыт.", "done")
    return hx.go(url_for(".devices"))


@bp.post("/devices/<int:session_id>")
def end_session(session_id: int) -> Response:
    ended = own_session(session_id)
    signed_in.end(ended, clock.now())
    if ended.id == g.session.id:
        return signed_out("Вы вышли из кабинета.")
    flash("На этом устройстве кабинет закрыт.", "done")
    return hx.go(url_for(".devices"))


def signed_out(sentence: str) -> Response:
    """This browser's own session is over: nothing of it stays in the browser either."""
    session.clear()
    flash(sentence, "done")
    response = hx.go(url_for("sign_in.show"))
    sessions.forget(response)
    return response
