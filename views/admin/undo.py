"""«Отменить загрузку»: a page that says what goes and what comes back, and the press that asks for it."""

from __future__ import annotations

from flask import Response, flash, render_template

import clock
from models import ImportRun
from services import undo
from services.refusal import Refused
from views import hx
from views.access import resident
from views.admin import bp, home


@bp.get("/imports/<int:run_id>/undo")
def confirm_undo(run_id: int) -> str:
    run = home.own_run(run_id)
    return _page(run, undo.why_not(run))


@bp.post("/imports/<int:run_id>/undo")
def undo_run(run_id: int) -> Response:
    run = home.own_run(run_id)
    try:
        undo.ask(run, resident(), clock.now())
    except Refused as refusal:
        return Response(_page(home.own_run(run_id), refusal.sentence), 422)
    flash("Загрузка отменяется.", "done")
    return hx.go(f"/admin/imports/{run.id}")


def _page(run: ImportRun, refusal: str) -> str:
    return render_template("admin/run_undo.html", run=run, tables=undo.extent(run), refusal=refusal)
