"""Where a resident is signed in and was: ending sessions, the log of sign-ins, wrong guesses at his password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models import Attempt, Device, Resident, Session, transaction
from services import codes, sign_in
from services.limits import Visitor

PAGE = 20
LOOKED_AT = timedelta(days=30)  # as long as guesses are kept


@dataclass(frozen=True)
class Guesses:
    """Wrong passwords of late; `last` is when the newest was tried."""

    count: int
    last: datetime


@transaction
def end(session: Session, now: datetime) -> None:
    """«Завершить» one of them."""
    Session.end(session.id, now)


@transaction
def end_others(resident: Resident, own: Session, device_token: str, now: datetime) -> int:
    """«Выйти везде» but here: other browsers must show the second factor anew; how many were open."""
    Device.forget_all(resident, but=codes.token_hash(device_token))
    return Session.end_all(resident, now, but=own)


@transaction
def end_all(resident: Resident, now: datetime) -> int:
    """«Выйти везде», here too."""
    Device.forget_all(resident)
    return Session.end_all(resident, now)


def log(resident: Resident, before: str) -> tuple[list[Session], str]:
    """(a page of the log, where the next one begins or ""); `before` is what a page's end said."""
    place = int(before) if before.isascii() and before.isdecimal() and len(before) < 10 else None
    rows = Session.log(resident, PAGE + 1, place)
    return rows[:PAGE], str(rows[PAGE - 1].id) if len(rows) > PAGE else ""


def guesses(resident: Resident, visitor: Visitor, now: datetime) -> Guesses | None:
    """Who tried to get in with a wrong password; None where nobody did."""
    whose, since = visitor.subject("resident", str(resident.id)), now - LOOKED_AT
    last = Attempt.nth_failure(sign_in.KIND, whose, 1, since)
    return Guesses(Attempt.failures(sign_in.KIND, whose, since), last) if last else None


@transaction
def forget_choice(session: Session) -> bool:
    """The account that the pages of this browser show is not chosen any more; was one?"""
    was_chosen = session.current_account is not None
    session.current_account = None
    session.save()
    return was_chosen
