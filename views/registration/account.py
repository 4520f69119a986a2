"""Registration by an account's number: who, the meter if need be, where the code goes, the code, the password (D)."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import PasswordField, StringField, ValidationError

import clock
from services import challenges, codes, contacts, passwords, registration_account
from services.refusal import Refused
from services.registration_account import Identity
from views import challenge, hx, portal
from views.access import public
from views.address import visitor
from views.challenge import CodeForm, CodePage
from views.forms import Form, at_most, required, word
from views.logins import SupplierForm
from views.registration import way
from views.registration.way import WAYS, ConsentForm, Way, bp
from views.shapes import ask, reads

WAYS["account"] = Way(
    "registration.account",
    "По лицевому счёту",
    "Понадобится квитанция: номер счёта и имя абонента.",
    ("sms", "email"),
)

ERRAND = challenges.ACCOUNT_REGISTRATION


class WhoForm(SupplierForm):
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


class PasswordForm(ConsentForm):
    password = PasswordField(word("recovery.password"), [required()])
    password_again = PasswordField(word("recovery.password_again"), [required()])

    def validate_password(self, field: PasswordField) -> None:
        ask(passwords.check, way.policy(), field.data)

    def validate_password_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError("Пароли не совпали. Введите новый пароль в оба поля одинаково.")


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
    if way.is_refresh():
        return render_template("registration/account.html", **_facts(form))
    if form.validate() and way.is_human(form):
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


@bp.get("/registration/account/meter/<token>")
@public
def meter(token: str) -> Response:
    known = registration_account.identity(token, clock.now())
    if known is None or known.account:
        return _onward(known, token) if known else _over()
    return make_response(render_template("registration/meter.html", form=MeterForm(), token=token))


@bp.post("/registration/account/meter/<token>")
@public
def prove(token: str) -> Response:
    form = MeterForm()
    if registration_account.identity(token, clock.now()) is None:
        return _over()
    if form.validate():
        try:
            registration_account.prove_by_meter(token, form.meter_number.data, visitor(), clock.now(), clock.today())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(url_for(".contact", token=token))
    return hx.again("registration/meter", form=form, token=token)


@bp.get("/registration/account/contact/<token>")
@public
def contact(token: str) -> Response:
    if _proved(token) is None:
        return _over()
    return make_response(render_template("registration/contact.html", **_contact(ContactForm(), token)))


@bp.post("/registration/account/contact/<token>")
@public
def send(token: str) -> Response:
    known, form = _proved(token), ContactForm()
    if known is None:
        return _over()
    page = challenge.page_token(token)
    if challenges.waiting(ERRAND, page, clock.now()) is not None:
        return hx.go(url_for(".account_code", token=page))  # pressed twice, or gone back to
    if form.validate():
        try:
            registration_account.send(
                known,
                form.phone.data,
                form.email.data,
                visitor(),
                clock.now(),
                page,
                has_sms=portal.settings().has_sms,
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(url_for(".account_code", token=page))
    return hx.again("registration/contact", **_contact(form, token))


@bp.get("/registration/account/code/<token>")
@public
def account_code(token: str) -> Response:
    found = challenges.waiting(ERRAND, token, clock.now())
    return _page(token).show(found) if found else _over()


@bp.post("/registration/account/code/<token>")
@public
def confirm_account(token: str) -> Response:
    found, form, next_token = challenges.waiting(ERRAND, token, clock.now()), CodeForm(), codes.new_token()
    if found is None:
        return _over()
    if form.validate():
        key = portal.settings().secret_key
        try:
            registration_account.confirm(
                token, form.code.data, visitor(), clock.now(), key=key, next_token=next_token
            )
        except Refused as refusal:
            challenge.refuse(form, refusal)
        else:
            return hx.go(url_for(".account_password", token=next_token))
    return _page(token).refused(found, form)


@bp.post("/registration/account/code/<token>/again")
@public
def account_again(token: str) -> Response:
    try:
        _page(token).send_again(token)
    except Refused:
        return _over()
    return hx.go(url_for(".account_code", token=token))


@bp.get("/registration/account/password/<token>")
@public
def account_password(token: str) -> Response:
    if registration_account.pending(token, clock.now()) is None:
        return _over()
    return make_response(render_template("registration/password.html", **_password(PasswordForm(), token)))


@bp.post("/registration/account/password/<token>")
@public
def set_password(token: str) -> Response:
    form = PasswordForm()
    if registration_account.pending(token, clock.now()) is None:
        return _over()
    if form.validate():
        try:
            registration_account.save(token, form.password.data, way.policy(), form.agreed, visitor(), clock.now())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash("Кабинет открыт. Войдите по номеру лицевого счёта и паролю.", "done")
            return hx.go(url_for("sign_in.show"))
    return hx.again("registration/password", **_password(form, token))


def _proved(token: str) -> Identity | None:
    known = registration_account.identity(token, clock.now())
    return known if known is not None and known.account else None


def _page(token: str) -> CodePage:
    return CodePage(
        ERRAND,
        title=str(word("registration.title")),
        action=url_for(".confirm_account", token=token),
        again=url_for(".account_again", token=token),
    )


def _over() -> Response:
    if WAYS["account"] not in way.open_ways():
        abort(404)
    if hx.is_htmx():
        return hx.go(url_for(".account"))
    return make_response(render_template("registration/over.html", url=url_for(".account")), 410)


def _facts(form: WhoForm) -> dict[str, object]:
    return {
        "form": form,
        "digits": portal.preset().account_digits,
        "ways": len(way.open_ways()),
        "picture": way.picture(),
    }


def _contact(form: ContactForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "has_sms": portal.settings().has_sms}


def _password(form: PasswordForm, token: str) -> dict[str, object]:
    return {"form": form, "token": token, "rules": way.rules()}
