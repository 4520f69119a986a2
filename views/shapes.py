"""What people type of days, sums and numbers, read; what cannot be read is said in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time

from wtforms import Field, ValidationError
from wtforms.form import BaseForm

import clock
from services.refusal import Refused

_DAYS = (
    re.compile(r"(?P<d>[0-9]{1,2})[./ -](?P<m>[0-9]{1,2})[./ -](?P<y>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{2})(?P<m>[0-9]{2})(?P<y>[0-9]{4})"),
)


def reads(reader: Callable[[str], object]) -> Callable[[BaseForm, Field], None]:
    """A validator: what the reader refuses is refused at the field."""

    def validate(_form: BaseForm, field: Field) -> None:
        if field.data:  # whether it may be empty is another's question
            ask(reader, field.data)

    return validate


def ask(rule: Callable[..., object], *values: object) -> None:
    """Runs a rule of the services within a validator: its refusal stands at the field."""
    try:
        rule(*values)
    except Refused as refusal:
        raise ValidationError(refusal.sentence)


def day_of(text: str) -> date:
    """`14.10.2026`, `14.10.26`, `2026-10-14` or `14102026`; two digits of a year mean the past."""
    found = next(filter(None, (days.fullmatch(text.strip()) for days in _DAYS)), None)
    if found is None:
        raise Refused("Введите дату так: 14.10.2026")
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += 2000 if 2000 + year <= clock.today().year else 1900
    try:
        return date(year, int(found["m"]), int(found["d"]))
    except ValueError:
        raise Refused("Такого дня нет, проверьте дату")


def moment_of(text: str) -> datetime:
    """`27.11.2026 10:00` or `2026-11-27T10:00` in the utility's zone; a day alone is its beginning."""
    day, _, hour = text.strip().replace("T", " ").partition(" ")
    hour = hour.strip() or "00:00"
    if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", hour):
        raise Refused("Введите день и время так: 27.11.2026 10:00")
    found = day_of(day)
    if not 2000 <= found.year < 2200:
        raise Refused("Проверьте год")
    hours, minutes = hour.split(":")
    return datetime.combine(found, time(int(hours), int(minutes)), clock.zone())


def inn_of(text: str) -> str:
    """An ИНН, ten or twelve digits; blanks between them mean nothing."""
    bare = "".join(text.split())
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", bare):
        raise Refused("ИНН — это 10 или 12 цифр")
    return bare
