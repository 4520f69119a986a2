"""The cookie that says who it is: it carries a token, the row of `session` its hash."""

from __future__ import annotations

from hashlib import sha256

from flask import Request, Response, g, request

import clock
from models import Resident, Session
from views import portal

COOKIE = "abonent"
DEVICE = "abonent_device"
DEVICE_LIVES = 365 * 24 * 3600


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def load(request: Request) -> Resident | None:
    """The resident of the request, or None; asked once a request by Flask-Login."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    now = clock.now()
    session = Session.alive(token_hash(token), now)
    if session is None or not session.resident.is_active:
        return None
    session.touch(now)
    g.session = session
    resident: Resident = session.resident
    return resident


def remember(response: Response, token: str, lifetime: int | None) -> None:
    """Gives the browser its token; `lifetime` in seconds, None = until it is closed."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=lifetime,
        httponly=True,
        secure=portal.settings().is_secure,
        samesite="Lax",
        path="/",
    )


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def remember_device(response: Response, token: str) -> None:
    """Marks the browser as one that has shown the second factor."""
    response.set_cookie(
        DEVICE,
        token,
        max_age=DEVICE_LIVES,
        httponly=True,
        secure=portal.settings().is_secure,
        samesite="Lax",
        path="/",
    )


def device_token() -> str:
    """The browser's mark, "" where it has none."""
    return request.cookies.get(DEVICE, "")
