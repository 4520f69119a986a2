"""Files for a person's own disk: never shown in the browser, never kept on the way."""

from __future__ import annotations

from flask import Response


def as_file(content: bytes, name: str, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response
