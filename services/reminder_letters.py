"""What reminders and the monthly letter say: found when they are sent, None where nothing is left to say."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from documents import quittance as paper
from gateways.mail import Attachment
from models import Bill, Link, Meter, Outbox, Reading, Register, reminding
from models.reading import REJECTED
from services import bills, due, outbox, reading_links, settings

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
    """The meters of the account whose verification ends on the day of the one that was named; None where none is."""
    named: Meter | None = Meter.get_or_none(id=outbox.ids(row)["meter"])
    if named is None or row.resident is None or Link.of_resident(row.resident, named.account) is None:
        return None
    today, until = desk.day_of(now), named.valid_until
    known = {register.meter_id: register.meter for register in Register.of_accounts([named.account_id])}
    ending = [meter for meter in known.values() if not meter.is_removed(today) and meter.valid_until == until]
    if until is None or not ending:
        return None
    return {"meters": ending, "until": until, "is_over": ending[0].is_expired(today), "account": named.account}


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
    link = reading_links.code_of(found, desk.day_of(now), desk.reading_key, desk.base_url)
    data = paper.render(bills.quittance_of(found, readings_url=link))
    return {**facts, "attachments": (Attachment(f"bill-{found.period:%Y-%m}-{_plain(found)}.pdf", data),)}


def payment_due(row: Outbox, desk: Desk, now: datetime) -> dict[str, Any] | None:
    """What of the resident's is still owed by the day; None where it was paid meanwhile or the day has passed."""
    if row.resident is None:
        return None
    today, day = desk.day_of(now), date.fromordinal(outbox.ids(row)["day"])
    links = Link.held_by(row.resident)
    owed = due.owed(links, today, settings.in_force(today))
    owing = [(link, owed[link.account_id][1]) for link in links if owed.get(link.account_id, (None, 0))[0] == day]
    if not owing:
        return None
    return {
        "owing": owing,
        "day": day,
        "total": sum(debt for _, debt in owing),
        "suppliers": sorted({str(link.account.supplier.title) for link, _ in owing}),
        "place": f"/payment/{owing[0][0].account_id}" if len(owing) == 1 else "/payment",
    }


def rejected(row: Outbox, _desk: Desk, _now: datetime) -> dict[str, Any] | None:
    """The reading that was refused and why; None where another was sent meanwhile, or the account was given up."""
    reading: Reading | None = Reading.get_or_none(id=outbox.ids(row)["reading"])
    if reading is None or reading.state != REJECTED or row.resident is None:
        return None
    account = Reading.account_of(reading)
    if Link.of_resident(row.resident, account) is None or Reading.last_of(reading.register_id, 1)[0].id != reading.id:
        return None
    return {
        "account": account,
        "supplier": account.supplier.title,
        "meter": reading.register.meter,
        "taken_on": reading.taken_on,
        "reason": str(reading.reason).rstrip("."),
    }


def _plain(found: Bill) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in str(found.number))
