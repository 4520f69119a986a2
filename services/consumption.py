"""A year's consumption beside the year before, from the volumes of the bills. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MICRO = 10**6
NUMBER = re.compile(r"(-?)([0-9]{1,12})(?:[.,]([0-9]+))?")


@dataclass(frozen=True)
class Month:
    """Volumes in millionths; None = no bill said anything."""

    period: date
    now: int | None
    past: int | None

    @property
    def change(self) -> int | None:
        """Percent against last year, half up; None where there is nothing to compare with."""
        if self.now is None or not self.past or self.past < 0:
            return None
        return (200 * (self.now - self.past) + self.past) // (2 * self.past)


def year(volumes: Iterable[tuple[date, str]], last: date) -> list[Month]:
    """Twelve months up to the period `last`, oldest first, from (period, printed volume) of every line."""
    sums: dict[date, int] = defaultdict(int)
    for period, volume in volumes:
        if (micro := printed_micro(volume)) is not None:
            sums[period] += micro
    months = [shifted(last, -back) for back in range(11, -1, -1)]
    return [Month(month, sums.get(month), sums.get(shifted(month, -12))) for month in months]


def printed_micro(text: str) -> int | None:
    """A printed decimal in millionths: `9.044` → 9044000; None for what is no number."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction = found.groups()
    micro = int(whole) * MICRO + int((fraction or "")[:6].ljust(6, "0"))
    return -micro if sign else micro


def shifted(period: date, months: int) -> date:
    """The first day of the period so many months on."""
    count = period.year * 12 + period.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
