"""Signing in: the answer to an unknown login and to a wrong password is the same, in words and in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models import Attempt, Link, Operator, Resident, Session, lock, transaction
from models.resident import ACTIVE, WAITING
from models.search import fold
from services import codes, contacts, limits, notices, passwords
from services.limits import Limit, TooMany, Visitor
from services.refusal import Refused

KIND = "sign-in"
OPERATOR = "operator"  # an e-mail where residents have other logins: who works in the console has nothing else
BY_LOGIN = Limit(KIND, 10)
BY_ADDRESS = Limit(KIND, 300)  # generous: on the 25th a village signs in from behind one address
WARY = 30  # so many failures from an address, and its forms ask for a picture
SAID_LEFT = 3
NOBODY = 0  # the id of a resident who is not there


class Wrong(Refused):
    """Login or password: which, is not said."""


class Waiting(Refused):
    """The password is right, the e-mail is not confirmed yet."""


class WhichSupplier(Refused):
    """Accounts of equal numbers, of several suppliers, have a login each."""

    def __init__(self) -> None:
        super().__init__("Такой номер есть у нескольких поставщиков: выберите своего.", field="supplier")


@dataclass(frozen=True)
class Login:
    """What was typed as a login, in the form it is looked up by.

    `kind`: email, phone, username, account, operator; `supplier` is the one chosen for an account, 0 = none.
    """

    kind: str
    key: str
    supplier: int = 0


def login_of(text: str, ways: Sequence[str], supplier: int = 0) -> Login:
    """Reads a login as one of the enabled ways; where several fit, the one that somebody has."""
    fitting = _readings(text, ways, supplier)
    if len(fitting) == 1:
        return fitting[0]
    # All are looked up, whoever has one: the work must not tell.
    taken = [login for login in fitting if _residents(login)]
    return taken[0] if taken else fitting[0]


def _readings(text: str, ways: Sequence[str], supplier: int) -> list[Login]:
    """An address has an @, a phone is digits as people write them, anything may be an account's number or a name."""
    found = []
    if "@" in text or ways == ("email",):
        return [Login("email" if "email" in ways else OPERATOR, contacts.email_key(text))]
    if "phone" in ways and (contacts.phone_key(text).startswith("+") or len(ways) == 1):
        found.append(Login("phone", contacts.phone_key(text)))
    if "account" in ways:
        found.append(Login("account", contacts.numbers_of(text)[-1], supplier))
    if "username" in ways:
        found.append(Login("username", contacts.username_key(text)))
    return found or [Login("email", fold(text))]


def resident_of(login: Login) -> Resident | None:
    """Who has the login; of several accounts with the number the supplier must be chosen, whoever has signed up."""
    found = _holders(login)
    if len(found) > 1:
        raise WhichSupplier
    return found[0] if found else None


def _residents(login: Login) -> list[Resident]:
    return [resident for resident in _holders(login) if resident is not None]


def _holders(login: Login) -> list[Resident | None]:
    """For every account of the number who signs in by it, None = nobody; of another login the one who has it."""
    if login.kind == "account":
        return [resident for supplier, resident in Link.logins(login.key) if login.supplier in (0, supplier)]
    found = Resident.by_login("email" if login.kind == OPERATOR else login.kind, login.key)
    is_meant = login.kind != OPERATOR or Operator.is_one(found or Resident(id=NOBODY))
    return [found] if found and is_meant else []


def subject(login: Login, resident: Resident | None, visitor: Visitor) -> str:
    """Whom a guess is counted for: the resident, whatever login it was tried by; a login nobody has just as well."""
    return visitor.subject("resident", str(resident.id)) if resident else visitor.subject(login.kind, login.key)


@dataclass(frozen=True)
class Verified:
    """Whose password was right, as he was then; `password_hash` is what shall stand in the row from now on."""

    resident: Resident
    password_hash: str


def enter(
    login: Login, password: str, visitor: Visitor, now: datetime, *, token: str, remembered: bool = False
) -> Session:
    """Opens a session whose cookie is `token`, or refuses; asks for no second factor."""
    return begin(verify(login, password, visitor, now), visitor, now, token, remembered)


