"""Help that is open before signing in: questions and answers, the manual as a PDF."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template
from flask_login import current_user

from models import Supplier, Text
from views import appeals, calls
from views.access import public
from views.booklets import booklet
from views.texts import sections

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
    text = Text.latest([MANUAL]).get(MANUAL) or abort(404)
    response = Response(booklet(text), content_type="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=manual.pdf"
    return response
