"""«Двухфакторная аутентификация»: on, off, the authenticator with its QR code, the spare codes."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, request, url_for
from wtforms import PasswordField, StringField

import clock
from documents.payment_code import png
from services import second_factor, sign_in
from services.refusal import Refused
from services.second_factor import NONE, TOTP
from views import hx, portal, sessions
from views.access import resident
from views.address import visitor
from views.forms import Form, at_most, required, word
from views.logins import login_of
from views.profile import bp


class SwitchForm(Form):
    """One button; turning off asks for the password."""


class OffForm(Form):
    password = PasswordField(word("profile.password_now"), [required()])


class TotpForm(Form):
    totp = StringField(word("codes.code"), [required(), at_most(20)])


def is_offered() -> bool:
    """The preset offers a second factor, or the resident has one from before."""
    return portal.preset().second_factor or resident().factor != NONE


def _only_if_offered() -> None:
    if not is_offered():
        abort(404)


def facts(form: Form | None = None) -> dict[str, object]:
    who = resident()
    way = second_factor.way_to(who, portal.settings().has_sms)
    return {
        "form": form or SwitchForm(),
        "is_on": who.factor != NONE,
        "has_totp": who.factor == TOTP,
        "way": way.channel if way else "",
    }


@bp.get("/factor")
def factor() -> str:
    _only_if_offered()
    form = OffForm() if resident().factor != NONE else SwitchForm()
    return render_template("profile/factor.html", **facts(form))


@bp.post("/factor")
def turn() -> Response:
    """`turn` says on or off: two open pages must not undo each other."""
    _only_if_offered()
    return _turned_off() if request.form.get("turn") == "off" else _turned_on()


def _turned_on() -> Response:
    form = SwitchForm()
    try:
        is_new = second_factor.enable_codes(resident(), portal.settings().has_sms)
    except Refused as refusal:
        form.refuse(refusal)
        return hx.again("profile/factor", **facts(form))
    flash("Включено. При входе с нового устройства спросим код.", "done")
    done = hx.go(url_for(".show"))
    return sessions.trust(done, resident()) if is_new else done  # an open session alone makes no browser a known one


def _turned_off() -> Response:
    form = OffForm()
    is_demo = portal.settings().demo
    if resident().factor != NONE and not _is_proved(form):
        return hx.again("profile/factor", **facts(form))
    if not form.done(second_factor.turn_off, resident(), clock.now(), is_demo=is_demo):
        return hx.again("profile/factor", **facts(form))
    flash("Выключено. Для входа достаточно пароля.", "done")
    return hx.go(url_for(".show"))


def _is_proved(form: OffForm) -> bool:
    """Was the password right? A wrong one is said at its field and counted."""
    return form.validate() and form.done(sign_in.prove, resident(), form.password.data, visitor(), clock.now())


@bp.get("/factor/totp")
def totp() -> str:
    _only_if_offered()
    if resident().factor == TOTP:
        return render_template("profile/spares.html", form=OffForm(), spares=[])
    return render_template("profile/totp.html", **secret(TotpForm()))


@bp.post("/factor/totp")
def connect() -> Response:
    """The answer is the page with the spare codes: they are shown this once and nowhere kept."""
    _only_if_offered()
    form, settings = TotpForm(), portal.settings()
    if form.validate():
        keys = {"key": settings.secret_key, "data_key": settings.data_key}
        try:
            spares = second_factor.enable_totp(resident(), form.totp.data, clock.now(), **keys)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            page = render_template("profile/spares.html", form=OffForm(), spares=spares)
            return sessions.trust(make_response(page), resident())
    if resident().factor == TOTP:
        return hx.go(url_for(".totp"))
    form.totp.data = form.totp.raw_data = None
    return hx.again("profile/totp", **secret(form))


@bp.post("/factor/spares")
def renew_spares() -> Response:
    if resident().factor != TOTP:
        abort(404)
    form, spares = OffForm(), list[str]()
    if _is_proved(form):
        key = portal.settings().secret_key
        spares = second_factor.renew_spares(resident(), clock.now(), key=key)
        return make_response(render_template("profile/spares.html", form=form, spares=spares))
    return hx.again("profile/spares", form=form, spares=spares)


@bp.get("/factor/qr.png")
def qr() -> Response:
    """The secret that waits for its first code, as an authenticator reads it; kept by no cache."""
    _only_if_offered()
    return picture()


def picture() -> Response:
    if resident().factor == TOTP:
        abort(404)
    uri = second_factor.uri(_pending(), login_of(resident()) or resident().full_name, portal.settings().name)
    response = Response(png(uri.encode(), scale=6), content_type="image/png")
    response.headers["Cache-Control"] = "no-store"
    return response


def secret(form: TotpForm) -> dict[str, object]:
    """What the page of an authenticator that is not connected yet needs."""
    waits = _pending()
    return {"form": form, "groups": [waits[place : place + 4] for place in range(0, len(waits), 4)]}


def _pending() -> str:
    data_key = portal.settings().data_key
    return second_factor.begin_totp(resident(), clock.now(), data_key=data_key)
