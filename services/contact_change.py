"""A new e-mail or phone of a resident: it counts once the code sent to it is typed in, and the old one is told."""

from __future__ import annotations

from datetime import datetime

from models import Code, Resident, lock, transaction
from services import challenges, contacts, outbox
from services.challenges import CONTACT, EMAIL, SMS, Answer, Way
from services.limits import Visitor
from services.refusal import Refused

LETTERS = {EMAIL: "known-email", SMS: "known-phone"}


def ask(resident: Resident, channel: str, text: str, visitor: Visitor, now: datetime, token: str) -> Code:
    """Sends a code to the new address; one that another has is answered the same, and its owner is told instead."""
    address = contacts.email_of(text) if channel == EMAIL else contacts.mobile_of(text)
    owner = _owner(channel, address)
    if owner == resident and _is_confirmed(resident, channel):
        raise Refused(
            "Этот адрес уже подтверждён." if channel == EMAIL else "Этот номер уже подтверждён.", field=channel
        )
    letter = LETTERS[channel] if owner not in (None, resident) else ""
    return challenges.start(CONTACT, Way(channel, address), visitor, now, token, resident=resident, letter=letter)


def confirm(resident: Resident, token: str, typed: str, visitor: Visitor, now: datetime, *, key: str) -> Resident:
    """Takes the code: the address is the resident's now, and where codes go from now on."""
    request = waiting(resident, token, now)
    if request is None:
        raise Refused(challenges.TIME_IS_UP)
    return _accept(resident, challenges.check(CONTACT, token, typed, visitor, now, key=key), now)


def waiting(resident: Resident, token: str, now: datetime) -> Code | None:
    """The resident's own request that waits for a code; another's is none."""
    request = challenges.waiting(CONTACT, token, now)
    return request if request is not None and request.resident == resident else None


@transaction
def _accept(known: Resident, answer: Answer, now: datetime) -> Resident:
    challenges.accept(answer, now)
    resident, address = lock(known), str(answer.facts["to"])
    if _owner(str(answer.request.channel), address) not in (None, resident):
        raise Refused(challenges.NO_MORE, field="code")
    if answer.request.channel == EMAIL:
        _tell_old(resident, EMAIL, str(resident.email) if resident.email_confirmed_at else "", address, now)
        resident.email, resident.email_key, resident.email_confirmed_at = address, contacts.email_key(address), now
    else:
        _tell_old(resident, SMS, str(resident.phone) if resident.phone_key else "", address, now)
        resident.phone = resident.phone_key = address
        resident.phone_confirmed_at = now
    resident.save()
    return resident


def _tell_old(resident: Resident, channel: str, old: str, new: str, now: datetime) -> None:
    """Whoever took over the portal must not do it silently: the old address hears of it."""
    if old and old != new:
        outbox.put(
            "contact-changed", f"contact-changed:{resident.id}:{now:%Y%m%d%H%M%S%f}", now,
            resident=resident, destination=old, channel=channel,
        )  # fmt: skip


def _owner(channel: str, address: str) -> Resident | None:
    key = contacts.email_key(address) if channel == EMAIL else address
    return Resident.by_login("email" if channel == EMAIL else "phone", key)


def _is_confirmed(resident: Resident, channel: str) -> bool:
    return (resident.email_confirmed_at if channel == EMAIL else resident.phone_confirmed_at) is not None
