"""«Начисления и платежи»: months in a row, and one month in detail."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, render_template

from models import Account, Bill, Charge, Register
from services import bills, charges, readings
from views.access import chosen_link, own_links
from views.forms import typed

bp = Blueprint("charges", __name__)


@bp.get("/charges")
def show() -> str:
    links = own_links()
    if not links:
        return render_template("charges/months.html", links=links)
    link = chosen_link(links, typed("account"))
    papers = Bill.papers(link.account)
    context = {"links": links, "link": link, "periods": charges.periods(papers)}
    period = _period(typed("period"))
    if period is None:
        oldest = bills.recent(papers, len(papers) if typed("all") == "1" else charges.MONTHS)
        shown = Bill.since(link.account, oldest) if oldest else []
        waiting = readings.expected(link.account, max((paper.period for paper in papers), default=None))
        more = len(shown) < len(papers)
        return render_template("charges/months.html", bills=shown, more=more, expected=waiting, **context)
    details = _details(link.account, Bill.of_period(link.account, period))
    return render_template("charges/month.html", period=period, details=details, **context)


def _details(account: Account, of_month: list[Bill]) -> list[charges.Detail]:
    lines = Charge.of_bills(of_month)
    registers = list(Register.of_account(account)) if any(lines.values()) else []
    return [charges.detail(bill, lines[bill.id], registers, account.supplier.name) for bill in of_month]


def _period(text: str) -> date | None:
    """`2014-10` as its first day; None where none is chosen."""
    if not text:
        return None
    try:
        period = date.fromisoformat(f"{text}-01")
    except ValueError:
        abort(404)
    return period if 1990 <= period.year < 2200 else abort(404)
