"""«Добавить лицевой счёт»: the ways of the preset, each a module and a fragment of its own; the first is offered."""

from __future__ import annotations

from flask import Response, abort, make_response, render_template, url_for

from views import portal
from views.accounts import bp
from views.hx import is_htmx
from views.linking import number, organisation, page, password, selects, wizard
from views.linking.way import Sheet, Way

WAYS: dict[str, Way] = {
    "number": number.WAY,
    "wizard": wizard.WAY,
    "page": page.WAY,
    "organisation": organisation.WAY,
    "selects": selects.WAY,
    "password": password.WAY,
}


@bp.get("/accounts/link")
def link() -> str:
    return _page(_first())


@bp.post("/accounts/link")
def add() -> Response:
    return _answer(_first())


@bp.get("/accounts/link/<way>")
def link_by(way: str) -> str:
    return _page(_listed(way))


@bp.post("/accounts/link/<way>")
def add_by(way: str) -> Response:
    return _answer(_listed(way))


def url_of(way: str) -> str:
    """The first way has the short address."""
    return url_for("accounts.link") if way == _first() else url_for("accounts.link_by", way=way)


def _page(way: str) -> str:
    return render_template("linking/show.html", way=way, **_context(way, WAYS[way].show()))


def _answer(way: str) -> Response:
    """Where the way leads once it is gone, or its form again: the fragment for htmx, else the page."""
    answer = WAYS[way].add()
    if isinstance(answer, Response):
        return answer
    template = f"linking/_{way}.html" if is_htmx() else "linking/show.html"
    return make_response(render_template(template, way=way, **_context(way, answer)), answer.status)


def _context(way: str, sheet: Sheet) -> dict[str, object]:
    others = [(url_of(name), WAYS[name].name) for name in portal.preset().linking if name != way]
    return {"url": url_of(way), "title": WAYS[way].title, "others": others, **sheet.values}


def _first() -> str:
    return next(iter(portal.preset().linking), None) or abort(404)


def _listed(way: str) -> str:
    return way if way in portal.preset().linking else abort(404)
