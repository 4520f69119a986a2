"""The console's registries of a bank: looked at, then taken in; payments of unknown accounts are decided."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, flash, render_template, url_for
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired

import clock
from exchange.debts import SBER
from exchange.layout import layouts
from models import Account, Registry, RegistryLine, registry_totals
from models.registry import NEW, PREVIEW, TAKEN
from services import exports_payments, registries, registry_intake
from services.refusal import Refused
from services.registries import By
from services.registry_intake import Given
from services.uploads import plain_name
from views import hx, portal
from views.access import own_registry, own_registry_line, own_suppliers, resident, served_suppliers
from views.admin import home, queues, readings, requests
from views.forms import Form, at_most, required, typed, word
from views.ids import behind
from views.turns import paused

bp = readings.bp

SHOWN, LINES, ALIKE = 50, 50, 5
ENCODINGS = [*home.ENCODINGS, SelectChoice("koi8-r", "КОИ-8")]
KINDS = {
    "": "Все",
    "known": "К проведению",
    "unknown": "Счёт неизвестен",
    "doubled": "Повторы",
    "altered": "Номер с другими данными",
    "alike": "Похожие на проведённые",
    "reversed": "Возвраты",
    "uneven": "Комиссия не сходится",
    "flawed": "Не прочитаны",
    "rejected": "Отклонены",
    "transfer": "Перечисления",
}
STATES = {
    "new": ("todo", "clock", "К проведению"),
    "flawed": ("bad", "no", "Не прочитана"),
    "duplicate": ("", "auto", "Повтор"),
    "waiting": ("warn", "clock", "Счёт неизвестен"),
    "open": ("done", "ok", "Проведён"),
    "met": ("done", "ok", "Учтён в расчёте"),
    "rejected": ("bad", "no", "Отклонён"),
    "transfer": ("", "info", "Перечисление банка"),
}
FOUND = "Нашли счёт: сверьте его с платежом и нажмите «Отнести на этот счёт» ещё раз."


class RegistryForm(Form):
    file = FileField("Файл реестра или выписки", [DataRequired("Выберите файл")])
    supplier = SelectField("Поставщик", validate_choice=False)
    layout = SelectField("Раскладка")
    encoding = SelectField("Кодировка", choices=ENCODINGS)
    day = DateField("День платежей", [InputRequired("Введите день")], default=clock.today)


class PostForm(Form):
    """`seen` is the registry that the page showed: another one of the same number is not taken in unseen."""

    confirm = BooleanField("Предупреждения прочитаны, провести всё равно")
    seen = HiddenField()


class DropForm(Form):
    seen = HiddenField()


class AssignForm(Form):
    """The account as the operator sees it (`account`) and as he typed it: what he has not seen gets no money."""

    number = StringField(word("accounts.number"), [required(), at_most(30)])
    account = HiddenField()


class RejectForm(Form):
    reason = StringField("Причина", [required(), at_most(registries.LONGEST_REASON)])


class PaymentsForm(Form):
    supplier = SelectField("Поставщик", id="payments-supplier")
    kind = SelectField(
        "Вид файла", id="payments-kind", choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel")]
    )
    again = BooleanField("Повторить и прежние, которых ещё нет в расчёте", id="payments-again")


class DebtsForm(Form):
    supplier = SelectField("Поставщик", id="debts-supplier")
    kind = SelectField(
        "Вид файла", id="debts-kind", choices=[SelectChoice(SBER, "Сбербанк"), SelectChoice("csv", "CSV")]
    )
    again = BooleanField("Выгрузить, хотя долги не изменились", id="debts-again")


@bp.get("/registries")
def list_registries() -> str:
    return render_template("admin/registries.html", **_list())


@bp.post("/registries")
def upload_registry() -> Response:
    form = _registry_form()
    if form.validate():
        try:
            with paused():  # reading a large file takes seconds; whoever asks for a page does not wait for it
                registry = registry_intake.take_down(
                    _given(form), _layouts()[0], own_suppliers(), str(resident().email), clock.local_now()
                )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(url_for(".registry", registry_id=registry.id))
    return Response(render_template("admin/registries.html", **_list(registry_form=form)), 422)


@bp.get("/registries/<int:registry_id>")
def registry(registry_id: int) -> str:
    return render_template("admin/registry.html", **_page(own_registry(registry_id)))


@bp.get("/registries/<int:registry_id>/file")
def registry_file(registry_id: int) -> Response:
    row = own_registry(registry_id)
    return home.as_file(registries.file_of(row), str(row.file_name), "application/octet-stream")


@bp.post("/registries/<int:registry_id>/posting")
def post_registry(registry_id: int) -> Response:
    row, form = own_registry(registry_id), PostForm()
    if _is_seen(row, form) and form.done(registries.post, row, form.confirm.data, _by(), clock.local_now()):
        flash(f"Реестр № {row.id} проведён.", "done")
        return hx.go(url_for(".registry", registry_id=row.id))
    return Response(render_template("admin/registry.html", **_page(own_registry(registry_id), post=form)), 422)


@bp.post("/registries/<int:registry_id>/deletion")
def drop_registry(registry_id: int) -> Response:
    row, form = own_registry(registry_id), DropForm()
    if _is_seen(row, form) and form.done(registries.drop, row, _by(), clock.now()):
        flash(f"Реестр № {row.id} удалён, его файл можно загрузить снова.", "done")
        return hx.go(url_for(".list_registries"))
    return Response(render_template("admin/registry.html", **_page(own_registry(registry_id), drop=form)), 422)


@bp.get("/registries/unknown")
def unknown_accounts() -> str:
    count, amount = RegistryLine.waiting_total(own_suppliers())
    waiting = queues.first(partial(RegistryLine.waiting, own_suppliers()))
    return render_template("admin/unknown.html", waiting=waiting, count=count, amount=amount)


@bp.get("/registries/unknown/<int:line_id>")
def unknown_account(line_id: int) -> str:
    return render_template("admin/unknown_line.html", **_decision(own_registry_line(line_id)))


@bp.post("/registries/unknown/<int:line_id>/assignment")
def assign_payment(line_id: int) -> Response:
    line, form = own_registry_line(line_id), AssignForm()
    account = _found(line, form) if form.validate() else None
    if account is not None and form.account.data != str(account.id):
        form.refuse(Refused(FOUND))
    elif account is not None and form.done(registries.assign, line, account, _by(), clock.local_now()):
        return _decided(line)
    return _undecided(line_id, assign=form, account=account)


@bp.post("/registries/unknown/<int:line_id>/rejection")
def reject_payment(line_id: int) -> Response:
    line, form = own_registry_line(line_id), RejectForm()
    if form.validate() and form.done(registries.reject, line, form.reason.data, _by(), clock.now()):
        return _decided(line)
    return _undecided(line_id, reject=form)


@bp.post("/exports/payments")
def export_payments() -> Response:
    form = _payments_form()
    if form.validate():
        try:
            with paused():
                batch = exports_payments.export_payments(
                    None, form.supplier.data or None, clock.now(), form.again.data, who=_by().name,
                    zone=clock.zone(), kind=form.kind.data,
                )  # fmt: skip
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(f"/admin/exchange#batch-{batch.id}")
    return Response(render_template("admin/registries.html", **_list(payments_form=form)), 422)


@bp.post("/exports/debts")
def export_debts() -> Response:
    form = _debts_form()
    if form.validate():
        try:
            with paused():
                batches = exports_payments.export_debts(
                    form.supplier.data, clock.local_now(), form.again.data, who=_by().name, kind=form.kind.data
                )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return hx.go(f"/admin/exchange#batch-{batches[0].id}")
    return Response(render_template("admin/registries.html", **_list(debts_form=form)), 422)


def _by() -> By:
    return By(str(resident().email), resident())


def _layouts() -> tuple[dict[str, Any], list[str]]:
    return layouts(portal.settings().layouts_folder)


def _list(
    registry_form: RegistryForm | None = None,
    payments_form: PaymentsForm | None = None,
    debts_form: DebtsForm | None = None,
) -> dict[str, Any]:
    allowed = own_suppliers()
    count, amount = RegistryLine.waiting_total(allowed)
    return {
        "registry_form": registry_form or _registry_form(is_new=True),
        "payments_form": payments_form or _payments_form(is_new=True),
        "debts_form": debts_form or _debts_form(is_new=True),
        "wrong_layouts": _layouts()[1],
        "rows": Registry.latest(SHOWN, allowed),
        "waiting": count,
        "waiting_amount": amount,
    }


def _registry_form(is_new: bool = False) -> RegistryForm:
    form = RegistryForm(formdata=None) if is_new else RegistryForm()
    form.supplier.choices = [
        SelectChoice("", "определить по файлу"), *(SelectChoice(row.code, row.title) for row in served_suppliers()),
    ]  # fmt: skip
    known = sorted(_layouts()[0].values(), key=lambda layout: layout.title)
    form.layout.choices = [
        SelectChoice("", "определить по файлу"), *(SelectChoice(layout.name, layout.title) for layout in known),
    ]  # fmt: skip
    return form


def _payments_form(is_new: bool = False) -> PaymentsForm:
    form = PaymentsForm(formdata=None) if is_new else PaymentsForm()
    everybody = [SelectChoice("", "Все поставщики")] if own_suppliers() is None else []
    form.supplier.choices = everybody + _suppliers()
    return form


def _debts_form(is_new: bool = False) -> DebtsForm:
    form = DebtsForm(formdata=None) if is_new else DebtsForm()
    form.supplier.choices = _suppliers()
    return form


def _suppliers() -> list[SelectChoice]:
    return [SelectChoice(row.code, row.title) for row in served_suppliers()]


def _given(form: RegistryForm) -> Given:
    """What was sent; a supplier beside the operator's own is none."""
    file = form.file.data
    own = {row.code for row in served_suppliers()}
    if form.supplier.data and form.supplier.data not in own:
        raise Refused("Выберите поставщика из списка.", field="supplier")
    return Given(
        name=plain_name(file.filename or "") or "реестр",
        content=file.stream.read(registry_intake.MOST_BYTES + 1),
        day=form.day.data,
        layout=form.layout.data,
        encoding=form.encoding.data,
        supplier=form.supplier.data or "",
    )


