"""A range of days in the address: `from` and `to`, as date fields send them or as people type them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.refusal import Refused
from views.forms import typed, word
from views.shapes import day_of

NB = "\N{NO-BREAK SPACE}"
FIRST_YEAR, LAST_YEAR = 1990, 2200  # what lies beyond is a slip of the finger


@dataclass(frozen=True)
class Days:
    """Both included, None = without end; `mistakes`: sentences by the name of their field."""

    since: date | None
    until: date | None
    mistakes: dict[str, str]

    @property
    def is_backward(self) -> bool:
        return self.since is not None and self.until is not None and self.since > self.until


def backward(what: str) -> str:
    """The end of a range stands before its beginning, which is called as its field is."""
    return f"{what} раньше, чем «{str(word('history.from')).replace(' ', NB)}»"


def asked() -> Days:
    """The range of the request; a day that cannot be read limits nothing and says so."""
    mistakes: dict[str, str] = {}
    found = Days(_day("from", mistakes), _day("to", mistakes), mistakes)
    if found.is_backward:
        mistakes["to"] = backward("Эта дата")
    return found


def _day(name: str, mistakes: dict[str, str]) -> date | None:
    text = typed(name)
    try:
        return _sensible(day_of(text)) if text else None
    except Refused as refusal:
        mistakes[name] = refusal.sentence
        return None


def _sensible(day: date) -> date:
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise Refused(f"Введите дату не раньше {FIRST_YEAR} и не позже {LAST_YEAR - 1} года")
    return day
