"""Notices: read when first opened, confirmed where that is demanded."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from models import Notice, NoticeReceipt, transaction

PAGE = 30


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


def link_of(notice: Notice) -> str:
    """Where the notice's button leads: into the portal or to a web address; anything else leads nowhere."""
    url = str(notice.link_url).strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and parts.netloc:
        return url
    is_inside = not parts.scheme and not parts.netloc and url.startswith("/") and "\\" not in url
    return url if is_inside else ""


def cursor(receipt: NoticeReceipt) -> str:
    """The place of a notice in the list, for the next page."""
    return f"{int(receipt.is_read)}.{receipt.id}"


def place(text: str) -> tuple[bool, int] | None:
    """What `cursor` made; None where it is none of ours: the list begins anew."""
    was_read, _, last = text.partition(".")
    if was_read not in ("0", "1") or not (last.isascii() and last.isdecimal() and len(last) < 10):
        return None
    return was_read == "1", int(last)