def _page(row: Registry, post: PostForm | None = None, drop: DropForm | None = None) -> dict[str, Any]:
    kind = typed("show") if typed("show") in KINDS else ""
    after = behind()
    lines = registry_totals.lines(row, kind, after, LINES + 1)
    forms = post or PostForm(formdata=None), drop or DropForm(formdata=None)
    for form in forms:
        form.seen.data = row.created_at.isoformat()
    return {
        "row": row,
        "title": layout.title if (layout := _layouts()[0].get(str(row.layout))) else row.layout,
        "seen": registries.outlook(row),
        "is_waiting": row.state == PREVIEW,
        "is_taken": row.state == TAKEN,
        "post": forms[0],
        "drop": forms[1],
        "mistaken": post or drop,
        "kind": kind,
        "kinds": KINDS,
        "lines": lines[:LINES],
        "last": lines[LINES - 1].line if len(lines) > LINES else None,
        "is_first": not after,
        "state_of": state_of,
    }


def state_of(line: RegistryLine) -> tuple[str, str, str]:
    """How a line stands: its look, its icon, its words."""
    if line.state == NEW and getattr(line, "is_doubled", 0):
        return STATES["duplicate"]
    if line.state == NEW and line.account_id is None:
        return STATES["waiting"]
    return STATES[str(line.state)]


