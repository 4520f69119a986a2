"""«Заказать звонок»: the form, and what became of the calls that were asked for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, render_template, url_for
from wtforms import HiddenField, SelectField, StringField, TextAreaField

import clock
from models import Call, Supplier, Topic
from models.call import DONE, MISSED, WAITING
from services import calls, codes, contacts, topics
from services.calls import Wish
from services.refusal import Refused
from views import hx, suppliers
from views.access import resident
from views.address import visitor
from views.forms import Form, at_most, required, typed, typed_once, word
from views.selects import choose, drop_empty, number
from views.shapes import reads

bp = Blueprint("calls", __name__)

SHOWN = 20
STATES = {WAITING: ("", "clock"), DONE: ("done", "ok"), MISSED: ("bad", "no")}


class CallForm(Form):
    supplier = SelectField(word("accounts.supplier"), [required()], validate_choice=False)
    phone = StringField(word("calls.phone"), [required(), at_most(40), reads(contacts.phone_of)])
    convenient = SelectField(word("calls.convenient"), [required()], validate_choice=False)
    topic = SelectField(word("appeals.topic"), [required()], validate_choice=False)
    comment = TextAreaField(word("calls.comment"), [at_most(calls.LONGEST)])
    once = HiddenField(default=codes.new_token)

    def offer(self, offering: list[Supplier]) -> None:
        choose(self.supplier, [(str(row.id), row.title) for row in offering])
        choose(self.convenient, calls.CONVENIENT.items())
        choose(self.topic, [(str(row.id), str(row.name)) for row in topics.top(Topic.offered())])
        drop_empty(self, "topic")

    def wish(self) -> Wish:
        return Wish(
            int(self.supplier.data), self.phone.data, self.convenient.data, number(self, "topic"), self.comment.data
        )


@bp.get("/callbacks-wanted")
def index() -> str:
    form = CallForm(formdata=None)
    form.supplier.data, form.phone.data = typed("supplier"), contacts.shown_phone(str(resident().phone))
    form.convenient.data = next(iter(calls.CONVENIENT))
    return render_template("calls/index.html", **_page(form, offering()))


@bp.post("/callbacks-wanted")
def ask() -> Response:
    form, once, offered = CallForm(), typed_once() or codes.new_token(), offering()
    made = calls.asked_before(resident(), once)
    if made is None:
        form.offer(offered)
        made = _asked(form, once) if offered else None
    if made is None:
        return hx.again("calls/index", **_page(form, offered))
    flash(f"Заявка на звонок № {made.id} принята.", "done")
    return hx.go(url_for(".index"))


def _asked(form: CallForm, once: str) -> Call | None:
    if not form.validate():
        return None
    try:
        return calls.ask(resident(), form.wish(), visitor(), clock.now(), clock.today(), once)
    except Refused as refusal:
        form.refuse(refusal)
        return None


def offering() -> list[Supplier]:
    """Who of the resident's suppliers rings back."""
    return calls.offering(suppliers.near(), clock.today())


def state_of(call: Call) -> tuple[str, str, str]:
    """Colour, icon and word of a call's state."""
    return (*STATES[str(call.state)], calls.WORDS[str(call.state)].capitalize())


def _page(form: CallForm, offered: list[Supplier]) -> dict[str, Any]:
    if form.convenient.choices is None:
        form.offer(offered)
    return {
        "form": form,
        "suppliers": offered,
        "calls": Call.of_resident(resident(), SHOWN),
        "state_of": state_of,
        "times": calls.CONVENIENT,
        "phone_of": contacts.shown_phone,
    }
