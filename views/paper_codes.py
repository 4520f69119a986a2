"""«Код с листа»: the code that was printed at the counter, then the password and the ticks of a newcomer."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from wtforms import PasswordField, StringField

import clock
from models import Resident
from services import codes, counter, texts
from views import hx, passwords, portal
from views.access import public
from views.address import visitor
from views.forms import Form, at_most, required
from views.texts import TICKS, ConsentForm

bp = Blueprint("paper_codes", __name__)


class PaperForm(Form):
    code = StringField("Код с листа", [required(), at_most(40)])


class PasswordForm(ConsentForm):
    """The ticks are of what the resident has not agreed to yet; advertising waits for his profile."""

    password = passwords.kept("recovery.password")
    password_again = passwords.kept("recovery.password_again", passwords.same())

    def __init__(self, lacking: set[str]) -> None:
        super().__init__()
        for slug, name in TICKS.items():
            if name in self and (slug not in lacking or slug == texts.ADVERTISING):
                delattr(self, name)

    def validate_password(self, field: PasswordField) -> None:
        passwords.check(field)


@bp.get("/code")
@public
def show() -> str:
    return render_template("paper_codes/show.html", form=PaperForm())


@bp.post("/code")
@public
def enter() -> Response:
    form, token = PaperForm(), codes.new_token()
    key = portal.settings().secret_key
    if form.validate() and form.done(
        counter.begin, form.code.data, visitor(), clock.now(), key=key, next_token=token
    ):
        return hx.go(url_for(".password", token=token))
    return hx.again("paper_codes/show", form=form)


@bp.get("/code/<token>")
@public
def password(token: str) -> Response:
    who = counter.owner(token, clock.now())
    if who is None:
        return _over()
    return make_response(render_template("paper_codes/password.html", **_facts(_form(who), token)))


@bp.post("/code/<token>")
@public
def save(token: str) -> Response:
    who = counter.owner(token, clock.now())
    if who is None:
        return _over()
    form = _form(who)
    typed = (form.password.data, passwords.policy(), form.agreed)
    if form.validate() and form.done(counter.save, token, *typed, visitor(), clock.now()):
        flash("Пароль задан. Войдите с ним: ваш логин напечатан на листе.", "done")
        return hx.go(url_for("sign_in.show"))
    if counter.owner(token, clock.now()) is None:  # the code was used on another device meanwhile
        return _over()
    return hx.again("paper_codes/password", **_facts(form, token))


def _form(who: Resident) -> PasswordForm:
    return PasswordForm({text.slug for text in texts.lacking(who, portal.preset().consents)})


def _facts(form: PasswordForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "rules": passwords.rules()}


def _over() -> Response:
    flash(counter.GONE, "warn")
    return hx.go(url_for(".show"))
