"""By which ways a resident is told what may wait: his switches, his addresses, one letter a way (product R9.4)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from models import Chat, Outbox, Resident
from services import contacts
from services.challenges import EMAIL, SMS

TELEGRAM, MAX = "telegram", "max"
MESSENGER = "messenger"
MESSENGERS = (TELEGRAM, MAX)
WAYS = (EMAIL, SMS, MESSENGER)
CAN_WAIT = 1  # the priority of reminders, bills, notices for many: after codes, never at night


def tell_many(
    kind: str,
    key: str,
    residents: Sequence[Resident],
    now: datetime,
    *,
    ways: Collection[str] = WAYS,
    asked: bool = False,
    **ids: int,
) -> None:
    """Letters and messages to the residents, in the caller's transaction; `key` and a resident and a way: once.

    `ways` (email, sms, messenger) are those that the portal would use; each resident may have turned some off.
    `asked`: it is a letter that he has asked for by a switch of its own: «E-mail уведомления» do not stop it.
    """
    if not ways or not residents:
        return
    chats = Chat.of(residents) if MESSENGER in ways else {}
    Outbox.put_many(
        [
            _row(kind, key, resident, channel, address, now, ids)
            for resident in residents
            for channel, address in _addresses(resident, ways, chats, asked)
        ]
    )


def _addresses(
    resident: Resident, ways: Collection[str], chats: dict[tuple[int, str], str], asked: bool
) -> Iterator[tuple[str, str]]:
    if EMAIL in ways and (asked or resident.notify_email) and resident.email_confirmed_at:
        yield EMAIL, str(resident.email)
    if (
        SMS in ways
        and resident.notify_sms
        and resident.phone_confirmed_at
        and contacts.is_mobile(str(resident.phone))
    ):
        yield SMS, str(resident.phone)
    if MESSENGER in ways and resident.notify_messenger:
        for messenger in MESSENGERS:
            if address := chats.get((resident.id, messenger)):
                yield messenger, address


def _row(
    kind: str, key: str, resident: Resident, channel: str, address: str, now: datetime, ids: dict[str, int]
) -> dict[str, Any]:
    return {
        "key": f"{key}:{resident.id}:{channel}",
        "kind": kind,
        "channel": channel,
        "resident": resident.id,
        "destination": address,
        "ids": json.dumps(ids),
        "priority": CAN_WAIT,
        "not_before": now,
        "created_at": now,
    }
