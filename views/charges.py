"""«Начисления и платежи»: months in a row, and one month in detail."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, render_template

from models import Account, Bill, Charge, Register
from services import charges
from views.access import chosen_link, own_links
from views.forms import typed

bp = Blueprint("charges", __name__)


@bp.get("/charges")
def show() -> str:
    links = own_links()
    if not links:
        return render_template("charges/months.html", links=links)
    link = chosen_link(links, typed("account"))
    bills = list(Bill.of_account(link.account))
    context = {"links": links, "link": link, "bills": bills, "periods": charges.periods(bills)}
    period = _period(typed("period"))
    if period is None:
        return render_template("charges/months.html", **context)
    of_month = [bill for bill in bills if bill.period == period]
    details = _details(link.account, of_month)
    return render_template("charges/month.html", period=period, details=details, **context)


def _details(account: Account, bills: list[Bill]) -> list[charges.Detail]:
    lines = Charge.of_bills(bills)
    registers = list(Register.of_account(account)) if any(lines.values()) else []
    return [charges.detail(bill, lines[bill.id], registers, account.supplier.name) for bill in bills]


def _period(text: str) -> date | None:
    """`2014-10` as its first day; None where none is chosen."""
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        abort(404)
