"""Registration by a user name that the person chooses (manual B)."""

from __future__ import annotations

from flask import Response
from wtforms import StringField

from services import contacts
from views import passwords
from views.access import public
from views.forms import at_most, required, word
from views.registration import letter, way
from views.registration.letter import LetterForm
from views.registration.way import WAYS, Way, bp
from views.shapes import reads

WAYS["username"] = Way(
    "registration.name", "По имени пользователя", "Имя вы придумаете сами, почта нужна для подтверждения.", ("email",)
)


class UsernameForm(LetterForm):
    username = StringField(word("registration.username"), [required(), at_most(100), reads(contacts.username_of)])
    password_again = passwords.kept(
        "registration.password_again", passwords.same("Пароли не совпали. Введите пароль в оба поля одинаково")
    )


@bp.get("/registration/name")
@public
def name() -> str:
    way.only_if_open("username")
    return letter.show("registration/name", UsernameForm())


@bp.post("/registration/name")
@public
def enter_name() -> str | Response:
    way.only_if_open("username")
    return letter.answer("registration/name", UsernameForm())
