"""Registration by e-mail, which becomes the login (manual A)."""

from __future__ import annotations

from flask import Response
from wtforms import StringField

from views.access import public
from views.forms import at_most, required, word
from views.registration import letter, way
from views.registration.letter import LetterForm
from views.registration.way import WAYS, Way, bp

WAYS["email"] = Way(
    "registration.email", "По электронной почте", "Понадобится почта: на неё придёт ссылка.", ("email",)
)


class EmailForm(LetterForm):
    order = ("full_name", "email", "phone", "password", "captcha")
    full_name = StringField(word("registration.full_name"), [required(), at_most(200)])


@bp.get("/registration/email")
@public
def email() -> str:
    way.only_if_open("email")
    return letter.show("registration/email", EmailForm())


@bp.post("/registration/email")
@public
def enter() -> str | Response:
    way.only_if_open("email")
    return letter.answer("registration/email", EmailForm())
