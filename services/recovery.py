"""A forgotten password: a code and a link go to the mailbox, whoever brings one of them sets a new password."""

from __future__ import annotations

from datetime import datetime, timedelta

from models import Attempt, Code, Resident, Session, transaction
from models.resident import BLOCKED
from services import codes, letters, limits, outbox, passwords, sign_in
from services.letters import ACTIVATION, RECOVERY, RECOVERY_CODE, RECOVERY_LIVES, RECOVERY_REQUEST
from services.limits import Limit, Visitor
from services.refusal import Refused
from services.sign_in import Login

REQUEST_LIVES = timedelta(hours=1)
TRIES = 5
ONCE_A_MINUTE = Limit("recovery", 1, timedelta(minutes=1))
BY_LOGIN = Limit("recovery", 5)
BY_ADDRESS = Limit("recovery", 100)
GUESSES = Limit("recovery-code", 10)

GONE = "Ссылка уже не действует. Запросите новую."


@transaction
def ask(login: Login, visitor: Visitor, now: datetime, token: str) -> None:
    """Starts a recovery whose page is known by `token`; whether the login is known changes nothing that is seen."""
    whose = visitor.subject("recovery", login.kind, login.key)
    resident = Resident.by_login(login.kind, login.key)
    request = codes.keep(RECOVERY_REQUEST, resident, codes.token_hash(token), now, REQUEST_LIVES)
    request.destination = whose
    request.save()
    _write(request, visitor, now)


@transaction
def ask_again(token: str, visitor: Visitor, now: datetime) -> None:
    """«Отправить ещё раз»: another letter for the same page; the tries that were made stay counted."""
    request = Code.known(RECOVERY_REQUEST, codes.token_hash(token))
    if request is None or not request.is_alive(now):
        raise Refused("Время вышло. Начните восстановление ещё раз.")
    _write(request, visitor, now)


def _write(request: Code, visitor: Visitor, now: datetime) -> None:
    whose = str(request.destination)
    limits.spend([(ONCE_A_MINUTE, whose), (BY_LOGIN, whose), (BY_ADDRESS, visitor.network)], now)
    if request.resident is not None and request.resident.state != BLOCKED:
        outbox.put(
            "recovery", f"recovery:{request.id}:{now:%H%M%S%f}", now, resident=request.resident, request=request.id
        )


def is_open(token: str, now: datetime) -> bool:
    """Is there a page that waits for a code? A request that is over is shown as none."""
    request = Code.known(RECOVERY_REQUEST, codes.token_hash(token))
    return request is not None and request.is_alive(now)


def confirm(token: str, digits: str, visitor: Visitor, now: datetime, *, key: str, next_token: str) -> None:
    """Exchanges the code from the letter for a link (`next_token`) that sets a password.

    The try is counted before it is looked at, and stays counted when it was wrong.
    """
    request = Code.known(RECOVERY_REQUEST, codes.token_hash(token))
    if request is None or not _spend_try(request, visitor, now):
        raise Refused("Код больше не действует. Запросите новый.", field="code")
    found = Code.known(RECOVERY_CODE, codes.digits_hash(key, request, digits))
    if found is None or not found.is_alive(now):
        left = TRIES - request.tries - 1
        further = f"Осталось попыток: {left}." if left else "Попытки кончились, запросите новый."
        raise Refused(f"Код не подошёл. {further}", field="code")
    _accept(request, found, now, next_token)


@transaction
def _spend_try(request: Code, visitor: Visitor, now: datetime) -> bool:
    whose = str(request.resident.id) if request.resident else str(request.destination)
    limits.spend([(GUESSES, visitor.subject("recovery-code", whose))], now)
    return Code.spend_try(request, TRIES, now)


@transaction
def _accept(request: Code, found: Code, now: datetime, next_token: str) -> None:
    if not (Code.redeem(found, now) and Code.redeem(request, now)):
        raise Refused("Код больше не действует. Запросите новый.", field="code")
    codes.keep(RECOVERY, request.resident, codes.token_hash(next_token), now, RECOVERY_LIVES)


def link_owner(token: str, now: datetime) -> Resident | None:
    """Whose password a link may set; None where it is used, expired or unknown."""
    code = Code.known(RECOVERY, codes.token_hash(token))
    return code.resident if code is not None and code.is_alive(now) else None


def save(
    token: str, password: str, policy: passwords.Policy, visitor: Visitor, now: datetime, own: Session | None = None
) -> None:
    """Sets the new password: all sessions but one's `own` end, every other link and code is dead, a letter tells."""
    owner = link_owner(token, now)
    if owner is None:
        raise Refused(GONE)
    passwords.check(policy, password, str(owner.email), str(owner.email).partition("@")[0])
    _set(token, passwords.hashed(password), visitor, now, own)


@transaction
def _set(token: str, password_hash: str, visitor: Visitor, now: datetime, own: Session | None) -> None:
    code = Code.known(RECOVERY, codes.token_hash(token))
    if code is None or code.resident is None or not Code.redeem(code, now):
        raise Refused(GONE)
    resident = code.resident
    resident.password_hash = password_hash
    resident.save()
    Resident.activate(resident.id, now)  # the mailbox has answered: a registration that waited for it is done
    Session.end_all(resident, now, but=own)
    Code.end_all(resident, [RECOVERY, RECOVERY_CODE, RECOVERY_REQUEST, ACTIVATION], now)
    Attempt.forgive(sign_in.KIND, visitor.subject("resident", str(resident.id)))
    outbox.put("password-changed", f"password-changed:{code.id}", now, resident=resident)


@transaction
def cancel(token: str, now: datetime) -> None:
    """«Отменить»: the link works no more."""
    code = Code.known(letters.RECOVERY, codes.token_hash(token))
    if code is not None:
        Code.redeem(code, now)
