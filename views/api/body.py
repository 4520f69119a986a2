"""What a program sent: JSON whose numbers stay as they were written, so that no value passes through a float."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from flask import request

from views.api.answers import Fault, invalid
from views.forms import LONGEST_KEY, clean
from views.ids import LARGEST

Fields = dict[str, Any]
MOST_SIGNS = 40  # of a number: longer is none that a meter shows


class Number(str):
    """A number of JSON as it was written."""

    __slots__ = ()

    @property
    def plain(self) -> str:
        """Without an exponent and without zeros that say nothing: `1.50e1` → `15`; as it is where it is no size."""
        try:
            value = Decimal(self)
        except InvalidOperation:
            return str(self)
        if len(self) > MOST_SIGNS or not value.is_finite() or abs(value.adjusted()) > MOST_SIGNS:
            return str(self)
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


def read() -> Fields:
    """The object that was sent; every number in it is a `Number`."""
    if request.mimetype != "application/json":
        raise Fault(415)
    try:
        found = json.loads(
            request.get_data(cache=False).decode("utf-8-sig"),
            parse_int=Number,
            parse_float=Number,
            parse_constant=_none,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError):
        raise Fault(400)
    if not isinstance(found, dict):
        raise Fault(400)
    return found


def only(fields: Fields, known: set[str], where: str = "") -> None:
    """A name that is not known is a slip: «confrim» must not be read as no confirmation."""
    for name in fields.keys() - known:
        raise invalid(where + clean(name)[:60], "Такого поля нет, проверьте название.")


def number_of(fields: Fields, name: str, where: str = "") -> int:
    """An id: a whole number, or digits in quotes."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal():
        raise invalid(where + name, "Нужно целое число.")
    return int(value) if len(value) <= len(str(LARGEST)) else LARGEST


def text_of(fields: Fields, name: str) -> str:
    """A text that may be left out; a number is one of its digits."""
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise invalid(name, "Нужна строка.")
    return clean(value)


def key_of(fields: Fields) -> str:
    """The idempotency key: of the header, or `once`; "" where there is none."""
    once = clean(request.headers.get("Idempotency-Key", "")) or text_of(fields, "once")
    if len(once) > LONGEST_KEY:
        raise invalid("once", f"Ключ длиннее {LONGEST_KEY} знаков.")
    return once


def flag_of(fields: Fields, name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise invalid(name, "Нужно true или false.")
    return value


def value_of(fields: Fields, name: str, where: str = "") -> str:
    """A reading as it would be typed, of a number or a string."""
    value = fields.get(name)
    if isinstance(value, Number):
        return value.plain
    if not isinstance(value, str):
        raise invalid(where + name, "Нужно число или строка с числом.")
    return clean(value)


def list_of(fields: Fields, name: str, most: int) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise invalid(name, f"Нужен список, не длиннее {most}.")
    return value


def _none(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> Fields:
    """Of two values under one name neither is surely meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
