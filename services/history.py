"""«История»: payments of the billing and of the portal in one list, readings, bills; pages by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from models import Resident, beside, history
from models.beside import Own
from models.history import Billed, Place, Span, Total
from models.order import CREATED, EXPIRED, FAILED, PAID, POSTED, REFUNDED, SENT
from services.consumption import shifted

PAGE = 50
YEAR = 12  # months
PAYMENTS, READINGS, BILLS = "payments", "readings", "bills"
SORTS = {
    PAYMENTS: ("-date", "date", "-sum", "sum"),
    READINGS: ("-date", "date", "meter", "-meter", "-value", "value"),
    BILLS: ("-date", "date", "-charged", "charged", "-sum", "sum"),
}
STATES = {
    PAID: "paid", POSTED: "paid", SENT: "waiting", FAILED: "failed", REFUNDED: "refunded", CREATED: "created",
    EXPIRED: "expired",
}  # fmt: skip
KEPT = ("paid", "partly")  # the money is here
_LAST = 2**31 - 1  # beyond every id
_APART = 10**9  # ids of refunds, beside those of order lines
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
    """Rows of one kind; `after` is the place of the next page, "" at the end; `sum` in kopecks, of payments only.

    `newest` is the day of the newest row of all pages, None where there are none. `unposted`: of payments, those
    made here or at a bank that the billing has not met, of all pages.
    """

    rows: list[Any]
    after: str
    count: int
    newest: date | None
    sum: int = 0
    unposted: tuple[Paid, ...] = ()


def payments(
    span: Span, resident: Resident, sort: str, after: str, zone: tzinfo, size: int = PAGE, *, counted: bool = True
) -> Page:
    """The billing's payments, and beside them what it has not met, paid here or at a bank: each counted once.

    Not `counted`, `count`, `newest` and `sum` are left out: for who walks through all pages.
    """
    place = _place(after, date.fromisoformat if sort.endswith("date") else _whole)
    unmet = (
        *_own(resident, span, sort, zone), *_given_back(resident, span, sort, zone), *_told(span, sort),
    )  # fmt: skip
    own = [row for row in unmet if _is_within(row.on, span)]
    billed = history.payments(span, sort, _billed_place(place), size + 1)
    rows = [_billed(row, resident, sort) for row in billed]
    rows += [row for row in own if place is None or _is_beyond(row.key, place, sort)]
    rows.sort(key=lambda row: row.key, reverse=sort.startswith("-"))
    total = history.payments_total(span) if counted else Total(0, None)
    kept = [row for row in own if row.state in KEPT]
    return Page(
        rows[:size],
        _cursor(rows[size - 1].key) if len(rows) > size else "",
        total.count + len(kept),
        max((day for day in (total.newest, *(row.on for row in kept)) if day), default=None),
        total.sum + sum(row.amount for row in kept),
        tuple(kept),
    )


def readings(span: Span, sort: str, after: str, size: int = PAGE) -> Page:
    place = _place(after, READING_PLACES[sort.lstrip("-")])
    rows = history.readings(span, sort, _billed_place(place), size + 1)
    return _listed(rows, READING_KEYS[sort.lstrip("-")], size, history.readings_total(span))


def bills(span: Span, sort: str, after: str, size: int = PAGE) -> Page:
    place = _place(after, str if sort.endswith("date") else _whole)
    rows = history.bills(span, sort, _billed_place(place), size + 1)
    return _listed(rows, BILL_KEYS[sort.lstrip("-")], size, history.bills_total(span))


def paid_by_month(span: Span, page: Page) -> list[tuple[date, int]]:
    """(period, kopecks) up to the newest payment, oldest first: a year, or what is asked for up to two years."""
    if page.newest is None:
        return []
    last = page.newest.replace(day=1)
    asked = shifted(last, 1 - YEAR) if span.since is None else span.since.replace(day=1)
    months = min(2 * YEAR, (last.year - asked.year) * 12 + last.month - asked.month + 1)
    sums = {shifted(last, -back): 0 for back in range(months - 1, -1, -1)}
    first = max(min(sums), span.since or date.min)
    days = history.paid_days(Span(span.accounts, first, span.until))
    for day, amount in [*days, *((row.on, row.amount) for row in page.unposted)]:
        if day.replace(day=1) in sums:
            sums[day.replace(day=1)] += amount
    return list(sums.items())


def every(page: Callable[[str], Page]) -> Iterator[Any]:
    """The rows of all pages, one page after the other: `page` gives the one after a place."""
    after = ""
    while True:
        found = page(after)
        yield from found.rows
        if not found.after:
            return
        after = found.after


def _own(resident: Resident, span: Span, sort: str, zone: tzinfo) -> Iterable[Paid]:
    """One row for an account in an order, however many services were paid by it."""
    gathered: dict[tuple[int, int], list[Own]] = {}
    for line in beside.orders(span.accounts, resident):
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
            state=_state(first),
            order=first.order if is_own else None,
            receipt_url=first.receipt_url if is_own else "",
        )


def _given_back(resident: Resident, span: Span, sort: str, zone: tzinfo) -> Iterable[Paid]:
    """Negative payments: what the bank gave back and the billing has not reversed."""
    for row in beside.refunds(span.accounts):
        on = row.at.astimezone(zone).date()
        yield Paid(
            key=(-row.amount if sort.endswith("sum") else on, _OWN, _APART + row.id),
            on=on,
            account=row.account,
            amount=-row.amount,
            state="paid",
            order=row.order if row.payer == resident.id else None,
        )


def _told(span: Span, sort: str) -> Iterable[Paid]:
    """What was paid at a bank, as its registry tells."""
    for row in beside.told_by_banks(span.accounts):
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


def _listed(rows: list[Any], value: Callable[[Any], Any], size: int, total: Total) -> Page:
    last = rows[size - 1] if len(rows) > size else None
    after = _cursor((value(last), _BILLED, last.id)) if last is not None else ""
    return Page(rows[:size], after, total.count, total.newest)


def _cursor(key: Key) -> str:
    value, rank, row = key
    return f"{value}~{rank}~{row}"


def _place(text: str, read: Callable[[str], Any]) -> Key | None:
    """A cursor as it was given out; None where it is none of ours: the list begins anew."""
    rest, _, row = text.rpartition("~")
    value, _, rank = rest.rpartition("~")
    if rank not in ("0", "1", "2") or not (row.isascii() and row.isdecimal() and len(row) < 11) or len(value) > 400:
        return None
    try:
        return read(value), int(rank), int(row)
    except ValueError:
        return None


def _whole(text: str) -> int:
    if len(text) > 18:
        raise ValueError("beyond the column's type")
    return int(text)


READING_PLACES: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "value": _whole, "meter": str}
READING_KEYS: dict[str, Callable[[Any], Any]] = {
    "date": lambda row: row.taken_on.isoformat(),
    "value": lambda row: row.value,
    "meter": lambda row: row.register.meter.number,
}
BILL_KEYS: dict[str, Callable[[Any], Any]] = {
    "date": lambda row: row.order_key,
    "charged": lambda row: row.charged,
    "sum": lambda row: row.to_pay,
}


def _state(row: Own) -> str:
    """The order's state in the list; `partly`: some of it went back, `disputed`: the bank told another sum."""
    state = STATES[row.state]
    if state == "paid":
        return "partly" if row.refunded else state
    return "disputed" if row.disputed and state != "refunded" else state
