"""Registration by phone: the form, the code of the message, straight into the portal (manual C)."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, request, url_for
from wtforms import HiddenField, PasswordField, StringField
from wtforms.widgets import PasswordInput

import clock
from services import challenges, codes, contacts, passwords, registration_phone, sign_in
from services.limits import TooMany
from services.refusal import Refused
from services.registration_phone import Newcomer
from views import challenge, hx, portal, sessions
from views.access import public
from views.address import visitor
from views.challenge import CodeForm, CodePage
from views.forms import at_most, required, word
from views.registration import way
from views.registration.way import WAYS, ConsentForm, Way, bp
from views.shapes import ask, reads

WAYS["phone"] = Way("registration.phone", "По номеру телефона", "Понадобится телефон: на него придёт код.", ("sms",))

ERRAND = challenges.PHONE_REGISTRATION


class PhoneForm(ConsentForm):
    phone = StringField(word("registration.phone"), [required(), at_most(40), reads(contacts.mobile_of)])
    password = PasswordField(word("registration.password"), [required()], widget=PasswordInput(hide_value=False))
    once = HiddenField(default=codes.new_token)

    def validate_password(self, field: PasswordField) -> None:
        ask(passwords.check, way.policy(), field.data, contacts.phone_key(self.phone.data or "")[2:])

    def newcomer(self) -> Newcomer:
        return Newcomer(self.phone.data, self.password.data, self.agreed, self.wants_advertising)


@bp.get("/registration/phone")
@public
def phone() -> str:
    way.only_if_open("phone")
    return render_template("registration/phone.html", **_facts(PhoneForm()))


@bp.post("/registration/phone")
@public
def enter_phone() -> str | Response:
    way.only_if_open("phone")
    form = PhoneForm()
    if way.is_refresh():
        return render_template("registration/phone.html", **_facts(form))
    token = challenge.page_token(form.once.data)
    if challenges.waiting(ERRAND, token, clock.now()) is not None or _is_sent(form, token):
        return hx.go(url_for(".phone_code", token=token))
    return hx.again("registration/phone", **_facts(form))


def _is_sent(form: PhoneForm, token: str) -> bool:
    if not form.validate() or not way.is_human(form):
        return False
    try:
        registration_phone.start(form.newcomer(), way.policy(), visitor(), clock.now(), token)
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
    return _page(token).show(found) if found else _over()


@bp.post("/registration/phone/<token>")
@public
def confirm_phone(token: str) -> Response:
    found, form = challenges.waiting(ERRAND, token, clock.now()), CodeForm()
    if found is None:
        return _over()
    if "cancel" in request.form:
        return hx.go(url_for(".phone"))
    if form.validate():
        try:
            return _welcome(token, form.code.data)
        except Refused as refusal:
            challenge.refuse(form, refusal)
    return _page(token).refused(found, form)


def _welcome(token: str, digits: str) -> Response:
    """The one who holds the phone is signed in at once."""
    key = portal.settings().secret_key
    verified = registration_phone.confirm(token, digits, visitor(), clock.now(), key=key)
    cookie = codes.new_token()
    sign_in.begin(verified, visitor(), clock.now(), cookie)
    flash("Вы зарегистрировались.", "done")
    response = hx.go("/")
    sessions.remember(response, cookie, None)
    return response


@bp.post("/registration/phone/<token>/again")
@public
def phone_again(token: str) -> Response:
    try:
        _page(token).send_again(token)
    except Refused:
        return _over()
    return hx.go(url_for(".phone_code", token=token))


def _page(token: str) -> CodePage:
    return CodePage(
        ERRAND,
        title=str(word("registration.title")),
        action=url_for(".confirm_phone", token=token),
        again=url_for(".phone_again", token=token),
        cancel="Изменить номер",
    )


def _over() -> Response:
    """The page's time is over: begin again."""
    if WAYS["phone"] not in way.open_ways():
        abort(404)
    if hx.is_htmx():
        return hx.go(url_for(".phone"))
    return make_response(render_template("registration/over.html", url=url_for(".phone")), 410)


def _facts(form: PhoneForm) -> dict[str, object]:
    return {"form": form, "rules": way.rules(), "ways": len(way.open_ways()), "picture": way.picture()}
