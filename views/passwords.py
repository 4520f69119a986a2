"""A new password on a form: the preset's rules, the field that keeps what was typed, the field that repeats it."""

from __future__ import annotations

from flask import request
from wtforms import Field, PasswordField
from wtforms.validators import EqualTo
from wtforms.widgets import PasswordInput

from services import passwords
from services.passwords import Policy, Rule
from views import portal
from views.forms import required, word
from views.shapes import ask


def policy() -> Policy:
    return portal.preset().password


def rules() -> list[Rule]:
    """The rules of the password, as far as what was typed keeps them."""
    return passwords.rules(policy(), request.form.get("password", ""))


def check(field: Field, *known: str) -> None:
    """Within a validator: refuses what breaks a rule or holds one of the `known` logins."""
    ask(passwords.check, policy(), field.data, *known)


def kept(key: str, *more: object) -> PasswordField:
    """A field that comes back filled in with a form that was refused: nobody thinks a password up twice."""
    return PasswordField(word(key), [required(), *more], widget=PasswordInput(hide_value=False))


def same(sentence: str = "Пароли не совпали. Введите новый пароль в оба поля одинаково.") -> EqualTo:
    return EqualTo("password", sentence)
