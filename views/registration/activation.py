"""The letter of registration: «Проверьте почту», another letter, the link that it brings."""

from __future__ import annotations

from flask import Response, flash, make_response, render_template, session, url_for
from wtforms import StringField

import clock
from services import codes, contacts, registration
from services.refusal import Refused
from views import captchas, hx
from views.access import public
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import at_most, required, word
from views.registration.letter import SENT, WRITTEN
from views.registration.way import FORM, bp
from views.shapes import reads


class AgainForm(CaptchaForm):
    email = StringField(word("registration.email"), [required(), at_most(254), reads(contacts.email_of)])


@bp.get("/registration/sent")
@public
def sent() -> str:
    return render_template("registration/sent.html", written=session.get(WRITTEN, ""))


@bp.get("/registration/again")
@public
def again() -> str:
    return render_template("registration/again.html", form=AgainForm(), picture=captchas.asked(FORM))


@bp.post("/registration/again")
@public
def write_again() -> str | Response:
    form = AgainForm()
    if captchas.is_refresh():
        return render_template("registration/again.html", form=form, picture=captchas.asked(FORM))
    is_human = form.validate() and captchas.is_human(form, FORM)
    if is_human and form.done(registration.write_again, form.email.data, visitor(), clock.now()):
        flash(SENT, "done")
        return hx.go(url_for(".sent"))
    return hx.again("registration/again", form=form, picture=captchas.asked(FORM))


@bp.get("/registration/activate/<token>")
@public
def link(token: str) -> Response:
    """A mailed link shows a button: programs that look into letters open links, but press nothing."""
    state = registration.link_state(token, clock.now())
    page = render_template("registration/activate.html", state=state, token=token)
    return make_response(page, 200 if state == registration.OPEN else 410)


@bp.post("/registration/activate/<token>")
@public
def activate(token: str) -> Response:
    next_token = codes.new_token()
    try:
        needs_password = registration.activate(token, clock.now(), next_token)
    except Refused:
        return link(token)
    flash("Почта подтверждена. Теперь войдите.", "done")
    return hx.go(url_for("recovery.password", token=next_token) if needs_password else url_for("sign_in.show"))


@bp.post("/registration/activate/<token>/again")
@public
def renew(token: str) -> Response:
    try:
        registration.write_again_for(token, visitor(), clock.now())
    except Refused:
        return link(token)
    flash(SENT, "done")
    return hx.go(url_for(".sent"))
