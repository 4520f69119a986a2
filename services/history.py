"""«История»: payments of the billing and of the portal in one list, readings, bills; pages by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from models import Bill, Resident, history
from models.history import Billed, Own, Place, Span
from models.order import FAILED, PAID, POSTED, REFUNDED, SENT

PAGE = 50
PAYMENTS, READINGS, BILLS = "payments", "readings", "bills"
SORTS = {
    PAYMENTS: ("-date", "date", "-sum", "sum"),
    READINGS: ("-date", "date"),
    BILLS: ("-date", "date", "-sum", "sum"),
}
STATES = {PAID: "paid", POSTED: "paid", SENT: "waiting", FAILED: "failed", REFUNDED: "refunded"}
_LAST = 2**31 - 1  # beyond every id
_BILLED, _OWN, _TOLD = 0, 1, 2  # on one day what the billing has not met stands above what it has

Key = tuple[Any, int, int]


@dataclass(frozen=True)
class Paid:
    """A payment in the list. `state`: posted, paid (the billing has not met it yet), waiting, failed, refunded."""

    key: Key
    on: date
    account: int
    amount: int
    state: str
    source: str = ""
    service: str = ""
    order: int | None = None
    receipt_url: str = ""


@dataclass(frozen=True)
class Page:
    """Rows of one kind; `after` is the place of the next page, "" at the end; `sum` in kopecks, of payments only."""

    rows: list[Any]
    after: str
    count: int
    sum: int = 0


def payments(span: Span, resident: Resident, sort: str, after: str, zone: tzinfo) -> Page:
    """The billing's payments, and beside them what it has not met, paid here or at a bank: each counted once."""
    place = _place(after, date.fromisoformat if sort.endswith("date") else _kopecks)
    unmet = (*_own(resident, span, sort, zone), *_told(span, sort))
    own = [row for row in unmet if _is_within(row.on, span)]
    billed = history.payments(span, sort, _billed_place(place), PAGE + 1)
    rows = [_billed(row, resident, sort) for row in billed]
    rows += [row for row in own if place is None or _is_beyond(row.key, place, sort)]
    rows.sort(key=lambda row: row.key, reverse=sort.startswith("-"))
    count, total = history.payments_total(span)
    kept = [row.amount for row in own if row.state == "paid"]
    return Page(rows[:PAGE], _cursor(rows), count + len(kept), total + sum(kept))


def readings(span: Span, sort: str, after: str) -> Page:
    place = _place(after, date.fromisoformat)
    rows = history.readings(span, sort, _billed_place(place), PAGE + 1)
    return Page(rows[:PAGE], _next(rows, lambda row: row.taken_on.isoformat()), history.readings_total(span))


def bills(span: Span, sort: str, after: str) -> Page:
    place = _place(after, _kopecks if sort.endswith("sum") else str)
    rows = history.bills(span, sort, _billed_place(place), PAGE + 1)
    value: Callable[[Bill], Any] = (lambda row: row.to_pay) if sort.endswith("sum") else (lambda row: row.order_key)
    return Page(rows[:PAGE], _next(rows, value), history.bills_total(span))


def _own(resident: Resident, span: Span, sort: str, zone: tzinfo) -> Iterable[Paid]:
    """One row for an account in an order, however many services were paid by it."""
    gathered: dict[tuple[int, int], list[Own]] = {}
    for line in history.orders(span.accounts, resident):
        gathered.setdefault((line.order, line.account), []).append(line)
    for lines in gathered.values():
        first, amount = lines[0], sum(line.amount for line in lines)
        on = (first.paid_at or first.sent_at or first.created_at).astimezone(zone).date()
        is_own = first.payer == resident.id
        yield Paid(
            key=(amount if sort.endswith("sum") else on, _OWN, first.id),
            on=on,
            account=first.account,
            amount=amount,
            state=STATES[first.state],
            order=first.order if is_own else None,
            receipt_url=first.receipt_url if is_own else "",
        )


def _told(span: Span, sort: str) -> Iterable[Paid]:
    """What was paid at a bank, as its registry tells."""
    for row in history.told_by_banks(span.accounts):
        key = (row.amount if sort.endswith("sum") else row.on, _TOLD, row.id)
        yield Paid(key, row.on, row.account, row.amount, "paid", row.bank)


def _billed(row: Billed, resident: Resident, sort: str) -> Paid:
    is_own = row.payer == resident.id
    return Paid(
        key=(row.amount if sort.endswith("sum") else row.on, _BILLED, row.id),
        on=row.on,
        account=row.account,
        amount=row.amount,
        state="posted",
        source=row.source,
        service=row.service or "",
        order=row.order if is_own else None,
        receipt_url=row.receipt_url or "" if is_own else "",
    )


def _is_within(day: date, span: Span) -> bool:
    return (span.since is None or day >= span.since) and (span.until is None or day <= span.until)


def _is_beyond(key: Key, place: Key, sort: str) -> bool:
    return key < place if sort.startswith("-") else key > place


def _billed_place(place: Key | None) -> Place | None:
    """The same place for the table alone: past a payment of the portal stand all of the billing's of that value."""
    if place is None:
        return None
    value, rank, row = place
    return Place(value, row if rank == _BILLED else _LAST)


def _cursor(rows: list[Paid]) -> str:
    if len(rows) <= PAGE:
        return ""
    value, rank, row = rows[PAGE - 1].key
    return f"{value}~{rank}~{row}"


def _next(rows: list[Any], value: Callable[[Any], Any]) -> str:
    return f"{value(rows[PAGE - 1])}~{_BILLED}~{rows[PAGE - 1].id}" if len(rows) > PAGE else ""


def _place(text: str, read: Callable[[str], Any]) -> Key | None:
    """A cursor as it was given out; None where it is none of ours: the list begins anew."""
    value, _, rest = text.partition("~")
    rank, _, row = rest.partition("~")
    if rank not in ("0", "1", "2") or not (row.isascii() and row.isdecimal() and len(row) < 11) or len(value) > 400:
        return None
    try:
        return read(value), int(rank), int(row)
    except ValueError:
        return None


def _kopecks(text: str) -> int:
    if len(text) > 18:
        raise ValueError("beyond the column's type")
    return int(text)
