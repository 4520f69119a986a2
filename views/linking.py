"""«Добавить лицевой счёт»: the account's number, one fact that proves it, how it shall stand in the portal."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Response, current_app, flash, render_template, request, url_for
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Supplier
from services import groups, linking
from services.accounts import LONGEST_ALIAS
from services.linking import ACTIVATION, BILL, METER, PAYMENT, Proof, Wish
from services.payment import kopecks
from services.refusal import Refused
from views import captchas, hx
from views.access import own_groups, resident
from views.accounts import EMAIL, PAPER, bp, group_choices
from views.address import visitor
from views.captchas import CaptchaForm
from views.dates import typed_day
from views.forms import at_most, required, word

FORM = "linking"


class LinkForm(CaptchaForm):
    """Fields as in the register of names; only those of the chosen fact are asked."""

    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    fact = RadioField("Как подтвердить, что счёт ваш", validate_choice=False)
    meter_number = StringField(word("linking.meter_number"), [at_most(60)])
    payment_date = StringField(word("linking.payment_date"), [at_most(20)])
    payment_sum = StringField(word("linking.payment_sum"), [at_most(30)])
    bill_sum = StringField(word("linking.bill_sum"), [at_most(30)])
    activation_code = StringField(word("linking.activation_code"), [at_most(60)])
    alias = StringField(word("accounts.alias"), [at_most(LONGEST_ALIAS)])
    group = SelectField(word("accounts.group"), validate_choice=False)
    bills_by = RadioField(
        word("accounts.bills_by"),
        choices=[SelectChoice(PAPER, word("accounts.paper")), SelectChoice(EMAIL, word("accounts.by_email"))],
        validate_choice=False,
    )


# The fields of each fact, in the order in which they are asked, with the words of their hints.
FIELDS: dict[str, dict[str, str]] = {
    METER: {"meter_number": "linking.meter_number_hint"},
    PAYMENT: {"payment_date": "linking.payment_date_hint", "payment_sum": "linking.payment_sum_hint"},
    BILL: {"bill_sum": "linking.bill_sum_hint"},
    ACTIVATION: {"activation_code": "linking.activation_code_hint"},
}
FACT_WORDS = {
    METER: "linking.meter",
    PAYMENT: "linking.payment",
    BILL: "linking.bill",
    ACTIVATION: "linking.activation",
}


@bp.get("/accounts/link")
def link() -> str:
    form = LinkForm(formdata=request.args) if request.args else LinkForm(formdata=None)
    return render_template("accounts/link.html", **_page(form))


@bp.post("/accounts/link")
def add() -> Response:
    form = LinkForm()
    facts = _offer(form)
    if captchas.is_refresh():
        return hx.again("accounts/link", **_page(form))
    is_right = form.validate()  # first: it forgets what was refused before
    proof = _proof(form, facts)
    if not is_right or form.mistakes or proof is None or not _is_human(form):
        return hx.again("accounts/link", **_page(form))
    wish = Wish(
        supplier=int(form.supplier.data),
        number=form.number.data,
        proof=proof,
        label=form.alias.data,
        group=groups.chosen(own_groups(), form.group.data or ""),
        by_email=form.bills_by.data == EMAIL,
    )
    key = current_app.extensions["settings"].data_key
    try:
        made, is_new = linking.link(resident(), wish, facts, visitor(), key, clock.now(), clock.today())
    except Refused as refusal:
        form.refuse(refusal)
        return hx.again("accounts/link", **_page(form))
    number = f"№\N{NO-BREAK SPACE}{form.number.data}"
    flash(
        f"Вам добавлен лицевой счёт {number}." if is_new else f"Лицевой счёт {number} уже в вашем кабинете.", "done"
    )
    return hx.go(url_for(".show", account_id=made.account_id))


def _page(form: LinkForm) -> dict[str, Any]:
    """Everything the form is shown with: its choices, the fields of each fact, a picture if one is asked."""
    return {
        "form": form,
        "facts": {fact: [(form[name], word(hint)) for name, hint in FIELDS[fact].items()] for fact in _offer(form)},
        "can_email": resident().email_confirmed_at is not None,
        "picture": captchas.shown(FORM) if _asks_captcha() else None,
    }


def _offer(form: LinkForm) -> tuple[str, ...]:
    """Fills the selects and answers which facts the chosen supplier accepts; a single supplier is chosen already."""
    suppliers = list(Supplier.by_name())
    chosen = next((supplier for supplier in suppliers if str(supplier.id) == form.supplier.data), None)
    if chosen is None and len(suppliers) == 1:
        chosen = suppliers[0]
        form.supplier.data = str(chosen.id)
    preset = current_app.extensions["settings"].preset.linking_facts
    facts = linking.facts_of(chosen.id if chosen else None, preset, clock.today())
    form.supplier.choices = [SelectChoice("", "Выберите поставщика")] * (chosen is None)
    form.supplier.choices += [SelectChoice(str(supplier.id), supplier.title) for supplier in suppliers]
    form.group.choices = group_choices(own_groups())
    form.fact.choices = [SelectChoice(fact, word(FACT_WORDS[fact])) for fact in facts]
    if form.fact.data not in facts:
        form.fact.data = _filled(form, facts) or (facts[0] if facts else None)
    form.bills_by.data = form.bills_by.data or PAPER
    return facts


def _filled(form: LinkForm, facts: tuple[str, ...]) -> str | None:
    """The fact whose fields were filled in, where no button beside them was pressed."""
    return next((fact for fact in facts if any(form[name].data for name in FIELDS[fact])), None)


def _asks_captcha() -> bool:
    return captchas.is_wanted(FORM, linking.failures(resident(), visitor(), clock.now()))


def _is_human(form: LinkForm) -> bool:
    return not _asks_captcha() or captchas.passes(form, FORM)


def _proof(form: LinkForm, facts: Collection[str]) -> Proof | None:
    """What was typed for the chosen fact; None where it is empty or unreadable, the field says so."""
    if not form.supplier.data or all(choice.value != form.supplier.data for choice in form.supplier.choices):
        form.refuse(Refused("Выберите поставщика из списка", field="supplier"))
    names = FIELDS[form.fact.data] if form.fact.data in facts else {}
    empty = [name for name in names if not form[name].data]
    for name in empty:
        form.refuse(Refused(str(word("error.empty")), field=name))
    if empty or not names:
        return None
    try:
        return Proof(
            fact=form.fact.data,
            meter_number=form.meter_number.data or "",
            payment_date=typed_day(form.payment_date.data, "payment_date") if form.fact.data == PAYMENT else None,
            payment_sum=_sum(form, "payment_sum") if form.fact.data == PAYMENT else None,
            bill_sum=_sum(form, "bill_sum") if form.fact.data == BILL else None,
            activation_code=form.activation_code.data or "",
        )
    except Refused as refusal:
        form.refuse(refusal)
        return None


def _sum(form: LinkForm, name: str) -> int:
    try:
        return kopecks(form[name].data)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=name)
