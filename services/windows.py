"""When readings are taken: the window of days in a month, pure arithmetic of dates."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache


@dataclass(frozen=True)
class Window:
    """The days from `starts` to `ends`, both included. `is_limited` is False where any day of the month will do."""

    starts: date
    ends: date
    is_limited: bool

    def holds(self, day: date) -> bool:
        return self.starts <= day <= self.ends


@dataclass(frozen=True)
class Windows:
    """What matters on a day: the window that is open (or None), the last one that has closed, the next to open."""

    now: Window | None
    last: Window
    next: Window

    @property
    def current(self) -> Window:
        """The window a reading of today belongs to, or the one that closed last."""
        return self.now or self.last


def reopened(near: Windows, today: date) -> Windows:
    """The same with the last window open still: for an operator who takes what came late."""
    return near if near.now else replace(near, now=Window(near.last.starts, today, True))


@lru_cache(maxsize=256)  # a few suppliers, one day: worked out once, not for every account of every page
def windows(from_day: int | None, to_day: int | None, today: date) -> Windows:
    """The windows around a day. Days past the month's end mean its last; 25…3 runs into the next month.

    Neither day set: any day is good, the window is the calendar month.
    """
    near = [_window(from_day, to_day, _month(today, shift)) for shift in (-2, -1, 0, 1, 2)]
    open_now = next((window for window in near if window.holds(today)), None)
    last = max((window for window in near if window.ends < today), key=lambda window: window.ends)
    coming = min((window for window in near if window.starts > today), key=lambda window: window.starts)
    return Windows(open_now, last, coming)


def _window(from_day: int | None, to_day: int | None, month: date) -> Window:
    start, end = from_day or 1, to_day or 31
    return Window(
        _on(month, start),
        _on(month if start <= end else _month(month, 1), end),
        from_day is not None or to_day is not None,
    )


def _on(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _month(day: date, shift: int) -> date:
    count = day.year * 12 + day.month - 1 + shift
    return date(count // 12, count % 12 + 1, 1)
