"""The same as on one page, by steps: «Тип абонента», «Данные абонента», «Преамбула».

What was typed travels in the form itself, hidden in the pages of the POSTs; nothing is kept here in between.
"""

from __future__ import annotations

import hmac

from flask import Response, current_app, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from services.refusal import Refused
from services.secrets import keyed
from views import hx, portal
from views.access import resident
from views.forms import word
from views.linking.page import HouseholdForm
from views.linking.way import Sheet, Way, asks_captcha, is_human, is_refresh, linked, opened, picture

KIND, DATA, CHECK = "kind", "data", "check"
STEPS = {KIND: word("linking.kind"), DATA: word("linking.data"), CHECK: word("linking.preamble")}
BEFORE = {DATA: KIND, CHECK: DATA}
PERSON, ORGANISATION = "person", "organisation"
PASSED_FOR = 1800  # seconds from the picture to «Сохранить»

CARRIED = (
    "supplier", "number", "settlement", "street", "house", "flat", "passport_series", "passport_number",
    "passport_issuer", "passport_date", "passport_code", "birth_date",
)  # fmt: skip


class WizardForm(HouseholdForm):
    """`step` is the one that was filled in, `passed` says that the picture of just these data was answered."""

    step = HiddenField(default=KIND)
    kind = SelectField(word("linking.kind"), validate_choice=False)
    passed = HiddenField()

    def offer(self) -> None:
        super().offer()
        kinds = {PERSON: word("linking.person"), ORGANISATION: word("linking.legal_entity")}
        if ORGANISATION not in portal.preset().linking:
            del kinds[ORGANISATION]
        self.kind.choices = [SelectChoice(kind, words) for kind, words in kinds.items()]
        self.kind.data = self.kind.data if self.kind.data in kinds else PERSON


def show() -> Sheet:
    return _sheet(opened(WizardForm), KIND)


def add() -> Sheet | Response:
    form = opened(WizardForm)
    step = form.step.data if form.step.data in STEPS else KIND
    if request.form.get("go") == "back":
        return _sheet(form, BEFORE.get(step, KIND), status=200)
    return {KIND: _choose, DATA: _fill_in, CHECK: _save}[step](form)


WAY = Way(word("linking.wizard_title"), word("linking.by_wizard"), show, add)


def _choose(form: WizardForm) -> Sheet | Response:
    if form.kind.data == ORGANISATION:
        return hx.go(url_for("accounts.link_by", way=ORGANISATION))
    return _sheet(form, DATA, status=200)


def _fill_in(form: WizardForm) -> Sheet:
    if is_refresh():
        return _sheet(form, DATA, status=200)
    if not form.validate() or not is_human(form):
        return _sheet(form, DATA)
    form.passed.data = _signer().dumps(_mark(form))
    return _sheet(form, CHECK, status=200)


def _save(form: WizardForm) -> Sheet | Response:
    """Once more all that was asked: what comes back from a page may have been written by anyone."""
    if not form.validate():
        return _sheet(form, DATA)
    if asks_captcha() and not _has_passed(form):
        form.refuse(Refused("Введите код с новой картинки: прежний действовал только для прежних данных", "captcha"))
        return _sheet(form, DATA)
    return linked(form, form.wish(), form.usual) or _sheet(form, DATA)


def _sheet(form: WizardForm, step: str, status: int = 422) -> Sheet:
    return Sheet(
        {
            "form": form,
            "step": step,
            "steps": STEPS,
            "carried": [form[name] for name in CARRIED],
            "facts": [(form[name].label.text, _words(form, name)) for name in _shown(form)],
            "picture": picture() if step == DATA else None,
        },
        status,
    )


def _shown(form: WizardForm) -> list[str]:
    return [name for name in CARRIED if name != "supplier" or len(form.supplier.choices) > 1]


def _words(form: WizardForm, name: str) -> str:
    """What was typed, or the words of what was chosen."""
    choices = getattr(form[name], "choices", ())
    return next((str(choice.label) for choice in choices if choice.value == form[name].data), form[name].data or "")


def _has_passed(form: WizardForm) -> bool:
    try:
        mark = _signer().loads(form.passed.data or "", max_age=PASSED_FOR)
    except BadData:
        return False
    return isinstance(mark, str) and hmac.compare_digest(mark.encode(), _mark(form).encode())


def _mark(form: WizardForm) -> str:
    """Of these very data, typed by this very resident."""
    typed = (str(form[name].data or "") for name in CARRIED)
    return keyed(current_app.config["SECRET_KEY"], "linking-wizard", str(resident().id), *typed)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="linking-wizard")
