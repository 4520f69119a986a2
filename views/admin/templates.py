"""The console's answers kept ready («заготовки»): the list, adding, changing, removing; per supplier or for all."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

import clock
from models import AnswerTemplate
from services import answer_templates
from services.answer_templates import LONGEST_TITLE, PLACES
from views import hx, suppliers
from views.access import own_suppliers, resident, served_suppliers
from views.admin import bp
from views.forms import Form, at_most, required, typed, word

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class TemplateForm(Form):
    """`seen`: when the template was changed last, as the form shows it."""

    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    title = StringField("Название", [required(), at_most(LONGEST_TITLE)])
    text = TextAreaField("Текст ответа", [required()])
    seen = HiddenField()

    def offer(self) -> None:
        everybody = [SelectChoice("", "Все поставщики")] if own_suppliers() is None else []
        self.supplier.choices = everybody + suppliers.choices(served_suppliers())

    @property
    def whose(self) -> int | None:
        """The supplier chosen, None = of all; one that is not offered does not exist."""
        if not any(choice.value == (self.supplier.data or "") for choice in self.supplier.choices):
            abort(404)
        return int(self.supplier.data) if self.supplier.data else None


@bp.get("/templates")
def template_list() -> str:
    rows, allowed = AnswerTemplate.of_operator(own_suppliers()), own_suppliers()
    may = {row.id for row in rows if allowed is None or row.supplier_id in allowed}
    return render_template("admin/templates.html", rows=rows, may=may)


@bp.get("/templates/new")
def new_template() -> str:
    form = TemplateForm(formdata=None)
    form.offer()
    return _form(None, form)


@bp.post("/templates/new")
def add_template() -> Response:
    form = TemplateForm()
    form.offer()
    if form.validate() and form.done(
        answer_templates.add, form.title.data, form.text.data, form.whose, resident(), clock.now()
    ):
        return _saved(str(form.title.data))
    return make_response(_form(None, form), 422)


@bp.get("/templates/<int:template_id>")
def template(template_id: int) -> str:
    row = _own(template_id)
    return _form(row, TemplateForm(formdata=None, title=row.title, text=row.text))


@bp.post("/templates/<int:template_id>")
def change_template(template_id: int) -> Response:
    """What another operator wrote meanwhile stays; the form then counts from his."""
    row, form = _own(template_id), TemplateForm()
    if form.validate() and form.done(
        answer_templates.change, row, form.title.data, form.text.data, _seen(), resident(), clock.now()
    ):
        return _saved(str(form.title.data))
    return make_response(_form(_own(template_id), form), 422)


@bp.post("/templates/<int:template_id>/removal")
def remove_template(template_id: int) -> Response:
    row = _own(template_id)
    answer_templates.remove(row, resident(), clock.now())
    flash(f"Заготовка «{row.title}» удалена.", "done")
    return hx.go(url_for(".template_list"))


def _saved(title: str) -> Response:
    flash(f"Заготовка «{title}» сохранена.", "done")
    return hx.go(url_for(".template_list"))


def _form(row: AnswerTemplate | None, form: TemplateForm) -> str:
    form.seen.data = row.changed_at.isoformat() if row else ""
    return render_template("admin/template.html", template=row, form=form, places=PLACES)


def _seen() -> datetime:
    """When the form's template was changed last; what is no moment has seen nothing."""
    try:
        seen = datetime.fromisoformat(typed("seen"))
    except ValueError:
        return NEVER
    return seen if seen.tzinfo is not None else NEVER


def _own(template_id: int) -> AnswerTemplate:
    """A template that the operator may change."""
    return AnswerTemplate.editable(template_id, own_suppliers()) or abort(404)
