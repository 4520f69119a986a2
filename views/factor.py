"""The second factor of a sign-in from a browser that is not known: the code's page, and the way on."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for

import clock
from services import challenges, codes, second_factor
from services.refusal import Refused
from views import challenge, hx, portal, resume, sessions, sign_in
from views.access import public
from views.address import visitor
from views.challenge import CodeForm, CodePage

bp = Blueprint("factor", __name__)


@bp.get("/sign-in/code/<token>")
@public
def show(token: str) -> Response:
    found = challenges.waiting(challenges.FACTOR, token, clock.now())
    return _page(token).show(found) if found else _over()


@bp.post("/sign-in/code/<token>")
@public
def confirm(token: str) -> Response:
    found, form = challenges.waiting(challenges.FACTOR, token, clock.now()), CodeForm()
    if found is None or "cancel" in request.form:
        return hx.go(url_for("sign_in.show")) if found else _over()
    if form.validate():
        try:
            return _welcome(token, form.code.data)
        except Refused as refusal:
            challenge.refuse(form, refusal)
    return _page(token).refused(found, form)


def _welcome(token: str, typed: str) -> Response:
    """The browser has shown it: it is signed in, and known from now on."""
    settings = portal.settings()
    passed = second_factor.confirm(
        token, typed, visitor(), clock.now(), key=settings.secret_key, data_key=settings.data_key
    )
    response = sign_in.opened(passed.verified, passed.remembered, request.args.get("next", ""))
    device = codes.new_token()
    second_factor.trust(passed.verified.resident, device, visitor(), clock.now())
    sessions.remember_device(response, device)
    return response


@bp.post("/sign-in/code/<token>/again")
@public
def again(token: str) -> Response:
    try:
        _page(token).send_again(token)
    except Refused:
        return _over()
    return hx.go(url_for(".show", token=token, next=_after()))


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
