"""The operator console: the residents' habits and services, behind a gate of its own."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for

from models import Operator
from services import second_factor
from views import hx, portal
from views.access import administers_all, is_for_administrators, own_roles, resident
from views.admin import menu

bp = Blueprint("admin", __name__, url_prefix="/admin")

FACTOR = {"admin.factor", "admin.connect_totp", "admin.connect_codes", "admin.factor_picture"}


@bp.before_request
def only_operators() -> None:
    """For everybody else the console does not exist: 404."""
    own_roles()


@bp.before_request
def only_by_two_steps() -> Response | None:
    """A password alone opens no residents' data: who has no second step sets it up first. The demo is free of it."""
    settings = portal.settings()
    if settings.demo or request.endpoint in FACTOR or second_factor.stands(resident(), settings.has_sms):
        return None
    return hx.go(url_for("admin.factor"))


@bp.before_request
def only_administrators() -> Response | None:
    """An operator knows that the page is there: he is told who opens it."""
    if not is_for_administrators(request.endpoint) or administers_all():
        return None
    return make_response(
        render_template("admin/for_administrators.html", people=Operator.administrators_emails()), 403
    )


@bp.context_processor
def frame() -> dict[str, object]:
    """What every page of the console knows: its menu."""
    return {"console_menu": menu.shown}
