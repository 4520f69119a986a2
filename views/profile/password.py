"""«Изменить пароль»: the old one, the new one twice, a picture where the preset asks for one."""

from __future__ import annotations

from flask import Response, flash, g, render_template, url_for
from wtforms import Field, PasswordField

import clock
from services import new_password, sign_in
from views import captchas, hx, passwords
from views.access import resident
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import required, word
from views.logins import login_of
from views.profile import bp
from views.shapes import ask

FORM = "password-change"


class PasswordForm(CaptchaForm):
    old_password = PasswordField(word("profile.password_old"), [required()])
    password = passwords.kept("profile.password_new")
    password_again = passwords.kept("profile.password_again", passwords.same())

    def __init__(self) -> None:
        super().__init__()
        self.beside(FORM)

    def validate_password(self, field: Field) -> None:
        ask(new_password.check, resident(), field.data, passwords.policy())


@bp.get("/password")
def password() -> str:
    return render_template("profile/password.html", **facts(PasswordForm()))


@bp.post("/password")
def change_password() -> str | Response:
    form = PasswordForm()
    if captchas.is_refresh():
        return render_template("profile/password.html", **facts(form))
    if form.validate() and captchas.is_human(form, FORM, _guesses()):
        typed = (form.old_password.data, form.password.data, passwords.policy())
        if form.done(new_password.change, resident(), *typed, visitor(), clock.now(), g.session):
            flash("Пароль изменён. На других устройствах кабинет закрыт.", "done")
            return hx.go(url_for(".show"))
    return hx.again("profile/password", **facts(form))


def facts(form: PasswordForm) -> dict[str, object]:
    return {
        "form": form,
        "picture": captchas.asked(FORM, _guesses()),
        "rules": passwords.rules(),
        "login": login_of(resident()),
    }


def _guesses() -> int:
    """How many wrong passwords count now; not looked up where the picture does not depend on them."""
    if captchas.policy(FORM) != "after-failures":
        return 0
    return sign_in.guesses(resident(), visitor(), clock.now())
