"""«Главная»: an account's card, the month's charges, consumption by month, the other accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, render_template

import clock
from documents import charts
from models import Bill, Charge, Service
from models.beside import paid_beside
from models.bill import Line
from models.standing import standings
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
    month, chart = _charged(found[link.account_id].last_bill, meters[link.account_id])
    return render_template(
        "home/show.html",
        link=link,
        others=[other for other in links if other.id != link.id],
        standings=found,
        beside_of=paid_beside({account: standing.debt_on for account, standing in found.items()}),
        waiting=[meters[link.account_id] for link in links if meters[link.account_id].state in ("todo", "partly")],
        month=month,
        chart=chart,
    )


def _charged(last: Bill | None, card: Card) -> tuple[list[Line], Chart | None]:
    """The lines of the last bill, and the chart of the account's first metered service."""
    if last is None:
        return [], None
    metered = next((meter.service for meter in card.meters if meter.obstacle != REMOVED), None)
    lines = Charge.lately(last, metered.id if metered else 0, consumption.shifted(last.period, -23))
    month = [line for line in lines if line.bill == last.id]
    of_service = [line for line in lines if metered and line.service == metered.id]
    return month, _chart(metered, of_service, last.period) if metered and of_service else None


def _chart(service: Service, lines: list[Line], last: date) -> Chart | None:
    """The service's consumption by months up to the last; None where no bill tells its volume."""
    months = consumption.year([(line.period, line.volume) for line in lines], last)
    bars = [charts.Bar(MONTHS_SHORT[month.period.month - 1], month.now, month.past) for month in months]
    svg = charts.bars(bars, f"{service.name} по месяцам, этот год и прошлый. Те же числа в таблице ниже.")
    return Chart(service, lines[-1].unit or str(service.unit), svg, months[::-1]) if svg else None
