"""Whom to remind of what: portions of links in the order of their ids, however large the town is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from peewee import SQL, Function, ModelSelect, fn

from models.account import Account, House
from models.bill import Bill
from models.link import Link
from models.meter import Meter, Register
from models.reading import VALID, Reading
from models.resident import ACTIVE, Resident
from models.supplier import Service, Supplier


def unsent(supplier: int, starts: date, today: date, after: int, most: int) -> list[Link]:
    """Links of the supplier whose account still owes a reading of the window, their residents wanting reminders."""
    rows = _links().where(
        Account.supplier == supplier,
        Account.closed_on.is_null(),
        Resident.remind_readings == True,  # noqa: E712
        owes_reading(starts, today),
    )
    return _portion(rows, after, most)


def unsent_of(resident: Resident, supplier: int, starts: date, today: date) -> list[Link]:
    """The resident's own among them, in the order of linking."""
    rows = _links().where(
        Link.resident == resident,
        Account.supplier == supplier,
        Account.closed_on.is_null(),
        owes_reading(starts, today),
    )
    return list(rows.order_by(Link.linked_at, Link.id))


def billed(after: int, most: int) -> list[Link]:
    """Links of residents who want the monthly letter and have shown that the mailbox is theirs."""
    rows = _links().where(Resident.monthly_bill == True, Resident.email_confirmed_at.is_null(False))  # noqa: E712
    return _portion(rows, after, most)


def held(after: int, most: int) -> list[Link]:
    """All links of residents who may come in."""
    return _portion(_links(), after, most)


def bills_since(accounts: Iterable[int], period: date) -> list[Bill]:
    """The accounts' bills of a period and later, oldest first."""
    rows = Bill.select().where(Bill.account.in_(list(accounts)), Bill.order_key >= f"{period:%Y%m}")
    return list(rows.order_by(Bill.order_key, Bill.id))


def verified_around(today: date, reach: timedelta, after: int, most: int) -> list[Meter]:
    """Meters of linked accounts whose verification may run out so many days around today, by their ids."""
    is_near = Meter.verified_until.between(today - reach, today + reach)
    is_counted = Meter.verified_until.is_null() & Meter.verified_on.is_null(False)
    linked = Link.select(SQL("1")).where(Link.account == Meter.account)
    rows = (
        Meter.select(Meter, Account, Supplier, Service)
        .join(Account)
        .join(Supplier)
        .switch(Meter)
        .join(Service)
        .where(Meter.id > after, Meter.removed_on.is_null(), Account.closed_on.is_null(), is_near | is_counted)
        .where(fn.EXISTS(linked))
    )
    return list(rows.order_by(Meter.id).limit(most))


def holders(account: int) -> list[Resident]:
    """Residents who hold the account and may come in."""
    rows = Resident.select().join(Link).where(Link.account == account, Resident.state == ACTIVE)
    return list(rows.order_by(Resident.id))


def _links() -> ModelSelect[Link]:
    return (
        Link.select(Link, Resident, Account, Supplier, House)
        .join(Resident)
        .switch(Link)
        .join(Account)
        .join(Supplier)
        .switch(Account)
        .join(House)
        .where(Resident.state == ACTIVE)
    )


def _portion(rows: ModelSelect[Link], after: int, most: int) -> list[Link]:
    return list(rows.where(Link.id > after).order_by(Link.id).limit(most))


def owes_reading(starts: Any, today: date) -> Function:
    """A register of the account that people read has no valid reading since the window opened: a day, or a column."""
    sent = Reading.select(SQL("1")).where(
        Reading.register == Register.id, Reading.state.in_(VALID), Reading.taken_on >= starts
    )
    owing = (
        Register.select(SQL("1"))
        .join(Meter)
        .where(
            Meter.account == Account.id,
            *Meter.by_people(today),
            ~fn.EXISTS(sent),
        )
    )
    return fn.EXISTS(owing)
