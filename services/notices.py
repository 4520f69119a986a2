"""Notices: written for an audience, spread by the worker, read when first opened, confirmed where demanded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from models import Notice, NoticeReceipt, Resident, Supplier, lock, transaction
from models.audience import Whom, missed, next_readers
from models.notice import ACCOUNT, BELL, CHOSEN, EVERYBODY, HOUSE, MODAL, SUPPLIER, TOP
from services import telling
from services.refusal import Refused

PAGE = 30
PORTION = 500  # residents that one transaction reaches: sign-ins and readings wait no longer than for these
PORTIONS = 10  # a round of the worker: codes wait no longer than for these
LONGEST_SUBJECT, LONGEST_BODY = 200, 10_000
LETTERS = NOTICE, OFFER = "notice", "offer"  # kinds of letters: news, and advertising


@dataclass(frozen=True)
class Draft:
    """What an operator writes; `audience_id` is the supplier's, the house's or the account's id, `whom` of chosen.

    `channels`: email, sms, messenger, where it is to be sent besides. `until`: from then on it is only in the list.
    """

    kind: str
    subject: str
    body: str
    audience: str = EVERYBODY
    audience_id: int = 0
    link_url: str = ""
    link_label: str = ""
    needs_confirmation: bool = False
    until: datetime | None = None
    channels: tuple[str, ...] = ()
    is_advertising: bool = False
    supplier: Supplier | None = None  # who speaks; None = the portal itself
    whom: Whom | None = None


@transaction
def publish(draft: Draft, since: datetime, now: datetime) -> Notice:
    """Keeps the notice for the worker, which spreads it from `since` on."""
    check(draft, since, now)
    return Notice.create(**columns(draft), published_at=max(since, now))


def columns(draft: Draft) -> dict[str, object]:
    """What a draft is in the table."""
    return {
        "supplier": draft.supplier,
        "kind": draft.kind,
        "subject": draft.subject.strip(),
        "body": draft.body.strip(),
        "link_url": draft.link_url.strip(),
        "link_label": draft.link_label.strip(),
        "needs_confirmation": draft.needs_confirmation or draft.kind == MODAL,
        "until": draft.until,
        "audience": draft.audience,
        "audience_id": draft.audience_id,
        "whom": draft.whom.to_json() if draft.whom else "",
        "channels": ",".join(draft.channels),
        "is_advertising": draft.is_advertising,
    }


def check(draft: Draft, since: datetime, now: datetime) -> None:
    """Refuses what makes no sense, whoever it is for."""
    if draft.kind not in (BELL, TOP, MODAL):
        raise Refused("Выберите, как показать уведомление.", field="kind")
    if not draft.subject.strip() or len(draft.subject) > LONGEST_SUBJECT:
        raise Refused(f"Напишите тему не длиннее {LONGEST_SUBJECT} знаков.", field="subject")
    if len(draft.body) > LONGEST_BODY:
        raise Refused(f"Текст не длиннее {LONGEST_BODY} знаков.", field="body")
    if draft.audience not in (EVERYBODY, SUPPLIER, HOUSE, ACCOUNT, CHOSEN):
        raise Refused("Выберите, кому показать уведомление.", field="audience")
    if draft.until is not None and draft.until <= max(since, now):
        raise Refused("Срок показа кончается раньше, чем начинается.", field="until")
    if draft.link_url.strip() and not link_of(Notice(link_url=draft.link_url)):
        raise Refused("Ссылка начинается с https:// или с /.", field="link_url")


def spread(now: datetime) -> int:
    """Notices whose time has come reach the next of their audience, a portion a transaction; how many residents."""
    reached = 0
    for _ in range(PORTIONS):
        notice = Notice.to_spread(now)
        if notice is None:
            break
        reached += _spread_portion(notice, now)
    return reached


@transaction
def _spread_portion(known: Notice, now: datetime) -> int:
    """The next residents get it, and are noted with it: whoever is stopped in between goes on from there."""
    notice = lock(known)
    if notice.spread_at is not None:
        return 0  # another worker was faster
    if notice.withdrawn_at is not None:
        return _take_back_portion(notice, now)
    readers = next_readers(notice, PORTION, now.date())
    NoticeReceipt.give(notice, readers)
    kind = OFFER if notice.is_advertising else NOTICE
    telling.tell_many(kind, f"notice:{notice.id}", readers, now, ways=_ways(notice), notice=notice.id)
    if len(readers) < PORTION:
        notice.spread_at = now
    if readers:
        notice.spread_to = readers[-1].id
    notice.reached += len(readers)
    notice.save()
    return len(readers)


def _take_back_portion(notice: Notice, now: datetime) -> int:
    """What was withdrawn leaves the bells of the next residents; the log of who had read it stays."""
    taken = NoticeReceipt.take_back(notice, PORTION)
    if len(taken) < PORTION:
        notice.spread_at = now
    if taken:
        notice.spread_to = taken[-1]
    notice.save()
    return len(taken)


@transaction
def catch_up(resident: Resident, now: datetime) -> None:
    """Who came after a notice was spread gets it while its term lasts: in the portal alone, it is no news to send."""
    for notice in missed(resident, now, now.date()):
        NoticeReceipt.give(notice, [resident])


def _ways(notice: Notice) -> tuple[str, ...]:
    return tuple(way for way in str(notice.channels).split(",") if way)


@transaction
def read(receipt: NoticeReceipt, now: datetime) -> bool:
    """A simple notice is read when first opened; one that demands confirmation is not (False)."""
    if receipt.notice.needs_confirmation:
        return False
    receipt.mark(now, confirmed=False)
    return True


@transaction
def confirm(receipt: NoticeReceipt, now: datetime) -> None:
    """«Подтвердить», or its link was followed."""
    receipt.mark(now, confirmed=True)


@transaction
def close(receipt: NoticeReceipt, now: datetime) -> None:
    """× of a notice above the pages: from now on it is in the list; one that demands confirmation stays unread."""
    receipt.close(now)
    if not receipt.notice.needs_confirmation:
        receipt.mark(now, confirmed=False)


def link_of(notice: Notice, base_url: str = "") -> str:
    """Where the notice's button leads: into the portal or to a web address; anything else leads nowhere.

    A letter names the portal's address before a place within it.
    """
    url = str(notice.link_url).strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and parts.netloc:
        return url
    is_inside = not parts.scheme and not parts.netloc and url.startswith("/") and "\\" not in url
    return base_url + url if is_inside else ""


def cursor(receipt: NoticeReceipt) -> str:
    """The place of a notice in the list, for the next page."""
    return f"{int(receipt.is_read)}.{receipt.id}"


def place(text: str) -> tuple[bool, int] | None:
    """What `cursor` made; None where it is none of ours: the list begins anew."""
    was_read, _, last = text.partition(".")
    if was_read not in ("0", "1") or not (last.isascii() and last.isdecimal() and len(last) < 10):
        return None
    return was_read == "1", int(last)
