"""The console's exchange with the billing: import, export, the record of both."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import Response, abort, render_template, request
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, DateField, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

import clock
from models import ExportBatch, ImportRun
from models.run import ASKED, UNDONE
from services import codes, exports, exports_lists, exports_template, imports_report, undo, uploads
from services.refusal import Refused
from views import hx, portal
from views.access import own_suppliers, resident, served_suppliers
from views.admin import bp
from views.downloads import as_file
from views.format import month_start
from views.forms import Form, typed_once
from views.ids import behind
from views.turns import paused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RUNS, BATCHES, LINES = 20, 20, 50
KINDS = {"readings": "Показания", "payments": "Платежи", "debts": "Долги", **exports_lists.TITLES}
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
    "cancelling": ("todo", "clock", "Останавливается"),
    "cancelled": ("", "no", "Отменена"),
}
UNDOING = ("todo", "clock", "Отменяется")
UNDER_WAY = ("waiting", "uploading", "staging", "publishing", "cancelling")


class ImportForm(Form):
    files = MultipleFileField("Пакет из расчётной программы")
    encoding = SelectField("Кодировка таблиц", choices=ENCODINGS)
    is_dry = BooleanField("Только проверить, ничего не записывать", default=True)
    once = HiddenField(default=codes.new_token)
    is_strict = BooleanField("Не загружать ничего, если есть хоть одна непринятая строка")


class ExportForm(Form):
    since = DateField("Снятые с даты", default=lambda: month_start(clock.today()))
    supplier = SelectField("Поставщик")
    kind = SelectField(
        "Вид файла",
        choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel"), SelectChoice("gis", "Excel для ГИС ЖКХ")],
    )
    again = BooleanField("Повторить и прежние, на которые расчётный центр не ответил")


class ListForm(Form):
    what = SelectField("Что", choices=[SelectChoice(*pair) for pair in exports_lists.TITLES.items()])
    list_supplier = SelectField("Поставщик")
    list_kind = SelectField("Вид файла", choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel")])


@bp.get("/exchange")
def exchange() -> str:
    return render_template("admin/home.html", **_page(ImportForm(), _export_form()))


@bp.post("/imports")
def upload() -> Response:
    may_import()
    form = ImportForm()
    if form.validate():
        try:
            run = uploads.keep(
                [file for file in request.files.getlist("files") if file.filename],
                folder(),
                who=str(resident().email),
                is_dry=form.is_dry.data,
                is_strict=form.is_strict.data,
                encoding=form.encoding.data,
                now=clock.now(),
                once=typed_once(),
            )
        except Refused as refusal:
            form.once.data = codes.new_token()  # what the disk did not take is another press
            form.refuse(refusal)
        else:
            return hx.go(f"/admin/imports/{run.id}")
    return Response(render_template("admin/home.html", **_page(form, _export_form())), 422)


@bp.get("/imports/<int:run_id>")
def show_run(run_id: int) -> str:
    return report(own_run(run_id))


def report(run: ImportRun, refusal: Refused | None = None) -> str:
    """The page of a run, with what was refused of an act upon it."""
    lines = imports_report.refused_lines(run.id, after=behind(), limit=LINES + 1)
    return render_template(
        "admin/run.html",
        run=run,
        state=_state(run),
        is_under_way=_is_under_way(run),
        is_undo_offered=undo.is_offered(run),
        tables=imports_report.tables_of(run),
        messages=imports_report.messages_of(run),
        lines=lines[:LINES],
        has_more=len(lines) > LINES,
        is_kept=uploads.is_kept(run, folder()),
        refusal=refusal,
    )


@bp.get("/imports/<int:run_id>/progress")
def progress(run_id: int) -> str | Response:
    """The polled fragment; when the run is over the page itself is fetched anew."""
    run = own_run(run_id)
    if not _is_under_way(run):
        return hx.go(f"/admin/imports/{run.id}")
    return render_template("admin/_progress.html", run=run, state=_state(run))


def _is_under_way(run: ImportRun) -> bool:
    return run.state in UNDER_WAY or run.undo == ASKED


def _state(run: ImportRun) -> tuple[str, str, str]:
    return {ASKED: UNDOING, UNDONE: ("", "no", "Отменена")}.get(str(run.undo), STATES[str(run.state)])


@bp.get("/imports/<int:run_id>/refused/<table>.csv")
def refused(run_id: int, table: str) -> Response:
    run = own_run(run_id)
    if table not in imports_report.tables_of(run):
        abort(404)
    parts = imports_report.refused_file(run.id, table)
    # Joined, not streamed: a run keeps at most 50,000 rows, and a download that is broken off would hold its context.
    return as_file(b"".join(parts), f"{table}.csv", "text/csv; charset=utf-8")


@bp.get("/imports/<int:run_id>/refused/<table>.xlsx")
def refused_book(run_id: int, table: str) -> Response:
    run = own_run(run_id)
    if table not in imports_report.tables_of(run):
        abort(404)
    with paused():
        content = imports_report.refused_book(run, table)
    return as_file(content, f"{table}.xlsx", XLSX)


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
            return hx.go(f"/admin/exchange#batch-{batch.id}")
    return Response(render_template("admin/home.html", **_page(ImportForm(formdata=None), form)), 422)


@bp.post("/exports/lists")
def export_list() -> Response:
    form = _list_form()
    if form.validate():
        try:
            with paused():
                batch = exports_lists.export_list(
                    form.what.data, form.list_supplier.data or None, clock.now(), who=str(resident().email),
                    zone=clock.zone(), kind=form.list_kind.data,
                )  # fmt: skip
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(f"/admin/exchange#batch-{batch.id}")
    shown = _page(ImportForm(formdata=None), _export_form(is_new=True), form)
    return Response(render_template("admin/home.html", **shown), 422)


@bp.get("/exports/<int:batch_id>")
def batch(batch_id: int) -> Response:
    """The file as it was made: the same bytes at every download."""
    found = own_batch(batch_id)
    return as_file(bytes(found.content), str(found.file_name), "application/octet-stream")


def own_batch(batch_id: int) -> ExportBatch:
    allowed = own_suppliers()
    found: ExportBatch | None = ExportBatch.get_or_none(ExportBatch.id == batch_id)
    if found is None or (allowed is not None and found.supplier_id not in allowed):
        abort(404)
    return found


def fillable(batches: Iterable[ExportBatch]) -> set[int]:
    """Those that can be written into a template of ГИС ЖКХ."""
    return {row.id for row in batches if exports_template.is_fillable(row)}


def _page(import_form: ImportForm, export_form: ExportForm, list_form: ListForm | None = None) -> dict[str, object]:
    allowed = own_suppliers()
    runs = ImportRun.latest(RUNS + 1) if allowed is None else []
    batches = ExportBatch.latest(BATCHES + 1, allowed)
    return {
        "import_form": import_form,
        "export_form": export_form,
        "list_form": list_form or _list_form(is_new=True),
        "may_import": allowed is None,
        "runs": runs[:RUNS],
        "more_runs": len(runs) > RUNS,
        "states": STATES,
        "batches": batches[:BATCHES],
        "more_batches": len(batches) > BATCHES,
        "kinds": KINDS,
        "fillable": fillable(batches),
    }


def _export_form(is_new: bool = False) -> ExportForm:
    form = ExportForm(formdata=None) if is_new else ExportForm()
    form.supplier.choices = _suppliers()
    return form


def _list_form(is_new: bool = False) -> ListForm:
    form = ListForm(formdata=None) if is_new else ListForm()
    form.list_supplier.choices = _suppliers()
    return form


def _suppliers() -> list[SelectChoice]:
    everybody = [SelectChoice("", "Все поставщики")] if own_suppliers() is None else []
    return everybody + [SelectChoice(row.code, row.title) for row in served_suppliers()]


def folder() -> Path:
    """Where uploaded packages wait."""
    place: Path = portal.settings().data_dir / "uploads"
    return place


def may_import() -> None:
    """A package may touch every supplier: one supplier's clerk does not load it."""
    if own_suppliers() is not None:
        abort(404)


def own_run(run_id: int) -> ImportRun:
    may_import()
    return ImportRun.get_or_none(ImportRun.id == run_id) or abort(404)
