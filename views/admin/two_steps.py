"""The second step of an operator's sign-in: without one the console of a real portal does not open."""

from __future__ import annotations

from flask import Response, flash, make_response, render_template, url_for

import clock
from services import operators, second_factor
from services.refusal import Refused
from services.second_factor import TOTP
from views import hx, portal, sessions
from views.access import resident
from views.admin import bp
from views.profile.factor import TotpForm, picture, secret


@bp.get("/second-factor")
def factor() -> str | Response:
    return hx.go("/admin/") if _stands() else render_template("admin/two_steps.html", **_page(TotpForm()))


@bp.post("/second-factor")
def connect_totp() -> Response:
    """The answer is the page with the spare codes: they are shown this once and nowhere kept."""
    form, settings = TotpForm(), portal.settings()
    if form.validate():
        keys = {"key": settings.secret_key, "data_key": settings.data_key}
        try:
            spares = operators.connect_totp(resident(), str(form.totp.data), clock.now(), **keys)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            page = render_template("admin/two_steps_spares.html", form=form, spares=spares, onward="/admin/")
            return sessions.trust(make_response(page), resident())
    if resident().factor == TOTP:
        return hx.go("/admin/")
    form.totp.data = form.totp.raw_data = None
    return make_response(render_template("admin/two_steps.html", **_page(form)), 422)


@bp.post("/second-factor/codes")
def connect_codes() -> Response:
    try:
        is_new = operators.connect_codes(resident(), portal.settings().has_sms, clock.now())
    except Refused as refusal:
        totp = TotpForm(formdata=None)
        totp.refuse(Refused(refusal.sentence))
        return make_response(render_template("admin/two_steps.html", **_page(totp)), 422)
    done = hx.go("/admin/")
    if not is_new:
        return done
    flash("Второй шаг подключён. При входе с нового устройства спросим код.", "done")
    return sessions.trust(done, resident())


@bp.get("/second-factor/qr.png")
def factor_picture() -> Response:
    return picture()


def _stands() -> bool:
    return second_factor.stands(resident(), portal.settings().has_sms)


def _page(form: TotpForm) -> dict[str, object]:
    way = second_factor.way_to(resident(), portal.settings().has_sms)
    here = {"action": url_for(".connect_totp"), "picture": url_for(".factor_picture"), "away": "/"}
    return {**secret(form), **here, "way": way.channel if way else ""}
