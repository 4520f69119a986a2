"""Help that is open before signing in: questions and answers, the manual as a PDF."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template
from flask_login import current_user

from models import Question, Supplier, Text
from services import questions
from views import appeals, calls, suppliers
from views.access import public
from views.booklets import booklet
from views.forms import typed
from views.ids import after
from views.texts import blocks

bp = Blueprint("help", __name__)

MANUAL = "manual"
LONGEST_PHRASE = 200


@bp.get("/help")
@public
def show() -> str:
    """`q` and `group` narrow the list; a group that is none is all of them."""
    rows, phrase = Question.shown(), typed("q")[:LONGEST_PHRASE]
    groups = [group for group, _ in questions.by_group(rows)]
    chosen = after(typed("group"))
    chosen = chosen if chosen in {group.id for group in groups} else None
    found = questions.found(rows, phrase, chosen)
    alike = [] if found else questions.alike(rows, phrase, chosen)
    return render_template(
        "help/show.html",
        has_any=bool(rows),
        groups=groups,
        found=list(questions.by_group(found or alike)),
        is_alike=bool(alike),
        phrase=phrase,
        chosen=chosen,
        blocks_of=lambda row: list(blocks(str(row.answer))),
        suppliers=suppliers.near() if current_user.is_authenticated else list(Supplier.by_name()),
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
