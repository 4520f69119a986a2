"""Registration by phone: nothing is entered before the code of the message is typed in (product R1.3).

Whoever holds the phone decides: the code works on the page that asked for it alone, with the password typed there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models import Code, Resident, Text, transaction
from models.resident import ACTIVE
from services import challenges, contacts, limits, passwords, texts
from services.challenges import PHONE_REGISTRATION, SMS, Answer, Way
from services.limits import Visitor
from services.refusal import Refused
from services.registration import BY_ADDRESS
from services.sign_in import Verified


@dataclass(frozen=True)
class Newcomer:
    """What the form carries; `texts` are the slugs that were agreed to."""

    phone: str
    password: str
    texts: tuple[str, ...]
    advertising: bool = False


def check(newcomer: Newcomer, policy: passwords.Policy) -> None:
    """Refuses what depends on what was typed alone."""
    phone = contacts.mobile_of(newcomer.phone)
    passwords.check(policy, newcomer.password, phone[2:])


def start(newcomer: Newcomer, policy: passwords.Policy, visitor: Visitor, now: datetime, token: str) -> Code:
    """Sends the code; a known phone is answered the same, its owner gets another message."""
    check(newcomer, policy)
    limits.spend([(BY_ADDRESS, visitor.network)], now)
    facts = {
        "password": passwords.hashed(newcomer.password),
        "texts": [text.id for text in texts.agreed(newcomer.texts, newcomer.advertising)],
        "advertising": newcomer.advertising,
    }
    way = Way(SMS, contacts.mobile_of(newcomer.phone))
    letter = challenges.KNOWN[SMS] if challenges.owner(way) else ""
    return challenges.start(PHONE_REGISTRATION, way, visitor, now, token, facts=facts, letter=letter)


def confirm(token: str, digits: str, visitor: Visitor, now: datetime, *, key: str) -> Verified:
    """Enters the one who holds the phone, ready to be signed in."""
    answer = challenges.check(PHONE_REGISTRATION, token, digits, visitor, now, key=key)
    return _enter(answer, visitor, now)


@transaction
def _enter(answer: Answer, visitor: Visitor, now: datetime) -> Verified:
    challenges.accept(answer, now)
    phone, facts = answer.facts["to"], answer.facts
    resident = Resident.enter(
        phone=phone, phone_key=phone, phone_confirmed_at=now, password_hash=facts["password"], state=ACTIVE,
        advertising=facts["advertising"], created_at=now,
    )  # fmt: skip
    if resident is None:
        raise Refused(challenges.NO_MORE, field="code")
    texts.agree(resident, Text.by_ids(facts["texts"]), now, visitor.address)
    return Verified(resident, str(resident.password_hash))
