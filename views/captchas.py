"""The picture with digits: its file, its sound, its «Обновить картинку», and what a form that asks for one needs."""

from __future__ import annotations

from random import Random

from flask import Blueprint, Response, abort, render_template, request, session
from wtforms import StringField

import clock
from captcha import new_text
from captcha.sound import speak
from models import Captcha
from presets import FORMS
from services import captchas, codes
from services.limits import TooMany
from services.refusal import Refused
from services.secrets import keyed
from views import portal
from views.access import public
from views.address import visitor
from views.forms import Form, typed, word

bp = Blueprint("captchas", __name__)

LARGEST = 2**53 - 1
KEPT = "captchas"
LABELS = {"sign-in": "sign_in.captcha", "linking": "linking.captcha"}  # of forms with a word of their own
BESIDE = {"email-change", "password-change"}  # their forms may stand on one page


class CaptchaForm(Form):
    """A form that may ask for a picture: the page also needs `picture` (see `shown`)."""

    captcha = StringField(word("registration.captcha"))
    renewed = False  # was the picture alone asked for?

    def beside(self, name: str) -> None:
        """Several forms with a picture stand on one page: each field has an id of its own."""
        self.captcha.id = f"captcha-{name}"


@bp.get(f"/captcha/<int(largest={LARGEST}):captcha_id>.png")
@public
def picture(captcha_id: int) -> Response:
    """The same bytes each time: two pictures of one text would help a program."""
    from captcha.picture import render  # Pillow is loaded with the first picture

    return _unstored(render(*_alive(captcha_id, "captcha")), "image/png")


@bp.get(f"/captcha/<int(largest={LARGEST}):captcha_id>.wav")
@public
def sound(captcha_id: int) -> Response:
    """The same digits aloud, the same bytes each time; Safari plays only what it may ask for in ranges."""
    wav = speak(*_alive(captcha_id, "captcha sound"))
    response = _unstored(wav, "audio/wav")
    response.make_conditional(request, accept_ranges=True, complete_length=len(wav))
    return response


def _alive(captcha_id: int, purpose: str) -> tuple[str, Random]:
    """The text of a picture that may still be answered, and the chance that draws or says it."""
    captcha = Captcha.alive(captcha_id, clock.now()) or abort(404)
    seed = keyed(portal.settings().secret_key, purpose, str(captcha_id))
    return str(captcha.answer), Random(seed)  # noqa: S311


def _unstored(content: bytes, content_type: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/captcha")
@public
def refresh() -> str:
    """«Обновить картинку»: the block of the form alone, what was typed beside it stays."""
    name = request.args.get("form", "")
    if policy(name) == "off":
        abort(404)
    form = CaptchaForm(formdata=None)
    form.captcha.label.text = word(LABELS.get(name, "registration.captcha"))
    if name in BESIDE:
        form.beside(name)
    return render_template("captchas/_captcha.html", form=form, picture=fresh(name), renewed=True)


def policy(name: str) -> str:
    """When the preset asks for a picture in this form: always, after-failures, off."""
    return portal.preset().captcha.get(name, "off") if name in FORMS else "off"


def is_wanted(name: str, failures: int = 0) -> bool:
    return captchas.is_wanted(policy(name), failures)


def asked(name: str, failures: int = 0) -> Captcha | None:
    """The picture that the form asks for, if the preset wants one now; a new one where that was asked for."""
    return shown(name) if is_wanted(name, failures) else None


def is_human(form: CaptchaForm, name: str, failures: int = 0) -> bool:
    """Was the picture answered rightly, or is none wanted? A wrong answer is said at its field."""
    return not is_wanted(name, failures) or passes(form, name)


def is_refresh() -> bool:
    """Was «Обновить картинку» pressed where no script runs? The page is shown again with what was typed."""
    return request.form.get("refresh") == "captcha"


def fresh(name: str) -> Captcha:
    """A new picture for the form; the browser's form session knows it from now on."""
    try:
        captcha = captchas.ask(name, new_text(codes.CHANCE), codes.new_number(), clock.now(), visitor().network)
    except TooMany:
        abort(429)
    session[KEPT] = {**_kept(), name: captcha.id}
    return captcha


def shown(name: str) -> Captcha:
    """The picture of this form that the browser has and may still answer, else a new one."""
    if is_refresh():
        return fresh(name)
    found = (Captcha.alive(number, clock.now()) for number in (_number(), _kept().get(name, -1)) if number >= 0)
    return next((captcha for captcha in found if captcha is not None and captcha.form == name), None) or fresh(name)


def _kept() -> dict[str, int]:
    """The ids of the pictures that this browser was given, by form."""
    kept: dict[str, int] = session.get(KEPT, {})
    return kept


def passes(form: CaptchaForm, name: str) -> bool:
    """Is the answer right? The picture is used up either way; a wrong answer is said at its field."""
    answer = form.captcha.data or ""
    form.captcha.data = form.captcha.raw_data = None  # the next picture has another answer
    if captchas.is_right(name, _number(), answer, clock.now()):
        return True
    form.refuse(Refused("Не совпало с картинкой. Введите код с новой картинки", field="captcha"))
    return False


def _number() -> int:
    text = typed("captcha_id")
    return min(int(text), LARGEST) if text.isascii() and text.isdigit() and len(text) < 20 else -1
