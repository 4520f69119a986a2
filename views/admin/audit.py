"""The console's log: who did what, found by person, action, row and period, and the same as a file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Response, render_template, request, url_for

import clock
from models import Audit, Operator, Resident
from models.audit import Sought
from services import audit_words, contacts
from views import days
from views.access import for_administrators
from views.admin import bp
from views.days import Days
from views.forms import typed
from views.ids import behind
from views.spreadsheets import sheet

PAGE = 50
ASKED = ("who", "action", "object", "number", "from", "to")
LONGEST = 200
# Where a row of the log is looked at: endpoint and the name of its argument.
PLACES = {
    "appeal": ("admin.appeal", "appeal_id"),
    "application": ("admin.application", "application_id"),
    "order": ("admin.order", "order_id"),
    "registry": ("admin.registry", "registry_id"),
    "resident": ("admin.resident", "resident_id"),
    "link_request": ("admin.link_request", "request_id"),
}


@bp.get("/audit")
@for_administrators
def audit_log() -> str:
    period = days.asked()
    rows = Audit.found(_sought(period), PAGE + 1, behind())
    return render_template(
        "admin/audit.html",
        rows=rows[:PAGE],
        words=audit_words,
        place_of=place_of,
        asked=_asked(),
        mistakes=period.mistakes,
        people=Operator.emails(),
        after=rows[PAGE - 1].id if len(rows) > PAGE else "",
        is_first=not behind(),
    )


@bp.get("/audit.csv")
@for_administrators
def audit_file() -> Response:
    """What the page finds, all of it; a period that cannot be read limits nothing, as on the page."""
    rows = audit_words.table(Audit.all_found(_sought(days.asked())), clock.zone())
    return sheet("csv", "audit", "Журнал", audit_words.HEADINGS, rows, f"Журнал на {clock.today():%d.%m.%Y}")


def place_of(row: Audit) -> str:
    """The address of the row that was changed, "" where it has no page."""
    endpoint, argument = PLACES.get(str(row.object), ("", ""))
    return url_for(endpoint, **{argument: int(row.object_id)}) if endpoint else ""


def _asked() -> dict[str, str]:
    """What was asked for and is not empty, as an address carries it."""
    return {name: text for name in ASKED if (text := typed(name)[:LONGEST]) and name in request.args}


def _sought(period: Days) -> Sought:
    return Sought(
        who=_person(typed("who")[:LONGEST]),
        action=typed("action")[:LONGEST],
        object=typed("object")[:LONGEST],
        object_id=typed("number")[:LONGEST],
        since=_midnight(period.since),
        until=_midnight(period.until + timedelta(days=1)) if period.until else None,
    )


def _person(text: str) -> Resident | str:
    """A login of today, whatever it was called then; else the name as the log wrote it."""
    return Resident.by_login("email", contacts.email_key(text)) or text if text else ""


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), clock.zone()) if day else None
