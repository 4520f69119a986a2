"""The exchange's further acts and its past: a checked file loaded, a run stopped, all runs and all batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, flash, render_template, request
from flask_wtf.file import FileField
from wtforms import BooleanField
from wtforms.validators import DataRequired

import clock
from models import ExportBatch, ImportRun
from services import exports_template, uploads
from services.refusal import Refused
from services.uploads import plain_name
from views import hx
from views.access import own_suppliers, resident
from views.admin import home, readings
from views.downloads import as_file
from views.forms import Form
from views.ids import after
from views.turns import paused

bp = readings.bp

SHOWN = 50


class TemplateForm(Form):
    template = FileField("Шаблон из ГИС ЖКХ", [DataRequired("Выберите файл шаблона")])
    is_partial = BooleanField("Заполнить без ненайденных столбцов")


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


@bp.get("/exports/<int:batch_id>/template")
def batch_template(batch_id: int) -> str:
    return render_template("admin/export_template.html", batch=_fillable(batch_id), form=TemplateForm())


@bp.post("/exports/<int:batch_id>/template")
def fill_batch_template(batch_id: int) -> Response:
    """The operator's own workbook comes back filled in; neither is kept."""
    batch, form = _fillable(batch_id), TemplateForm()
    if form.validate():
        file = form.template.data
        try:
            with paused():  # of many documents this takes seconds
                content = exports_template.fill(
                    batch, file.stream, plain_name(file.filename), is_partial=form.is_partial.data
                )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return as_file(content, exports_template.name_of(batch), home.XLSX)
    return Response(render_template("admin/export_template.html", batch=batch, form=form), 422)


def _fillable(batch_id: int) -> ExportBatch:
    batch = home.own_batch(batch_id)
    if not exports_template.is_fillable(batch):
        abort(404)
    return batch


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
    fillable = home.fillable(shown["batches"])
    return render_template(
        "admin/exchange_past.html", title=title, url=url, states=home.STATES, kinds=home.KINDS,
        is_first=before is None, further=further, fillable=fillable, **shown,
    )  # fmt: skip
