"""What the two ways by letter share: the fields, and the answer that is the same for a known address."""

from __future__ import annotations

from flask import Response, flash, render_template, session, url_for
from wtforms import Field, HiddenField, StringField

import clock
from services import codes, contacts, registration
from services.registration import Newcomer
from views import captchas, hx, passwords
from views.address import visitor
from views.forms import at_most, required, typed_once, word
from views.registration import way
from views.registration.way import FORM
from views.shapes import reads
from views.texts import ConsentForm

SENT = "Письмо отправлено. Откройте почту и нажмите на ссылку в письме."
WRITTEN = "written"  # the key of the browser's form session that keeps where the letter went


class LetterForm(ConsentForm):
    order = ("full_name", "username", "email", "password", "password_again", "phone", "captcha")
    email = StringField(word("registration.email"), [required(), at_most(254), reads(contacts.email_of)])
    phone = StringField(word("registration.phone"), [required(), at_most(40), reads(contacts.phone_of)])
    password = passwords.kept("registration.password")
    once = HiddenField(default=codes.new_token)

    def validate_password(self, field: Field) -> None:
        email = self.email.data or ""
        passwords.check(field, email, email.partition("@")[0])

    def newcomer(self) -> Newcomer:
        return Newcomer(
            full_name=self.full_name.data if "full_name" in self else "",
            email=self.email.data,
            phone=self.phone.data,
            password=self.password.data,
            texts=self.agreed,
            advertising=self.wants_advertising,
            username=self.username.data if "username" in self else "",
        )


def show(page: str, form: LetterForm) -> str:
    return render_template(f"{page}.html", **way.facts(form))


def answer(page: str, form: LetterForm) -> str | Response:
    """Enters the newcomer, or shows the form again; sent twice it is answered twice and taken once."""
    if captchas.is_refresh():
        return show(page, form)
    once = typed_once() or codes.new_token()
    if registration.was_done(once) or _is_registered(form, once):
        flash(SENT, "done")
        session[WRITTEN] = form.email.data
        return hx.go(url_for("registration.sent"))
    return hx.again(page, **way.facts(form))


def _is_registered(form: LetterForm, once: str) -> bool:
    if not form.validate() or not captchas.is_human(form, FORM):
        return False
    return form.done(registration.register, form.newcomer(), passwords.policy(), visitor(), clock.now(), once)
