"""Autopay as a resident orders it (product R7.10): by a kept card, on a day or at a new bill, up to a sum."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from models import Autopay, AutopayRun, BankCard, Link, lock, transaction
from models.standing import standings
from services.payment import Terms
from services.refusal import Refused

LEAST, MOST = 100_00, 100_000_00  # kopecks: what a limit may be
LATE = 3  # days after its day on which a run may still begin: the debt may have come a little later


@dataclass(frozen=True)
class Wanted:
    """What the form says; `day` None: at each new bill; `most` in kopecks, the fee included."""

    card: BankCard
    day: int | None
    most: int


@transaction
def turn_on(link: Link, wanted: Wanted, terms: Terms, gateways: Collection[str], today: date) -> None:
    """Turns the autopay of an account on, or changes it. The first run is a day ahead at the earliest.

    Of another day than before: what was announced for the old one is not charged, the new one has its own letter.
    """
    holder = lock(link.resident)
    if holder.email_confirmed_at is None:
        raise Refused("Сначала подтвердите адрес электронной почты в профиле: накануне списания придёт письмо.")
    if wanted.card.gateway != terms.gateway or terms.gateway not in gateways:
        raise Refused("Этой картой поставщику заплатить нельзя: он принимает деньги через другой банк.", field="card")
    if wanted.day is not None and not 1 <= wanted.day <= 31:
        raise Refused("Выберите день месяца.", field="day")
    if not LEAST <= wanted.most <= MOST:
        raise Refused(
            "Введите наибольшую сумму: от 100 до 100\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}₽.", field="most"
        )
    bill = standings([link.account_id])[link.account_id].last_bill
    facts = {"card": wanted.card, "day": wanted.day, "most": wanted.most}
    after = str(bill.order_key) if bill is not None else ""
    was = Autopay.of_account(link.account)
    if not Autopay.ordered(link, **facts, since=today, after=after):
        raise Refused("По этому лицевому счёту автоплатёж уже включил другой его пользователь.")
    if was is not None and was.day != wanted.day:
        AutopayRun.drop(link.account)


@transaction
def turn_off(link: Link) -> bool:
    """«Выключить»: what the letter named and was not charged yet will not be."""
    was_on = Autopay.off(link)  # first: the worker holds the autopay, then its run
    AutopayRun.drop(link.account)
    return was_on


def next_charge(day: int, since: date, today: date, taken: Collection[str]) -> date:
    """The next day on which money may be taken by the day of the month; `taken`: occasions that had their run."""
    return next(on for on in _days(day, today) if on > max(since, today) and occasion_of(on) not in taken)


def due_day(day: int, since: date, today: date) -> date | None:
    """The charge day whose letter may go out today: from the day before it on; None where none is near."""
    near = (on for on in _days(day, today) if on - timedelta(days=1) <= today <= on + timedelta(days=LATE))
    return next((on for on in near if on > since), None)


def occasion_of(day: date) -> str:
    return f"{day:%Y-%m}"


def _days(day: int, today: date) -> Iterator[date]:
    """The day in the last month, this one and those after; a short month has its last day instead."""
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for _ in range(24):
        yield month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))
        month = (month + timedelta(days=32)).replace(day=1)
