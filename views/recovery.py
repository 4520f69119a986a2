"""«Забыли пароль?»: the login, the code from the letter, the new password."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, g, make_response, render_template, request, url_for
from flask_login import current_user
from wtforms import PasswordField

import clock
from models import Code
from services import challenges, codes, limits, recovery
from views import captchas, hx, passwords, portal
from views.access import public
from views.address import visitor
from views.challenge import CodePage
from views.forms import Form, required, word
from views.logins import LoginForm

bp = Blueprint("recovery", __name__)

FORM = "recovery"
SENT = {"email": "recovery.sent_email", "operator": "recovery.sent_email", "phone": "recovery.sent_sms"}


class RecoveryForm(LoginForm):
    toggles = {"email": "recovery.by_email", "phone": "recovery.by_phone"}  # noqa: RUF012

    @property
    def ways(self) -> tuple[str, ...]:
        """What one signs in by, as far as a code can reach him; who has a user name may tell the e-mail."""
        settings = portal.settings()
        ways = [way for way in settings.preset.sign_in if way != "phone" or settings.has_sms]
        return tuple(ways) if "username" not in ways else (*ways, "email")


class PasswordForm(Form):
    password = PasswordField(word("recovery.password"), [required()])
    password_again = PasswordField(word("recovery.password_again"), [required(), passwords.same()])


@bp.get("/recovery")
@public
def show() -> str:
    return render_template("recovery/show.html", **_page(RecoveryForm()))


@bp.post("/recovery")
@public
def ask() -> str | Response:
    form, token = RecoveryForm(), codes.new_token()
    if captchas.is_refresh():
        return render_template("recovery/show.html", form=form, picture=captchas.fresh(FORM))
    if form.validate() and captchas.is_human(form, FORM, _asked_before()):
        has_sms = portal.settings().has_sms
        if form.done(recovery.ask, form.value, visitor(), clock.now(), token, has_sms=has_sms):
            return hx.go(url_for(".code", token=token))
    return hx.again("recovery/show", **_page(form))


@bp.get("/recovery/code/<token>")
@public
def code(token: str) -> Response:
    found = challenges.waiting(challenges.RECOVERY, token, clock.now())
    return _code_page(token, found).show(found) if found else _gone()


@bp.post("/recovery/code/<token>")
@public
def confirm(token: str) -> Response:
    found = challenges.waiting(challenges.RECOVERY, token, clock.now())
    return _code_page(token, found).answer(found, partial(_confirmed, token)) if found else _gone()


def _confirmed(token: str, digits: str) -> Response:
    next_token, key = codes.new_token(), portal.settings().secret_key
    recovery.confirm(token, digits, visitor(), clock.now(), key=key, next_token=next_token)
    return hx.go(url_for(".password", token=next_token))


@bp.post("/recovery/code/<token>/again")
@public
def again(token: str) -> Response:
    found = challenges.waiting(challenges.RECOVERY, token, clock.now())
    return _code_page(token, found).send_again(token) if found else _gone()


def _code_page(token: str, found: Code) -> CodePage:
    """Its words follow what was typed, never what was found."""
    kind = challenges.facts_of(found)["kind"]
    return CodePage(
        challenges.RECOVERY,
        title=str(word("recovery.title")),
        action=url_for(".confirm", token=token),
        again=url_for(".again", token=token),
        silent=str(word(SENT.get(kind, "recovery.sent"))),
    )


@bp.get("/recovery/<token>")
@public
def password(token: str) -> Response:
    if recovery.link_owner(token, clock.now()) is None:
        return _gone()
    return make_response(render_template("recovery/password.html", **_new_password(PasswordForm(), token)))


@bp.post("/recovery/<token>")
@public
def save(token: str) -> Response:
    form = PasswordForm()
    if "cancel" in request.form:
        recovery.cancel(token, clock.now())
        return hx.go(url_for("sign_in.show"))
    if form.validate():
        own, typed = g.session if current_user.is_authenticated else None, form.password.data
        if form.done(recovery.save, token, typed, passwords.policy(), visitor(), clock.now(), own):
            flash("Пароль изменён. Войдите с новым паролем.", "done")
            return hx.go(url_for("sign_in.show"))
    if recovery.link_owner(token, clock.now()) is None:
        return _gone()
    return hx.again("recovery/password", **_new_password(form, token))


def _new_password(form: PasswordForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "rules": passwords.rules()}


def _gone() -> Response:
    """A link or a page whose time is over: what to do now. For htmx a whole page, too."""
    if hx.is_htmx():
        return hx.go(url_for(".over"))
    return make_response(render_template("recovery/gone.html"), 410)


@bp.get("/recovery/over")
@public
def over() -> Response:
    return make_response(render_template("recovery/gone.html"), 410)


def _page(form: RecoveryForm) -> dict[str, object]:
    return {"form": form, "picture": captchas.asked(FORM, _asked_before())}


def _asked_before() -> int:
    """How many codes were asked for from this address: after some, the form asks for a picture."""
    return limits.failures(challenges.RECOVERY.by_address, visitor().network, clock.now())
