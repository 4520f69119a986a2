"""«Начисления и платежи»: months in a row, and one month in detail."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, render_template

from models import Account, Bill, Charge, Register
from services import bills, charges, settings, volumes
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
        return render_template("charges/months.html", bills=shown, more=len(shown) < len(papers), **context)
    details = _details(link.account, period)
    return render_template("charges/month.html", period=period, details=details, **context)


def _details(account: Account, period: date) -> list[charges.Detail]:
    of_month = Bill.of_period(account, period)
    lines = Charge.of_bills(of_month)
    all_lines = [line for of_bill in lines.values() for line in of_bill]
    registers = list(Register.of_account(account)) if all_lines else []
    facts = volumes.facts(account, period, all_lines)
    terms = settings.in_force(period).of(account.supplier_id)
    name = account.supplier.name
    return [charges.detail(bill, lines[bill.id], registers, name, facts, terms) for bill in of_month]


def _period(text: str) -> date | None:
    """`2014-10` as its first day; None where none is chosen."""
    if not text:
        return None
    try:
        period = date.fromisoformat(f"{text}-01")
    except ValueError:
        abort(404)
    return period if 1990 <= period.year < 2200 else abort(404)
