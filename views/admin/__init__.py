"""The operator console: the residents' habits and services, behind a gate of its own."""

from __future__ import annotations

from flask import Blueprint

from views.access import own_roles

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def only_operators() -> None:
    """For everybody else the console does not exist: 404."""
    own_roles()
