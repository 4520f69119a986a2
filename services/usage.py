"""What meters counted by month, service and scale, beside the year before. Pure, from readings.

A month is that of the reading's day. Between readings further apart the months share evenly, and are marked; before
the first reading and after the last there is nothing. Meters of one service count together, so a replaced meter goes
on in its successor: neither's own values are compared with the other's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from models.history import Told
from models.meter import SINGLE
from services.consumption import shifted
from services.dial import MICRO

MONTHS = 12
NEAR_THE_END = 90  # percent of its range: lower, a value that fell is a mistake or another meter
LOOKED_BACK = 3  # months before the first one shown: the reading that its consumption is counted from


@dataclass(frozen=True)
class Month:
    """Millionths of the unit; None = no readings say it. Shared: a part of what several months came to."""

    period: date
    now: int | None
    past: int | None
    is_now_shared: bool = False
    is_past_shared: bool = False


@dataclass(frozen=True)
class Usage:
    """A scale of a service: twelve months, oldest first."""

    title: str
    unit: str
    months: list[Month]


def since(last: date) -> date:
    """From which day on readings are needed for the year up to a period and the year before it."""
    return shifted(last, -2 * MONTHS - LOOKED_BACK)


def by_scale(told: Iterable[Told], last: date) -> list[Usage]:
    """The year up to the period `last` of every scale that has anything to show, in the order given.

    `told`: readings of an account's registers, those of a register together and oldest first.
    """
    found: dict[tuple[int, str], tuple[Told, dict[date, int], set[date]]] = {}
    for _, rows in groupby(told, key=lambda row: row.register):
        readings = list(rows)
        first = readings[0]
        _, sums, shared = found.setdefault((first.service, first.scale), (first, defaultdict(int), set()))
        for earlier, later in pairwise(readings):
            for month, amount, is_shared in _counted(earlier, later):
                sums[month] += amount
                shared |= {month} if is_shared else set()
    usages = (_usage(first, sums, shared, last) for first, sums, shared in found.values())
    return [usage for usage in usages if any(month.now is not None for month in usage.months)]


def step(earlier: Told, later: Told) -> int | None:
    """What was used between two readings, over zero where the register plausibly rolled over; None is not known."""
    used = later.value - earlier.value
    if used < 0:
        end = 10**later.digits * MICRO
        used += end
        is_near = earlier.value * 100 > end * NEAR_THE_END and used * 100 <= end * (100 - NEAR_THE_END)
        if not (later.has_rolled or is_near):
            return None
    return used * later.ratio


def _counted(earlier: Told, later: Told) -> Iterator[tuple[date, int, bool]]:
    """(month, its part, is it shared) of what was used between two readings."""
    used = step(earlier, later)
    if used is None:
        return
    end = later.on.replace(day=1)
    count = max(1, (end.year - earlier.on.year) * 12 + end.month - earlier.on.month)
    for back in range(count - 1, -1, -1):
        rest = used % count if back == 0 else 0  # what does not divide falls on the last month
        yield shifted(end, -back), used // count + rest, count > 1


def _usage(first: Told, sums: dict[date, int], shared: set[date], last: date) -> Usage:
    months = [shifted(last, -back) for back in range(MONTHS - 1, -1, -1)]
    title = first.name if first.scale == SINGLE else f"{first.name}, {first.scale.lower()}"
    return Usage(
        title,
        first.unit,
        [
            Month(month, sums.get(month), sums.get(before), month in shared, before in shared)
            for month, before in ((month, shifted(month, -MONTHS)) for month in months)
        ],
    )
