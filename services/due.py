"""By which day a bill is to be paid, and which of a resident's accounts owe by it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from models import Bill, Link, reminding
from models.standing import standings
from services.settings import Book, SupplierSettings

BEFORE = timedelta(days=3)  # who still owes is told so long before the day


def owed(links: Sequence[Link], today: date, book: Book) -> dict[int, tuple[date, int]]:
    """By the account's id (the day by which it is to be paid, kopecks): what falls due within three days."""
    terms = {link.account_id: book.of(link.account.supplier_id) for link in links}
    days: dict[int, date] = {}
    for bill in reminding.bills_since(terms, month(today, -2)):
        day = due_of(bill, terms[bill.account_id])
        if day - BEFORE <= today <= day:
            days[bill.account_id] = day
    debts = {account: standing.debt or 0 for account, standing in standings(days).items()}
    return {account: (day, debts[account]) for account, day in days.items() if debts[account] > 0}


def due_of(bill: Bill, terms: SupplierSettings) -> date:
    """The day by which the bill is to be paid: as it says, else the supplier's day of the month after."""
    if bill.due_on is not None:
        day: date = bill.due_on
        return day
    day = on(month(bill.period, 1), terms.due_day)
    if terms.due_shift_weekend and day.weekday() >= 5:
        day += timedelta(days=7 - day.weekday())
    return day


def on(first: date, day: int) -> date:
    """The day of a month, or its last one where it is shorter."""
    return first.replace(day=min(day, monthrange(first.year, first.month)[1]))


def month(day: date, shift: int) -> date:
    """The first day of the month so many months on."""
    count = day.year * 12 + day.month - 1 + shift
    return date(count // 12, count % 12 + 1, 1)
