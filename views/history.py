"""«История»: payments, readings and bills of all accounts, filtered, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, render_template, url_for

import clock
from models import Link
from models.history import Span, counted
from services import history, history_table, usage
from views import days, figures, hx, portal, spreadsheets
from views.access import chosen_link, own_links, resident
from views.days import Days
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
SORTS = {
    "-date": "новые", "date": "старые", "-sum": "большие суммы", "sum": "меньшие суммы",
    "-charged": "большие начисления", "charged": "меньшие начисления", "-value": "большие показания",
    "value": "меньшие показания", "meter": "по номеру счётчика", "-meter": "по номеру счётчика, с конца",
}  # fmt: skip
FILTERS = ("kind", "supplier", "account", "from", "to", "sort")
NO_CHARTS = {"paid": None, "used": [], "is_of_many": False}  # further pages of the list
BATCH = 1_000  # rows of a file that are read at once


@dataclass(frozen=True)
class Asked:
    """What the address asks for, of the resident's own."""

    links: list[Link]
    kind: str
    sort: str
    chosen: str
    days: Days
    span: Span

    def page(self, after: str, size: int = history.PAGE) -> history.Page:
        if self.kind == history.READINGS:
            return history.readings(self.span, self.sort, after, size)
        if self.kind == history.BILLS:
            return history.bills(self.span, self.sort, after, size)
        return history.payments(self.span, resident(), self.sort, after, clock.zone(), size)

    @property
    def by_account(self) -> dict[int, Link]:
        return {link.account.id: link for link in self.links}


@bp.get("/history")
def show() -> str:
    asked = _asked()
    page = asked.page(typed("after"))
    is_first = not typed("after")
    return render_template(
        "history/show.html",
        links=asked.links,
        by_account=asked.by_account,
        chosen=asked.chosen,
        suppliers=_suppliers(asked.links),
        kind=asked.kind,
        kinds={one: str(word(key)) for one, key in KINDS.items()},
        titles={one: str(word(key)) for one, key in TITLES.items()},
        sort=asked.sort,
        sorts=[(one, SORTS[one]) for one in history.SORTS[asked.kind]],
        mistakes=asked.days.mistakes,
        page=page,
        address=address,
        is_first=is_first,
        **(_charts(asked, page) if is_first else NO_CHARTS),
    )


@bp.get("/history.csv")
def csv() -> Response:
    return _file("csv")


@bp.get("/history.xlsx")
def xlsx() -> Response:
    return _file("xlsx")


def _charts(asked: Asked, page: history.Page) -> dict[str, Any]:
    """«График оплат» of the payments shown; what the meters counted, of one account."""
    paid, used = None, []
    if asked.kind == history.PAYMENTS:
        paid = figures.paid(history.paid_by_month(asked.span, page), str(word("history.chart")))
    elif asked.kind == history.READINGS and page.newest and len(asked.span.accounts) == 1:
        last = page.newest.replace(day=1)
        told = counted(replace(asked.span, since=usage.since(last)))
        used = figures.used(usage.by_scale(told, last))
    is_of_many = asked.kind == history.READINGS and bool(page.count) and len(asked.span.accounts) > 1
    return {"paid": paid, "used": used, "is_of_many": is_of_many}


def address(to: str = "show", **changes: Any) -> str:
    """This list with other conditions; what is not named stays as it is, the page begins anew."""
    now = {name: typed(name) for name in FILTERS}
    kept = {name: value for name, value in {**now, **changes}.items() if value}
    return url_for(f"history.{to}", **kept)


def _file(form: str) -> Response:
    """All that the filter shows, on all pages; days that make no sense are said on the page, not in a file."""
    asked = _asked()
    if asked.days.mistakes:
        return hx.go(address())
    rows = history.every(partial(asked.page, size=BATCH))
    table = history_table.table(asked.kind, rows, asked.by_account)
    return spreadsheets.sheet(form, asked.kind, table.title, table.headings, table.rows)


def _asked() -> Asked:
    links = own_links()
    kind = typed("kind") or history.PAYMENTS
    if kind not in KINDS:
        abort(404)
    sort = typed("sort") if typed("sort") in history.SORTS[kind] else "-date"
    range_, chosen = days.asked(), _account(links)
    span = Span(tuple(link.account.id for link in _chosen(links, chosen)), range_.since, range_.until)
    return Asked(links, kind, sort, chosen, range_, span)


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