def _is_seen(row: Registry, form: PostForm | DropForm) -> bool:
    if not form.validate():
        return False
    if form.seen.data == row.created_at.isoformat():
        return True
    form.refuse(Refused("Реестр с тех пор прочитан заново. Посмотрите его ещё раз."))
    return False


def _decision(
    line: RegistryLine, assign: AssignForm | None = None, reject: RejectForm | None = None,
    account: Account | None = None,
) -> dict[str, Any]:  # fmt: skip
    form, supplier = assign or AssignForm(formdata=None), line.registry.supplier_id
    if assign is None:
        number = typed("number")[:30]
        account = (
            Account.by_number(supplier, number)
            if number
            else RegistryLine.last_owner(supplier, str(line.account_number))
        )
        form.number.data = account.number if account else line.account_number
    form.account.data = str(account.id) if account else ""
    return {
        "line": line,
        "state": STATES[str(line.state)],
        "is_waiting": line.state == "waiting",
        "assign": form,
        "reject": reject or RejectForm(formdata=None),
        "mistaken": assign or reject,
        "account": account,
        "alike": Account.alike(supplier, str(line.account_number), ALIKE),
    }


def _found(line: RegistryLine, form: AssignForm) -> Account | None:
    """The account that was typed, at the registry's own supplier; what is wrong is said at the field."""
    account = Account.by_number(line.registry.supplier_id, form.number.data)
    if account is None:
        form.refuse(Refused(requests.NOT_FOUND, field="number"))
    return account


def _decided(line: RegistryLine) -> Response:
    flash(f"Платёж в строке {line.line} реестра № {line.registry_id} разобран.", "done")
    return hx.go(url_for(".unknown_accounts"))


def _undecided(line_id: int, **given: Any) -> Response:
    """The page as it is now: another operator may have decided meanwhile."""
    return Response(render_template("admin/unknown_line.html", **_decision(own_registry_line(line_id), **given)), 422)
