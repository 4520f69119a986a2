"""Notices as operators write them: a draft, its audience, sending after the count was confirmed, withdrawal."""

from __future__ import annotations

import re
from datetime import date, datetime

from models import Account, Notice, Resident, Supplier, lock, transaction
from models.audience import Reach, reach, whom_of
from services import audit, notices
from services.notices import Draft
from services.refusal import Refused

MOST_ACCOUNTS = 500
EMPTY = "Получателей нет: ни один житель не подходит. Измените, кому отправить."
CHANGED = "Черновик только что изменили в другом окне. Ниже то, что ввели вы: сверьте и сохраните ещё раз."
SENT = "Уведомление уже отправлено, изменить его нельзя. Отзовите его и создайте новое."
STALE = "Черновик изменили в другом окне. Проверьте его ещё раз и отправьте."
COUNTED = "Пока страница была открыта, число получателей изменилось. Проверьте его и отправьте ещё раз."
TOO_LATE = "Срок показа уже прошёл: измените его и отправьте."

DRAFT, SCHEDULED, GOING, SHOWN, OVER, WITHDRAWN = "draft", "scheduled", "going", "shown", "over", "withdrawn"


def state(notice: Notice, now: datetime) -> str:
    """Where it stands: not sent, waits for its time, on its way, shown, past its term, taken back."""
    if notice.is_draft:
        return DRAFT
    if notice.withdrawn_at is not None:
        return WITHDRAWN
    if notice.published_at > now:
        return SCHEDULED
    if notice.is_over(now):
        return OVER
    return SHOWN if notice.spread_at is not None else GOING


def accounts_of(supplier: Supplier, text: str) -> tuple[int, ...]:
    """The supplier's accounts whose numbers stand in the text, one a line or with commas; unknown ones are named."""
    numbers = list(dict.fromkeys(" ".join(part.split()) for part in re.split(r"[,;\n]", text) if part.strip()))
    if len(numbers) > MOST_ACCOUNTS:
        raise Refused(f"Не больше {MOST_ACCOUNTS} счетов в одном уведомлении.", field="numbers")
    found = Account.ids_by_number(supplier.id, numbers)
    unknown = [number for number in numbers if number not in found]
    if unknown:
        names = ", ".join(unknown[:10]) + (f" и ещё {len(unknown) - 10}" if len(unknown) > 10 else "")
        raise Refused(f"У поставщика нет таких счетов: {names}.", field="numbers")
    return tuple(found[number] for number in numbers)


@transaction
def write(draft: Draft, since: datetime, once: str, by: Resident, now: datetime) -> Notice:
    """Keeps a draft; the same form pressed twice keeps one."""
    notices.check(draft, since, now)
    known = Notice.of_form(once)
    if known is not None:
        return known
    facts = notices.columns(draft)
    made: Notice = Notice.create(
        **facts, published_at=max(since, now), is_draft=True, changed_at=now, once=once or None
    )
    audit.note("notice-drafted", "notice", made.id, by, now, {}, _state(made))
    return made


@transaction
def rewrite(known: Notice, draft: Draft, since: datetime, seen: datetime, by: Resident, now: datetime) -> None:
    """Changes a draft as it was seen: another operator's words are not lost."""
    notices.check(draft, since, now)
    before = _state(known)
    if not known.changed(seen, now, **notices.columns(draft), published_at=max(since, now)):
        raise Refused(CHANGED if Notice.get_by_id(known.id).is_draft else SENT)
    audit.note("notice-changed", "notice", known.id, by, now, before, _state(Notice.get_by_id(known.id)))


@transaction
def send(known: Notice, seen: datetime, count: int, by: Resident, now: datetime, today: date) -> Reach | None:
    """Gives the draft to the worker for so many residents as were shown; None where it was sent before."""
    notice = lock(known)
    if not notice.is_draft:
        return None
    if notice.changed_at != seen:
        raise Refused(STALE)
    if notice.until is not None and notice.until <= now:
        raise Refused(TOO_LATE)
    found = reach(notice, today)
    if not found.residents:
        raise Refused(EMPTY)
    if found.residents != count:
        raise Refused(COUNTED)
    before = _state(notice)
    notice.is_draft, notice.published_at = False, max(notice.published_at, now)
    notice.save()
    audit.note("notice-sent", "notice", notice.id, by, now, before, {**_state(notice), "residents": count})
    return found


@transaction
def withdraw(known: Notice, by: Resident, now: datetime) -> bool:
    """Nobody gets it any more, and the worker takes it from those who have it; False where that was done before."""
    notice = lock(known)
    if notice.is_draft:
        raise Refused("Черновик ещё никто не получил: его можно удалить.")
    if notice.withdrawn_at is not None:
        return False
    before = {"reached": notice.reached}
    notice.withdrawn_at, notice.spread_to, notice.spread_at = now, 0, None
    notice.save()
    audit.note("notice-withdrawn", "notice", notice.id, by, now, before, {"withdrawn": True})
    return True


@transaction
def discard(known: Notice, by: Resident, now: datetime) -> None:
    """Deletes a draft; what was sent meanwhile stays."""
    before = _state(known)
    if not known.discard():
        raise Refused(SENT)
    audit.note("notice-removed", "notice", known.id, by, now, before, {})


def _state(notice: Notice) -> dict[str, object]:
    """For the log: what it is and whom it is for, not its words."""
    whom = whom_of(notice)
    return {
        "kind": notice.kind,
        "supplier": notice.supplier_id,
        "audience": notice.audience,
        "accounts": len(whom.accounts) if whom else 0,
        "house": whom.house if whom else 0,
        "debt": whom.debt if whom else 0,
        "unsent": bool(whom and whom.unsent),
        "channels": notice.channels,
        "published": f"{notice.published_at:%Y-%m-%dT%H:%M}Z",
        "until": f"{notice.until:%Y-%m-%dT%H:%M}Z" if notice.until else "",
        "signs": len(str(notice.body)),
        "draft": bool(notice.is_draft),
    }
