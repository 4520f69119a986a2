"""«История»: payments, readings and bills of all accounts, filtered, a page at a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, render_template, url_for

import clock
from models import Link
from models.history import Span
from services import history
from views import portal
from views.access import chosen_link, own_links, resident
from views.forms import typed, word

bp = Blueprint("history", __name__)

KINDS = {
    history.PAYMENTS: "history.payments",
    history.READINGS: "history.readings",
    history.BILLS: "history.bills",
}
TITLES = {
    history.PAYMENTS: "history.payments_title",
    history.READINGS: "history.readings_title",
    history.BILLS: "history.bills_title",
}
SORTS = {"-date": "новые", "date": "старые", "-sum": "большие суммы", "sum": "меньшие суммы"}
FILTERS = ("kind", "supplier", "account", "from", "to", "sort")


@bp.get("/history")
def show() -> str:
    links = own_links()
    kind = typed("kind") or history.PAYMENTS
    if kind not in KINDS:
        abort(404)
    sort = typed("sort") if typed("sort") in history.SORTS[kind] else "-date"
    since, until, mistakes = days()
    chosen = _account(links)
    span = Span(tuple(link.account.id for link in _chosen(links, chosen)), since, until)
    return render_template(
        "history/show.html",
        links=links,
        by_account={link.account.id: link for link in links},
        chosen=chosen,
        suppliers=_suppliers(links),
        kind=kind,
        kinds={one: str(word(key)) for one, key in KINDS.items()},
        titles={one: str(word(key)) for one, key in TITLES.items()},
        sort=sort,
        sorts=[(one, SORTS[one]) for one in history.SORTS[kind]],
        mistakes=mistakes,
        page=_page(kind, span, sort),
        address=address,
        is_first=not typed("after"),
    )


def address(**changes: Any) -> str:
    """This list with other conditions; what is not named stays as it is, the page begins anew."""
    now = {name: typed(name) for name in FILTERS}
    kept = {name: value for name, value in {**now, **changes}.items() if value}
    return url_for("history.show", **kept)


def _page(kind: str, span: Span, sort: str) -> history.Page:
    after = typed("after")
    if kind == history.READINGS:
        return history.readings(span, sort, after)
    if kind == history.BILLS:
        return history.bills(span, sort, after)
    return history.payments(span, resident(), sort, after, clock.zone())


def _account(links: list[Link]) -> str:
    """Which account is asked for: "" is all, or the current one where one is shown at a time."""
    is_all = not portal.preset().shows_current or not links
    return typed("account") if is_all else str(chosen_link(links, typed("account")).account_id)


def _chosen(links: list[Link], account: str) -> list[Link]:
    """The links of the chosen supplier and account; those of others do not exist."""
    supplier = typed("supplier")
    if account and account not in {str(link.account.id) for link in links}:
        abort(404)
    if supplier and supplier not in {str(link.account.supplier.id) for link in links}:
        abort(404)
    return [
        link
        for link in links
        if account in ("", str(link.account.id)) and supplier in ("", str(link.account.supplier.id))
    ]


def _suppliers(links: list[Link]) -> list[tuple[int, str]]:
    return sorted({(link.account.supplier.id, link.account.supplier.title) for link in links}, key=lambda one: one[1])


def days() -> tuple[date | None, date | None, dict[str, str]]:
    """(from, to, what is wrong with them): a day that cannot be read limits nothing and says so."""
    days: list[date | None] = []
    mistakes = {}
    for name in ("from", "to"):
        day = _day(typed(name))
        days.append(day)
        if typed(name) and day is None:
            mistakes[name] = "Введите дату, например 31.12.2026"
    since, until = days
    if since and until and since > until:
        mistakes["to"] = f"Эта дата раньше, чем «{word('history.from')}»"
    return since, until, mistakes


def _day(text: str) -> date | None:
    """A day as a date field sends it, or as people type it where the browser has no date field."""
    for shape in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None
