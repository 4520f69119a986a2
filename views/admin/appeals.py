"""An appeal in the console: the thread, answering by a text kept ready, taking, handing over, closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField

import clock
from models import AnswerTemplate, Appeal, AppealFile, AppealMessage, Resident, appeal_desk
from models.appeal import CLOSED
from services import answer_templates, appeals, assigning, codes
from services.refusal import Refused
from views import enclosures, hx
from views.access import own_suppliers, resident
from views.admin import readings
from views.appeals import FILE_GONE, AnswerForm, is_whole, state_of
from views.downloads import as_file
from views.forms import typed, typed_once
from views.ids import after

bp = readings.bp  # of the whole console

LATE = timedelta(days=10)


class OperatorForm(AnswerForm):
    """`seen`: the last message that stood above the form; `then`: close with the answer."""

    seen = HiddenField()
    then = HiddenField()


@bp.get("/appeals/<int:appeal_id>")
def appeal(appeal_id: int) -> str:
    return render_template("admin/appeal.html", **_page(_own(appeal_id), OperatorForm(formdata=None)))


@bp.post("/appeals/<int:appeal_id>")
def answer_appeal(appeal_id: int) -> Response:
    """«Вставить» puts a text that was kept ready into the form; an answer leads on to the next who waits."""
    row, form, once = _own(appeal_id), OperatorForm(), typed_once() or codes.new_token()
    if typed("insert"):
        _insert(row, form)
        return make_response(render_template("admin/appeal.html", **_page(row, form)))
    if is_whole(form) and form.done(_answer, row, form, once):
        flash(f"Ответ на обращение № {appeal_id} отправлен.", "done")
        return onward(appeal_id)
    return make_response(render_template("admin/appeal.html", **_page(_own(appeal_id), form)), 422)


@bp.post("/appeals/<int:appeal_id>/taking")
def take_appeal(appeal_id: int) -> Response:
    def take(row: Appeal) -> str:
        assigning.take(row, resident(), clock.now())
        return "взято в работу"

    return _changed(appeal_id, take)


@bp.post("/appeals/<int:appeal_id>/assignment")
def assign_appeal(appeal_id: int) -> Response:
    def assign(row: Appeal) -> str:
        to = assigning.assign(row, after(typed("to")), after(typed("taken_by")), resident(), clock.now())
        return f"передано: {named(to)}" if to else "снова ничьё"

    return _changed(appeal_id, assign)


@bp.post("/appeals/<int:appeal_id>/closing")
def close_appeal(appeal_id: int) -> Response:
    def close(row: Appeal) -> str:
        appeals.close(row, resident(), clock.now())
        return "закрыто"

    return _changed(appeal_id, close, goes_on=True)


@bp.get("/appeals/files/<int:file_id>")
def appeal_file(file_id: int) -> Response:
    row = AppealFile.of_operator(file_id, own_suppliers()) or abort(404)
    content = appeals.open_file(row, enclosures.folder(), resident(), clock.now())
    if content is None:
        flash(FILE_GONE, "warn")
        return hx.go(url_for(".appeal", appeal_id=row.message.appeal_id))
    return as_file(content, str(row.name), str(row.kind))


def onward(done: int) -> Response:
    """After a decision: to the next who waits, to the desk where nobody does."""
    following = appeal_desk.next_waiting(own_suppliers(), resident(), done)
    return hx.go(url_for(".appeal", appeal_id=following) if following else url_for(".appeal_desk"))


def waited(row: Appeal) -> tuple[int, bool]:
    """For how many whole days the resident waits, and whether it is too long."""
    since: datetime | None = row.waits_since
    waits = clock.now() - since if since else timedelta()
    return waits.days, waits >= LATE


def named(operator: Resident) -> str:
    return operator.full_name or str(operator.email)


def _answer(row: Appeal, form: OperatorForm, once: str) -> None:
    answer_templates.check_filled(form.text.data)
    appeals.answer(
        row, resident(), form.text.data, form.enclosed, enclosures.folder(), clock.now(), once,
        seen=after(form.seen.data or ""), closes=form.then.data == "close",
    )  # fmt: skip


def _insert(row: Appeal, form: OperatorForm) -> None:
    """The chosen text goes behind what was typed."""
    form.take_files()
    chosen = next(
        (one for one in AnswerTemplate.for_answer(row.supplier_id) if str(one.id) == typed("template")), None
    )
    if chosen is not None:
        sent_on = row.created_at.astimezone(clock.zone()).date()
        filled = answer_templates.fill(str(chosen.text), answer_templates.places_of(row, sent_on))
        form.text.data = "\n\n".join(part for part in (form.text.data, filled) if part)


def _changed(appeal_id: int, act: Callable[[Appeal], str], goes_on: bool = False) -> Response:
    """What another operator did meanwhile is said, not undone."""
    try:
        became = act(_own(appeal_id))
    except Refused as refusal:
        flash(refusal.sentence, "warn")
        return hx.go(url_for(".appeal", appeal_id=appeal_id))
    flash(f"Обращение № {appeal_id} {became}.", "done")
    return onward(appeal_id) if goes_on else hx.go(url_for(".appeal", appeal_id=appeal_id))


def _own(appeal_id: int) -> Appeal:
    """An appeal to a supplier of the operator's."""
    return Appeal.of_operator(appeal_id, own_suppliers()) or abort(404)


def _page(row: Appeal, form: OperatorForm) -> dict[str, Any]:
    messages = AppealMessage.thread(row)
    form.seen.data = messages[-1].id if messages else ""
    return {
        "appeal": row,
        "messages": messages,
        "files": AppealFile.of_appeal(row),
        "form": form,
        "templates": AnswerTemplate.for_answer(row.supplier_id),
        "operators": appeal_desk.operators([row.supplier_id]),
        "named": named,
        "state_of": state_of,
        "is_closed": row.state == CLOSED,
        "is_mine": row.taken_by == resident(),
        "accept": enclosures.ACCEPT,
        "waited": waited(row),
    }
