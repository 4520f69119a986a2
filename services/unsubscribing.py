"""«Отписаться» in a letter (RFC 8058): a signed address that ends one kind of letters, without signing in."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from models import Link, Outbox, Resident, lock, transaction
from services import outbox, signed, texts
from services.refusal import Refused

if TYPE_CHECKING:
    from services.letters import Desk

READINGS, BILL, INFORMATION, ADVERTISING = 1, 2, 3, 4
# What each kind of letter is a part of; what is not named here concerns a person's safety and cannot be left out.
TOPICS = {
    "readings-open": READINGS,
    "readings-closing": READINGS,
    "bill": BILL,
    "notice": INFORMATION,
    "offer": ADVERTISING,
    "verification": INFORMATION,
    "payment-due": INFORMATION,
    "reading-rejected": INFORMATION,
    **dict.fromkeys(outbox.INFORMATION, INFORMATION),
}
NAMES = {
    READINGS: "Напоминания о передаче показаний",
    BILL: "Ежемесячный счёт",
    INFORMATION: "E-mail уведомления",
    ADVERTISING: "Рекламная рассылка",
}
_PURPOSE = "unsubscribe"
_PACKED = struct.Struct(">IB")


@dataclass(frozen=True)
class Pass:
    """Whose letters, and which of them."""

    resident: int
    topic: int


def address(row: Outbox, desk: Desk) -> str:
    """Where the letter's reader ends letters of its kind; "" where he cannot."""
    topic = TOPICS.get(str(row.kind))
    if topic is None or row.resident_id is None:
        return ""
    return f"{desk.base_url}/unsubscribe/{sign(Pass(row.resident_id, topic), desk.key)}"


def sign(what: Pass, key: str) -> str:
    return signed.sign(_PACKED.pack(what.resident, what.topic), key, _PURPOSE)


def read(token: str, key: str) -> Pass | None:
    """What was signed under the key; None for whatever is none of ours."""
    body = signed.opened(token, key, _PURPOSE, _PACKED.size)
    if body is None:
        return None
    resident, topic = _PACKED.unpack(body)
    return Pass(resident, topic) if topic in NAMES else None


@transaction
def end(what: Pass, now: datetime) -> None:
    """No more letters of the kind; whoever is gone meanwhile gets none anyway."""
    known: Resident | None = Resident.get_or_none(Resident.id == what.resident)
    if known is None:
        return
    if what.topic == ADVERTISING:
        texts.advertise(known, False, now, "")
        return
    resident = lock(known)
    if what.topic == BILL and Link.has_email_bills(resident):
        raise Refused("Вы получаете счета на e-mail вместо бумаги. Сначала верните бумажные счета в профиле.")
    setattr(
        resident, {READINGS: "remind_readings", BILL: "monthly_bill", INFORMATION: "notify_email"}[what.topic], False
    )
    resident.save()
