"""What is not readings and not money on its way out: accounts without paper, appeals, applications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, ModelSelect, fn

from models.account import Account
from models.appeal import Appeal
from models.application import DRAFT, Application
from models.bill import Bill, Charge
from models.exported import AT_ONCE
from models.link import Link
from models.resident import Resident
from models.supplier import Supplier
from models.topic import Topic


class PaperlessLine(NamedTuple):
    """An account all of whose users chose bills by e-mail; `emails` are theirs."""

    supplier: str
    account: str
    els: str
    emails: str


class AppealLine(NamedTuple):
    """An appeal as a list shows it; `topic` is "" for a thread that an operator began."""

    id: int
    supplier: str
    account: str | None
    topic: str | None
    subject: str
    state: str
    created_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None


class ApplicationLine(NamedTuple):
    """An application for a contract that was sent."""

    id: int
    supplier: str
    buyer: str
    objects: str
    state: str
    sent_at: datetime | None
    decided_at: datetime | None
    reason: str


def paperless(supplier: Supplier | None) -> Iterator[PaperlessLine]:
    """Who gets no paper, by supplier and account: a single user who wants paper brings it to the account."""
    paper = Link.alias()
    wanted = paper.select(paper.id).where(paper.account == Account.id, paper.bills_by_email == False)  # noqa: E712
    rows = (
        Account.select(Account.id, Supplier.code, Account.number, Account.els, Resident.email)
        .join(Link)
        .join(Resident)
        .switch(Account)
        .join(Supplier)
        .where(Link.bills_by_email == True, ~fn.EXISTS(wanted))  # noqa: E712
        .order_by(Supplier.code, Account.number, Account.id, Link.id)
    )
    if supplier is not None:
        rows = rows.where(Account.supplier == supplier)
    last, line = 0, None
    # peewee's types know only rows of models, `tuples()` gives the selected columns
    for account, code, number, els, email in cast(Iterable[tuple[int, str, str, str, str]], rows.tuples()):
        if line is not None and account == last:
            line = line._replace(emails=f"{line.emails}, {email}")
            continue
        if line is not None:
            yield line
        last, line = account, PaperlessLine(code, number, els, email)
    if line is not None:
        yield line


def newest_period(supplier: Supplier) -> date | None:
    """The last month that the supplier has bills of."""
    found: date | None = Bill.select(fn.MAX(Bill.period)).join(Account).where(Account.supplier == supplier).scalar()
    return found


def documents(supplier: Supplier, period: date) -> Iterator[tuple[Bill, list[Charge]]]:
    """The supplier's bills of a month with their lines, by account; each bill with its account; some at a time."""
    last, within = 0, Bill.order_key.between(f"{period:%Y%m}", f"{period:%Y%m}~")
    rows = Account.select(Account.id).where(Account.supplier == supplier).order_by(Account.id).limit(AT_ONCE)
    while some := [row.id for row in rows.where(Account.id > last)]:
        last = some[-1]
        bills = list(
            Bill.select(Bill, Account).join(Account).where(Bill.account.in_(some), within)
            .order_by(Bill.account, Bill.order_key)
        )  # fmt: skip
        lines = Charge.of_bills(bills)
        for bill in bills:
            yield bill, lines[bill.id]


def appeals(supplier: Supplier | None) -> Iterator[AppealLine]:
    """All appeals in the order of their numbers, some hundreds at a time."""
    rows = (
        Appeal.select(
            Appeal.id, Supplier.code, Account.number, Topic.name, Appeal.subject, Appeal.state, Appeal.created_at,
            Appeal.answered_at, Appeal.closed_at,
        )
        .join(Supplier)
        .switch(Appeal)
        .join(Account, JOIN.LEFT_OUTER, on=Appeal.account)
        .switch(Appeal)
        .join(Topic, JOIN.LEFT_OUTER, on=Appeal.topic)
    )  # fmt: skip
    return (AppealLine(*row) for row in _all(rows, Appeal, supplier))


def applications(supplier: Supplier | None) -> Iterator[ApplicationLine]:
    """The applications that were sent, in the order of their numbers."""
    rows = (
        Application.select(
            Application.id, Supplier.code, Application.buyer, Application.objects, Application.state,
            Application.sent_at, Application.decided_at, Application.reason,
        )
        .join(Supplier)
        .where(Application.state != DRAFT)
    )  # fmt: skip
    return (ApplicationLine(*row) for row in _all(rows, Application, supplier))


def _all(rows: ModelSelect[Any], table: Any, supplier: Supplier | None) -> Iterator[tuple[Any, ...]]:
    rows = rows if supplier is None else rows.where(table.supplier == supplier)
    last = 0
    while some := list(rows.where(table.id > last).order_by(table.id).limit(AT_ONCE).tuples()):
        yield from some
        last = some[-1][0]
