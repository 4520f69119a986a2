"""Headers of every answer: nothing from elsewhere, nothing inline, nothing cached that is personal."""

from __future__ import annotations

from flask import Flask, Response, current_app, request
from flask_login import current_user

from views import portal


def install(app: Flask) -> None:
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """CSP without `unsafe-*`; forms may lead to the gateways, since Chromium checks the redirect after a POST too."""
    settings = portal.settings()
    gateways = " ".join(current_app.extensions.get("gateway_origins", ()))
    headers = response.headers
    headers["Content-Security-Policy"] = (
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {gateways}".strip()
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if "token" in (request.view_args or {}):
        headers["X-Robots-Tag"] = "noindex, nofollow"
    if settings.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store" if _is_personal() else "no-cache"
    return response


def _is_personal() -> bool:
    """Pages behind a token are somebody's before he has signed in: his phone, his accounts, where his code went."""
    if request.method != "GET" or "token" in (request.view_args or {}):
        return True
    return bool(current_user and current_user.is_authenticated)
