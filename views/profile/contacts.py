"""«Контактные данные»: a new e-mail or phone, the code that goes to it, and the e-mail's removal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Response, flash, render_template, request, url_for
from wtforms import StringField, ValidationError

import clock
from services import challenges, codes, contact_change, contacts
from services.challenges import CONTACT, EMAIL, SMS
from services.refusal import Refused
from views import captchas, hx, portal
from views.access import own_code, resident
from views.address import visitor
from views.captchas import CaptchaForm
from views.challenge import CodePage
from views.forms import Form, at_most, required, word
from views.profile import bp

FORM = "email-change"


class AddressForm(Form):
    """C's inline edit: one field, `email` or `phone`."""

    email = StringField(word("profile.email"), [required(), at_most(254)])
    phone = StringField(word("profile.phone"), [required(), at_most(40)])

    def __init__(self, channel: str) -> None:
        who = resident()
        super().__init__(data={"email": who.email, "phone": contacts.shown_phone(str(who.phone))})
        delattr(self, "phone" if channel == EMAIL else "email")


class EmailForm(CaptchaForm):
    """D's «Почта»: the new address twice, a picture where the preset asks for one."""

    email = StringField(word("profile.email_new"), [required(), at_most(254)])
    email_again = StringField(word("profile.email_again"), [required(), at_most(254)])

    def __init__(self) -> None:
        super().__init__()
        self.beside(FORM)

    def validate_email_again(self, field: StringField) -> None:
        if contacts.email_key(field.data) != contacts.email_key(self.email.data or ""):
            raise ValidationError("Адреса не совпали. Введите новый адрес в оба поля одинаково.")


@dataclass(frozen=True)
class Contact:
    """A line of the section: whether it is confirmed, and what can be done about it."""

    channel: str
    label: str
    value: str
    is_confirmed: bool
    needs_code: bool
    url: str


def facts() -> dict[str, object]:
    who = resident()
    phone, has_phone = contacts.shown_phone(str(who.phone)), who.phone_key is not None
    email, has_email = str(who.email), who.email_confirmed_at is not None
    return {
        "contacts": [
            Contact(SMS, "profile.phone", phone, has_phone, portal.has_channel(SMS), url_for(".phone")),
            Contact(EMAIL, "profile.email", email, has_email, portal.has_channel(EMAIL), url_for(".email")),
        ]
    }


@bp.get("/contacts/email")
def email() -> str:
    return render_template("profile/contact.html", **_page(AddressForm(EMAIL), EMAIL))


@bp.post("/contacts/email")
def ask_email() -> Response:
    form = AddressForm(EMAIL)
    if "remove" in request.form:
        return _removed(form)
    return _asked(form, EMAIL)


@bp.get("/contacts/phone")
def phone() -> str:
    return render_template("profile/contact.html", **_page(AddressForm(SMS), SMS))


@bp.post("/contacts/phone")
def ask_phone() -> Response:
    form = AddressForm(SMS)
    return _asked(form, SMS) if portal.has_channel(SMS) else _kept(form)


@bp.get("/email")
def email_form() -> str:
    return render_template("profile/email.html", **form_facts(EmailForm()))


@bp.post("/email")
def change_email() -> str | Response:
    form = EmailForm()
    if captchas.is_refresh():
        return render_template("profile/email.html", **form_facts(form))
    if form.validate() and captchas.is_human(form, FORM):
        sent = _sent(form, EMAIL, form.email.data)
        if sent is not None:
            return sent
    return hx.again("profile/email", **form_facts(form))


def form_facts(form: EmailForm) -> dict[str, object]:
    return {"form": form, "picture": captchas.asked(FORM), "now": resident().email}


def _asked(form: AddressForm, channel: str) -> Response:
    field = form.email if channel == EMAIL else form.phone
    sent = _sent(form, channel, field.data) if form.validate() else None
    return sent or hx.again("profile/contact", **_page(form, channel))


def _sent(form: Form, channel: str, text: str) -> Response | None:
    """On to the page that waits for the code; None where the address was refused."""
    token = codes.new_token()
    is_sent = form.done(contact_change.ask, resident(), channel, text, visitor(), clock.now(), token)
    return hx.go(url_for(".code", token=token)) if is_sent else None


def _kept(form: AddressForm) -> Response:
    """A phone without a channel for codes."""
    ways = portal.preset().sign_in
    if form.validate() and form.done(contact_change.keep_phone, resident(), form.phone.data, ways):
        flash("Телефон сохранён. СМС с кодами на него не приходят.", "done")
        return hx.go(url_for(".show"))
    return hx.again("profile/contact", **_page(form, SMS))


def _removed(form: AddressForm) -> Response:
    if "email" in portal.preset().first_steps:
        form.refuse(Refused("Без почты этот кабинет не работает: её можно только заменить."))
        return hx.again("profile/contact", **_page(form, EMAIL))
    if not form.done(contact_change.remove_email, resident(), portal.preset().sign_in, clock.now()):
        return hx.again("profile/contact", **_page(form, EMAIL))
    flash("E-mail удалён.", "done")
    return hx.go(url_for(".show"))


def _page(form: AddressForm, channel: str) -> dict[str, object]:
    who = resident()
    return {
        "form": form,
        "channel": channel,
        "needs_code": portal.has_channel(channel),
        "can_remove": channel == EMAIL
        and bool(who.email)
        and "email" not in portal.preset().first_steps
        and contact_change.has_login(who, portal.preset().sign_in, but=EMAIL),
    }


@bp.get("/contacts/code/<token>")
def code(token: str) -> Response:
    found = own_code(CONTACT.request, token)
    return _code_page(token).show(found) if found.is_alive(clock.now()) else _over()


@bp.post("/contacts/code/<token>")
def confirm(token: str) -> Response:
    found = own_code(CONTACT.request, token)
    if not found.is_alive(clock.now()):
        return _over()
    if "cancel" in request.form:
        contact_change.cancel(found, clock.now())
        return hx.go(url_for(".show"))
    return _code_page(token).answer(found, partial(_confirmed, token))


def _confirmed(token: str, digits: str) -> Response:
    contact_change.confirm(resident(), token, digits, visitor(), clock.now(), key=portal.settings().secret_key)
    flash("Подтверждено и сохранено.", "done")
    return hx.go(url_for(".show"))


@bp.post("/contacts/code/<token>/again")
def again(token: str) -> Response:
    found = own_code(CONTACT.request, token)
    return _code_page(token).send_again(token) if found.is_alive(clock.now()) else _over()


def _over() -> Response:
    """The page waits no longer: back to the profile."""
    flash(challenges.TIME_IS_UP, "warn")
    return hx.go(url_for(".show"))


def _code_page(token: str) -> CodePage:
    return CodePage(
        errand=CONTACT,
        title=str(word("profile.code")),
        action=url_for(".confirm", token=token),
        again=url_for(".again", token=token),
        cancel=str(word("profile.cancel")),
    )
