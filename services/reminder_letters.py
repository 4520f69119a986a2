"""What reminders and the monthly letter say: found when they are sent, None where nothing is left to say."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from documents import quittance as paper
from gateways.mail import Attachment
from models import Account, Bill, Link, Meter, Outbox, Register, reminding
from models.standing import standings
from services import bills, outbox, reading_links

if TYPE_CHECKING:
    from services.letters import Desk


def readings(row: Outbox, desk: Desk, now: datetime) -> dict[str, Any] | None:
    """The resident's accounts that still owe readings, each with its link; None where all were sent meanwhile."""
    ids, today = outbox.ids(row), desk.day_of(now)
    starts, ends = date.fromordinal(ids["starts"]), date.fromordinal(ids["ends"])
    if row.resident is None or today > ends or not row.resident.remind_readings:
        return None
    links = reminding.unsent_of(row.resident, ids["supplier"], starts, today)
    if not links:
        return None
    owing = [(link, reading_links.link_for(link.account, today, desk.reading_key, desk.base_url)) for link in links]
    return {"owing": owing, "supplier": links[0].account.supplier.title, "ends": ends}


def verification(row: Outbox, desk: Desk, now: datetime) -> dict[str, Any] | None:
    meter: Meter | None = Meter.get_or_none(id=outbox.ids(row)["meter"])
    today = desk.day_of(now)
    if meter is None or meter.valid_until is None or meter.is_removed(today):
        return None
    if row.resident is None or Link.of_resident(row.resident, meter.account) is None:
        return None
    return {"meter": meter, "until": meter.valid_until, "is_over": meter.is_expired(today), "account": meter.account}


def bill(row: Outbox, desk: Desk, now: datetime) -> dict[str, Any] | None:
    """The bill with its quittance; None where it was withdrawn, or the resident holds the account no more."""
    found: Bill | None = None
    if row.resident is not None:
        found = Bill.held_by(row.resident).where(Bill.id == outbox.ids(row)["bill"]).first()
    if found is None or row.resident is None or not row.resident.monthly_bill:
        return None
    facts = {"bill": found, "account": found.account, "supplier": found.account.supplier.title}
    if row.channel != "email":
        return facts
    data = paper.render(bills.quittance_of(found, readings_url=_readings_url(found, desk, now)))
    return {**facts, "attachments": (Attachment(f"bill-{found.period:%Y-%m}-{_plain(found)}.pdf", data),)}


def payment_due(row: Outbox, desk: Desk, now: datetime) -> dict[str, Any] | None:
    """What is still owed; None where it was paid meanwhile or the day has passed."""
    ids, today = outbox.ids(row), desk.day_of(now)
    account: Account | None = Account.get_or_none(id=ids["account"])
    day = date.fromordinal(ids["day"])
    if account is None or row.resident is None or today > day or Link.of_resident(row.resident, account) is None:
        return None
    debt = standings([account.id])[account.id].debt
    return (
        {"account": account, "debt": debt, "day": day, "supplier": account.supplier.title}
        if debt and debt > 0
        else None
    )


def _readings_url(found: Bill, desk: Desk, now: datetime) -> str | None:
    """The second code of the paper; none where no meter is read by people."""
    today = desk.day_of(now)
    registers = Register.of_account(found.account)
    if not any(register.meter.is_read_by_people(today) for register in registers):
        return None
    return reading_links.link_on_paper(found, today, desk.reading_key, desk.base_url)


def _plain(found: Bill) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in str(found.number))
