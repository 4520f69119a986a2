"""Registration by an account's number: whose it is, the meter if need be, where the code goes (manual D)."""

from __future__ import annotations

from flask import Response, make_response, render_template, session, url_for
from wtforms import StringField

import clock
from services import challenges, codes, contacts, registration_account
from services.challenges import ACCOUNT_REGISTRATION
from services.refusal import Refused
from services.registration_account import Identity
from views import captchas, challenge, hx, portal
from views.access import public
from views.address import visitor
from views.forms import Form, at_most, required, word
from views.logins import SupplierForm
from views.registration import way
from views.registration.way import FORM, WAYS, Way, bp
from views.shapes import ask, reads

WAYS["account"] = Way(
    "registration.account",
    "По лицевому счёту",
    "Понадобится квитанция: номер счёта и имя абонента.",
    ("sms", "email"),
)

KEPT = "registration"  # the key of the browser's form session that knows the page before the code


class WhoForm(SupplierForm):
    order = ("account_number", "supplier", "full_name", "captcha")
    account_number = StringField(word("registration.account_number"), [required(), at_most(60)])
    full_name = StringField(word("registration.holder"), [required(), at_most(200)])

    def validate_account_number(self, field: StringField) -> None:
        ask(registration_account.plain_number, field.data, portal.preset().account_digits)


class MeterForm(Form):
    meter_number = StringField(word("linking.meter_number"), [required(), at_most(60)])


class ContactForm(Form):
    phone = StringField(word("registration.mobile"), [at_most(40)])
    email = StringField(word("registration.email"), [at_most(254), reads(contacts.email_of)])

    def validate_phone(self, field: StringField) -> None:
        if portal.settings().has_sms:
            required()(self, field)
            ask(contacts.mobile_of, field.data)
        elif field.data:
            ask(contacts.phone_of, field.data)

    def validate_email(self, field: StringField) -> None:
        if not portal.settings().has_sms:
            required()(self, field)


@bp.get("/registration/account")
@public
def account() -> str:
    way.only_if_open("account")
    return render_template("registration/account.html", **_facts(WhoForm()))


@bp.post("/registration/account")
@public
def identify() -> str | Response:
    way.only_if_open("account")
    form, token = WhoForm(), codes.new_token()
    if captchas.is_refresh():
        return render_template("registration/account.html", **_facts(form))
    if form.validate() and captchas.is_human(form, FORM):
        try:
            return _onward(_identified(form, token), token)
        except Refused as refusal:
            form.refuse(refusal)
    return hx.again("registration/account", **_facts(form))


def _identified(form: WhoForm, token: str) -> Identity:
    number = registration_account.plain_number(form.account_number.data, portal.preset().account_digits)
    return registration_account.identify(
        number, form.chosen_supplier, form.full_name.data, visitor(), clock.now(), clock.today(), token
    )


def _onward(known: Identity, token: str) -> Response:
    return hx.go(url_for(".contact" if known.account else ".meter", token=token))


def _facts(form: WhoForm) -> dict[str, object]:
    digits, ways = portal.preset().account_digits, len(way.open_ways())
    return {"form": form, "digits": digits, "ways": ways, "picture": captchas.asked(FORM)}


@bp.get("/registration/account/meter/<token>")
@public
def meter(token: str) -> Response:
    known = registration_account.identity(token, clock.now())
    if known is None or known.account:
        return _onward(known, token) if known else way.over("account")
    return make_response(render_template("registration/meter.html", form=MeterForm(), token=token))


@bp.post("/registration/account/meter/<token>")
@public
def prove(token: str) -> Response:
    form = MeterForm()
    if registration_account.identity(token, clock.now()) is None:
        return way.over("account")
    seen = (visitor(), clock.now(), clock.today())
    if form.validate() and form.done(registration_account.prove_by_meter, token, form.meter_number.data, *seen):
        return hx.go(url_for(".contact", token=token))
    return hx.again("registration/meter", form=form, token=token)


@bp.get("/registration/account/contact/<token>")
@public
def contact(token: str) -> Response:
    if _proved(token) is None:
        return way.over("account")
    return make_response(render_template("registration/contact.html", **_contact(ContactForm(), token)))


@bp.post("/registration/account/contact/<token>")
@public
def send(token: str) -> Response:
    known, form = _proved(token), ContactForm()
    if known is None:
        return way.over("account")
    page = challenge.page_token(f"{token}|{form.phone.data}|{form.email.data}")  # another phone is another page
    # Pressed twice, or gone back to: the code is on its way.
    session[KEPT] = token
    if challenges.waiting(ACCOUNT_REGISTRATION, page, clock.now()) is not None or _is_sent(known, form, page):
        return hx.go(url_for(".account_code", token=page))
    return hx.again("registration/contact", **_contact(form, token))


def _is_sent(known: Identity, form: ContactForm, page: str) -> bool:
    phone, email, has_sms = form.phone.data, form.email.data, portal.settings().has_sms
    return form.validate() and form.done(
        registration_account.send, known, phone, email, visitor(), clock.now(), page, has_sms=has_sms
    )


def contact_again() -> Response:
    """«Изменить номер»: back to where the code goes, while this browser remembers whose account it is about."""
    token = session.get(KEPT, "")
    return hx.go(url_for(".contact", token=token) if _proved(token) else url_for(".account"))


def _proved(token: str) -> Identity | None:
    known = registration_account.identity(token, clock.now())
    return known if known is not None and known.account else None


def _contact(form: ContactForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "has_sms": portal.settings().has_sms}
