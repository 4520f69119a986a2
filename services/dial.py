"""A scale of a meter and its arithmetic (formats §7): consumption, roll-over, the account's own average. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

MICRO = 10**6
NB = "\N{NO-BREAK SPACE}"
MONTH = 30  # days; the average is taken by days, a month is only the shortest span that is compared
SHORTEST_HISTORY = 85  # days: an average of fewer than three months says nothing
YEAR = timedelta(days=365)
LONGEST_GAP = 100  # days: what lies between two readings farther apart has no season


@dataclass(frozen=True)
class Past:
    """A reading of the register that counted: millionths, its day, whether the register rolled over before it."""

    value: int
    on: date
    has_rolled: bool = False


@dataclass(frozen=True)
class Dial:
    """A scale of a meter as the rules see it.

    `base`: the reading that consumption is counted from, None if there was none. `usual`: what the account used by
    its own average in as many days as have passed since (millionths, without the ratio), None if not known; `season`:
    the same of these very days a year ago.
    `limit`: units a month that a household does not exceed. `months`: how many passed since the base, at least 1.
    `factor`: how many times the usual is asked about. `near_end`: percent of its range above which a register may
    have rolled over.
    """

    register: int
    meter: int
    name: str
    unit: str
    digits: int
    decimals: int = 0
    ratio: int = 1
    base: Past | None = None
    usual: int | None = None
    season: int | None = None
    limit: int | None = None
    months: int = 1
    factor: int = 4
    near_end: int = 90
    zero_padded: bool = True

    @property
    def end(self) -> int:
        """The first value that the register cannot show."""
        return int(10**self.digits) * MICRO

    def shown(self, value: int) -> str:
        """The value with the register's digits: «015 737», «00 416,105»; «15737» where the preset does not pad."""
        whole, rest = divmod(value, MICRO)
        digits = groups(str(whole).zfill(self.digits)) if self.zero_padded else str(whole)
        return digits + (f",{rest:06d}"[: self.decimals + 1] if self.decimals else "")

    def amount(self, volume: int) -> str:
        """A consumption with its unit: «392 кВт*ч», «4,75 м³»; the ratio is in it."""
        whole, rest = divmod(volume * self.ratio, MICRO)
        fraction = f"{rest:06d}".rstrip("0")
        return f"{groups(str(whole))}{',' + fraction if fraction else ''}{NB}{self.unit}"

    def about(self, volume: int) -> str:
        """A consumption for comparison: whole units, one decimal where they are few."""
        tenth = MICRO // 10
        step = MICRO if volume * self.ratio >= 20 * MICRO or not self.decimals else tenth
        return self.amount(max(step, (volume + step // 2) // step * step))

    def used(self, value: int) -> int | None:
        """value − base, millionths: negative below the base, None without one."""
        return None if self.base is None else value - self.base.value

    @property
    def most(self) -> int:
        """The most that can plausibly have been used since the base: what a roll-over may come to."""
        bounds = [known * self.factor for known in (self.usual, self.season) if known]
        bounds += [self.limit * self.months * MICRO] if self.limit else []
        return max(bounds, default=self.end // 10)

    def is_unusual(self, used: int) -> bool:
        """Is it far beyond the season's own, and more than the last months explain? Without a year, beyond these.

        A cold month after a warm one is no mistake, and neither is a life begun where a year ago nobody lived.
        """
        if self.season is None:
            return bool(self.usual) and used > (self.usual or 0) * self.factor
        return used > self.season * self.factor and 2 * used > (self.usual or 0) * self.factor

    def may_roll(self, value: int) -> bool:
        """Is «счётчик перешёл через ноль» a plausible reading of a smaller value?"""
        if self.base is None or not value < self.base.value < self.end:
            return False
        return self.base.value * 100 > self.end * self.near_end and value - self.base.value + self.end <= self.most


def consumption(dial: Dial, value: int) -> int | None:
    """What was used since the base, over zero where the value is smaller; millionths without the ratio."""
    used = dial.used(value)
    return used + dial.end if used is not None and used < 0 else used


def usual(history: Sequence[Past], digits: int, base_on: date, today: date) -> int | None:
    """The account's own average over the last year, as much as falls on the days since the base (a month at least).

    `history` is oldest first. Steps down without a roll-over (a correction, a replaced meter) are left out.
    """
    used = days = 0
    for earlier, later in pairwise(past for past in history if (base_on - past.on).days <= 370):
        step = later.value - earlier.value + (10**digits * MICRO if later.has_rolled else 0)
        if step >= 0:
            used, days = used + step, days + (later.on - earlier.on).days
    if days < SHORTEST_HISTORY:
        return None
    return used * max(MONTH, (today - base_on).days) // days


def season(history: Sequence[Past], base_on: date, today: date, digits: int) -> int | None:
    """What was used a year ago from the base's day to today's (a month at least), between the readings of then.

    `history` is oldest first. Days between two readings share what lies between them; None where the readings of
    that time are too far apart, are missing, or went down without a roll-over.
    """
    since = base_on - YEAR
    until = since + timedelta(days=max(MONTH, (today - base_on).days))
    used = days = 0
    for earlier, later in pairwise(history):
        shared = (min(later.on, until) - max(earlier.on, since)).days
        if shared <= 0:
            continue
        span = (later.on - earlier.on).days
        step = later.value - earlier.value + (10**digits * MICRO if later.has_rolled else 0)
        if step < 0 or span > LONGEST_GAP:
            return None
        used, days = used + step * shared // span, days + shared
    return used if days == (until - since).days else None


def months_since(base_on: date, today: date) -> int:
    """Months that have begun since the base, at least one."""
    return max(1, -(-(today - base_on).days // MONTH))


def groups(digits: str) -> str:
    """`1234567` → `1 234 567`, with no-break spaces."""
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", NB, digits)
