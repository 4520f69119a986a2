"""Penalty for paying late by ЖК ст. 155 ч. 14, as an estimate: the billing's own line is what is owed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

FREE, LOWER = 30, 90  # days after the due day: none up to the first, 1/300 up to the second, 1/130 from then on
# Hundredths of a percent: the key rate or 9,5 %, whichever is less (ПП 26.03.2022 № 474 as prolonged to 01.01.2027).
CAP, CAP_UNTIL = 950, date(2027, 1, 1)


@dataclass(frozen=True)
class Late:
    """What paying late costs: nothing before `starts_on`; `amount` in kopecks, None where no rate is known."""

    starts_on: date
    lower: int
    higher: int
    rate: int | None
    amount: int | None


def late(debt: int, due_on: date, today: date, rate: int | None) -> Late:
    """The penalty of a debt (kopecks, without penalties in it) as of today; `rate` of the portal's settings."""
    lower, higher = days(due_on, today)
    known = rate if rate is not None else CAP if today < CAP_UNTIL else None
    amount = None if known is None else estimate(debt, lower, higher, known)
    return Late(due_on + timedelta(days=FREE + 1), lower, higher, known, amount)


def days(due_on: date, on: date) -> tuple[int, int]:
    """How many days cost 1/300 and how many 1/130 of the rate, the day `on` included."""
    overdue = (on - due_on).days
    return max(min(overdue, LOWER) - FREE, 0), max(overdue - LOWER, 0)


def estimate(debt: int, lower: int, higher: int, rate: int) -> int:
    """Kopecks, rounded once, half up."""
    exact = Fraction(debt * rate, 10000) * (Fraction(lower, 300) + Fraction(higher, 130))
    return int(exact + Fraction(1, 2))
