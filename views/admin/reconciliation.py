"""The console's reconciliation: what of orders, registries and the billing's payments did not meet."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response, abort, render_template

import clock
from models import RegistryLine, Supplier
from services import reconciliation_report
from views import days
from views.access import own_suppliers, served_suppliers
from views.admin import home, registries
from views.format import month_start
from views.forms import typed

bp = registries.bp


@bp.get("/reconciliation")
def reconciliation() -> str:
    since, until, mistakes = _days()
    served = served_suppliers()
    chosen = _chosen(served)
    count, amount = RegistryLine.waiting_total(chosen)
    return render_template(
        "admin/reconciliation.html",
        parts=reconciliation_report.report(chosen, since, until, clock.zone()),
        since=since,
        until=until,
        mistakes=mistakes,
        suppliers=served,
        chosen=typed("supplier"),
        waiting=count,
        waiting_amount=amount,
        shown=reconciliation_report.SHOWN,
    )


@bp.get("/reconciliation.csv")
def reconciliation_file() -> Response:
    since, until, _ = _days()
    chosen = _chosen(served_suppliers())
    parts = reconciliation_report.report(chosen, since, until, clock.zone(), limit=reconciliation_report.MOST)
    content = reconciliation_report.as_csv(parts)
    return home.as_file(content, f"reconciliation-{since}-{until}.csv", "text/csv; charset=utf-8")


def _chosen(served: list[Supplier]) -> set[int] | None:
    """The chosen supplier of the operator's own, else all of them."""
    chosen = typed("supplier")
    if not chosen:
        return own_suppliers()
    return {row.id for row in served if str(row.id) == chosen} or abort(404)


def _days() -> tuple[date, date, dict[str, str]]:
    """From the beginning of the last month to today, where nothing else is asked for."""
    range_, today = days.asked(), clock.today()
    begins = range_.since or month_start(month_start(today) - timedelta(days=1))
    return begins, range_.until or today, range_.mistakes
