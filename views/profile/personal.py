"""«Личные данные»: who the person is, as he says himself."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for

from models import Link
from services import contacts
from services.profile import GENDERS
from views import hx
from views.access import resident
from views.person import PersonForm
from views.profile import bp


def facts() -> dict[str, object]:
    who = resident()
    return {"who": who, "login": _login(), "gender": GENDERS.get(str(who.gender), who.gender)}


def _login() -> str:
    """What the resident signs in by, the first of the preset's ways that he has."""
    who = resident()
    if who.email_key:
        return str(who.email)
    if who.phone_key:
        return contacts.shown_phone(str(who.phone))
    return str(who.username) or ", ".join(Link.login_numbers(who))


@bp.get("/personal")
def person() -> str:
    return render_template("profile/person.html", form=PersonForm.of(resident()))


@bp.post("/personal")
def introduce() -> Response:
    form = PersonForm()
    if form.is_kept(resident()):
        flash("Сохранено.", "done")
        return hx.go(url_for(".show"))
    return hx.again("profile/person", form=form)
