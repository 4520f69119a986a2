"""Small pages of the frame: contacts, the version for weak eyes, liveness."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_login import current_user

from models import Link, Supplier, Text, db
from views import appeals, calls, portal, resume
from views.access import public
from views.texts import filled, sections

bp = Blueprint("pages", __name__)

YEAR = 365 * 24 * 3600
VIEWS = {"": "Обычный вид", "large": "Крупно, чёрным по белому", "inverse": "Крупно, белым по чёрному"}


REQUISITES = "requisites"


@bp.get("/contacts")
@public
def contacts() -> str:
    is_known = current_user.is_authenticated
    return render_template(
        "pages/contacts.html",
        suppliers=_suppliers(),
        takers=appeals.writable() if is_known else [],
        offering=calls.offering() if is_known else [],
    )


@bp.get("/requisites")
@public
def requisites() -> str:
    """Where to pay: the bank details as the billing gave them, under the operator's words about them."""
    text = Text.latest([REQUISITES]).get(REQUISITES)
    about = sections(filled(text)) if text else []
    return render_template("pages/requisites.html", suppliers=_suppliers(), about=about)


def _suppliers() -> list[Supplier]:
    """The resident's own; for one who has none yet, or has not signed in, all of them."""
    own = list(Link.suppliers_of(current_user)) if current_user.is_authenticated else []
    return own or list(Supplier.by_name())


@bp.get("/view")
@public
def view() -> str:
    back = resume.inside(request.referrer) or "/"
    return render_template("pages/view.html", views=VIEWS, chosen=request.cookies.get("view", ""), back=back)


@bp.post("/view")
@public
def choose_view() -> Response:
    response = make_response(redirect(resume.inside(request.form.get("back")) or "/", 303))
    chosen, is_secure = request.form.get("view", ""), portal.settings().is_secure
    response.set_cookie(
        "view", chosen if chosen in VIEWS else "", max_age=YEAR, samesite="Lax", httponly=True, secure=is_secure
    )
    return response


@bp.get("/healthz")
@public
def health() -> Response:
    """Liveness and the database, for a supervisor: 200 or an error."""
    db.execute_sql("SELECT 1")
    return Response("ok\n", content_type="text/plain")
