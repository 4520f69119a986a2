"""«Изменить пароль»: the old one, the new one twice, a picture where the preset asks for one."""

from __future__ import annotations

from flask import Response, flash, g, render_template, url_for
from wtforms import PasswordField, ValidationError
from wtforms.widgets import PasswordInput

import clock
from services import new_password, passwords, sign_in
from services.refusal import Refused
from views import captchas, hx, portal
from views.access import resident
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import required, word
from views.profile import bp

FORM = "password-change"


class PasswordForm(CaptchaForm):
    old_password = PasswordField(word("profile.password_old"), [required()])
    password = PasswordField(word("profile.password_new"), [required()], widget=PasswordInput(hide_value=False))
    password_again = PasswordField(
        word("profile.password_again"), [required()], widget=PasswordInput(hide_value=False)
    )

    def __init__(self) -> None:
        super().__init__()
        self.beside(FORM)

    def validate_password(self, field: PasswordField) -> None:
        try:
            new_password.check(resident(), field.data, _policy())
        except Refused as refusal:
            raise ValidationError(refusal.sentence)

    def validate_password_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError("Пароли не совпали. Введите новый пароль в оба поля одинаково.")


@bp.get("/password")
def password() -> str:
    return render_template("profile/password.html", **facts(PasswordForm()))


@bp.post("/password")
def change_password() -> str | Response:
    form = PasswordForm()
    if captchas.is_refresh():
        return render_template("profile/password.html", **facts(form))
    if form.validate() and (not _asks_picture() or captchas.passes(form, FORM)):
        old, new = form.old_password.data, form.password.data
        try:
            new_password.change(resident(), old, new, _policy(), visitor(), clock.now(), g.session)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash("Пароль изменён. На других устройствах кабинет закрыт.", "done")
            return hx.go(url_for(".show"))
    return hx.again("profile/password", **facts(form))


def facts(form: PasswordForm) -> dict[str, object]:
    return {
        "form": form,
        "picture": captchas.shown(FORM) if _asks_picture() else None,
        "rules": passwords.rules(_policy(), form.password.data or ""),
        "email": resident().email,
    }


def _asks_picture() -> bool:
    policy = captchas.policy(FORM)
    guesses = sign_in.guesses(resident(), visitor(), clock.now()) if policy == "after-failures" else 0
    return captchas.is_wanted(FORM, guesses)


def _policy() -> passwords.Policy:
    policy: passwords.Policy = portal.preset().password
    return policy
