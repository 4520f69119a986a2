"""Registration: the choice of ways, by e-mail, the activation link."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, make_response, render_template, request, url_for
from wtforms import BooleanField, HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired
from wtforms.widgets import PasswordInput

import clock
from services import codes, contacts, passwords, registration, texts
from services.refusal import Refused
from services.registration import Newcomer
from views import captchas, hx
from views.access import public
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import at_most, required, typed_once, word

bp = Blueprint("registration", __name__)

FORM = "registration"
WAYS = {"email": ("registration.email", "По электронной почте", "Понадобится почта: на неё придёт ссылка.")}
DOCUMENTS = {texts.AGREEMENT: "terms", texts.PERSONAL_DATA: "consent"}
SENT = "Письмо отправлено. Откройте почту и нажмите на ссылку в письме."


class RegistrationForm(CaptchaForm):
    full_name = StringField(word("registration.full_name"), [required(), at_most(200)])
    email = StringField(word("registration.email"), [required(), at_most(254)])
    phone = StringField(word("registration.phone"), [required(), at_most(40)])
    password = PasswordField(word("registration.password"), [required()], widget=PasswordInput(hide_value=False))
    terms = BooleanField("Соглашение", [DataRequired("Без соглашения открыть кабинет нельзя")])
    consent = BooleanField("Персональные данные", [DataRequired("Без согласия открыть кабинет нельзя")])
    advertising = BooleanField("Рассылка")
    once = HiddenField(default=codes.new_token)

    def __init__(self) -> None:
        preset = current_app.extensions["settings"].preset
        super().__init__(data={"advertising": preset.advertising_on})
        for slug, name in DOCUMENTS.items():
            if slug not in preset.consents:
                delattr(self, name)

    def validate_email(self, field: StringField) -> None:
        _ask(contacts.email_of, field.data)

    def validate_phone(self, field: StringField) -> None:
        _ask(contacts.phone_of, field.data)

    def validate_password(self, field: PasswordField) -> None:
        email = self.email.data or ""
        _ask(passwords.check, _policy(), field.data, email, email.partition("@")[0])

    def newcomer(self) -> Newcomer:
        return Newcomer(
            full_name=self.full_name.data,
            email=self.email.data,
            phone=self.phone.data,
            password=self.password.data,
            texts=tuple(slug for slug, name in DOCUMENTS.items() if name in self),
            advertising=bool(self.advertising.data),
        )


class AgainForm(CaptchaForm):
    email = StringField(word("registration.email"), [required(), at_most(254)])

    def validate_email(self, field: StringField) -> None:
        _ask(contacts.email_of, field.data)


@bp.get("/registration")
@public
def choose() -> str | Response:
    ways = open_ways()
    if len(ways) == 1:
        return hx.go(url_for(WAYS[ways[0]][0]))
    return render_template("registration/choose.html", ways=[WAYS[way] for way in ways])


@bp.get("/registration/email")
@public
def email() -> str:
    _only_if_open("email")
    return render_template("registration/email.html", **_page(RegistrationForm()))


@bp.post("/registration/email")
@public
def enter() -> str | Response:
    _only_if_open("email")
    form = RegistrationForm()
    if captchas.is_refresh():
        return render_template("registration/email.html", **_page(form, picture=captchas.fresh(FORM)))
    once = typed_once() or codes.new_token()
    if registration.was_done(once) or _is_registered(form, once):
        flash(SENT, "done")
        return hx.go(url_for(".sent"))
    return hx.again("registration/email", **_page(form))


def _is_registered(form: RegistrationForm, once: str) -> bool:
    if not form.validate() or (captchas.is_wanted(FORM) and not captchas.passes(form, FORM)):
        return False
    try:
        registration.register(form.newcomer(), _policy(), visitor(), clock.now(), once)
    except Refused as refusal:
        form.refuse(refusal)
        return False
    return True


def _page(form: RegistrationForm, **given: object) -> dict[str, object]:
    picture = captchas.shown(FORM) if captchas.is_wanted(FORM) and "picture" not in given else None
    return {
        "form": form,
        "rules": passwords.rules(_policy(), form.password.data or ""),
        "ways": len(open_ways()),
        "picture": picture,
        **given,
    }


@bp.post("/registration/password")
@public
def password() -> str:
    """The rules beside a password that is being typed."""
    typed = request.form.get("password", "")
    return render_template("registration/_rules.html", rules=passwords.rules(_policy(), typed))


@bp.get("/registration/sent")
@public
def sent() -> str:
    return render_template("registration/sent.html")


@bp.get("/registration/again")
@public
def again() -> str:
    return render_template("registration/again.html", form=AgainForm(), picture=_picture())


@bp.post("/registration/again")
@public
def write_again() -> str | Response:
    form = AgainForm()
    if captchas.is_refresh():
        return render_template("registration/again.html", form=form, picture=captchas.fresh(FORM))
    if form.validate() and (not captchas.is_wanted(FORM) or captchas.passes(form, FORM)):
        try:
            registration.write_again(form.email.data, visitor(), clock.now())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(SENT, "done")
            return hx.go(url_for(".sent"))
    return hx.again("registration/again", form=form, picture=_picture())


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


def open_ways() -> list[str]:
    """The ways of the preset that work here: a way whose channel is missing is not shown."""
    settings = current_app.extensions["settings"]
    channels = {"email": bool(settings.mail_url) or settings.demo}
    return [way for way in settings.preset.registration if way in WAYS and channels.get(way)]


def _only_if_open(way: str) -> None:
    if way not in open_ways():
        abort(404)


def _picture() -> object:
    return captchas.shown(FORM) if captchas.is_wanted(FORM) else None


def _policy() -> passwords.Policy:
    policy: passwords.Policy = current_app.extensions["settings"].preset.password
    return policy


def _ask(rule: object, *values: object) -> None:
    """A rule of the services as a validator of the form."""
    try:
        rule(*values)  # type: ignore[operator]
    except Refused as refusal:
        raise ValidationError(refusal.sentence)
