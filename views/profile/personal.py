"""«Личные данные»: who the person is, as he says himself."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for

from services.profile import GENDERS
from views import hx
from views.access import resident
from views.logins import login_of
from views.person import PersonForm
from views.profile import bp


def facts() -> dict[str, object]:
    who = resident()
    return {"who": who, "login": login_of(who), "gender": GENDERS.get(str(who.gender), who.gender)}


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
