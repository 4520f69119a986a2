"""Reminders (product R5.8, R9.4): readings, verification, the monthly bill, payment; each once, whenever it runs.

A day's work is found anew each time: what was put before is known by its key, and what was missed while the worker
stood still is caught up within a few days. What a letter says is worked out when it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar

from models import Bill, Link, Meter, Notice, Resident, Supplier, reminding, transaction
from services import due, settings, telling
from services.challenges import EMAIL
from services.settings import Book, SupplierSettings
from services.telling import MESSENGER
from services.windows import Window, windows

PORTION = 200
MORNING = 9  # nobody wants a reminder that came in the night, not even a letter
CATCH_UP = timedelta(days=2)
CLOSING = timedelta(days=2)  # before the window's last day
READINGS = {"readings-open": "Начался приём показаний,", "readings-closing": "Последние дни: передайте показания"}
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
    told = list(residents.values())
    telling.tell_many(kind, key, told, now, ways=ways, asked=False, **facts)
    Notice.remind(
        key,
        told,
        now,
        supplier=supplier,
        subject=f"{READINGS[kind]} до {window.ends:%d.%m.%Y}",
        body="Поставщик ещё не получил от вас показания. Без них месяц посчитают по среднему.",
        link_url="/readings",
        link_label="Передать показания",
    )


def stage(terms: SupplierSettings, today: date) -> tuple[str, Window] | None:
    """What is said of readings on the day, and of which window: it opened, it closes soon, or nothing.

    A supplier without days of its own is spoken of once a month, on its day of reminders.
    """
    window = windows(terms.reading_from_day, terms.reading_to_day, today).now
    if window is None:
        return None
    if not window.is_limited:
        day = due.on(today, terms.reminder_day)
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
    for meter in meters:  # those of an account that run out on one day make one letter: they have one key
        key = f"verification:{meter.account_id}:{meter.valid_until}:{verification_stage(meter, today)}"
        holders = reminding.holders(meter.account_id)
        telling.tell_many("verification", key, holders, now, ways=ways, meter=meter.id)
        is_over = meter.is_expired(today)
        Notice.remind(
            key,
            holders,
            now,
            supplier=meter.account.supplier,
            subject=f"Срок поверки счётчика {'истёк' if is_over else 'истекает'} {meter.valid_until:%d.%m.%Y}",
            body=f"Лицевой счёт №\N{NO-BREAK SPACE}{meter.account.number}. Закажите поверку: без неё начислять будут "
            "по нормативу.",
            link_url=f"/accounts/{meter.account_id}",
            link_label="Открыть лицевой счёт",
        )


def verification_stage(meter: Meter, today: date) -> int | None:
    """Which of the days to the end of its verification it is, or was within the last two days."""
    if meter.valid_until is None:
        return None
    left = (meter.valid_until - today).days
    return next((days for days in VERIFICATION if days - CATCH_UP.days <= left <= days), None)


def _bills(today: date, book: Book, now: datetime) -> None:
    """The bill of last month and later, from the supplier's day of bills on, as soon as the billing brings it."""
    since = due.month(today, -1)
    for links in _portions(lambda after: reminding.billed(after, PORTION)):
        _tell_bills(links, since, today, book, now)


@transaction
def _tell_bills(links: list[Link], since: date, today: date, book: Book, now: datetime) -> None:
    bills: dict[int, list[Bill]] = {}
    for bill in reminding.bills_since({link.account_id for link in links}, since):
        bills.setdefault(bill.account_id, []).append(bill)
    for link in links:
        for bill in bills.get(link.account_id, ()):
            if today >= due.on(due.month(bill.period, 1), book.of(link.account.supplier_id).bill_day):
                key = f"bill:{bill.account_id}:{bill.number}:{bill.period}"
                telling.tell_many(
                    "bill", key, [link.resident], now, ways=(EMAIL, MESSENGER), asked=True, bill=bill.id
                )


def _payment(today: date, book: Book, now: datetime, ways: Collection[str]) -> None:
    for links in _portions(lambda after: reminding.held(after, PORTION)):
        _tell_payment(links, today, book, now, ways)


@transaction
def _tell_payment(links: list[Link], today: date, book: Book, now: datetime, ways: Collection[str]) -> None:
    """Whoever still owes three days before the day by which it is to be paid: one letter, however many accounts."""
    owing: dict[date, dict[int, Resident]] = {}
    owed = due.owed(links, today, book)
    for link in links:
        if link.account_id in owed:
            owing.setdefault(owed[link.account_id][0], {})[link.resident_id] = link.resident
    for day, residents in owing.items():
        key, told = f"payment-due:{day}", list(residents.values())
        telling.tell_many("payment-due", key, told, now, ways=ways, day=day.toordinal())
        Notice.remind(
            key,
            told,
            now,
            subject=f"Оплатите счета до {day:%d.%m.%Y}",
            body="После этого дня могут начислить пени. Если вы уже заплатили, ничего не делайте.",
            link_url="/payment",
            link_label="Перейти к оплате",
        )


def _portions(find: Callable[[int], list[Row]]) -> Iterator[list[Row]]:
    """Portion after portion, each beginning after the last row of the one before."""
    after = 0
    while rows := find(after):
        yield rows
        after = rows[-1].id
