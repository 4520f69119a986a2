"""Page or fragment: what a POST answers to htmx and to a plain browser."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def go(url: str) -> Response:
    """Done: on to the next page."""
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": url})
    return make_response(redirect(url, code=303))


def again(name: str, **context: Any) -> Response:
    """Not accepted: the form once more with what was typed, 422; ``area/_name.html`` for htmx, else the page."""
    area, _, page = name.partition("/")
    template = f"{area}/_{page}.html" if is_htmx() else f"{name}.html"
    return make_response(render_template(template, **context), 422)
