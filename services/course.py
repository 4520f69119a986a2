"""The course of a window of readings beside the one before it, from what the worker has written down. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import ReadingProgress


@dataclass(frozen=True)
class Day:
    """How many accounts had sent all their readings by the end of a day, and as far into the window before it.

    None: the day has not come, or there is nothing to compare with.
    """

    day: date
    sent: int | None
    before: int | None


@dataclass(frozen=True)
class Share:
    """A supplier's part; `before`: how many had sent as far into its last window, None = not known."""

    title: str
    sent: int
    expected: int
    before: int | None

    @property
    def percent(self) -> int:
        return self.sent * 100 // self.expected if self.expected else 0


@dataclass(frozen=True)
class Course:
    """A window that the suppliers of `shares` have in common."""

    starts: date
    ends: date
    whole: Share
    shares: list[Share]
    days: list[Day]
    counted_at: datetime

    @property
    def unsent(self) -> int:
        return self.whole.expected - self.whole.sent

    def days_left(self, today: date) -> int | None:
        """Whole days after today while it is open; None once it is over."""
        return (self.ends - today).days if self.starts <= today <= self.ends else None


def courses(rows: Iterable[ReadingProgress], today: date) -> list[Course]:
    """Each window of today, or the last, with the most accounts first; `rows`: oldest first, with their suppliers."""
    of_supplier: dict[int, list[ReadingProgress]] = defaultdict(list)
    for row in rows:
        of_supplier[row.supplier_id].append(row)
    alike: dict[tuple[date, date], list[tuple[ReadingProgress, ReadingProgress | None]]] = defaultdict(list)
    for own in of_supplier.values():
        now, before = own[-1], own[-2] if len(own) > 1 else None
        if now.expected:
            alike[now.starts, now.ends].append((now, before))
    found = [_course(starts, ends, pairs, today) for (starts, ends), pairs in alike.items()]
    return sorted(found, key=lambda course: (-course.whole.expected, course.starts))


def _course(
    starts: date, ends: date, pairs: list[tuple[ReadingProgress, ReadingProgress | None]], today: date
) -> Course:
    shares = [_share(now, before, today) for now, before in pairs]
    known = [share.before for share in shares if share.before is not None]
    whole = Share(
        "",
        sum(share.sent for share in shares),
        sum(share.expected for share in shares),
        sum(known) if known else None,
    )
    days = [_day(starts, shift, pairs, today) for shift in range((ends - starts).days + 1)]
    return Course(starts, ends, whole, shares, days, max(now.counted_at for now, _ in pairs))


def _share(now: ReadingProgress, before: ReadingProgress | None, today: date) -> Share:
    earlier = None if before is None else _by(before.by_day, before.starts + (min(today, now.ends) - now.starts))
    return Share(now.supplier.title, sum(now.by_day.values()), int(now.expected), earlier)


def _day(starts: date, shift: int, pairs: list[tuple[ReadingProgress, ReadingProgress | None]], today: date) -> Day:
    day = starts + timedelta(days=shift)
    sent = None if day > today else sum(_by(now.by_day, day) for now, _ in pairs)
    earlier = [_by(row.by_day, row.starts + timedelta(days=shift)) for _, row in pairs if row is not None]
    return Day(day, sent, sum(earlier) if earlier else None)


def _by(days: Mapping[date, int], last: date) -> int:
    return sum(count for day, count in days.items() if day <= last)
