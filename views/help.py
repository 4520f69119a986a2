"""Help that is open before signing in: questions and answers, the manual as a PDF."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template
from flask_login import current_user

from models import Supplier, Text
from views import appeals, calls, portal
from views.access import public
from views.format import local
from views.texts import blocks, sections

bp = Blueprint("help", __name__)

QUESTIONS, MANUAL = "help", "manual"


@bp.get("/help")
@public
def show() -> str:
    text = Text.latest([QUESTIONS]).get(QUESTIONS)
    return render_template(
        "help/show.html",
        questions=sections(str(text.body)) if text else [],
        suppliers=list(Supplier.by_name()),
        can_write=current_user.is_authenticated and bool(appeals.writable()),
        can_ask=current_user.is_authenticated and bool(calls.offering()),
    )


@bp.get("/manual.pdf")
@public
def manual() -> Response:
    """«Инструкция пользователя»: the text that the operator publishes, set as a booklet."""
    from documents.booklet import Booklet, render

    text = Text.latest([MANUAL]).get(MANUAL) or abort(404)
    settings = portal.settings()
    published = local(text.published_at).date()
    pdf = render(
        Booklet(
            str(text.title), settings.name, settings.base_url, int(text.version), published,
            [(kind, lines) for kind, lines in blocks(str(text.body))],
        )
    )  # fmt: skip
    response = Response(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=manual.pdf"
    return response
