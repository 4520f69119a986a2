"""«Действующие тарифы» of the resident's suppliers."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, render_template

import clock
from models import Tariff
from views import accounts
from views.access import own_links

bp = Blueprint("tariffs", __name__)


@bp.get("/tariffs")
def show() -> str:
    links = own_links()
    if not links:
        return accounts.empty()
    rows = Tariff.of_suppliers({link.account.supplier_id for link in links}, clock.today())
    suppliers = [
        (supplier, [(service, list(tariffs)) for service, tariffs in groupby(of, key=lambda row: row.service)])
        for supplier, of in (
            (supplier, list(of)) for supplier, of in groupby(rows, key=lambda row: row.service.supplier)
        )
    ]
    return render_template("tariffs/show.html", suppliers=suppliers)
