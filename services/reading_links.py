"""Readings without signing in (product R5.7): a signed link of an account for a window; it tells nothing by itself.

A token is 24 bytes as 32 signs, short enough for a text message and a small QR code: account, last day, version, and
an HMAC of them. Nothing is stored for it; a revocation raises the version that the account's links must carry.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import Account, Bill, ReadingLinks, Register, Submission, lock, transaction
from models.reading import BY_LINK
from services import limits, readings, settings, signed
from services.limits import Limit, Visitor
from services.readings import Act
from services.refusal import Refused
from services.settings import SupplierSettings
from services.windows import Window, windows

OPEN, EXPIRED, REVOKED, UNKNOWN = "open", "expired", "revoked", "unknown"
GONE = "Ссылка больше не действует."

# A household needs a few presses; a village behind one address sends on the same evening.
ACTS = Limit("reading-link", 30)
BY_ADDRESS = Limit("reading-link-address", 300)

DELIVERED_WITHIN = timedelta(days=10)  # from the making of a bill to the day it lies on the table

_PURPOSE = "reading-link"
_PACKED = struct.Struct(">IHH")  # account, last day since the epoch, version
_EPOCH = date(2020, 1, 1)


@dataclass(frozen=True)
class Pass:
    """What a token says; `until` is the last day on which it opens anything."""

    account: int
    until: date
    version: int


def sign(what: Pass, key: str) -> str:
    """The same pass is the same token, however often it is made."""
    body = _PACKED.pack(what.account, (what.until - _EPOCH).days & 0xFFFF, what.version & 0xFFFF)
    return signed.sign(body, key, _PURPOSE)


def read(token: str, key: str) -> Pass | None:
    """The pass that was signed under the key; None for whatever is none of ours."""
    body = signed.opened(token, key, _PURPOSE, _PACKED.size)
    if body is None:
        return None
    account, days, version = _PACKED.unpack(body)
    return Pass(account, _EPOCH + timedelta(days=days), version)


def link_for(account: Account, day: date, key: str, base_url: str, terms: SupplierSettings | None = None) -> str:
    """The address that takes the account's readings until the window of the day ends, or the next one to open.

    `terms` are the supplier's settings of the day, where the caller has them already.
    """
    until = window_of(account, day, terms).ends
    return f"{base_url}/r/{sign(Pass(account.id, until, ReadingLinks.version_of(account)), key)}"


def code_of(bill: Bill, day: date, key: str, base_url: str) -> str | None:
    """The second code of a quittance; None where no meter is read by people."""
    registers = Register.of_account(bill.account)
    if not any(register.meter.is_read_by_people(day) for register in registers):
        return None
    return link_on_paper(bill, day, key, base_url)


def link_on_paper(bill: Bill, today: date, key: str, base_url: str) -> str | None:
    """The link that a bill's quittance carries: it lives as long as the window for which the paper is at hand.

    None where that window has passed: a dead code on paper helps nobody.
    """
    used_on = max(bill.issued_on, _next_month(bill.period)) + DELIVERED_WITHIN
    terms = settings.in_force(used_on).of(bill.account.supplier_id)
    if bill.account.closed_on is not None or window_of(bill.account, used_on, terms).ends < today:
        return None
    return link_for(bill.account, used_on, key, base_url, terms)


def window_of(account: Account, day: date, terms: SupplierSettings | None = None) -> Window:
    """The window that is open on the day, else the next; without one set it is the calendar month."""
    terms = terms or settings.in_force(day).of(account.supplier_id)
    near = windows(terms.reading_from_day, terms.reading_to_day, day)
    return near.now or near.next


def look(token: str, key: str, today: date) -> tuple[str, Account | None]:
    """What can be done with a link (open, expired, revoked, unknown), and the account, where there is one."""
    known = read(token, key)
    account = Account.whole(known.account) if known else None
    if known is None or account is None:
        return UNKNOWN, None
    if known.version != ReadingLinks.version_of(account) & 0xFFFF:
        return REVOKED, account
    return (OPEN if today <= known.until else EXPIRED), account


def send(
    token: str, account: Account, act: Act, visitor: Visitor, now: datetime, today: date, *, key: str
) -> Submission:
    """Stores what came by a link that was looked at: the checks are those of a signed-in resident."""
    counted = [(ACTS, visitor.subject("reading-link", str(account.id))), (BY_ADDRESS, visitor.network)]
    limits.spend(counted, now)
    return _send(token, account, act, now, today, key)


@transaction
def _send(token: str, account: Account, act: Act, now: datetime, today: date, key: str) -> Submission:
    lock(account)
    if look(token, key, today)[0] != OPEN:  # revoked while the form was being filled in
        raise Refused(GONE)
    return readings.send(account, None, act, now, today, BY_LINK)


@transaction
def revoke(account: Account) -> None:
    """«Отозвать ссылки»: none of those that were made so far opens anything any more."""
    lock(account)
    ReadingLinks.revoke(account)


def _next_month(period: date) -> date:
    return (period.replace(day=1) + timedelta(days=32)).replace(day=1)
