"""«Забыли пароль?»: the login, the code from the letter, the new password."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, g, make_response, render_template, request, url_for
from flask_login import current_user
from wtforms import PasswordField, StringField

import clock
from services import codes, limits, passwords, recovery, sign_in
from services.refusal import Refused
from views import captchas, hx
from views.access import public
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import Form, at_most, required, word

bp = Blueprint("recovery", __name__)

FORM = "recovery"


class LoginForm(CaptchaForm):
    login = StringField(word("sign_in.login"), [required(), at_most(254)])


class CodeForm(Form):
    code = StringField("Код из письма", [required(), at_most(20)])


class PasswordForm(Form):
    password = PasswordField(word("recovery.password"), [required()])
    password_again = PasswordField(word("recovery.password_again"), [required()])


@bp.get("/recovery")
@public
def show() -> str:
    return render_template("recovery/show.html", **_page(LoginForm()))


@bp.post("/recovery")
@public
def ask() -> str | Response:
    form, token = LoginForm(), codes.new_token()
    if captchas.is_refresh():
        return render_template("recovery/show.html", form=form, picture=captchas.fresh(FORM))
    if form.validate() and (not _asks_picture() or captchas.passes(form, FORM)):
        ways = current_app.extensions["settings"].preset.sign_in
        try:
            recovery.ask(sign_in.login_of(form.login.data, ways), visitor(), clock.now(), token)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(url_for(".code", token=token))
    return hx.again("recovery/show", **_page(form))


@bp.get("/recovery/code/<token>")
@public
def code(token: str) -> Response:
    if not recovery.is_open(token, clock.now()):
        return _gone()
    return make_response(render_template("recovery/code.html", form=CodeForm(), token=token))


@bp.post("/recovery/code/<token>")
@public
def confirm(token: str) -> Response:
    if not recovery.is_open(token, clock.now()):
        return _gone()
    form, next_token = CodeForm(), codes.new_token()
    if form.validate():
        key = current_app.extensions["settings"].secret_key
        digits = "".join(form.code.data.split())
        try:
            recovery.confirm(token, digits, visitor(), clock.now(), key=key, next_token=next_token)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(url_for(".password", token=next_token))
    return hx.again("recovery/code", form=form, token=token)


@bp.post("/recovery/code/<token>/again")
@public
def again(token: str) -> Response:
    try:
        recovery.ask_again(token, visitor(), clock.now())
    except limits.TooMany as refusal:
        flash(refusal.sentence, "warn")
    except Refused:
        return _gone()
    else:
        flash("Отправили ещё одно письмо.", "done")
    return hx.go(url_for(".code", token=token))


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
        try:
            _set(form, token)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash("Пароль изменён. Войдите с новым паролем.", "done")
            return hx.go(url_for("sign_in.show"))
    if recovery.link_owner(token, clock.now()) is None:
        return _gone()
    return hx.again("recovery/password", **_new_password(form, token))


def _set(form: PasswordForm, token: str) -> None:
    if form.password.data != form.password_again.data:
        raise Refused("Пароли не совпали. Введите новый пароль в оба поля одинаково.", field="password_again")
    own = g.session if current_user.is_authenticated else None
    recovery.save(token, form.password.data, _policy(), visitor(), clock.now(), own)


def _new_password(form: PasswordForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "rules": passwords.rules(_policy(), form.password.data or "")}


def _gone() -> Response:
    """A link or a page whose time is over: what to do now. For htmx a whole page, too."""
    if hx.is_htmx():
        return hx.go(url_for(".over"))
    return make_response(render_template("recovery/gone.html"), 410)


@bp.get("/recovery/over")
@public
def over() -> Response:
    return make_response(render_template("recovery/gone.html"), 410)


def _page(form: LoginForm) -> dict[str, object]:
    return {"form": form, "picture": captchas.shown(FORM) if _asks_picture() else None}


def _asks_picture() -> bool:
    asked = limits.failures(recovery.BY_ADDRESS, visitor().network, clock.now())
    return captchas.is_wanted(FORM, asked)


def _policy() -> passwords.Policy:
    policy: passwords.Policy = current_app.extensions["settings"].preset.password
    return policy
