"""«Начисления и платежи»: months in a row, and one month in detail."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, render_template

import clock
from models import Bill, Link
from services import charges, readings
from services.chains import chains
from views import months
from views.access import chosen_link, own_links
from views.forms import typed

bp = Blueprint("charges", __name__)


@bp.get("/charges")
def show() -> str:
    links = own_links()
    if not links:
        return render_template("charges/months.html", links=links)
    link = chosen_link(links, typed("account"))
    periods = charges.periods(Bill.papers(link.account))
    return _month(links, link, periods) if typed("period") else _months(links, link, periods)


def _months(links: list[Link], link: Link, periods: list[date]) -> str:
    """The movement of money by months, a table for each chain of bills."""
    span = months.asked(typed("from"), typed("to"), periods, charges.MONTHS) if periods else None
    found = Bill.between(link.account, span.since, span.until) if span and not span.mistakes else []
    waiting = readings.expected(link.account, periods[0] if periods else None)
    return render_template(
        "charges/months.html",
        links=links,
        link=link,
        periods=periods,
        span=span,
        chains=chains(reversed(found)),
        expected=waiting,
    )


def _month(links: list[Link], link: Link, periods: list[date]) -> str:
    period = months.read(typed("period")) or abort(404)
    is_last = periods[:1] == [period]
    details = charges.of_month(link.account, period, clock.today() if is_last else None)
    return render_template(
        "charges/month.html", links=links, link=link, periods=periods, period=period, details=details
    )
