"""«Главная»: an account's card, the month's charges, consumption by month, the other accounts."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template

import clock
from documents import charts
from models import Charge, Link, Service
from models.history import paid_beside
from models.standing import Standing, standings
from services import consumption, settings
from services.consumption import Month
from services.reading_cards import REMOVED, Card, cards
from views import accounts, hx, menu
from views.access import chosen_link, is_operator, own_links
from views.format import MONTHS_SHORT
from views.forms import typed

bp = Blueprint("home", __name__)


@dataclass(frozen=True)
class Chart:
    """A service by months: the drawing, and the same numbers for the table, newest first."""

    service: Service
    unit: str
    svg: str
    months: list[Month]


@bp.get("/")
def show() -> str | Response:
    links = own_links()
    if not links:
        return hx.go("/admin/") if is_operator() else accounts.empty()
    if not typed("account") and menu.first_page() != "home":
        return hx.go(menu.page_url(menu.first_page()))
    link, today = chosen_link(links, typed("account")), clock.today()
    found = standings(link.account_id for link in links)
    meters = cards([link.account for link in links], today, settings.in_force(today), back=0)
    return render_template(
        "home/show.html",
        link=link,
        others=[other for other in links if other.id != link.id],
        standings=found,
        beside_of=paid_beside({account: standing.debt_on for account, standing in found.items()}),
        waiting=[meters[link.account_id] for link in links if meters[link.account_id].state in ("todo", "partly")],
        chart=_chart(link, meters[link.account_id], found[link.account_id]),
    )


def _chart(link: Link, card: Card, standing: Standing) -> Chart | None:
    """The first metered service of the account; None where no bill tells its volume."""
    metered = [meter.service for meter in card.meters if meter.obstacle != REMOVED]
    if not metered or standing.last_bill is None:
        return None
    last = standing.last_bill.period
    rows = Charge.volumes(link.account_id, metered[0].id, consumption.shifted(last, -23))
    months = consumption.year([(period, volume) for period, volume, _ in rows], last)
    bars = [charts.Bar(MONTHS_SHORT[month.period.month - 1], month.now, month.past) for month in months]
    label = f"{metered[0].name} по месяцам, этот год и прошлый. Те же числа в таблице ниже."
    svg = charts.bars(bars, label)
    return Chart(metered[0], rows[-1][2] or str(metered[0].unit), svg, months[::-1]) if svg and rows else None
