"""The console writes first: an operator's message to a resident about an account that he holds."""

from __future__ import annotations

from flask import Response, flash, make_response, render_template, url_for
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

import clock
from models import Account, Link
from services import appeals, codes
from services.refusal import Refused
from views import enclosures, hx, shapes, suppliers
from views.access import resident, served_suppliers
from views.admin import bp
from views.appeals import is_whole
from views.enclosures import EnclosingForm
from views.forms import at_most, required, typed, typed_once, word

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


def _holders(supplier: str | None, number: str | None) -> list[Link]:
    """Who holds the account of this number, at a supplier of the operator's own."""
    own = next((row for row in served_suppliers() if str(row.id) == supplier), None)
    account: Account | None = Account.by_number(own.id, number) if own and number else None
    return [link for link in Link.of_others(account, None) if link.resident.is_active] if account else []


def _named(link: Link) -> str:
    return (
        f"{link.resident.full_name or 'Без имени'}, {link.resident.email or link.resident.phone or 'без контактов'}"
    )
