"""The console's desk of appeals: who waits longest, the thread, answering, taking, closing, writing first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

import clock
from models import Account, Appeal, AppealFile, AppealMessage, Link
from models.appeal import ANSWERED, CLOSED, NEW, WORKING
from services import appeals, codes
from services.refusal import Refused
from views import enclosures, hx, shapes, suppliers
from views.access import own_suppliers, resident, served_suppliers
from views.admin import readings
from views.appeals import FILE_GONE, AnswerForm, is_whole, state_of
from views.downloads import as_file
from views.enclosures import EnclosingForm
from views.forms import at_most, required, typed, typed_once, word

bp = readings.bp  # of the whole console

SHOWN = 200
LATE = timedelta(days=10)
FILTERS = {"": "Открытые", NEW: "Новые", WORKING: "В работе", ANSWERED: "С ответом", CLOSED: "Закрытые"}
NOT_FOUND = "У этого поставщика такого лицевого счёта нет, или кабинета с ним нет ни у кого."
WHO = "Выберите, кому написать"


class FirstForm(EnclosingForm):
    """To whom an operator writes first: a holder of the account, seen by name before anything is sent."""

    order = ("supplier", "number", "holder", "subject", "text", "files")

    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    holder = RadioField("Кому", validate_choice=False)
    subject = StringField("О чём", [required(), at_most(appeals.LONGEST_SUBJECT)])
    text = TextAreaField(word("appeals.text"), [required()])
    once = HiddenField(default=codes.new_token)

    def offer(self) -> dict[str, Link]:
        """Fills the lists; who holds the account that was typed, by the value of the choice."""
        self.supplier.choices = suppliers.choices(served_suppliers())
        links = {str(link.id): link for link in _holders(self.supplier.data, self.number.data)}
        self.holder.choices = [SelectChoice(value, _named(link)) for value, link in links.items()]
        return links

    def validate_text(self, field: TextAreaField) -> None:
        shapes.ask(appeals.check_text, field.data)


@bp.get("/appeals")
def appeal_desk() -> str:
    state, supplier = typed("state"), next((s for s in served_suppliers() if str(s.id) == typed("supplier")), None)
    states = (state,) if state and state in FILTERS else appeals.OPEN
    rows = Appeal.queue(own_suppliers(), SHOWN + 1, states, supplier.id if supplier else None)
    return render_template(
        "admin/appeals.html",
        appeals=rows[:SHOWN],
        has_more=len(rows) > SHOWN,
        filters=FILTERS,
        state=state,
        suppliers=served_suppliers(),
        supplier=supplier,
        state_of=state_of,
        waited=_waited,
        may_edit=own_suppliers() is None,
    )


@bp.get("/appeals/<int:appeal_id>")
def appeal(appeal_id: int) -> str:
    return render_template("admin/appeal.html", **_page(_own(appeal_id), AnswerForm(formdata=None)))


@bp.post("/appeals/<int:appeal_id>")
def answer_appeal(appeal_id: int) -> Response:
    row, form, once = _own(appeal_id), AnswerForm(), typed_once() or codes.new_token()
    if is_whole(form) and form.done(
        appeals.answer, row, resident(), form.text.data, form.enclosed, enclosures.folder(), clock.now(), once
    ):
        flash(f"Ответ на обращение № {appeal_id} отправлен.", "done")
        return hx.go(url_for(".appeal", appeal_id=appeal_id))
    return make_response(render_template("admin/appeal.html", **_page(_own(appeal_id), form)), 422)


@bp.post("/appeals/<int:appeal_id>/taking")
def take_appeal(appeal_id: int) -> Response:
    return _changed(appeal_id, appeals.take, "взято в работу")


@bp.post("/appeals/<int:appeal_id>/closing")
def close_appeal(appeal_id: int) -> Response:
    return _changed(appeal_id, appeals.close, "закрыто")


@bp.get("/appeals/files/<int:file_id>")
def appeal_file(file_id: int) -> Response:
    row = AppealFile.of_operator(file_id, own_suppliers()) or abort(404)
    content = appeals.open_file(row, enclosures.folder(), resident(), clock.now())
    if content is None:
        flash(FILE_GONE, "warn")
        return hx.go(url_for(".appeal", appeal_id=row.message.appeal_id))
    return as_file(content, str(row.name), str(row.kind))


@bp.get("/appeals/new")
def first_appeal() -> str:
    form = FirstForm(formdata=None)
    form.supplier.data, form.number.data = typed("supplier"), typed("number")
    form.offer()
    return render_template("admin/appeal_new.html", form=form, accept=enclosures.ACCEPT)


@bp.post("/appeals/new")
def write_appeal() -> Response:
    form, once = FirstForm(), typed_once() or codes.new_token()
    links = form.offer()
    if typed("refresh"):
        form.take_files()
        if not links:
            form.refuse(Refused(NOT_FOUND, field="number"))
        return _first(form, 200)
    link = links.get(form.holder.data or "")
    is_ready = is_whole(form)
    if link is None:
        form.refuse(Refused(WHO, field="holder") if links else Refused(NOT_FOUND, field="number"))
    elif is_ready:
        return _written(form, link, once)
    return _first(form, 422)


def _written(form: FirstForm, link: Link, once: str) -> Response:
    try:
        made = appeals.write_first(
            link, resident(), form.subject.data, form.text.data, form.enclosed, enclosures.folder(), clock.now(), once
        )
    except Refused as refusal:
        form.refuse(refusal)
        return _first(form, 422)
    flash(f"Сообщение № {made.id} отправлено.", "done")
    return hx.go(url_for(".appeal", appeal_id=made.id))


def _first(form: FirstForm, status: int) -> Response:
    return make_response(render_template("admin/appeal_new.html", form=form, accept=enclosures.ACCEPT), status)


def _changed(appeal_id: int, act: Any, became: str) -> Response:
    """What another operator did meanwhile is said, not undone."""
    try:
        act(_own(appeal_id), resident(), clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash(f"Обращение № {appeal_id} {became}.", "done")
    return hx.go(url_for(".appeal", appeal_id=appeal_id))


def _own(appeal_id: int) -> Appeal:
    """An appeal to a supplier of the operator's."""
    return Appeal.of_operator(appeal_id, own_suppliers()) or abort(404)


def _page(row: Appeal, form: AnswerForm) -> dict[str, Any]:
    return {
        "appeal": row,
        "messages": AppealMessage.thread(row),
        "files": AppealFile.of_appeal(row),
        "form": form,
        "state_of": state_of,
        "is_closed": row.state == CLOSED,
        "is_mine": row.taken_by == resident(),
        "accept": enclosures.ACCEPT,
        "waited": _waited(row),
    }


def _waited(row: Appeal) -> tuple[int, bool]:
    """For how many whole days the resident waits, and whether it is too long."""
    since: datetime | None = row.waits_since
    waits = clock.now() - since if since else timedelta()
    return waits.days, waits >= LATE


def _holders(supplier: str | None, number: str | None) -> list[Link]:
    """Who holds the account of this number, at a supplier of the operator's own."""
    own = next((row for row in served_suppliers() if str(row.id) == supplier), None)
    account: Account | None = Account.by_number(own.id, number) if own and number else None
    return [link for link in Link.of_others(account, None) if link.resident.is_active] if account else []


def _named(link: Link) -> str:
    return (
        f"{link.resident.full_name or 'Без имени'}, {link.resident.email or link.resident.phone or 'без контактов'}"
    )
