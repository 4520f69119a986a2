"""A code sent to a phone or a mailbox and typed on the page that waits for it: whoever types it owns the address.

Recovery, registration by phone or account, a changed contact, a sign-in from a new device are errands of this one
mechanism. What is seen never tells whether a code was really sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models import Code, Resident, transaction
from services import codes, contacts, limits, outbox
from services.limits import Limit, Visitor
from services.refusal import Refused

EMAIL, SMS = "email", "sms"
KNOWN = {EMAIL: "known-email", SMS: "known-phone"}  # the letters that go instead where somebody has the address
TRIES = 5
TIME_IS_UP = "Время вышло. Начните ещё раз."
NO_MORE = "Код больше не действует. Запросите новый."


@dataclass(frozen=True)
class Errand:
    """What codes are sent for. `name` is the purpose in `Code`, the kind of counted attempts and of the letter."""

    name: str
    digits: int = 6
    lives: timedelta = timedelta(hours=1)  # the page that waits
    code_lives: timedelta = timedelta(minutes=30)
    starts_at_once: bool = False  # a page may follow another within the minute: who signs in twice is no flood

    @property
    def request(self) -> str:
        return f"{self.name}-request"

    @property
    def code(self) -> str:
        return f"{self.name}-code"

    @property
    def once_a_minute(self) -> Limit:
        return Limit(self.name, 1, timedelta(minutes=1))

    @property
    def by_destination(self) -> Limit:
        return Limit(self.name, 5)

    @property
    def by_address(self) -> Limit:
        return Limit(self.name, 100)  # a village behind one address

    @property
    def guesses(self) -> Limit:
        return Limit(self.code, 10)


RECOVERY = Errand("recovery")
PHONE_REGISTRATION = Errand("phone-registration", digits=5)
ACCOUNT_REGISTRATION = Errand("account-registration")
CONTACT = Errand("contact", digits=5)
FACTOR = Errand("factor", starts_at_once=True)


@dataclass(frozen=True)
class Way:
    """Where a code goes: `channel` (email, sms) and `to`, "" where nothing is sent and nobody may notice."""

    channel: str
    to: str


@dataclass(frozen=True)
class Answer:
    """A right code: the request it answers, to be used up by `accept` in the transaction of what it is good for."""

    request: Code
    code: Code

    @property
    def facts(self) -> dict[str, Any]:
        return facts_of(self.request)


def facts_of(request: Code) -> dict[str, Any]:
    """What the request carries, its address under `to`; empty where it is over."""
    return dict(json.loads(request.facts)) if request.facts else {}


@transaction
def start(
    errand: Errand,
    way: Way,
    visitor: Visitor,
    now: datetime,
    token: str,
    *,
    whose: str = "",
    resident: Resident | None = None,
    facts: Mapping[str, Any] | None = None,
    letter: str = "",
) -> Code:
    """Opens the page known by `token` and sends the first code; `letter` goes instead where no code may be sent.

    `whose` names whom the tries are counted for, the address by itself where it is not given.
    """
    request = codes.keep(
        errand.request, resident, codes.token_hash(token), now, errand.lives, channel=way.channel,
        destination=whose or visitor.subject(errand.name, way.channel, way.to.casefold()),
        facts=json.dumps({"to": way.to, "letter": letter or errand.name, **(facts or {})}, ensure_ascii=False),
    )  # fmt: skip
    _write(errand, request, visitor, now, waits=not errand.starts_at_once)
    return request


@transaction
def again(errand: Errand, token: str, visitor: Visitor, now: datetime) -> None:
    """«Отправить ещё раз»: another code for the same page; the tries that were made stay counted."""
    request = waiting(errand, token, now)
    if request is None:
        raise Refused(TIME_IS_UP)
    _write(errand, request, visitor, now)


def _write(errand: Errand, request: Code, visitor: Visitor, now: datetime, waits: bool = True) -> None:
    whose = str(request.destination)
    counted = [(errand.by_destination, whose), (errand.by_address, visitor.network)]
    limits.spend([(errand.once_a_minute, whose), *counted] if waits else counted, now)
    facts = facts_of(request)
    if facts["to"]:
        outbox.put(
            facts["letter"], f"{errand.name}:{request.id}:{now:%H%M%S%f}", now, resident=request.resident,
            destination=facts["to"], channel=str(request.channel), request=request.id,
        )  # fmt: skip


def waiting(errand: Errand, token: str, now: datetime) -> Code | None:
    """The request whose page waits for a code; one that is over is shown as none."""
    return codes.alive(errand.request, token, now)


def wait(errand: Errand, request: Code, now: datetime) -> timedelta:
    """How long until another code may be sent."""
    return limits.wait(errand.once_a_minute, str(request.destination), now) or timedelta(0)


def check(errand: Errand, token: str, digits: str, visitor: Visitor, now: datetime, *, key: str) -> Answer:
    """The answer of a right code; a wrong one is refused. The try is counted before it is looked at, and stays."""
    if len(plain(digits)) != errand.digits:
        raise Refused(f"В коде {errand.digits} цифр, проверьте его", field="code")  # a slip, no guess
    request = Code.known(errand.request, codes.token_hash(token))
    if request is None or not _spend_try(errand, request, visitor, now):
        raise Refused(NO_MORE, field="code")
    found = Code.known(errand.code, codes.digits_hash(key, request, plain(digits)))
    if found is None or not found.is_alive(now):
        left = TRIES - request.tries - 1
        further = f"Осталось попыток: {left}." if left else "Попытки кончились, запросите новый."
        raise Refused(f"Код не подошёл. {further}", field="code")
    return Answer(request, found)


def plain(digits: str) -> str:
    """A code as it is compared: blanks and dashes of a pasted one mean nothing."""
    return "".join(sign for sign in digits if sign.isalnum())


@transaction
def _spend_try(errand: Errand, request: Code, visitor: Visitor, now: datetime) -> bool:
    """A guess counts for the resident, whatever address he asked with, and for the address, whoever asked with it."""
    whose = [str(request.destination), *([str(request.resident.id)] if request.resident else [])]
    limits.spend([(errand.guesses, visitor.subject(errand.code, one)) for one in whose], now)
    return Code.spend_try(request, TRIES, now)


def accept(answer: Answer, now: datetime) -> None:
    """Uses the code and its page up, in the caller's transaction; refuses where another was faster."""
    if not (Code.redeem(answer.code, now) and Code.redeem(answer.request, now)):
        raise Refused(NO_MORE, field="code")


def owner(way: Way) -> Resident | None:
    """Who signs in by the address or number."""
    by_phone = way.channel == SMS
    return Resident.by_login("phone" if by_phone else "email", way.to if by_phone else contacts.email_key(way.to))


def end_ways_in(resident: Resident, now: datetime) -> None:
    """Codes and links that were sent open nothing any more: the password, or where they went, is another now."""
    made_before = [RECOVERY.name, RECOVERY.code, RECOVERY.request, FACTOR.code, FACTOR.request]
    Code.end_all(resident, made_before, now)


def masked(way: Way) -> str:
    """The address as it may stand on a page: «+7 ••• •••-67-89», «a•••@example.org»."""
    if way.channel == SMS:
        return f"{way.to[:2]} ••• •••-{way.to[-4:-2]}-{way.to[-2:]}".replace(" ", "\N{NO-BREAK SPACE}")
    name, _, domain = way.to.partition("@")
    return f"{name[:1]}•••@{domain}"