def verify(login: Login, password: str, visitor: Visitor, now: datetime) -> Verified:
    """Whose password it is, or a refusal.

    Not one transaction but several: the guess is counted before it is made, and hashing must not hold the writer's
    lock; so what was verified is looked at again where the session is opened.
    """
    try:
        resident = resident_of(login)
    except WhichSupplier:
        limits.spend([(BY_ADDRESS, visitor.network)], now)  # numbers are not walked through for nothing
        raise
    whose = subject(login, resident, visitor)
    attempts = _count(whose, visitor, now)
    known = resident.password_hash if resident else ""
    if not passwords.matches(known, password) or resident is None:
        raise Wrong(_wrong(limits.failures(BY_LOGIN, whose, now)))
    renewed = passwords.hashed(password) if passwords.is_outdated(known) else known
    return _let_in(Verified(resident, renewed), attempts)


def prove(resident: Resident, password: str, visitor: Visitor, now: datetime, field: str = "password") -> None:
    """Asks a signed-in resident for his password before something that a left-open browser must not do.

    It is counted as a guess at his login: an open session is no second door for one who does not know it.
    """
    whose = visitor.subject("resident", str(resident.id))
    try:
        attempts = limits.spend([(BY_LOGIN, whose), (BY_ADDRESS, visitor.network)], now)
    except TooMany as refusal:
        raise Refused(refusal.sentence, field=field)
    if not passwords.matches(str(resident.password_hash), password):
        raise Wrong("Пароль не подошёл. Проверьте раскладку клавиатуры и заглавные буквы.", field=field)
    _forgive(attempts)


def guesses(resident: Resident, visitor: Visitor, now: datetime) -> int:
    """How many wrong passwords of the resident count now."""
    return limits.failures(BY_LOGIN, visitor.subject("resident", str(resident.id)), now)


def _count(whose: str, visitor: Visitor, now: datetime) -> list[Attempt]:
    try:
        return limits.spend([(BY_LOGIN, whose), (BY_ADDRESS, visitor.network)], now)
    except TooMany as refusal:
        raise Refused(
            f"Слишком много попыток входа. Подождите {limits.waiting_words(refusal.left)} "
            "или задайте новый пароль по ссылке «Забыли пароль?»."
        )


def _let_in(verified: Verified, attempts: Sequence[Attempt]) -> Verified:
    """The password was right: the guess counts no more; is this one who may work?"""
    _forgive(attempts)
    if verified.resident.state == WAITING:
        raise Waiting("Почта ещё не подтверждена. Откройте письмо, которое мы отправили, и нажмите на ссылку в нём.")
    if verified.resident.state != ACTIVE:
        raise Refused("Вход в этот кабинет закрыт. Обратитесь к поставщику услуг.")
    return verified


@transaction
def _forgive(attempts: Sequence[Attempt]) -> None:
    limits.succeed(attempts)


@transaction
def begin(verified: Verified, visitor: Visitor, now: datetime, token: str, remembered: bool = False) -> Session:
    """Opens a session: nobody gets in by a password that was reset, or into what was closed, meanwhile."""
    before = verified.resident
    resident = lock(before)
    if (resident.password_hash, resident.state) != (before.password_hash, before.state):
        raise Refused("Данные для входа только что изменились. Войдите ещё раз.")
    if verified.password_hash != resident.password_hash:
        resident.password_hash = verified.password_hash
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
    notices.catch_up(resident, now)
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
    whose = [subject(login, resident, visitor) for resident in _residents(login)]
    return max(limits.failures(BY_LOGIN, one, now) for one in whose or [subject(login, None, visitor)])


def is_wary(visitor: Visitor, now: datetime) -> bool:
    """Have so many guesses come from this address that every form of it asks for a picture?"""
    return limits.failures(BY_ADDRESS, visitor.network, now) >= WARY


@transaction
def leave(session: Session, now: datetime) -> None:
    """Ends a session."""
    Session.end(session.id, now)
