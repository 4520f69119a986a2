"""Hooks around every request: the database connection, and the gate before closed pages."""

from __future__ import annotations

from flask import Flask, Response, current_app, request, url_for
from flask_login import current_user

from models import db
from views import first_steps, looks, notices, resume
from views.access import is_public, resident
from views.hx import go, is_htmx

FREE = {"first_steps", "admin"}
# What may be read before a notice is confirmed: itself, what it may point at, the way out.
READABLE = {"notices", "texts", "sign_in"}


def install(app: Flask) -> None:
    app.before_request(connect)
    app.before_request(let_in)
    app.teardown_request(disconnect)


def connect() -> None:
    if not current_app.config.get("KEEP_CONNECTION") and request.endpoint != "assets.static":
        db.connect(reuse_if_open=True)


def disconnect(_fault: BaseException | None) -> None:
    """Gives the connection back; a test that wraps everything in its own transaction keeps it."""
    looks.undo()
    if not current_app.config.get("KEEP_CONNECTION") and not db.is_closed():
        db.close()


def let_in() -> Response | None:
    """Nobody passes to a closed page without signing in; what he typed goes through the sign-in with him."""
    if looks.is_asked():
        return looks.gate()
    if request.endpoint is None or is_public(request.endpoint):
        return None
    if current_user.is_authenticated:
        return _first_steps() or _unconfirmed()
    if request.method == "GET":
        if is_htmx():
            return Response(
                status=204, headers={"HX-Redirect": resume.sign_in_url(request.headers.get("HX-Current-URL"))}
            )
        return go(resume.sign_in_url(request.full_path.rstrip("?")))
    return resume.sign_in_page()


def _first_steps() -> Response | None:
    """A newcomer tells first what the preset wants to know; the console and the steps themselves are open."""
    if request.blueprint in FREE:
        return None
    step = first_steps.where_next(resident())
    return go(step) if step else None


def _unconfirmed() -> Response | None:
    """A notice that blocks the work stands before every page; what was typed on an open one is not lost to it."""
    if request.method != "GET" or is_htmx() or request.blueprint in FREE | READABLE or not notices.modals():
        return None
    return go(url_for("notices.modal", next=request.full_path.rstrip("?")))
