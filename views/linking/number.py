"""By the account's number and one fact that proves it, and how the account shall stand in the portal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from flask import Response, request
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from services import groups, linking
from services.accounts import LONGEST_ALIAS
from services.linking import Wish
from services.payment import kopecks
from services.proof import ACTIVATION, BILL, METER, PAYMENT, Proof
from services.refusal import Refused
from views import captchas, portal
from views.access import own_groups, resident
from views.accounts import EMAIL, PAPER, group_choices
from views.forms import at_most, required, word
from views.linking.way import LinkingForm, Sheet, Way, choose_supplier, is_human, linked, picture
from views.shapes import day_of

Read = TypeVar("Read")


class LinkForm(LinkingForm):
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


def show() -> Sheet:
    return _sheet(LinkForm(formdata=request.args) if request.args else LinkForm(formdata=None))


def add() -> Sheet | Response:
    form = LinkForm()
    facts = _offer(form)
    if captchas.is_refresh():
        return _sheet(form)
    is_right = form.validate()  # first: it forgets what was refused before
    proof = _proof(form, facts)
    if not is_right or form.mistakes or proof is None or not is_human(form):
        return _sheet(form)
    wish = Wish(
        supplier=int(form.supplier.data),
        number=form.number.data,
        proof=proof,
        label=form.alias.data,
        group=groups.chosen(own_groups(), form.group.data or ""),
        by_email=form.bills_by.data == EMAIL,
    )
    return linked(form, wish, portal.preset().linking_facts) or _sheet(form)


WAY = Way(word("linking.title"), word("linking.by_number"), show, add)


def _sheet(form: LinkForm) -> Sheet:
    """Everything the form is shown with: its choices, the fields of each fact, a picture if one is asked."""
    facts = {fact: [(form[name], word(hint)) for name, hint in FIELDS[fact].items()] for fact in _offer(form)}
    can_email = resident().email_confirmed_at is not None
    return Sheet({"form": form, "facts": facts, "can_email": can_email, "picture": picture()})


def _offer(form: LinkForm) -> tuple[str, ...]:
    """Fills the selects and answers which facts the chosen supplier accepts."""
    chosen = choose_supplier(form, "Выберите поставщика")
    accepted = linking.facts_of(chosen.id if chosen else None, portal.preset().linking_facts, clock.today())
    facts = tuple(fact for fact in accepted if fact in FIELDS)
    form.group.choices = group_choices(own_groups())
    form.fact.choices = [SelectChoice(fact, word(FACT_WORDS[fact])) for fact in facts]
    if form.fact.data not in facts:
        form.fact.data = _filled(form, facts) or (facts[0] if facts else None)
    form.bills_by.data = form.bills_by.data or PAPER
    return facts


def _filled(form: LinkForm, facts: tuple[str, ...]) -> str | None:
    """The fact whose fields were filled in, where no button beside them was pressed."""
    return next((fact for fact in facts if any(form[name].data for name in FIELDS[fact])), None)


def _proof(form: LinkForm, facts: Collection[str]) -> Proof | None:
    """What was typed for the chosen fact; None where it is empty or unreadable, the field says so."""
    if not form.supplier.data:
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
            payment_date=_read(form, "payment_date", day_of) if form.fact.data == PAYMENT else None,
            payment_sum=_read(form, "payment_sum", kopecks) if form.fact.data == PAYMENT else None,
            bill_sum=_read(form, "bill_sum", kopecks) if form.fact.data == BILL else None,
            activation_code=form.activation_code.data or "",
        )
    except Refused as refusal:
        form.refuse(refusal)
        return None


def _read(form: LinkForm, name: str, reader: Callable[[str], Read]) -> Read:
    try:
        return reader(form[name].data)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=name)
