"""Whom a notice is for: conditions that an operator combines, the next residents of them, and how many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from peewee import OP, SQL, Case, Expression, Function, ModelSelect, fn

from models.account import Account, House
from models.bill import Balance, Bill
from models.link import Link
from models.notice import ACCOUNT, CHOSEN, EVERYBODY, HOUSE, SUPPLIER, Chat, Notice
from models.reminding import owes_reading
from models.resident import ACTIVE, Operator, Resident
from models.unsent import Unsent


@dataclass(frozen=True)
class Whom:
    """Holders of the supplier's accounts that meet every condition that is set.

    `settlement` and `street` (None = any street) or `house` (an id, 0 = any) name a place; `accounts` are ids, of
    which one is enough; `debt`: owes at least so many kopecks, 0 = whatever; `unsent`: owes readings of the window.
    """

    supplier: int
    settlement: str = ""
    street: str | None = None
    house: int = 0
    accounts: tuple[int, ...] = ()
    debt: int = 0
    unsent: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def whom_of(notice: Notice) -> Whom | None:
    """The conditions of a notice for chosen accounts, None for any other."""
    if notice.audience != CHOSEN:
        return None
    facts = json.loads(str(notice.whom))
    return Whom(**{**facts, "accounts": tuple(facts["accounts"])})


class Reach(NamedTuple):
    """How many residents get it in the portal, and how many of them by each way that they have not turned off."""

    residents: int
    email: int
    sms: int
    messenger: int


def next_readers(notice: Notice, most: int, today: date) -> list[Resident]:
    """So many of those it is for, after the last that was reached; each once, in the order of ids."""
    rows = _readers(notice, today).where(Resident.id > notice.spread_to)
    return list(rows.order_by(Resident.id).limit(most))


def missed(resident: Resident, now: datetime, today: date) -> list[Notice]:
    """What was spread before the resident came, lasts still and is for him, too.

    Notices for whoever owes money or readings are left out: they were for those who owed on their day.
    """
    found = []
    for notice in Notice.lasting(resident, now):
        whom = whom_of(notice)
        if whom is not None and (whom.debt or whom.unsent):
            continue
        if _readers(notice, today).where(Resident.id == resident.id).exists():
            found.append(notice)
    return found


def reach(notice: Notice, today: date) -> Reach:
    """How many it would reach now: one query."""
    chat = fn.EXISTS(Chat.select(SQL("1")).where(Chat.resident == Resident.id))
    ways = (
        (Resident.notify_email == True) & Resident.email_confirmed_at.is_null(False),  # noqa: E712
        (Resident.notify_sms == True)  # noqa: E712
        & Resident.phone_confirmed_at.is_null(False)
        & Resident.phone.startswith("+79"),
        (Resident.notify_messenger == True) & chat,  # noqa: E712
    )
    counted = [fn.COUNT(Resident.id), *(fn.COUNT(Case(None, ((way, 1),))) for way in ways)]
    return Reach(*(int(count) for count in _readers(notice, today, *counted).tuples().get()))


def _readers(notice: Notice, today: date, *what: Function) -> ModelSelect[Resident]:
    rows = Resident.select(*what).where(Resident.state == ACTIVE)
    if notice.is_advertising:
        rows = rows.where(Resident.advertising == True)  # noqa: E712
    if notice.audience == EVERYBODY:
        return rows.where(~_only_works_here())
    accounts = tuple(_accounts(notice, today))
    if _is_narrow(notice):  # some accounts come out of an index: to ask each resident would look through the town
        return rows.where(Resident.id.in_(Link.select(Link.resident).join(Account).where(*accounts)))
    held = Link.select(SQL("1")).join(Account).where(Link.resident == Resident.id, *accounts)
    return rows.where(fn.EXISTS(held))


def _only_works_here() -> Any:
    """A login for the console that holds no account: it is told by colleagues, not by notices."""
    works = Operator.select(SQL("1")).where(Operator.resident == Resident.id)
    lives = Link.select(SQL("1")).where(Link.resident == Resident.id)
    return fn.EXISTS(works) & ~fn.EXISTS(lives)


def _is_narrow(notice: Notice) -> bool:
    """Is it for a street, a house, some accounts at most?"""
    whom = whom_of(notice)
    return notice.audience in (HOUSE, ACCOUNT) if whom is None else bool(whom.accounts or whom.house or whom.street)


def _accounts(notice: Notice, today: date) -> Iterator[Any]:
    whom = whom_of(notice)
    if whom is None:
        column = {SUPPLIER: Account.supplier, HOUSE: Account.house, ACCOUNT: Account.id}[str(notice.audience)]
        yield column == notice.audience_id
        return
    yield Account.supplier == whom.supplier
    if whom.accounts:
        yield Account.id.in_(whom.accounts)
    else:
        yield Account.closed_on.is_null() | (Account.closed_on > today)
    if whom.house:
        yield Account.house == whom.house
    elif whom.settlement:
        here = House.select(House.id).where(House.settlement == whom.settlement)
        yield Account.house.in_(here if whom.street is None else here.where(House.street == whom.street))
    if whom.debt:
        yield _debt() >= whom.debt
    if whom.unsent:
        waits = Unsent.select(SQL("1")).where(Unsent.account == Account.id, owes_reading(Unsent.starts, today))
        yield fn.EXISTS(waits)


def _debt() -> Any:
    """What the account owes, as models/standing.py says it: the newer of the balance and the last bill.

    The whole of a balance rules over its parts unless these are of a later day.
    """
    last = Bill.select().where(Bill.account == Account.id).order_by(Bill.order_key.desc(), Bill.id.desc()).limit(1)
    billed_on, to_pay = last.select(Bill.issued_on), last.select(Bill.to_pay)
    part, newest = Balance.alias(), Balance.alias()
    balance_on = newest.select(fn.MAX(newest.as_of)).where(newest.account == Account.id)
    whole = (
        Balance.select(Balance.amount)
        .where(Balance.account == Account.id, Balance.service.is_null(), Balance.as_of == balance_on)
        .limit(1)
    )
    parts = part.select(fn.SUM(part.amount)).where(part.account == Account.id, part.service.is_null(False))
    is_billed_later = fn.COALESCE(
        Expression(billed_on, OP.GT, balance_on), Expression(billed_on, OP.IS_NOT, SQL("NULL"))
    )
    return Case(None, ((is_billed_later, to_pay),), fn.COALESCE(whole, parts))
