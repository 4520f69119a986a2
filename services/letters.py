"""What a letter says: its row names a kind and ids, the words and the one-time codes are made when it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from models import Account, Code, Order, OrderLine, Outbox, transaction
from models.resident import WAITING
from services import codes, contacts, outbox

ACTIVATION, RECOVERY_REQUEST, RECOVERY_CODE, RECOVERY = "activation", "recovery-request", "recovery-code", "recovery"
ACTIVATION_LIVES = timedelta(hours=48)
RECOVERY_LIVES = timedelta(minutes=30)


class Render(Protocol):
    """Fills a template of `templates/mail/`: the first line is the subject, the rest the body."""

    def __call__(self, template: str, /, **context: Any) -> str: ...


@dataclass(frozen=True)
class Desk:
    """What letters are written with: templates, the portal's address and name, the key of codes, chance."""

    render: Render
    base_url: str
    name: str
    key: str
    rng: Random


@dataclass(frozen=True)
class Letter:
    """Ready to be sent."""

    to: str
    subject: str
    body: str


Facts = dict[str, Any]


@transaction
def compose(row: Outbox, desk: Desk, now: datetime) -> Letter | None:
    """The letter of a row, its codes stored; None where what it was about is over."""
    facts = KINDS[row.kind](row, desk, now)
    if facts is None:
        return None
    text = desk.render(f"{row.kind}.txt", portal=desk.name, base_url=desk.base_url, now=now, **facts)
    subject, _, body = text.partition("\n")
    return Letter(to=contacts.postal(row.destination), subject=" ".join(subject.split()), body=body.strip() + "\n")


def _activation(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    if row.resident is None or row.resident.state != WAITING:
        return None
    token = codes.new_link(row.resident, ACTIVATION, now, ACTIVATION_LIVES, desk.rng)
    return {"link": f"{desk.base_url}/registration/activate/{token}", "hours": ACTIVATION_LIVES // timedelta(hours=1)}


def _recovery(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    """A code for the page that asked, and a link for whoever reads the letter elsewhere; whichever comes first."""
    request: Code = Code.get_by_id(outbox.ids(row)["request"])
    if request.resident is None or not request.is_alive(now):
        return None
    digits = codes.new_digits(desk.rng)
    codes.keep(RECOVERY_CODE, request.resident, codes.digits_hash(desk.key, request, digits), now, RECOVERY_LIVES)
    token = codes.new_link(request.resident, RECOVERY, now, RECOVERY_LIVES, desk.rng)
    return {
        "code": digits,
        "link": f"{desk.base_url}/recovery/{token}",
        "minutes": RECOVERY_LIVES // timedelta(minutes=1),
    }


def _nothing(_row: Outbox, _desk: Desk, _now: datetime) -> Facts:
    return {}


def _account(row: Outbox, _desk: Desk, _now: datetime) -> Facts | None:
    account: Account | None = Account.get_or_none(id=outbox.ids(row)["account"])
    return {"number": account.number, "supplier": account.supplier.title} if account else None


def _order(row: Outbox, _desk: Desk, _now: datetime) -> Facts:
    order: Order = Order.get_by_id(outbox.ids(row)["order"])
    numbers = sorted({str(line.account.number) for line in OrderLine.of_orders([order])[order.id]})
    return {"order": order, "supplier": order.supplier.title, "numbers": numbers}


KINDS: dict[str, Callable[[Outbox, Desk, datetime], Facts | None]] = {
    "activation": _activation,
    "known-email": _nothing,
    "recovery": _recovery,
    "password-changed": _nothing,
    "account-linked": _account,  # to the resident who linked it
    "account-shared": _account,  # to those who held it before
    "payment-received": _order,
}
