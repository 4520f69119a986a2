"""How the window of readings goes: counted by the worker, written down for the board and the list of who owes one."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from models import ReadingProgress, Resident, Supplier, Unsent, progress, transaction
from services import audit, settings
from services.settings import SupplierSettings
from services.windows import Window, windows

PORTION = 2000  # accounts at a time: nobody waits for a long transaction
LAST = 2**31 - 1


def count(local: datetime) -> None:
    """Every supplier's window of today, or the one that closed last; `local`: the moment in the utility's zone."""
    today = local.date()
    book = settings.in_force(today)
    for supplier in Supplier.select():
        current, until = window_of(book.of(supplier.id), today)
        _count(supplier.id, current, until, today, local, lists=True)
        before, _ = window_of(book.of(supplier.id), current.starts - timedelta(days=1))
        if not ReadingProgress.is_there(supplier.id, before.starts):
            _count(supplier.id, before, current.starts, today, local, lists=False)


def window_of(terms: SupplierSettings, day: date) -> tuple[Window, date]:
    """The window a reading of the day counts for, and the day from which readings count for the next."""
    near = windows(terms.reading_from_day, terms.reading_to_day, day)
    return near.current, near.next.starts


def _count(supplier: int, window: Window, until: date, today: date, now: datetime, *, lists: bool) -> None:
    """`lists`: is it also written down which accounts owe?"""
    days: Counter[date] = Counter()
    expected, after = 0, 0
    while True:
        rows, following = progress.counted(supplier, window.starts, until, today, after, PORTION)
        expected += len(rows)
        days.update(row.sent_on for row in rows if row.sent_on is not None)
        if lists:
            owing = {row.account: row.house for row in rows if row.sent_on is None}
            _list(supplier, window.starts, owing, (after + 1, following or LAST))
        if following is None:
            break
        after = following
    _write(supplier, window, expected, days, now)


@transaction
def note_taken(supplier: int | None, by: Resident, now: datetime) -> None:
    """The list of who owes was taken as a file; 0 = of all suppliers that the operator works for."""
    audit.note("unsent-exported", "unsent", supplier or 0, by, now)


@transaction
def _list(supplier: int, starts: date, owing: dict[int, int], between: tuple[int, int]) -> None:
    Unsent.put(supplier, starts, owing, between)


@transaction
def _write(supplier: int, window: Window, expected: int, days: Counter[date], now: datetime) -> None:
    ReadingProgress.put(supplier, window.starts, window.ends, expected, days, now)
