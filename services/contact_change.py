"""A new e-mail or phone of a resident: it counts once the code sent to it is typed in, and the old one is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from models import Code, Link, Resident, lock, transaction
from services import accounts, challenges, contacts, outbox
from services.challenges import CONTACT, EMAIL, SMS, Answer, Way
from services.limits import Visitor
from services.refusal import Refused

FIELDS = {EMAIL: "email", SMS: "phone"}
LAST_WAY = "По этому адресу или номеру вы входите в кабинет, другого способа у вас нет. Сначала добавьте другой."


def ask(resident: Resident, channel: str, text: str, visitor: Visitor, now: datetime, token: str) -> Code:
    """Sends a code to the new address; one that another has is answered the same, and its owner is told instead."""
    way = Way(channel, contacts.email_of(text) if channel == EMAIL else contacts.mobile_of(text))
    owner = challenges.owner(way)
    if owner == resident and _is_confirmed(resident, channel):
        raise Refused(
            "Этот адрес уже подтверждён." if channel == EMAIL else "Этот номер уже подтверждён.",
            field=FIELDS[channel],
        )
    letter = challenges.KNOWN[channel] if owner not in (None, resident) else ""
    return challenges.start(CONTACT, way, visitor, now, token, resident=resident, letter=letter)


@transaction
def keep_phone(known: Resident, text: str, ways: Collection[str]) -> Resident:
    """Where no messages can be sent a phone is kept as it was typed: not confirmed, and no code ever goes there."""
    resident, phone = lock(known), contacts.phone_of(text)
    if phone != resident.phone or resident.phone_key is None:
        if resident.phone_key and not has_login(resident, ways, but=SMS):
            raise Refused(LAST_WAY, field=FIELDS[SMS])
        resident.phone, resident.phone_key, resident.phone_confirmed_at = phone, None, None
        resident.save()
    return resident


@transaction
def remove_email(known: Resident, ways: Collection[str], now: datetime) -> Resident:
    """The e-mail is taken away where another way in remains; the address is told, bills come on paper again."""
    resident = lock(known)
    if not has_login(resident, ways, but=EMAIL):
        raise Refused(LAST_WAY, field=EMAIL)
    _tell_old(resident, EMAIL, str(resident.email) if resident.email_confirmed_at else "", "", now)
    resident.email, resident.email_key, resident.email_confirmed_at = "", None, None
    resident.save()
    challenges.end_ways_in(resident, now)
    accounts.back_to_paper(resident, now)
    return resident


def has_login(resident: Resident, ways: Collection[str], but: str) -> bool:
    """Can the resident sign in by another of the enabled ways than this address?"""
    others = resident.logins(way for way in ways if way != FIELDS[but])
    return bool(others) or ("account" in ways and Link.is_login_of(resident))


@transaction
def cancel(request: Code, now: datetime) -> None:
    """«Отменить»: the code that was sent is good for nothing."""
    Code.redeem(request, now)


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
    resident, channel, address = lock(known), str(answer.request.channel), str(answer.facts["to"])
    if challenges.owner(Way(channel, address)) not in (None, resident):
        raise Refused(challenges.NO_MORE, field="code")
    if channel == EMAIL:
        _tell_old(resident, EMAIL, str(resident.email) if resident.email_confirmed_at else "", address, now)
        resident.email, resident.email_key, resident.email_confirmed_at = address, contacts.email_key(address), now
    else:
        _tell_old(resident, SMS, str(resident.phone) if resident.phone_key else "", address, now)
        resident.phone = resident.phone_key = address
        resident.phone_confirmed_at = now
    resident.save()
    challenges.end_ways_in(resident, now)
    return resident


def _tell_old(resident: Resident, channel: str, old: str, new: str, now: datetime) -> None:
    """Whoever took over the portal must not do it silently: the old address hears of it."""
    if old and old != new:
        outbox.put(
            "contact-changed", f"contact-changed:{resident.id}:{now:%Y%m%d%H%M%S%f}", now,
            resident=resident, destination=old, channel=channel,
        )  # fmt: skip


def _is_confirmed(resident: Resident, channel: str) -> bool:
    return (resident.email_confirmed_at if channel == EMAIL else resident.phone_confirmed_at) is not None
