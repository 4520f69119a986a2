"""What an operator decides about a reading that was confirmed against a warning: it stands, it is refused, a call."""

from __future__ import annotations

from datetime import datetime

from models import Call, Link, Notice, Reading, Resident, Review, lock, transaction
from models.reading import ACCEPTED, EXPORTED, REJECTED
from models.review import Doubted
from services import audit, residents, telling
from services.challenges import EMAIL
from services.refusal import Refused
from services.telling import MESSENGER

TOLD = "reading-rejected"  # the letter
DECIDED = "Это показание уже разобрали или житель заменил его другим."
EXPORTED_ALREADY = "Показание уже передано в расчёт: отклонить его может только расчётный центр."
NO_PHONE = "Телефона жителя в кабинете нет: позвонить некуда. Отклоните показание с причиной, житель её прочитает."


@transaction
def accept(reading: int, by: Resident, now: datetime) -> None:
    """«Принять»: it stands as it is; of two who press at once one does."""
    row = _open(reading)
    if not Review.note(row.id, by, now):
        raise Refused(DECIDED)
    audit.note("reading-accepted", "reading", row.id, by, now, {"state": row.state}, {"state": row.state})


@transaction
def reject(reading: int, reason: str, by: Resident, now: datetime) -> None:
    """«Отклонить»: all scales of the meter that were sent together: half an act is of no use. Holders are told."""
    reason, row = residents.checked(reason), _open(reading)
    if row.state == EXPORTED:
        raise Refused(EXPORTED_ALREADY)
    ids = Reading.sent_together(row)
    if Reading.move(ids, REJECTED, out_of=(ACCEPTED,), reason=reason) != len(ids):
        raise Refused(DECIDED)
    Review.note(row.id, by, now)
    audit.note("reading-rejected", "reading", row.id, by, now, {"state": ACCEPTED}, {"state": REJECTED, "ids": ids})
    _tell(row, reason, now)


@transaction
def call_back(doubted: Doubted, by: Resident, now: datetime) -> Call:
    """«Перезвонить»: a call in the queue of calls; a second press finds the first one's."""
    if not doubted.phone:
        raise Refused(NO_PHONE)
    row = _open(doubted.id)
    account = Reading.account_of(row)
    made = Call.enter(
        resident=doubted.resident,
        supplier=account.supplier_id,
        phone=doubted.phone,
        convenient="soon",
        comment=f"Показание на проверке: счёт № {account.number}, {doubted.service}, счётчик № {doubted.meter}.",
        once=once(row.id),
        created_at=now,
    )
    if made is not None:
        audit.note("reading-call", "call", made.id, by, now, {}, {"reading": row.id})
    call = made or Call.by_once(once(row.id))
    assert call is not None, "a call under this key was there a moment ago"
    return call


def once(reading: int) -> str:
    """The key of the call about a reading: there is one."""
    return f"reading:{reading}"


def _open(reading: int) -> Reading:
    """The reading, held; refused where nobody needs to decide about it any more."""
    row = lock(Reading.get_by_id(reading))
    if row.state not in (ACCEPTED, EXPORTED) or Review.is_noted(reading):
        raise Refused(DECIDED)
    return row


def _tell(row: Reading, reason: str, now: datetime) -> None:
    account = Reading.account_of(row)
    holders = [link.resident for link in Link.of_others(account, None)]
    Notice.tell(
        holders,
        f"Показания по счёту №\N{NO-BREAK SPACE}{account.number} отклонены",
        f"{reason.rstrip('.')}. Проверьте счётчик и передайте показания ещё раз.",
        now,
        supplier=account.supplier_id,
        link_url=f"/readings/{account.id}",
        link_label="Передать показания",
    )
    told = [who for who in holders if who.is_active]
    telling.tell_many(TOLD, f"{TOLD}:{row.id}", told, now, ways=(EMAIL, MESSENGER), reading=row.id)
