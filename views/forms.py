"""What every form shares: cleaned text, Russian sentences, a service's refusal put on its field."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, ParamSpec

from flask import abort, request
from flask_wtf import FlaskForm
from markupsafe import escape
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, Length

from models.search import composed
from services.refusal import Refused
from views import portal

Given = ParamSpec("Given")

LONGEST = 100_000  # a text field never carries more into a service; longer is answered, not stored
LONGEST_KEY = 100  # of a form's key: ours have 43 signs, and an index row holds no more than 2700 bytes
TYPED = ("StringField", "TextAreaField", "EmailField", "TelField")


def clean(text: str | None) -> str:
    """Text as it may be stored: no NUL or other control signs, no lone surrogates, NFC, no blanks around."""
    return _without_controls(text[:LONGEST] if text else "")


def _without_controls(text: str | None) -> str:
    kept = "".join(sign for sign in text or "" if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return composed(kept).strip()


def typed(name: str) -> str:
    """A field of the request whose name is made at run time (``reading-12``), cleaned."""
    return clean(request.values.get(name, ""))


def typed_once() -> str:
    """The form's idempotency key, "" where a program sent none; a long one is no form's of ours: 400."""
    once = typed("once")
    return once if len(once) <= LONGEST_KEY else abort(400)


class word:  # noqa: N801 - reads as the function of the templates
    """A word of the preset as a label: looked up when it is shown, since forms are made before the settings."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __str__(self) -> str:
        return str(portal.settings().word(self.key))

    def __html__(self) -> str:
        return str(escape(str(self)))


class Required(DataRequired):  # type: ignore[misc]
    """«Заполните поле», in the preset's words."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        self.message = str(word("error.empty"))
        super().__call__(form, field)


def required() -> Required:
    return Required()


def at_most(signs: int) -> Length:
    return Length(max=signs, message=f"Не больше {signs} знаков")


class Form(FlaskForm):  # type: ignore[misc]
    """A form of ours: fields named as the model's, `refuse` puts a service's sentence where it belongs."""

    order: tuple[str, ...] = ()  # of fields on the page, where a base class would put its own first

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        locales = ("ru",)

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            kind, filters = unbound_field.field_class.__name__, unbound_field.kwargs.get("filters", ())
            # What travels hidden through the sign-in page is signed, so a cut would lose all of it.
            cleaned = clean if kind in TYPED else _without_controls if kind == "HiddenField" else None
            if cleaned is not None:
                unbound_field.kwargs["filters"] = (*(f for f in filters if f is not cleaned), cleaned)
            return super().bind_field(form, unbound_field, options)

    def refuse(self, refusal: Refused) -> None:
        """Shows the service's sentence at its field, or above the form."""
        field: Field | None = self._fields.get(refusal.field)
        if field is None:
            self.form_errors.append(refusal.sentence)
        else:
            field.errors = [*field.errors, refusal.sentence]

    def label_of(self, identity: str) -> str:
        """The label of the field with this id, for the error summary."""
        return next((str(field.label.text) for field in self if field.id == identity), "")

    def done(self, act: Callable[Given, object], *values: Given.args, **named: Given.kwargs) -> bool:
        """Did the service do it? What it refuses is said where it belongs."""
        try:
            act(*values, **named)
        except Refused as refusal:
            self.refuse(refusal)
            return False
        return True

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """(id of the field or "", sentence) of everything to mend, for the error summary."""
        found = [(field.id, str(error)) for field in sorted(self, key=self._place) for error in field.errors]
        return [("", str(error)) for error in self.form_errors] + found

    def _place(self, field: Field) -> int:
        """Where the field stands on the page; those that `order` does not name come after it, as they were made."""
        return self.order.index(field.short_name) if field.short_name in self.order else len(self.order)
