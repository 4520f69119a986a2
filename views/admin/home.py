"""The console's first page: import, export, the record of both."""

from __future__ import annotations

from flask import Response, abort, render_template, request
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, DateField, SelectField
from wtforms.fields.choices import SelectChoice

import clock
from models import Appeal, Application, Call, ExportBatch, ImportRun, LinkRequest, Review
from services import exports, imports_report, uploads
from services.refusal import Refused
from views import hx, portal
from views.access import own_suppliers, resident, served_suppliers
from views.admin import bp
from views.downloads import as_file
from views.format import month_start
from views.forms import Form
from views.ids import behind
from views.turns import paused

RUNS, BATCHES, LINES = 20, 20, 50
ENCODINGS = [
    SelectChoice("", "определить самому"),
    SelectChoice("utf-8", "UTF-8"),
    SelectChoice("cp1251", "Windows-1251"),
    SelectChoice("cp866", "DOS (866)"),
]
STATES = {
    "waiting": ("", "clock", "Ждёт очереди"),
    "uploading": ("", "clock", "Файл передаётся"),
    "staging": ("todo", "auto", "Проверяется"),
    "publishing": ("todo", "auto", "Загружается"),
    "done": ("done", "ok", "Готово"),
    "refused": ("bad", "no", "Отклонена целиком"),
    "failed": ("bad", "no", "Не удалась"),
    "dropped": ("bad", "no", "Прервана"),
}
UNDER_WAY = ("waiting", "uploading", "staging", "publishing")


class ImportForm(Form):
    files = MultipleFileField("Пакет из расчётной программы")
    encoding = SelectField("Кодировка таблиц", choices=ENCODINGS)
    is_dry = BooleanField("Только проверить, ничего не записывать", default=True)
    is_strict = BooleanField("Не загружать ничего, если есть хоть одна непринятая строка")


class ExportForm(Form):
    since = DateField("Снятые с даты", default=lambda: month_start(clock.today()))
    supplier = SelectField("Поставщик")
    kind = SelectField("Вид файла", choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel")])
    again = BooleanField("Повторить и прежние, на которые расчётный центр не ответил")


@bp.get("/")
def home() -> str:
    return render_template("admin/home.html", **_page(ImportForm(), _export_form()))


@bp.post("/imports")
def upload() -> Response:
    _may_import()
    form = ImportForm()
    if form.validate():
        try:
            run = uploads.keep(
                [file for file in request.files.getlist("files") if file.filename],
                portal.settings().data_dir / "uploads",
                who=str(resident().email),
                is_dry=form.is_dry.data,
                is_strict=form.is_strict.data,
                encoding=form.encoding.data,
                now=clock.now(),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(f"/admin/imports/{run.id}")
    return Response(render_template("admin/home.html", **_page(form, _export_form())), 422)


@bp.get("/imports/<int:run_id>")
def show_run(run_id: int) -> str:
    run = _own_run(run_id)
    lines = imports_report.refused_lines(run.id, after=behind(), limit=LINES + 1)
    return render_template(
        "admin/run.html",
        run=run,
        state=STATES[run.state],
        is_under_way=run.state in UNDER_WAY,
        tables=imports_report.tables_of(run),
        messages=imports_report.messages_of(run),
        lines=lines[:LINES],
        has_more=len(lines) > LINES,
    )


@bp.get("/imports/<int:run_id>/progress")
def progress(run_id: int) -> str | Response:
    """The polled fragment; when the run is over the page itself is fetched anew."""
    run = _own_run(run_id)
    if run.state not in UNDER_WAY:
        return hx.go(f"/admin/imports/{run.id}")
    return render_template("admin/_progress.html", run=run, state=STATES[run.state])


@bp.get("/imports/<int:run_id>/refused/<table>.csv")
def refused(run_id: int, table: str) -> Response:
    run = _own_run(run_id)
    if table not in imports_report.tables_of(run):
        abort(404)
    parts = imports_report.refused_file(run.id, table)
    # Joined, not streamed: a run keeps at most 50,000 rows, and a download that is broken off would hold its context.
    return as_file(b"".join(parts), f"{table}.csv", "text/csv; charset=utf-8")


@bp.post("/exports")
def export() -> Response:
    form = _export_form()
    if form.validate():
        try:
            who = str(resident().email)
            with paused():  # a large file takes many seconds; whoever asks for a page does not wait for it
                batch = exports.export_readings(
                    form.since.data,
                    form.supplier.data or None,
                    clock.now(),
                    form.again.data,
                    who=who,
                    zone=clock.zone(),
                    kind=form.kind.data,
                )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(f"/admin/#batch-{batch.id}")
    return Response(render_template("admin/home.html", **_page(ImportForm(formdata=None), form)), 422)


@bp.get("/exports/<int:batch_id>")
def batch(batch_id: int) -> Response:
    """The file as it was made: the same bytes at every download."""
    allowed = own_suppliers()
    found = ExportBatch.get_or_none(ExportBatch.id == batch_id)
    if found is None or (allowed is not None and found.supplier_id not in allowed):
        abort(404)
    return as_file(bytes(found.content), found.file_name, "application/octet-stream")


def _page(import_form: ImportForm, export_form: ExportForm) -> dict[str, object]:
    allowed = own_suppliers()
    return {
        "import_form": import_form,
        "export_form": export_form,
        "may_import": allowed is None,
        "doubted": Review.count_waiting(allowed),
        "to_sign": Application.count_waiting(allowed),
        "to_ring": Call.count_waiting(allowed),
        "unanswered": Appeal.count_waiting(allowed),
        "waiting": LinkRequest.count_waiting(allowed),
        "runs": ImportRun.latest(RUNS) if allowed is None else [],
        "states": STATES,
        "batches": ExportBatch.latest(BATCHES, allowed),
    }


def _export_form() -> ExportForm:
    form = ExportForm()
    everybody = [SelectChoice("", "Все поставщики")] if own_suppliers() is None else []
    form.supplier.choices = everybody + [SelectChoice(row.code, row.title) for row in served_suppliers()]
    return form


def _may_import() -> None:
    """A package may touch every supplier: one supplier's clerk does not load it."""
    if own_suppliers() is not None:
        abort(404)


def _own_run(run_id: int) -> ImportRun:
    _may_import()
    return ImportRun.get_or_none(ImportRun.id == run_id) or abort(404)
