"""The exchange's further acts and its past: a checked file loaded, a run stopped, all runs and all batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, render_template, request

import clock
from models import ExportBatch, ImportRun
from services import uploads
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident
from views.admin import home, readings
from views.ids import after

bp = readings.bp

SHOWN = 50


@bp.get("/imports")
def runs() -> str:
    home.may_import()
    return _past("Загрузки", "/admin/imports", "runs", ImportRun.latest)


@bp.get("/exports")
def batches() -> str:
    allowed = own_suppliers()
    return _past(
        "Выгрузки", "/admin/exports", "batches", lambda most, before: ExportBatch.latest(most, allowed, before)
    )


@bp.post("/imports/<int:run_id>/loading")
def load(run_id: int) -> Response:
    """The file that was checked, or whose loading was cut off, as it lies there."""
    run = home.own_run(run_id)
    try:
        again = uploads.load_kept(run, home.folder(), resident(), clock.now())
    except Refused as refusal:
        return Response(home.report(run, refusal), 422)
    return hx.go(f"/admin/imports/{again.id}")


@bp.post("/imports/<int:run_id>/cancellation")
def cancel(run_id: int) -> Response:
    run = home.own_run(run_id)
    try:
        uploads.cancel(run, resident(), clock.now())
    except Refused as refusal:
        return Response(home.report(home.own_run(run_id), refusal), 422)
    flash("Загрузка останавливается.", "done")
    return hx.go(f"/admin/imports/{run.id}")


def _past(title: str, url: str, name: str, rows: Callable[[int, int | None], list[Any]]) -> str:
    """A page of the record, newest first."""
    before = after(request.args.get("after", ""))
    found = rows(SHOWN + 1, before)
    further = found[SHOWN - 1].id if len(found) > SHOWN else None
    shown = {"runs": [], "batches": [], name: found[:SHOWN]}
    return render_template(
        "admin/exchange_past.html", title=title, url=url, states=home.STATES, kinds=home.KINDS,
        is_first=before is None, further=further, **shown,
    )  # fmt: skip
