"""Registration by e-mail or user name: a known address is answered exactly as a new one, and its owner gets a letter.

Whoever opens the mailbox decides. Two tries with one address and different passwords leave no password at all: the
activation asks for a new one, so nobody can wait with his own password for another to open the portal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import Code, Outbox, Resident, Text, lock, transaction
from models.resident import ACTIVE, WAITING
from services import codes, contacts, letters, limits, outbox, passwords, texts
from services.limits import Limit, TooMany, Visitor
from services.refusal import Refused

BY_ADDRESS = Limit("registration", 100)  # a village behind one address registers on one evening
LETTERS = Limit("registration-letter", 5)

OPEN, USED, EXPIRED, UNKNOWN = "open", "used", "expired", "unknown"

GONE = "Ссылка уже не действует."


class TakenName(Refused):
    """Somebody has the user name; it is said only after the picture, within the limit (product R1.2)."""

    def __init__(self) -> None:
        super().__init__("Это имя уже занято, придумайте другое", field="username")


@dataclass(frozen=True)
class Newcomer:
    """What the forms of R1.1 and R1.2 carry; `texts` are the slugs that were agreed to."""

    full_name: str
    email: str
    phone: str
    password: str
    texts: tuple[str, ...]
    advertising: bool = False
    username: str = ""


def split_name(full_name: str) -> tuple[str, str, str]:
    """«ФИО» at its blanks: surname, name, and all the rest is the patronymic («оглы» too)."""
    parts = full_name.split(maxsplit=2)
    surname, name, patronymic = (*parts, "", "", "")[:3]
    return surname, name, " ".join(patronymic.split())


def check(newcomer: Newcomer, policy: passwords.Policy) -> None:
    """Refuses what can be said before anything is looked up: it depends on what was typed alone."""
    email = contacts.email_of(newcomer.email)
    contacts.phone_of(newcomer.phone)
    username = contacts.username_of(newcomer.username) if newcomer.username else ""
    passwords.check(policy, newcomer.password, email, email.partition("@")[0], username)


def was_done(once: str) -> bool:
    """Has this very form been accepted before (a double click, a page sent again)?"""
    return Outbox.is_put(_key(once))


def register(newcomer: Newcomer, policy: passwords.Policy, visitor: Visitor, now: datetime, once: str) -> None:
    """Enters the newcomer and sends the activation letter; whether the e-mail was known, nobody can tell.

    Both ways hash the password and compare it once: the answers must not differ in time either.
    """
    check(newcomer, policy)
    limits.spend([(BY_ADDRESS, visitor.network)], now)
    agreed = texts.agreed(newcomer.texts, newcomer.advertising)
    owner = Resident.by_login("email", contacts.email_key(newcomer.email))
    is_same = passwords.matches(owner.password_hash if owner else "", newcomer.password)
    _enter(_facts(newcomer), is_same, agreed, visitor, now, once)


def _facts(newcomer: Newcomer) -> dict[str, object]:
    surname, name, patronymic = split_name(newcomer.full_name)
    return {
        "surname": surname,
        "name": name,
        "patronymic": patronymic,
        "email": contacts.email_of(newcomer.email),
        "phone": contacts.phone_of(newcomer.phone),
        "password_hash": passwords.hashed(newcomer.password),
        "advertising": newcomer.advertising,
        "username": newcomer.username.strip(),
        "username_key": contacts.username_key(newcomer.username) if newcomer.username else None,
    }


@transaction
def _enter(
    facts: dict[str, object], is_same: bool, agreed: Sequence[Text], visitor: Visitor, now: datetime, once: str
) -> None:
    key = contacts.email_key(str(facts["email"]))
    _check_username(facts["username_key"], key)
    resident = Resident.enter(**facts, email_key=key, created_at=now)
    if resident is None:
        resident = Resident.by_login("email", key)
        if resident is None:  # the other unique login was taken a moment ago
            raise TakenName
        resident = lock(resident)  # an activation at this moment comes before or after, never in between
        if resident.state == WAITING:
            _overwrite(resident, facts, is_same)
    if resident.state == WAITING:
        texts.agree(resident, agreed, now, visitor.address)
    _write_to(resident, key, visitor, now, _key(once))


def _check_username(username: object, email: str) -> None:
    """A taken user name is said, but not to the one who is waiting with it for his letter."""
    owner = Resident.by_login("username", str(username)) if username else None
    if owner is not None and not (owner.state == WAITING and owner.email_key == email):
        raise TakenName


def _overwrite(resident: Resident, facts: dict[str, object], is_same: bool) -> None:
    """The newest try counts; a password only where both tries had the same."""
    if not resident.rewrite(**{**facts, "password_hash": resident.password_hash if is_same else ""}):
        raise TakenName


def _write_to(resident: Resident | None, email: str, visitor: Visitor, now: datetime, key: str) -> None:
    """The letter that fits the owner of the address: how to go on, or that there is a login already.

    An address that nobody has is counted just as well: the work must not tell.
    """
    try:
        limits.spend([(LETTERS, visitor.subject("email", email))], now)
    except TooMany:
        return  # the answer stays the same; the mailbox has enough of our letters
    if resident is None:
        return
    kind = letters.ACTIVATION if resident.state == WAITING else "known-email"
    outbox.put(kind, key, now, resident=resident)


@transaction
def write_again(email: str, visitor: Visitor, now: datetime) -> None:
    """«Отправить ещё раз» for an address: the same answer whether it is known or not."""
    contacts.email_of(email)
    limits.spend([(BY_ADDRESS, visitor.network)], now)
    key = contacts.email_key(email)
    resident = Resident.by_login("email", key)
    _write_to(resident, key, visitor, now, _moment_key(resident, now) if resident else "")


@transaction
def write_again_for(token: str, visitor: Visitor, now: datetime) -> None:
    """«Отправить ещё раз» under an activation link that is too old."""
    code = Code.known(letters.ACTIVATION, codes.token_hash(token))
    if code is None or code.resident is None:
        raise Refused(GONE)
    _write_to(code.resident, str(code.resident.email_key), visitor, now, _moment_key(code.resident, now))


def link_state(token: str, now: datetime) -> str:
    """What can be done with an activation link: open, used, expired, unknown."""
    code = Code.known(letters.ACTIVATION, codes.token_hash(token))
    if code is None:
        return UNKNOWN
    if code.used_at is not None or (code.resident and code.resident.state == ACTIVE):
        return USED
    return OPEN if code.is_alive(now) else EXPIRED


@transaction
def activate(token: str, now: datetime, next_token: str) -> bool:
    """Opens the portal to the owner of the mailbox; True where he must choose a password (by `next_token`)."""
    code = Code.known(letters.ACTIVATION, codes.token_hash(token))
    if code is None or code.resident is None or not Code.redeem(code, now):
        raise Refused(GONE)
    if not Resident.activate(code.resident.id, now):
        raise Refused(GONE)
    Code.end_all(code.resident, [letters.ACTIVATION], now)
    resident = lock(code.resident)  # another try may have taken the password away since the code was looked up
    if resident.password_hash:
        return False
    codes.keep(letters.RECOVERY, resident, codes.token_hash(next_token), now, letters.RECOVERY_LIVES)
    return True


def forget_waiting(now: datetime) -> int:
    """Erases registrations that nobody has confirmed for a month."""
    return Resident.forget_waiting(now - timedelta(days=30))


def _key(once: str) -> str:
    return f"registration:{once}"


def _moment_key(resident: Resident, now: datetime) -> str:
    return f"registration:{resident.id}:{now:%Y%m%d%H%M%S%f}"
