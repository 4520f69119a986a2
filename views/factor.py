"""The second factor of a sign-in from a browser that is not known: the code's page, and the way on."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, request, url_for

import clock
from services import challenges, second_factor
from services.refusal import Refused
from views import hx, portal, resume, sessions, sign_in
from views.access import public
from views.address import visitor
from views.challenge import CodePage

bp = Blueprint("factor", __name__)


@bp.get("/sign-in/code/<token>")
@public
def show(token: str) -> Response:
    found = challenges.waiting(challenges.FACTOR, token, clock.now())
    return _page(token).show(found) if found else _over()


@bp.post("/sign-in/code/<token>")
@public
def confirm(token: str) -> Response:
    found = challenges.waiting(challenges.FACTOR, token, clock.now())
    if found is None:
        return _over()
    if "cancel" in request.form:
        return hx.go(url_for("sign_in.show"))
    return _page(token).answer(found, partial(_welcome, token))


def _welcome(token: str, typed: str) -> Response:
    """The browser has shown it: it is signed in, and known from now on."""
    settings = portal.settings()
    passed = second_factor.confirm(
        token, typed, visitor(), clock.now(), key=settings.secret_key, data_key=settings.data_key
    )
    response = sign_in.opened(passed.verified, passed.remembered, request.args.get("next", ""))
    return sessions.trust(response, passed.verified.resident)


@bp.post("/sign-in/code/<token>/again")
@public
def again(token: str) -> Response:
    try:
        return _page(token).send_again(token)
    except Refused:
        return _over()


def _page(token: str) -> CodePage:
    return CodePage(
        challenges.FACTOR,
        title="Подтвердите вход",
        action=url_for(".confirm", token=token, next=_after()),
        again=url_for(".again", token=token, next=_after()),
        cancel="Отменить",
        hides_address=True,
    )


def _after() -> str | None:
    return resume.inside(request.args.get("next")) or None


def _over() -> Response:
    """The page's time is over, or it was used: sign in again."""
    flash("Время на подтверждение вышло. Войдите ещё раз.", "warn")
    return hx.go(url_for("sign_in.show", next=_after()))
