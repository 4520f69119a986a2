"""«Выписка»: an account's bills and payments for a range of days, on the page and as PDF, XLSX and CSV."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, url_for

import clock
from models import Link
from services import statement
from services.statement import Statement
from views import days, downloads, hx, spreadsheets
from views.access import chosen_link, own_links, resident
from views.days import Days
from views.forms import typed

bp = Blueprint("statement", __name__)


@bp.get("/statement")
def show() -> str:
    links = own_links()
    if not links:
        return render_template("statement/show.html", links=links)
    asked = days.asked()
    found = _of(chosen_link(links, typed("account")), asked)
    return render_template(
        "statement/show.html",
        links=links,
        statement=found,
        mistakes=asked.mistakes,
        files={kind: _address(kind, found) for kind in ("pdf", "xlsx", "csv")},
        about=statement.about,
    )


@bp.get("/statement.pdf")
def pdf() -> Response:
    return _file(_paper)


@bp.get("/statement.csv")
def csv() -> Response:
    return _file(lambda found: _sheet("csv", found))


@bp.get("/statement.xlsx")
def xlsx() -> Response:
    return _file(lambda found: _sheet("xlsx", found))


def _file(made: Callable[[Statement], Response]) -> Response:
    """Days that make no sense, and that there is no account yet, are said on the page."""
    links, asked = own_links(), days.asked()
    if asked.mistakes or not links:
        kept = {name: typed(name) for name in ("account", "from", "to") if typed(name)}
        return hx.go(url_for(".show", **kept))
    return made(_of(chosen_link(links, typed("account")), asked))


def _of(link: Link, asked: Days) -> Statement:
    since, until = statement.days(link.account, asked.since, asked.until, clock.today())
    return statement.of(link.account, since, until, resident(), clock.zone())


def _paper(found: Statement) -> Response:
    response = Response(statement.pdf(found, clock.today()), content_type="application/pdf")
    response.headers["Content-Disposition"] = downloads.named(f"{_plain(found)}.pdf", f"{_name(found)}.pdf", "inline")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _sheet(kind: str, found: Statement) -> Response:
    rows = statement.table(found)
    return spreadsheets.sheet(kind, _plain(found), "Выписка", statement.HEADINGS, rows, _name(found))


def _address(kind: str, found: Statement) -> str:
    return url_for(f".{kind}", **{"account": found.account.id, "from": found.since, "to": found.until})


def _plain(found: Statement) -> str:
    return f"statement-{found.account.number}-{found.since}-{found.until}"


def _name(found: Statement) -> str:
    return f"Выписка № {found.account.number} {found.since:%d.%m.%Y}-{found.until:%d.%m.%Y}"
