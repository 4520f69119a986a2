"""Files for a person's own disk: never shown in the browser, never kept on the way."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response


def as_file(content: bytes, name: str, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = named(name, name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def named(plain: str, spoken: str, how: str = "attachment") -> str:
    """A file name that says what it is: Russian for browsers that can, plain ASCII for the rest (RFC 6266)."""
    simple = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in plain)
    safe = spoken.replace("/", "-").replace("\\", "-").replace("\N{NO-BREAK SPACE}", " ")
    return f"{how}; filename=\"{simple}\"; filename*=UTF-8''{quote(safe, safe='')}"
