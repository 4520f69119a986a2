"""«Уведомления»: the list, the bell, reading and confirming."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, url_for

import clock
from models import NoticeReceipt
from services import notices
from views import hx, resume
from views.access import own_notice, resident
from views.forms import typed

bp = Blueprint("notices", __name__)


@bp.get("/notices")
def index() -> str:
    rows = NoticeReceipt.page(resident(), notices.PAGE + 1, notices.place(typed("after")))
    shown = rows[: notices.PAGE]
    after = notices.cursor(shown[-1]) if len(rows) > notices.PAGE else ""
    return render_template(
        "notices/index.html",
        fresh=[row for row in shown if not row.is_read],
        read=[row for row in shown if row.is_read],
        after=after,
        is_first=not typed("after"),
        link_of=notices.link_of,
    )


@bp.get("/notices/bell")
def bell() -> str:
    return render_template("notices/_bell.html", count=NoticeReceipt.unread(resident()))


@bp.post("/notices/<int:notice_id>/read")
def read(notice_id: int) -> Response:
    receipt = own_notice(notice_id)
    notices.read(receipt, clock.now())
    return _letter(notice_id)


@bp.post("/notices/<int:notice_id>/confirm")
def confirm(notice_id: int) -> Response:
    notices.confirm(own_notice(notice_id), clock.now())
    return _letter(notice_id)


@bp.post("/notices/<int:notice_id>/follow")
def follow(notice_id: int) -> Response:
    """Confirms by following the link; a form may not leave the portal (CSP), so an outer link waits in the list."""
    receipt = own_notice(notice_id)
    notices.confirm(receipt, clock.now())
    link = resume.inside(notices.link_of(receipt.notice))
    return hx.go(link or url_for(".index", _anchor=f"letter-{notice_id}"))


def _letter(notice_id: int) -> Response:
    """The notice as it is now, with the bell; to a plain browser the list again."""
    if not hx.is_htmx():
        return hx.go(url_for(".index", _anchor=f"letter-{notice_id}"))
    return make_response(
        render_template(
            "notices/_changed.html",
            receipt=own_notice(notice_id),
            count=NoticeReceipt.unread(resident()),
            link_of=notices.link_of,
        )
    )
