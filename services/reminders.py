"""Reminders (product R5.8, R9.4): readings, verification, the monthly bill, payment; each once, whenever it runs.

A day's work is found anew each time: what was put before is known by its key, and what was missed while the worker
stood still is caught up within a few days. What a letter says is worked out when it is sent.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar

from models import Bill, Link, Meter, Supplier, reminding, transaction
from models.standing import standings
from services import settings, telling
from services.challenges import EMAIL
from services.settings import Book, SupplierSettings
from services.telling import MESSENGER
from services.windows import Window, windows

PORTION = 200
MORNING = 9  # nobody wants a reminder that came in the night, not even a letter
CATCH_UP = timedelta(days=2)
CLOSING = timedelta(days=2)  # before the window's last day
BEFORE_DUE = timedelta(days=3)
VERIFICATION = (60, 30, 7, -7, -30, -60)  # days to the last one; below zero it is over

Row = TypeVar("Row", Link, Meter)


def remind(local: datetime, ways: Collection[str]) -> None:
    """All that is to be told on the day of `local`, the moment in the utility's zone, by the portal's ways."""
    if local.hour < MORNING:
        return
    today, book = local.date(), settings.in_force(local.date())
    _readings(today, book, local, ways)
    _verification(today, local, ways)
    _bills(today, book, local)
    _payment(today, book, local, ways)


def _readings(today: date, book: Book, now: datetime, ways: Collection[str]) -> None:
    for supplier in Supplier.select():
        found = stage(book.of(supplier.id), today)
        if found is None:
            continue
        kind, window = found
        for links in _portions(lambda after: reminding.unsent(supplier.id, window.starts, today, after, PORTION)):  # noqa: B023
            _tell_readings(kind, supplier.id, window, links, now, ways)


@transaction
def _tell_readings(
    kind: str, supplier: int, window: Window, links: list[Link], now: datetime, ways: Collection[str]
) -> None:
    """One letter a resident, however many accounts of the supplier he holds."""
    residents = {link.resident_id: link.resident for link in links}
    facts = {"supplier": supplier, "starts": window.starts.toordinal(), "ends": window.ends.toordinal()}
    key = f"{kind}:{supplier}:{window.starts}"
    telling.tell_many(kind, key, list(residents.values()), now, ways=ways, asked=False, **facts)


def stage(terms: SupplierSettings, today: date) -> tuple[str, Window] | None:
    """What is said of readings on the day, and of which window: it opened, it closes soon, or nothing.

    A supplier without days of its own is spoken of once a month, on its day of reminders.
    """
    window = windows(terms.reading_from_day, terms.reading_to_day, today).now
    if window is None:
        return None
    if not window.is_limited:
        day = _on(today, terms.reminder_day)
        return ("readings-closing", window) if day <= today <= day + CATCH_UP else None
    if window.ends - CLOSING <= today and window.starts + CLOSING < window.ends:
        return "readings-closing", window
    return ("readings-open", window) if today <= window.starts + CATCH_UP else None


def _verification(today: date, now: datetime, ways: Collection[str]) -> None:
    reach = timedelta(days=max(VERIFICATION)) + CATCH_UP
    for meters in _portions(lambda after: reminding.verified_around(today, reach, after, PORTION)):
        _tell_verification(
            [meter for meter in meters if verification_stage(meter, today) is not None], today, now, ways
        )


@transaction
def _tell_verification(meters: list[Meter], today: date, now: datetime, ways: Collection[str]) -> None:
    for meter in meters:
        key = f"verification:{meter.id}:{meter.valid_until}:{verification_stage(meter, today)}"
        telling.tell_many("verification", key, reminding.holders(meter.account_id), now, ways=ways, meter=meter.id)


def verification_stage(meter: Meter, today: date) -> int | None:
    """Which of the days to the end of its verification it is, or was within the last two days."""
    if meter.valid_until is None:
        return None
    left = (meter.valid_until - today).days
    return next((days for days in VERIFICATION if days - CATCH_UP.days <= left <= days), None)


def _bills(today: date, book: Book, now: datetime) -> None:
    """The bill of last month and later, from the supplier's day of bills on, as soon as the billing brings it."""
    since = _month(today, -1)
    for links in _portions(lambda after: reminding.billed(after, PORTION)):
        _tell_bills(links, since, today, book, now)


@transaction
def _tell_bills(links: list[Link], since: date, today: date, book: Book, now: datetime) -> None:
    bills: dict[int, list[Bill]] = {}
    for bill in reminding.bills_since({link.account_id for link in links}, since):
        bills.setdefault(bill.account_id, []).append(bill)
    for link in links:
        for bill in bills.get(link.account_id, ()):
            if today >= _on(_month(bill.period, 1), book.of(link.account.supplier_id).bill_day):
                key = f"bill:{bill.account_id}:{bill.number}:{bill.period}"
                telling.tell_many(
                    "bill", key, [link.resident], now, ways=(EMAIL, MESSENGER), asked=True, bill=bill.id
                )


def _payment(today: date, book: Book, now: datetime, ways: Collection[str]) -> None:
    for links in _portions(lambda after: reminding.held(after, PORTION)):
        _tell_payment(links, today, book, now, ways)


@transaction
def _tell_payment(links: list[Link], today: date, book: Book, now: datetime, ways: Collection[str]) -> None:
    """Whoever still owes three days before the day by which it is to be paid."""
    due: dict[int, date] = {}
    terms = {link.account_id: book.of(link.account.supplier_id) for link in links}
    for bill in reminding.bills_since(terms, _month(today, -2)):
        day = due_of(bill, terms[bill.account_id])
        if day - BEFORE_DUE <= today <= day:
            due[bill.account_id] = day
    owing = {account for account, standing in standings(due).items() if (standing.debt or 0) > 0}
    for link in links:
        if link.account_id in owing:
            key = f"payment-due:{link.account_id}:{due[link.account_id]}"
            number = due[link.account_id].toordinal()
            telling.tell_many(
                "payment-due", key, [link.resident], now, ways=ways, account=link.account_id, day=number
            )


def due_of(bill: Bill, terms: SupplierSettings) -> date:
    """The day by which the bill is to be paid: as it says, else the supplier's day of the month after."""
    if bill.due_on is not None:
        day: date = bill.due_on
        return day
    day = _on(_month(bill.period, 1), terms.due_day)
    if terms.due_shift_weekend and day.weekday() >= 5:
        day += timedelta(days=7 - day.weekday())
    return day


def _portions(find: Callable[[int], list[Row]]) -> Iterator[list[Row]]:
    """Portion after portion, each beginning after the last row of the one before."""
    after = 0
    while rows := find(after):
        yield rows
        after = rows[-1].id


def _on(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _month(day: date, shift: int) -> date:
    count = day.year * 12 + day.month - 1 + shift
    return date(count // 12, count % 12 + 1, 1)
