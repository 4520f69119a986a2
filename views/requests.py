"""Requests to the operator: «Попросить оператора подключить счёт», the same without a login, «Возразить»."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, render_template, session, url_for
from flask_login import current_user
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

import clock
from models import LinkRequest, Supplier
from models.request import APPROVED, WAITING
from services import attachments, codes, requests
from services.attachments import Attachment
from services.refusal import Refused
from services.requests import Asked
from views import captchas, hx, portal, shapes, suppliers
from views.access import own_link, public, resident
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import Form, at_most, required, typed_once, word
from views.turns import paused

bp = Blueprint("requests", __name__)

FORM = "request"
NUMBER = "request"  # the key of the browser's form session that keeps the number of what was asked
UNKNOWN = SelectChoice("", "Не знаю")


class AskForm(Form):
    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    comment = TextAreaField("Комментарий", [at_most(1000)])
    document = FileField("Фото или скан документа", [DataRequired("Выберите файл")])
    once = HiddenField(default=codes.new_token)

    def __init__(self) -> None:
        super().__init__()
        known = suppliers.choices(Supplier.by_name())
        self.supplier.choices = [UNKNOWN, *known]
        if len(known) == 1:
            self.supplier.data = known[0].value

    def validate_supplier(self, field: SelectField) -> None:
        if all(choice.value != (field.data or "") for choice in field.choices):
            raise ValidationError("Выберите поставщика из списка")

    def asked(self) -> Asked:
        supplier = int(self.supplier.data) if self.supplier.data else None
        return Asked(number=self.number.data, supplier=supplier, comment=self.comment.data)

    def attachment(self) -> Attachment:
        """What was chosen, cleaned; unpacking a picture takes a while, and nobody else waits for it."""
        file = self.document.data
        with paused():
            return attachments.accepted(file.filename or "", file.stream.read(attachments.LARGEST + 1))


class AccessForm(AskForm, CaptchaForm):
    full_name = StringField(word("registration.full_name"), [required(), at_most(200)])
    phone = StringField(word("registration.phone"), [at_most(40)])
    email = StringField(word("registration.email"), [at_most(254)])
    consent = BooleanField("Персональные данные", [DataRequired("Без согласия принять заявку нельзя")])

    def validate_phone(self, field: StringField) -> None:
        if field.data or not self.email.data:
            shapes.ask(requests.check_contacts, "", field.data)

    def validate_email(self, field: StringField) -> None:
        if field.data:
            shapes.ask(requests.check_contacts, field.data, "")

    def asked(self) -> Asked:
        known, (email, phone) = super().asked(), requests.check_contacts(self.email.data, self.phone.data)
        return Asked(known.number, known.supplier, known.comment, self.full_name.data, email, phone)


@bp.get("/requests")
def index() -> str:
    return render_template("requests/index.html", requests=LinkRequest.of_resident(resident()), state_of=state_of)


@bp.get("/requests/new")
def new() -> str:
    return render_template("requests/new.html", **_page(AskForm()))


@bp.post("/requests/new")
def ask() -> Response:
    form, once = AskForm(), typed_once() or codes.new_token()
    made = requests.made_by(resident(), once) or _asked(form, once)
    if made is None:
        return hx.again("requests/new", **_page(form))
    flash(f"Заявка № {made.id} принята.", "done")
    return hx.go(url_for(".index"))


def _asked(form: AskForm, once: str) -> LinkRequest | None:
    if not form.validate():
        return None
    try:
        requests.check_limits(resident(), "", "", visitor(), clock.now())
        return requests.ask(resident(), form.asked(), form.attachment(), documents(), visitor(), clock.now(), once)
    except Refused as refusal:
        form.refuse(refusal)
        return None


@bp.get("/requests/access")
@public
def access() -> str | Response:
    if current_user.is_authenticated:
        return hx.go(url_for(".new"))
    return render_template("requests/access.html", **_page(AccessForm(), picture=captchas.asked(FORM)))


@bp.post("/requests/access")
@public
def ask_access() -> str | Response:
    form, once = AccessForm(), typed_once() or codes.new_token()
    if captchas.is_refresh():
        return render_template("requests/access.html", **_page(form, picture=captchas.fresh(FORM)))
    made = requests.made_by(None, once) or _asked_for_access(form, once)
    if made is None:
        return hx.again("requests/access", **_page(form, picture=captchas.asked(FORM)))
    session[NUMBER] = made.id
    return hx.go(url_for(".accepted"))


def _asked_for_access(form: AccessForm, once: str) -> LinkRequest | None:
    if not form.validate() or not captchas.is_human(form, FORM):
        return None
    try:
        asked = form.asked()
        requests.check_limits(None, asked.email, asked.phone, visitor(), clock.now())
        return requests.ask_access(asked, form.attachment(), documents(), visitor(), clock.now(), once)
    except Refused as refusal:
        form.refuse(refusal)
        return None


@bp.get("/requests/accepted")
@public
def accepted() -> str | Response:
    """What happens next: the same for everybody, known to us or not."""
    number = session.get(NUMBER)
    if number is None:
        return hx.go(url_for(".access"))
    return render_template("requests/accepted.html", number=number, suppliers=list(Supplier.by_name()))


@bp.post("/accounts/<int:account_id>/objection")
def object_to_others(account_id: int) -> Response:
    account = own_link(account_id).account
    try:
        made = requests.object_to_others(resident(), account, clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
        return hx.go(url_for("accounts.show", account_id=account_id))
    flash(f"Возражение принято: заявка № {made.id}. Оператор проверит, кто ещё подключил счёт.", "done")
    return hx.go(url_for(".index"))


def state_of(request: LinkRequest) -> tuple[str, str, str]:
    """Colour, icon and word of a request's state."""
    words = requests.state_word(request).capitalize()
    if request.state == WAITING:
        return "", "clock", words
    return ("done", "ok", words) if request.state == APPROVED else ("bad", "no", words)


def documents() -> Path:
    """Where the attached files lie."""
    folder: Path = portal.settings().data_dir / requests.FOLDER
    return folder


def _page(form: AskForm, **given: object) -> dict[str, Any]:
    """A file that was chosen does not come back with the page: the page says so."""
    return {"form": form, "is_file_lost": bool(form.document.data), **given}
