"""Registration by an account's number, once it is proved whose it is: the code that was sent, then the password."""

from __future__ import annotations

from functools import partial

from flask import Response, flash, make_response, render_template, request, url_for
from wtforms import PasswordField

import clock
from services import challenges, codes, registration_account
from services.challenges import ACCOUNT_REGISTRATION
from services.refusal import Refused
from views import hx, passwords, portal
from views.access import public
from views.address import visitor
from views.challenge import CodePage
from views.forms import word
from views.registration import way
from views.registration.account import contact_again
from views.registration.way import bp
from views.texts import ConsentForm


class PasswordForm(ConsentForm):
    password = passwords.kept("recovery.password")
    password_again = passwords.kept("recovery.password_again", passwords.same())

    def validate_password(self, field: PasswordField) -> None:
        passwords.check(field)


@bp.get("/registration/account/code/<token>")
@public
def account_code(token: str) -> Response:
    found = challenges.waiting(ACCOUNT_REGISTRATION, token, clock.now())
    return _page(token).show(found) if found else way.over("account")


@bp.post("/registration/account/code/<token>")
@public
def confirm_account(token: str) -> Response:
    found = challenges.waiting(ACCOUNT_REGISTRATION, token, clock.now())
    if found is None:
        return way.over("account")
    return contact_again() if "cancel" in request.form else _page(token).answer(found, partial(_confirmed, token))


def _confirmed(token: str, digits: str) -> Response:
    next_token, key = codes.new_token(), portal.settings().secret_key
    registration_account.confirm(token, digits, visitor(), clock.now(), key=key, next_token=next_token)
    return hx.go(url_for(".account_password", token=next_token))


@bp.post("/registration/account/code/<token>/again")
@public
def account_again(token: str) -> Response:
    try:
        return _page(token).send_again(token)
    except Refused:
        return way.over("account")


def _page(token: str) -> CodePage:
    return CodePage(
        ACCOUNT_REGISTRATION,
        title=str(word("registration.title")),
        action=url_for(".confirm_account", token=token),
        again=url_for(".account_again", token=token),
        cancel="Изменить номер",
    )


@bp.get("/registration/account/password/<token>")
@public
def account_password(token: str) -> Response:
    if registration_account.pending(token, clock.now()) is None:
        return way.over("account")
    return make_response(render_template("registration/password.html", **_facts(PasswordForm(), token)))


@bp.post("/registration/account/password/<token>")
@public
def set_password(token: str) -> Response:
    form = PasswordForm()
    if registration_account.pending(token, clock.now()) is None:
        return way.over("account")
    typed = (form.password.data, passwords.policy(), form.agreed)
    if form.validate() and form.done(registration_account.save, token, *typed, visitor(), clock.now()):
        flash("Кабинет открыт. Войдите по номеру лицевого счёта и паролю.", "done")
        return hx.go(url_for("sign_in.show"))
    return hx.again("registration/password", **_facts(form, token))


def _facts(form: PasswordForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "rules": passwords.rules()}
