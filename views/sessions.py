"""The cookies that say who it is and that the browser is known: they carry tokens, the rows only hashes."""

from __future__ import annotations

from datetime import datetime

from flask import Request, Response, g, request

import clock
from models import Resident, Session
from services import codes, looks, second_factor
from views import portal
from views.address import visitor

COOKIE = "abonent"
DEVICE = "abonent_device"
DEVICE_LIVES = 365 * 24 * 3600


def load(request: Request) -> Resident | None:
    """The resident of the request, or None; asked once a request by Flask-Login."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    now = clock.now()
    session = Session.alive(codes.token_hash(token), now)
    if session is None or not session.resident.is_active:
        return None
    session.touch(now)
    g.session = session
    resident: Resident = session.resident
    return _seen(session, now) if session.look_id is not None else resident


def _seen(own: Session, now: datetime) -> Resident:
    """Whom the operator's session shows: he is the resident of the request, so no right of the operator's is left.

    Where the look is over the operator is himself again, but acts only after he was told (views/looks.py).
    """
    look = looks.seen(own, now)
    g.looker, g.session = own, look or own
    resident: Resident = g.session.resident
    return resident


def remember(response: Response, token: str, lifetime: int | None) -> None:
    """Gives the browser its token; `lifetime` in seconds, None = until it is closed."""
    _set(response, COOKIE, token, lifetime)


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def trust(response: Response, resident: Resident) -> Response:
    """Marks the browser as one that has shown the resident's second factor."""
    token = codes.new_token()
    second_factor.trust(resident, token, visitor(), clock.now())
    _set(response, DEVICE, token, DEVICE_LIVES)
    return response


def device_token() -> str:
    """The browser's mark, "" where it has none."""
    return request.cookies.get(DEVICE, "")


def _set(response: Response, name: str, token: str, lifetime: int | None) -> None:
    is_secure = portal.settings().is_secure
    response.set_cookie(name, token, max_age=lifetime, httponly=True, secure=is_secure, samesite="Lax", path="/")
