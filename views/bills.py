"""«Счета»: the bills of an account and their quittances."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

import clock
from documents import quittance as paper
from models import Bill
from services import bills, reading_links
from views import portal
from views.access import chosen_link, own_bill, own_links
from views.downloads import named
from views.format import month
from views.forms import typed

bp = Blueprint("bills", __name__)


@bp.get("/bills")
def index() -> str:
    links, show_all = own_links(), typed("all") == "1"
    if not links:
        return render_template("bills/index.html", links=links)
    link = chosen_link(links, typed("account"))
    papers = Bill.papers(link.account)
    oldest = bills.recent(papers, len(papers) if show_all else bills.RECENT)
    shown = Bill.since(link.account, oldest) if oldest else []
    return render_template("bills/index.html", links=links, link=link, bills=shown, papers=papers)


@bp.get("/bills/quittance")
def make() -> Redirect:
    """«Сформировать квитанцию»: the chosen period's paper."""
    masked = "1" if typed("masked") else None
    return redirect(url_for(".pdf", bill_id=own_bill(request.args.get("bill", 0, int)).id, masked=masked), 303)


@bp.get("/bills/<int:bill_id>.pdf")
def pdf(bill_id: int) -> Response:
    return paper_of(own_bill(bill_id), masked=typed("masked") == "1")


def paper_of(bill: Bill, *, masked: bool = False) -> Response:
    """The quittance of a bill whose account, supplier and house are joined."""
    settings = portal.settings()
    signed = None if masked else reading_links.code_of(bill, clock.today(), settings.reading_key, settings.base_url)
    data = paper.render(bills.quittance_of(bill, masked=masked, readings_url=signed))
    response = Response(data, content_type="application/pdf")
    response.headers["Content-Disposition"] = named(
        f"bill-{bill.period:%Y-%m}-{bill.number}.pdf", f"Счёт {bill.number} за {month(bill.period)}.pdf", "inline"
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response
