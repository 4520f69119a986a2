"""«Давайте познакомимся» and the e-mail of a newcomer, before the portal opens (manual C §1.3.2)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, flash, render_template, request, url_for
from wtforms import HiddenField, StringField

import clock
from models import Resident
from services import challenges, codes, contact_change, contacts, first_steps
from services.challenges import CONTACT, EMAIL
from views import challenge, hx, portal
from views.access import own_code, resident
from views.address import visitor
from views.challenge import CodePage
from views.forms import Form, at_most, required, word
from views.person import PersonForm
from views.shapes import reads

bp = Blueprint("first_steps", __name__, url_prefix="/first-steps")


class EmailForm(Form):
    email = StringField(word("registration.email"), [required(), at_most(254), reads(contacts.email_of)])
    once = HiddenField(default=codes.new_token)


def where_next(who: Resident) -> str:
    """The address of the step that the resident owes, "" where he owes none."""
    step = first_steps.next_step(who, portal.preset().first_steps)
    return url_for(f"first_steps.{step}") if step else ""


@bp.get("/acquaintance")
def acquaintance() -> str:
    return render_template("first_steps/acquaintance.html", form=PersonForm.of(resident()))


@bp.post("/acquaintance")
def introduce() -> Response:
    form = PersonForm()
    if form.is_kept(resident()):
        return hx.go(where_next(resident()) or "/")
    return hx.again("first_steps/acquaintance", form=form)


@bp.get("/email")
def email() -> str:
    return render_template("first_steps/email.html", form=EmailForm(data={"email": resident().email}))


@bp.post("/email")
def send() -> Response:
    form = EmailForm()
    token = challenge.page_token(form.once.data)
    if contact_change.waiting(resident(), token, clock.now()) is not None or _is_sent(form, token):
        return hx.go(url_for(".code", token=token))
    return hx.again("first_steps/email", form=form)


def _is_sent(form: EmailForm, token: str) -> bool:
    return form.validate() and form.done(
        contact_change.ask, resident(), EMAIL, form.email.data, visitor(), clock.now(), token
    )


@bp.get("/email/<token>")
def code(token: str) -> Response:
    found = own_code(CONTACT.request, token)
    return _page(token).show(found) if found.is_alive(clock.now()) else _over()


@bp.post("/email/<token>")
def confirm(token: str) -> Response:
    found = own_code(CONTACT.request, token)
    if not found.is_alive(clock.now()):
        return _over()
    if "cancel" in request.form:
        return hx.go(url_for(".email"))
    return _page(token).answer(found, partial(_confirmed, token))


def _confirmed(token: str, digits: str) -> Response:
    contact_change.confirm(resident(), token, digits, visitor(), clock.now(), key=portal.settings().secret_key)
    flash("Почта подтверждена.", "done")
    return hx.go("/")


@bp.post("/email/<token>/again")
def again(token: str) -> Response:
    found = own_code(CONTACT.request, token)
    return _page(token).send_again(token) if found.is_alive(clock.now()) else _over()


def _page(token: str) -> CodePage:
    return CodePage(
        CONTACT,
        title=str(word("first_steps.contacts")),
        action=url_for(".confirm", token=token),
        again=url_for(".again", token=token),
        cancel="Изменить адрес",
        is_outside=True,
    )


def _over() -> Response:
    flash(challenges.TIME_IS_UP, "warn")
    return hx.go(where_next(resident()) or "/")
