"""A new password: by whoever knows the old one; and what each new password does, however it was come by."""

from __future__ import annotations

from datetime import datetime

from models import Attempt, Resident, Session, Token, lock, transaction
from services import challenges, outbox, passwords, sign_in
from services.limits import Visitor
from services.refusal import Refused


def change(
    resident: Resident,
    old: str,
    new: str,
    policy: passwords.Policy,
    visitor: Visitor,
    now: datetime,
    own: Session,
) -> None:
    """«Изменить пароль»: the old one is asked for, every other browser is signed out."""
    check(resident, new, policy)
    sign_in.prove(resident, old, visitor, now, field="old_password")
    if old == new:
        raise Refused("Это ваш прежний пароль. Придумайте другой", field="password")
    _change(resident, passwords.hashed(new), visitor, now, own)


def check(resident: Resident, new: str, policy: passwords.Policy) -> None:
    """Refuses what breaks a rule, or holds the resident's own login."""
    email = str(resident.email)
    passwords.check(policy, new, email, email.partition("@")[0], str(resident.username))


@transaction
def _change(known: Resident, password_hash: str, visitor: Visitor, now: datetime, own: Session) -> None:
    resident = lock(known)
    if resident.password_hash != known.password_hash:
        raise Refused("Пароль только что изменился. Введите старый пароль ещё раз.", field="old_password")
    put(resident, password_hash, visitor, now, own)


def put(resident: Resident, password_hash: str, visitor: Visitor, now: datetime, own: Session | None) -> None:
    """The password is this one from now on, in the caller's transaction.

    All sessions but one's `own` end, every link and code made under the old one is dead, and so are tokens: whoever
    knew it could have made one. A letter tells.
    """
    resident.password_hash = password_hash
    resident.save()
    Session.end_all(resident, now, but=own)
    Token.revoke_all(resident)
    challenges.end_ways_in(resident, now)
    Attempt.forgive(sign_in.KIND, visitor.subject("resident", str(resident.id)))
    outbox.put("password-changed", f"password-changed:{resident.id}:{now:%Y%m%d%H%M%S%f}", now, resident=resident)
