"""Registration by phone: the form, the code of the message, straight into the portal (manual C)."""

from __future__ import annotations

from functools import partial

from flask import Response, flash, render_template, request, url_for
from wtforms import Field, HiddenField, StringField

import clock
from services import challenges, codes, contacts, registration_phone
from services.limits import TooMany
from services.refusal import Refused
from services.registration_phone import Newcomer
from views import captchas, challenge, hx, passwords, portal, sign_in
from views.access import public
from views.address import visitor
from views.challenge import CodePage
from views.forms import at_most, required, word
from views.registration import way
from views.registration.way import FORM, WAYS, Way, bp
from views.shapes import reads
from views.texts import ConsentForm

WAYS["phone"] = Way("registration.phone", "По номеру телефона", "Понадобится телефон: на него придёт код.", ("sms",))

ERRAND = challenges.PHONE_REGISTRATION


class PhoneForm(ConsentForm):
    order = ("phone", "password", "captcha")
    phone = StringField(word("registration.phone"), [required(), at_most(40), reads(contacts.mobile_of)])
    password = passwords.kept("registration.password")
    once = HiddenField(default=codes.new_token)

    def validate_password(self, field: Field) -> None:
        passwords.check(field, contacts.phone_key(self.phone.data or "")[2:])

    def newcomer(self) -> Newcomer:
        return Newcomer(self.phone.data, self.password.data, self.agreed, self.wants_advertising)


@bp.get("/registration/phone")
@public
def phone() -> str:
    way.only_if_open("phone")
    return render_template("registration/phone.html", **way.facts(PhoneForm()))


@bp.post("/registration/phone")
@public
def enter_phone() -> str | Response:
    way.only_if_open("phone")
    form = PhoneForm()
    if captchas.is_refresh():
        return render_template("registration/phone.html", **way.facts(form))
    token = challenge.page_token(form.once.data)
    if challenges.waiting(ERRAND, token, clock.now()) is not None or _is_sent(form, token):
        return hx.go(url_for(".phone_code", token=token))
    return hx.again("registration/phone", **way.facts(form))


def _is_sent(form: PhoneForm, token: str) -> bool:
    if not form.validate() or not captchas.is_human(form, FORM):
        return False
    try:
        registration_phone.start(form.newcomer(), passwords.policy(), visitor(), clock.now(), token)
    except TooMany as refusal:  # a double press: the first one's page is there
        form.refuse(refusal)
        return challenges.waiting(ERRAND, token, clock.now()) is not None
    except Refused as refusal:
        form.refuse(refusal)
        return False
    return True


@bp.get("/registration/phone/<token>")
@public
def phone_code(token: str) -> Response:
    found = challenges.waiting(ERRAND, token, clock.now())
    return _page(token).show(found) if found else way.over("phone")


@bp.post("/registration/phone/<token>")
@public
def confirm_phone(token: str) -> Response:
    found = challenges.waiting(ERRAND, token, clock.now())
    if found is None:
        return way.over("phone")
    if "cancel" in request.form:
        return hx.go(url_for(".phone"))
    return _page(token).answer(found, partial(_welcome, token))


def _welcome(token: str, digits: str) -> Response:
    """The one who holds the phone is signed in at once."""
    key = portal.settings().secret_key
    verified = registration_phone.confirm(token, digits, visitor(), clock.now(), key=key)
    response = sign_in.opened(verified, False, "")
    flash("Вы зарегистрировались.", "done")
    return response


@bp.post("/registration/phone/<token>/again")
@public
def phone_again(token: str) -> Response:
    try:
        return _page(token).send_again(token)
    except Refused:
        return way.over("phone")


def _page(token: str) -> CodePage:
    return CodePage(
        ERRAND,
        title=str(word("registration.title")),
        action=url_for(".confirm_phone", token=token),
        again=url_for(".phone_again", token=token),
        cancel="Изменить номер",
    )
