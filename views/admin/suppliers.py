"""The console's suppliers: the list, a new one, a supplier's settings by section, planned changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, current_app, flash, make_response, render_template, request, url_for
from wtforms import StringField

import clock
from models import Supplier, SupplierSetting
from services import requisites, setting_changes, suppliers
from services.setting_changes import Standing
from views import gateways, hx, portal
from views.access import (
    administers_all,
    for_administrators,
    own_suppliers,
    resident,
    served_supplier,
    served_suppliers,
)
from views.admin import bp, supplier_words
from views.admin.supplier_forms import GUARDED, OPEN, DatedForm, PaymentForm, SectionForm
from views.forms import Form, at_most, required, typed

WIZARD = "start"  # the mark of an address that the first-run wizard leads to and is come back from


class NewSupplierForm(Form):
    code = StringField("Код", [required(), at_most(suppliers.LONGEST_CODE)])
    name = StringField("Наименование", [required(), at_most(suppliers.LONGEST)])


@bp.get("/suppliers")
def supplier_list() -> str:
    return _list(NewSupplierForm(formdata=None))


@bp.post("/suppliers")
@for_administrators
def add_supplier() -> Response:
    form = NewSupplierForm()
    if form.validate() and form.done(
        suppliers.add, str(form.code.data), str(form.name.data), resident(), clock.now()
    ):
        flash(f"Поставщик «{form.name.data}» добавлен.", "done")
        return hx.go(_home() or url_for(".supplier", supplier_id=suppliers.by_code(str(form.code.data)).id))
    return make_response(_list(form), 422)


@bp.get("/suppliers/<int:supplier_id>")
def supplier(supplier_id: int) -> str:
    row = served_supplier(supplier_id)
    found = _standing(row)
    return render_template(
        "admin/supplier.html",
        supplier=row,
        sections=supplier_words.sections(row, found.values, _banks()),
        planned=[(plan, supplier_words.plan(plan)) for plan in found.planned],
        is_whole=requisites.is_whole(suppliers.facts_of(row, requisites.FIELDS)),
        guarded=GUARDED,
        administers=administers_all(),
    )


@bp.get(f"/suppliers/<int:supplier_id>/<any({', '.join(OPEN)}):section>")
def supplier_section(supplier_id: int, section: str) -> str:
    return _shown(served_supplier(supplier_id), section)


@bp.post(f"/suppliers/<int:supplier_id>/<any({', '.join(OPEN)}):section>")
def change_section(supplier_id: int, section: str) -> Response:
    return _changed(served_supplier(supplier_id), section)


@bp.get(f"/suppliers/<int:supplier_id>/<any({', '.join(GUARDED)}):guarded>")
@for_administrators
def guarded_section(supplier_id: int, guarded: str) -> str:
    return _shown(served_supplier(supplier_id), guarded)


@bp.post(f"/suppliers/<int:supplier_id>/<any({', '.join(GUARDED)}):guarded>")
@for_administrators
def change_guarded(supplier_id: int, guarded: str) -> Response:
    return _changed(served_supplier(supplier_id), guarded)


@bp.post("/suppliers/<int:supplier_id>/plans/<int:setting_id>/withdrawal")
def withdraw_plan(supplier_id: int, setting_id: int) -> Response:
    row = served_supplier(supplier_id)
    plan = SupplierSetting.of_supplier(row, setting_id)
    if plan is not None and _is_guarded(str(plan.key)) and not administers_all():
        abort(403)
    form = Form(formdata=None)
    if form.done(setting_changes.withdraw, row, setting_id, resident(), clock.now(), clock.today()):
        flash("Изменение снято: останется как сейчас.", "done")
    else:
        flash(form.mistakes[0][1], "warn")
    return hx.go(url_for(".supplier", supplier_id=supplier_id))


def _is_guarded(key: str) -> bool:
    return any(key in form.names for form in GUARDED.values()) or key not in _dated_keys()


def _dated_keys() -> set[str]:
    return {key for form in OPEN.values() if form.dated for key in form.names}


def _list(form: NewSupplierForm) -> str:
    return render_template(
        "admin/suppliers.html", form=form, suppliers=served_suppliers(), administers=administers_all(),
        is_of_all=own_suppliers() is None, mark=_mark(),
    )  # fmt: skip


def _shown(row: Supplier, section: str) -> str:
    form = _form(section, row, fresh=True)
    form.show(_values(row, form))
    return _page(row, section, form)


def _changed(row: Supplier, section: str) -> Response:
    form = _form(section, row)
    if form.validate() and form.done(_save, row, form):
        return hx.go(_home() or url_for(".supplier", supplier_id=row.id))
    return make_response(_page(row, section, form), 422)


def _save(row: Supplier, form: SectionForm) -> None:
    if isinstance(form, DatedForm):
        since, today = form.since.data, clock.today()
        done = setting_changes.change(
            row, form.values, since, typed("seen"), gateways.usual(), resident(), clock.now(), today
        )
        when = "" if since <= today else f" Начнёт действовать {since:%d.%m.%Y}."
        flash(f"Сохранено.{when}" if done else "Ничего не изменилось.", "done")
    else:
        done = suppliers.change(row, form.values, typed("seen"), resident(), clock.now())
        flash("Сохранено." if done else "Ничего не изменилось.", "done")


def _form(section: str, row: Supplier, fresh: bool = False) -> SectionForm:
    kind = {**OPEN, **GUARDED}[section]
    form = kind(formdata=None) if fresh else kind()
    if fresh and isinstance(form, DatedForm):
        form.since.data = clock.today()
    if isinstance(form, PaymentForm):
        form.offer(_banks(), str(_standing(row).values["gateway"]))
    return form


def _page(row: Supplier, section: str, form: SectionForm) -> str:
    """The form counts from what is in force now: after a stale one the next press is the operator's decision."""
    fresh = served_supplier(row.id)
    form.seen.data = _standing(fresh).state(form.names) if form.dated else suppliers.state_of(_values(fresh, form))
    return render_template(
        "admin/supplier_section.html", supplier=fresh, section=section, form=form, mark=_mark(),
        sections={**OPEN, **GUARDED},
    )  # fmt: skip


def _values(row: Supplier, form: SectionForm) -> Mapping[str, Any]:
    return _standing(row).values if form.dated else suppliers.facts_of(row, form.names)


def _standing(row: Supplier) -> Standing:
    return setting_changes.standing(row, clock.today(), gateways.usual())


def _banks() -> dict[str, str]:
    """Gateways that have their settings, by name: what each speaks, its keys never."""
    engines = {one.name: one.engine for one in portal.settings().gateways}
    return {
        name: f"{engines[name]}, ключи заданы" if name in engines else "учебный банк"
        for name in sorted(current_app.extensions["gateways"])
    }


def _mark() -> str:
    return WIZARD if WIZARD in request.args else ""


def _home() -> str:
    """Back to the wizard, for whom it has sent."""
    return "/admin/start" if _mark() else ""
