"""What was typed into a form survives a session or a page that has grown old.

A POST that comes too late is not lost and not carried out either: its fields travel, signed, through the sign-in
page and come back as a form with one button. Passwords, captchas, passports and files do not travel.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import SplitResult, urlsplit

from flask import Response, current_app, make_response, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import RequestEntityTooLarge

from views.hx import is_htmx
from views.turns import paused

KEPT_FOR = 3600 * 12
LARGEST = 200_000
NEVER = {
    "csrf_token", "password", "password_again", "old_password", "captcha", "captcha_id", "code", "totp", "passed",
    "birth_date", "passport_series", "passport_number", "passport_issuer", "passport_date", "passport_code",
}  # fmt: skip


def split(url: str) -> SplitResult:
    """The parts of an address; none of what cannot be one (``http://[``)."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def inside(url: str | None) -> str:
    """`url` if it leads into the portal itself, else "" (an open redirect is a gift to phishers)."""
    if not url:
        return ""
    parts, own = split(url), urlsplit(request.host_url)
    if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if not path.startswith("/") or path.startswith("//") or "\\" in path or any(ord(sign) < 32 for sign in path):
        return ""
    return path


def sign_in_url(wanted: str | None) -> str:
    """The sign-in page that leads back to the wanted one."""
    target = inside(wanted)
    return url_for("sign_in.show", next=target) if target not in ("", "/") else url_for("sign_in.show")


def sign_in_page() -> Response:
    """The answer to a POST without a session: 401, go and sign in, the fields come along."""
    return _whole(render_template("errors/signed_out.html", kept=keep(), next=inside(request.referrer)), 401)


def stale_page() -> Response:
    """The answer to a POST with an old form token: the same fields under a fresh token, one button."""
    return _whole(render_template("errors/stale.html", **fields(keep())), 400)


def large_page() -> Response | None:
    """The answer to files that are too large: the words beside them, one button; None where there is nothing to keep.

    The body has come whole, only its size was refused: it is read once more, and the files are let go.
    """
    request.max_content_length = (request.content_length or 0) + 1  # at the very limit a stream counts as too long
    try:
        with paused():
            kept = keep()
    except RequestEntityTooLarge:
        return None  # the words themselves are too many
    found = fields(kept)
    return _whole(render_template("errors/large.html", **found), 413) if found["values"] else None


def _whole(page: str, status: int) -> Response:
    """A page in place of the page, whoever asked: of all refusals htmx swaps in a 422 alone, and where it is told."""
    if not is_htmx():
        return make_response(page, status)
    response = make_response(page, 422)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response


def keep() -> str:
    """The request's fields, packed and signed; "" where the request came from another site or is too large."""
    values = [(name, value) for name, value in request.form.items(multi=True) if name not in NEVER]
    if not _is_our_own() or sum(len(name) + len(value) for name, value in values) > LARGEST:
        return ""
    packed = zlib.compress(json.dumps([request.path, values], ensure_ascii=False).encode("utf-8", "replace"))
    return str(_signer().dumps(urlsafe_b64encode(packed).decode()))


def fields(kept: str) -> dict[str, object]:
    """``{"action": path, "values": [(name, value)…]}`` of a kept form; both empty if it is none of ours."""
    try:
        packed = _signer().loads(kept, max_age=KEPT_FOR)
        action, values = json.loads(zlib.decompress(urlsafe_b64decode(packed)))
    except (BadData, ValueError, zlib.error):
        return {"action": "", "values": []}
    return {"action": action, "values": values}


def _is_our_own() -> bool:
    """A form of another site must not be offered for sending under the resident's name."""
    origin = request.headers.get("Origin") or request.referrer or ""
    return split(origin).netloc == request.host


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="kept-form")
