"""A range of months in the address of a page: what is asked for, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from views.forms import word

# As our own selects send it, as a date field does, and as people type it.
SHAPES = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(-\d{1,2})?", re.ASCII),
    re.compile(r"(\d{1,2}\.)?(?P<month>\d{1,2})\.(?P<year>\d{4})", re.ASCII),
)


@dataclass(frozen=True)
class Months:
    """The first and the last period, both included; `mistakes` by the field's name, and then nothing is found."""

    since: date
    until: date
    mistakes: Mapping[str, str] = field(default_factory=dict)


def read(text: str) -> date | None:
    """The first day of a month that is named; None for what names none that a bill could be of."""
    found = next((shape.fullmatch(text) for shape in SHAPES if shape.fullmatch(text)), None)
    year, month = (int(found[part]) for part in ("year", "month")) if found else (0, 0)
    return date(year, month, 1) if 1990 <= year < 2200 and 1 <= month <= 12 else None


def asked(since: str, until: str, periods: Sequence[date], usual: int) -> Months:
    """`from` and `to` of the address among the months that have a bill, newest first, at least one.

    By themselves they are the newest `usual` of them.
    """
    texts = {"from": since, "to": until}
    given = {name: read(text) for name, text in texts.items()}
    mistakes = {
        name: "Выберите месяц из списка или введите его так: 10.2026"
        for name, month in given.items()
        if texts[name] and month is None
    }
    last = given["to"] or max(periods[0], given["from"] or periods[0])
    first = given["from"] or min(periods[:usual][-1], last)
    if first > last:
        mistakes["to"] = f"Этот месяц раньше, чем «{word('history.from')}»"
    return Months(first, last, mistakes)
