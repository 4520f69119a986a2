"""«Уведомления»: the list, the bell, those before and above the pages, reading and confirming."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

import clock
from models import NoticeReceipt
from models.notice import MODAL, TOP
from services import notices
from views import hx, resume
from views.access import own_notice, resident
from views.forms import typed

bp = Blueprint("notices", __name__)


def standing(kind: str) -> list[NoticeReceipt]:
    """The resident's notices that stand before (modal) or above (top) the pages: asked only where there are any."""
    if "standing" not in g:
        has_some = getattr(g.get("session"), "standing", 0)
        g.standing = NoticeReceipt.standing(resident(), clock.now()) if has_some else []
    return [receipt for receipt in g.standing if receipt.notice.kind == kind]


def modals() -> list[NoticeReceipt]:
    return standing(MODAL)


def tops() -> list[NoticeReceipt]:
    return standing(TOP)


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
        open_id=typed("open"),
        link_of=notices.link_of,
    )


@bp.get("/notices/bell")
def bell() -> str:
    return render_template("notices/_bell.html", count=NoticeReceipt.unread(resident()))


@bp.get("/notices/confirm")
def modal() -> str | Response:
    """One notice at a time until all are confirmed, then the page that was wanted; `n` counts from one."""
    waiting, wanted = modals(), resume.inside(typed("next"))
    if not waiting:
        return hx.go(wanted or "/")
    asked = typed("n")
    place = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 1
    place = min(max(place, 1), len(waiting))
    return render_template(
        "notices/modal.html",
        receipt=waiting[place - 1],
        place=place,
        count=len(waiting),
        wanted=wanted,
        link_of=notices.link_of,
    )


@bp.post("/notices/<int:notice_id>/close")
def close(notice_id: int) -> Response:
    """× of a notice above the pages."""
    notices.close(own_notice(notice_id), clock.now())
    if hx.is_htmx():
        return make_response(render_template("notices/_closed.html", count=NoticeReceipt.unread(resident())))
    return hx.go(resume.inside(request.referrer) or url_for(".index"))


@bp.post("/notices/<int:notice_id>/read")
def read(notice_id: int) -> Response:
    receipt = own_notice(notice_id)
    notices.read(receipt, clock.now())
    return _letter(notice_id)


@bp.post("/notices/<int:notice_id>/confirm")
def confirm(notice_id: int) -> Response:
    notices.confirm(own_notice(notice_id), clock.now())
    if "next" in request.form:  # from the page that stands before the others
        return hx.go(url_for(".modal", next=resume.inside(typed("next"))))
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
