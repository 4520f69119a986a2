"""Signing in: the answer to an unknown login and to a wrong password is the same, in words and in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models import Attempt, Resident, Session, lock, transaction
from models.resident import ACTIVE, WAITING
from models.search import fold
from services import codes, contacts, limits, passwords
from services.limits import Limit, TooMany, Visitor
from services.refusal import Refused

KIND = "sign-in"
BY_LOGIN = Limit(KIND, 10)
BY_ADDRESS = Limit(KIND, 300)  # generous: on the 25th a village signs in from behind one address
WARY = 30  # so many failures from an address, and its forms ask for a picture
SAID_LEFT = 3


class Wrong(Refused):
    """Login or password: which, is not said."""


class Waiting(Refused):
    """The password is right, the e-mail is not confirmed yet."""


@dataclass(frozen=True)
class Login:
    """What was typed as a login, in the form it is looked up by; `kind`: email, phone, username."""

    kind: str
    key: str


def login_of(text: str, ways: Sequence[str]) -> Login:
    """Reads a login as one of the enabled ways: an address has an @, a phone is digits, the rest is a name."""
    if "email" in ways and ("@" in text or len(ways) == 1):
        return Login("email", contacts.email_key(text))
    if "phone" in ways and contacts.phone_key(text).startswith("+"):
        return Login("phone", contacts.phone_key(text))
    return Login("username" if "username" in ways else "email", fold(text))


def subject(login: Login, resident: Resident | None, visitor: Visitor) -> str:
    """Whom a guess is counted for: the resident, whatever login it was tried by; a login nobody has just as well."""
    return visitor.subject("resident", str(resident.id)) if resident else visitor.subject(login.kind, login.key)


def enter(
    login: Login, password: str, visitor: Visitor, now: datetime, *, token: str, remembered: bool = False
) -> Session:
    """Opens a session whose cookie is `token`, or refuses.

    Not one transaction but several: the guess is counted before it is made, and hashing must not hold the writer's
    lock; so what was verified is looked at again where the session is opened.
    """
    resident = Resident.by_login(login.kind, login.key)
    whose = subject(login, resident, visitor)
    attempts = _count(whose, visitor, now)
    known = resident.password_hash if resident else ""
    if not passwords.matches(known, password) or resident is None:
        raise Wrong(_wrong(limits.failures(BY_LOGIN, whose, now)))
    renewed = passwords.hashed(password) if passwords.is_outdated(known) else known
    return _open(resident, renewed, attempts, visitor, now, token, remembered)


def _count(whose: str, visitor: Visitor, now: datetime) -> list[Attempt]:
    try:
        return limits.spend([(BY_LOGIN, whose), (BY_ADDRESS, visitor.network)], now)
    except TooMany as refusal:
        raise Refused(
            f"Слишком много попыток входа. Подождите {limits.waiting_words(refusal.left)} "
            "или задайте новый пароль по ссылке «Забыли пароль?»."
        )


def _open(
    resident: Resident,
    password_hash: str,
    attempts: Sequence[Attempt],
    visitor: Visitor,
    now: datetime,
    token: str,
    remembered: bool,
) -> Session:
    """The password was right: the guess counts no more, and who may work gets a session."""
    _forgive(attempts)
    if resident.state == WAITING:
        raise Waiting("Почта ещё не подтверждена. Откройте письмо, которое мы отправили, и нажмите на ссылку в нём.")
    if resident.state != ACTIVE:
        raise Refused("Вход в этот кабинет закрыт. Обратитесь к поставщику услуг.")
    return _begin(resident, password_hash, visitor, now, token, remembered)


@transaction
def _forgive(attempts: Sequence[Attempt]) -> None:
    limits.succeed(attempts)


@transaction
def _begin(
    verified: Resident, password_hash: str, visitor: Visitor, now: datetime, token: str, remembered: bool
) -> Session:
    """Nobody gets in by a password that was reset, or into what was closed, while it was being verified."""
    resident = lock(verified)
    if (resident.password_hash, resident.state) != (verified.password_hash, verified.state):
        raise Refused("Данные для входа только что изменились. Войдите ещё раз.")
    if password_hash != resident.password_hash:
        resident.password_hash = password_hash
        resident.save()
    session: Session = Session.create(
        resident=resident,
        token_hash=codes.token_hash(token),
        created_at=now,
        seen_at=now,
        expires_at=now + Session.lifetime(remembered),
        address=visitor.address,
        device=visitor.device,
        is_remembered=remembered,
    )
    return session


def _wrong(failures: int) -> str:
    left = BY_LOGIN.most - failures
    if left == 0:
        return "Логин или пароль не подошли. Это была последняя попытка, следующая — через час."
    told = f" Осталось попыток: {left}." if left <= SAID_LEFT else ""
    return f"Логин или пароль не подошли.{told}"


def failures(login: Login, visitor: Visitor, now: datetime) -> int:
    """How many guesses at this login count now; many from one address count as enough for any login."""
    if is_wary(visitor, now):
        return BY_LOGIN.most
    resident = Resident.by_login(login.kind, login.key)
    return limits.failures(BY_LOGIN, subject(login, resident, visitor), now)


def is_wary(visitor: Visitor, now: datetime) -> bool:
    """Have so many guesses come from this address that every form of it asks for a picture?"""
    return limits.failures(BY_ADDRESS, visitor.network, now) >= WARY


@transaction
def leave(session: Session, now: datetime) -> None:
    """Ends a session."""
    Session.end(session.id, now)
