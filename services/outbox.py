"""Letters on their way: put in the transaction of their cause, leased by a worker, closed by what became of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from models import Outbox, Resident, transaction
from models.resident import WAITING as UNCONFIRMED
from services import audit
from services.pace import Pace

LEASE = timedelta(minutes=10)  # longer than any mail server is waited for
MOST_ATTEMPTS = 200  # with the pauses below: two days of a silent mail server
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)

SHORT = {"password-changed", "account-registered"}  # there is a text message of it, too

# What a resident who wants no letters goes without; what guards his login reaches him always.
INFORMATION = {"account-linked", "account-shared", "payment-received", "payment-refunded", "appeal-answered"}

WAITING, SENT, DEAD = "waiting", "sent", "dead"


def put(
    kind: str,
    key: str,
    now: datetime,
    *,
    resident: Resident | None = None,
    destination: str = "",
    channel: str = "email",
    not_before: datetime | None = None,
    **ids: int,
) -> bool:
    """Adds a letter in the caller's transaction; False where `key` was put before, or nobody is to have it.

    Only the kind and ids are kept: links, codes and sums are made when the letter is sent.
    """
    if resident is not None and not destination:
        channel, destination = _reach(kind, resident)
    if not destination or not is_welcome(kind, resident):
        return False
    return Outbox.put(
        key=key,
        kind=kind,
        channel=channel,
        resident=resident,
        destination=destination,
        ids=json.dumps(ids),
        not_before=not_before or now,
        created_at=now,
    )


def _reach(kind: str, resident: Resident) -> tuple[str, str]:
    """Where a letter finds the resident: in a mailbox that is his own, or that he is to show as his own.

    A few that concern his safety go to the phone of one who has no mailbox.
    """
    if resident.email and (resident.email_confirmed_at or resident.state == UNCONFIRMED):
        return "email", str(resident.email)
    return ("sms", resident.mobile) if kind in SHORT and resident.mobile else ("email", "")


def is_welcome(kind: str, resident: Resident | None) -> bool:
    """Does the resident want letters of the kind («E-mail уведомления»)?"""
    return kind not in INFORMATION or resident is None or bool(resident.notify_email)


def ids(letter: Outbox) -> dict[str, int]:
    return {name: int(value) for name, value in json.loads(letter.ids).items()}


def lease(now: datetime, channel: str = "email", pace: Pace | None = None) -> Outbox | None:
    """The channel's next letter, this worker's alone until the lease runs out; None where nothing is due.

    At night only what somebody waits for is; an address that had its fill of the rest today waits until tomorrow.
    """
    while letter := Outbox.due(now, channel, urgent=pace is not None and pace.is_quiet):
        claimed = Outbox.claim(letter, now + LEASE, now)
        if claimed is None:
            continue
        if pace is not None and _has_had_its_fill(claimed, pace):
            Outbox.postpone(claimed, pace.next_day)
            continue
        if claimed.attempts <= MOST_ATTEMPTS:
            return claimed
        bury(claimed, "отправка прерывалась каждый раз")
    return None


def _has_had_its_fill(letter: Outbox, pace: Pace) -> bool:
    if not letter.priority:
        return False
    return Outbox.received(str(letter.channel), str(letter.destination), pace.day_began) >= pace.most


def done(letter: Outbox, now: datetime, *, provider_id: str, subject: str, body: str) -> bool:
    """It went out; `body` is "" but in demo mode. False where the lease had run out meanwhile."""
    return Outbox.close(
        letter, state=SENT, sent_at=now, provider_id=provider_id, subject=subject, body=body, error=""
    )


def failed(letter: Outbox, now: datetime, error: str, wait: timedelta | None = None) -> bool:
    """It did not go out: again after a pause that doubles, or that was asked for; never if it was the last time."""
    if letter.attempts >= MOST_ATTEMPTS:
        return bury(letter, error)
    return Outbox.close(letter, not_before=now + (wait or pause(letter.attempts)), error=error)


@transaction
def revive(letter: Outbox, by: Resident, now: datetime) -> bool:
    """«Отправить ещё раз»: what never went out is tried anew, as if for the first time."""
    is_revived = Outbox.revive(letter, now)
    if is_revived:
        audit.note("letter-again", "outbox", letter.id, by, now)
    return is_revived


def bury(letter: Outbox, error: str) -> bool:
    """It never will: the address is wrong, or what it was about is over."""
    return Outbox.close(letter, state=DEAD, error=error)


def pause(attempts: int) -> timedelta:
    """1, 2, 4… minutes after the first, second, third failure; 15 minutes at most: people wait for codes."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)
