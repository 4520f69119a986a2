"""What the portal holds on a person and no page lists in full: the rows behind «Скачать мои данные»."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from models.account import Account
from models.meter import Meter, Register
from models.notice import Notice, NoticeReceipt
from models.order import Order
from models.outbox import Outbox
from models.reading import Reading, Submission
from models.resident import Device, Resident, Session
from models.supplier import Service, Supplier
from models.token import Token

TO_OTHERS = ("contact", "known-email", "known-phone")  # kinds of letters that may go to anybody's address


class Sent(NamedTuple):
    """A value that the resident sent, in millionths."""

    sent_at: datetime
    supplier: str
    number: str
    service: str
    meter: str
    scale: str
    value: int
    taken_on: date
    state: str


def sent_readings(resident: Resident) -> list[Sent]:
    rows = (
        Reading.select(
            Submission.sent_at, Supplier.name, Account.number, Service.name, Meter.number, Register.scale,
            Reading.value, Reading.taken_on, Reading.state,
        )
        .join(Submission)
        .join(Account)
        .join(Supplier)
        .switch(Reading)
        .join(Register)
        .join(Meter)
        .join(Service)
        .where(Submission.resident == resident)
        .order_by(Reading.id)
        .tuples()
    )  # fmt: skip
    return [Sent(*row) for row in cast(Iterable[tuple[Any, ...]], rows)]


def own_orders(resident: Resident) -> list[Order]:
    """Every order the resident made, with checkout and supplier, oldest first."""
    return list(Order.held_by(resident).order_by(Order.id))


def own_notices(resident: Resident) -> list[NoticeReceipt]:
    rows = NoticeReceipt.select(NoticeReceipt, Notice).join(Notice).where(NoticeReceipt.resident == resident)
    return list(rows.order_by(NoticeReceipt.id))


def own_letters(resident: Resident) -> list[Outbox]:
    """Without those to an address that he has typed and not shown as his own: their words tell whose it is."""
    shown = [address for address in (resident.email, resident.phone) if address]
    is_his = Outbox.kind.not_in(TO_OTHERS) | Outbox.destination.in_(shown)
    return list(Outbox.select().where(Outbox.resident == resident, is_his).order_by(Outbox.id))


def own_sessions(resident: Resident) -> list[Session]:
    return list(Session.select().where(Session.resident == resident).order_by(Session.id))


def own_devices(resident: Resident) -> list[Device]:
    return list(Device.select().where(Device.resident == resident).order_by(Device.id))


def own_tokens(resident: Resident) -> list[Token]:
    return Token.of(resident)[::-1]
