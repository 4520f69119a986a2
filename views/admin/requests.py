"""The console's queue of requests: who asks, for which account, with which document; «Подключить», «Отказать»."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, flash, render_template, url_for
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Account, Link, LinkRequest
from models.request import ACCESS, LINK, OBJECTION, SECOND, WAITING
from services import requests
from services.refusal import Refused
from views import hx, suppliers
from views.access import own_request, own_suppliers, resident, served_suppliers
from views.admin import home, queues
from views.downloads import as_file
from views.forms import Form, at_most, required, word
from views.requests import documents, state_of

bp = home.bp

DECIDED_SHOWN, BESIDE_SHOWN = 20, 10
KINDS = {
    LINK: "Подключить счёт",
    ACCESS: "Нет кабинета",
    SECOND: "Счёт уже зарегистрирован",
    OBJECTION: "Возражение",
}
REASONS = (
    "Документ не читается. Приложите фото, на котором видны все строки.",
    "Фамилия в документе не совпадает с владельцем лицевого счёта.",
    "Лицевого счёта с таким номером нет. Сверьте номер с квитанцией.",
)
NOT_FOUND = "У этого поставщика такого лицевого счёта нет"
OTHER_FOUND = "Нашли другой счёт: сверьте его с документом и нажмите «Подключить» ещё раз."


class ApproveForm(Form):
    """The account as the operator sees it (`account`) and as he typed it: what he has not seen is not linked."""

    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    account = HiddenField()


class DetachForm(Form):
    holder = RadioField("Кого отключить", validate_choice=False)


class RefuseForm(Form):
    reason = StringField("Причина", [required(), at_most(requests.LONGEST_REASON)])


@bp.get("/requests")
def link_requests() -> str:
    allowed = own_suppliers()
    return render_template(
        "admin/requests.html",
        waiting=queues.first(partial(LinkRequest.waiting, allowed)),
        decided=LinkRequest.decided(allowed, DECIDED_SHOWN),
        kinds=KINDS,
        state_of=state_of,
    )


@bp.get("/requests/<int:request_id>")
def link_request(request_id: int) -> str:
    return render_template("admin/request.html", **_page(own_request(request_id)))


@bp.get("/requests/<int:request_id>/document")
def link_request_document(request_id: int) -> Response:
    request = own_request(request_id)
    content = requests.open_document(request, documents(), resident(), clock.now())
    if content is None:
        flash("Документа больше нет: он не прилагался или удалён через 30 дней после решения.", "warn")
        return hx.go(url_for(".link_request", request_id=request_id))
    return as_file(content, str(request.file_name), str(request.file_kind))


@bp.post("/requests/<int:request_id>/approval")
def approve_request(request_id: int) -> Response:
    request, form = own_request(request_id), ApproveForm()
    account = _found(form) if form.validate() else None
    if account is not None and form.account.data != str(account.id):
        form.refuse(Refused(OTHER_FOUND))
    elif account is not None and form.done(requests.approve, request, account, resident(), clock.now()):
        return _decided(request_id)
    return _again(request_id, approve=form, account=account)


@bp.post("/requests/<int:request_id>/detachment")
def detach_holder(request_id: int) -> Response:
    request, form = own_request(request_id), DetachForm()
    link = next((link for link in _others(request) if str(link.id) == form.holder.data), None)
    if form.validate() and link is None:
        form.refuse(Refused("Выберите, кого отключить", field="holder"))
    elif link is not None and form.done(requests.detach, request, link, resident(), clock.now()):
        return _decided(request_id)
    return _again(request_id, detach=form)


@bp.post("/requests/<int:request_id>/refusal")
def refuse_request(request_id: int) -> Response:
    request, form = own_request(request_id), RefuseForm()
    if form.validate() and form.done(requests.refuse, request, form.reason.data, resident(), clock.now()):
        return _decided(request_id)
    return _again(request_id, refuse=form)


def _decided(request_id: int) -> Response:
    """On to the next that waits, to the queue where none does; either says what became of the request."""
    flash(f"Заявка № {request_id}: {requests.state_word(own_request(request_id))}.", "done")
    following = LinkRequest.next_waiting(own_suppliers(), request_id)
    return hx.go(url_for(".link_request", request_id=following) if following else url_for(".link_requests"))


def _again(request_id: int, **given: Any) -> Response:
    """The page as it is now: another operator may have decided meanwhile."""
    return Response(render_template("admin/request.html", **_page(own_request(request_id), **given)), 422)


def _page(
    request: LinkRequest,
    approve: ApproveForm | None = None,
    detach: DetachForm | None = None,
    refuse: RefuseForm | None = None,
    account: Account | None = None,
) -> dict[str, Any]:
    account = account or (requests.account_of(request) if approve is None else None)
    return {
        "asked": request,
        "account": account,
        "approve": _shown(approve or ApproveForm(formdata=None), request, account, is_new=approve is None),
        "detach": _with_holders(detach or DetachForm(formdata=None), request),
        "refuse": refuse or RefuseForm(formdata=None),
        "mistaken": next((form for form in (approve, detach, refuse) if form is not None), None),
        "beside": LinkRequest.beside(request, own_suppliers(), BESIDE_SHOWN),
        "is_waiting": request.state == WAITING,
        "kinds": KINDS,
        "reasons": REASONS,
        "state_of": state_of,
    }


def _shown(form: ApproveForm, request: LinkRequest, account: Account | None, *, is_new: bool) -> ApproveForm:
    """The form over the account that the page shows."""
    form.supplier.choices = suppliers.choices(served_suppliers())
    if is_new:
        form.supplier.data, form.number.data = str(request.supplier_id or ""), request.number
    form.account.data = str(account.id) if account else ""
    return form


def _with_holders(form: DetachForm, request: LinkRequest) -> DetachForm:
    form.holder.choices = [
        SelectChoice(str(link.id), f"{link.resident.full_name or 'Без имени'}, {link.resident.email}")
        for link in _others(request)
    ]
    return form


def _others(request: LinkRequest) -> list[Link]:
    """Who else holds the account of an objection."""
    if request.kind != OBJECTION or request.account is None:
        return []
    return Link.of_others(request.account, request.resident)


def _found(form: ApproveForm) -> Account | None:
    """The account that was typed, at a supplier of the operator's own; what is wrong is said at the field."""
    supplier = next((row for row in served_suppliers() if str(row.id) == form.supplier.data), None)
    account = Account.by_number(supplier.id, form.number.data) if supplier else None
    if account is None:
        form.refuse(Refused(NOT_FOUND, field="number"))
    return account
