"""The console's operators: who works here and with what, an invitation, other rights, none any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField, StringField

import clock
from models import Operator, Resident, Session, Supplier
from models.resident import ACTIVE
from services import letters, operators
from services.operators import ADMINISTRATOR, CLERK
from services.refusal import Refused
from views import hx, portal
from views.access import for_administrators
from views.access import resident as administrator
from views.admin import bp
from views.admin.residents import STATES
from views.forms import Form, at_most, required, typed, word

ROLES = {"": "не работает", CLERK: "оператор", ADMINISTRATOR: "администратор"}
# Acts of a resident's page (views/admin/residents.py) that an operator's page leads to.
ACTS = ("factor", "sign-outs", "blocking", "unblocking")


class InviteForm(Form):
    order = ("email", "everywhere")
    email = StringField(word("registration.email"), [required(), at_most(300)])
    everywhere = HiddenField("Все поставщики")  # names the first choice for the summary of mistakes


class RolesForm(Form):
    seen = HiddenField()


@dataclass
class Worker:
    """An operator as the list shows him."""

    who: Resident
    roles: dict[int | None, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    seen_at: datetime | None = None


@bp.get("/operators")
@for_administrators
def list_operators() -> str:
    return render_template("admin/operators.html", **_list(InviteForm(formdata=None), {}))


@bp.post("/operators")
@for_administrators
def invite_operator() -> Response:
    form, roles = InviteForm(), _typed_roles()
    if form.validate():
        try:
            who = operators.invite(str(form.email.data), roles, administrator(), clock.now())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(f"Приглашение отправляется на {who.email}.", "done")
            return hx.go(url_for(".list_operators"))
    return make_response(render_template("admin/operators.html", **_list(form, roles)), 422)


@bp.get("/operators/<int:resident_id>")
@for_administrators
def operator(resident_id: int) -> str:
    who = _operator(resident_id)
    return render_template("admin/operator.html", **_page(who, RolesForm(formdata=None), Operator.roles_of(who)))


@bp.post("/operators/<int:resident_id>")
@for_administrators
def change_operator(resident_id: int) -> Response:
    """«Сохранить», or «Снять все права»."""
    who, form = _operator(resident_id), RolesForm()
    roles = {} if typed("none") else _typed_roles()
    try:
        if not roles and not typed("none"):
            raise Refused("Ничего не выбрано. Чтобы человек больше не был оператором, нажмите «Снять все права».")
        operators.change(who, roles, str(form.seen.data), administrator(), clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        shown = roles or Operator.roles_of(who)
        return make_response(render_template("admin/operator.html", **_page(who, form, shown)), 422)
    flash("Права сохранены." if roles else "Права сняты: в консоль этот человек больше не войдёт.", "done")
    return hx.go(url_for(".list_operators") if not roles else url_for(".operator", resident_id=resident_id))


@bp.post("/operators/<int:resident_id>/link")
@for_administrators
def write_to_operator(resident_id: int) -> Response:
    operators.write_again(_operator(resident_id), administrator(), clock.now())
    flash("Письмо отправляется.", "done")
    return hx.go(url_for(".operator", resident_id=resident_id))


def _operator(resident_id: int) -> Resident:
    who: Resident | None = Resident.get_or_none(Resident.id == resident_id)
    return who if who is not None and Operator.is_one(who) else abort(404)


def _typed_roles() -> dict[int | None, str]:
    """What was chosen for all suppliers and for each; what stands in no list is no right."""
    offered: list[int | None] = [None, *(row.id for row in Supplier.by_name())]
    chosen = {supplier: typed(f"role-{_key(supplier)}") for supplier in offered}
    return {supplier: role for supplier, role in chosen.items() if role in (CLERK, ADMINISTRATOR)}


def _key(supplier: int | None) -> str:
    return "all" if supplier is None else str(supplier)


def _choices(roles: dict[int | None, str]) -> list[tuple[str, str, str]]:
    """(name of the field, label, what is chosen), all suppliers first."""
    every = [("all", "Все поставщики", roles.get(None, ""))]
    return every + [(_key(row.id), row.title, roles.get(row.id, "")) for row in Supplier.by_name()]


def _list(form: InviteForm, roles: dict[int | None, str]) -> dict[str, object]:
    workers: dict[int, Worker] = {}
    for row in Operator.every():
        worker = workers.setdefault(row.resident_id, Worker(row.resident))
        whose = row.supplier.title if row.supplier_id else "все поставщики"
        worker.words.append(f"{ROLES[str(row.role)]}: {whose}")
    for number, seen_at in Session.last_seen(workers).items():
        workers[number].seen_at = seen_at
    found = list(workers.values())
    return {"form": form, "workers": found, "choices": _choices(roles), **_words()}


def _page(who: Resident, form: RolesForm, shown: dict[int | None, str]) -> dict[str, object]:
    """`shown`: what was chosen; the rights of now travel beside it, so that a second press is answered by them."""
    form.seen.data = operators.state_of(Operator.roles_of(who))
    fits = {
        "factor": bool(who.factor), "sign-outs": who.state == ACTIVE, "blocking": who.state == ACTIVE,
        "unblocking": who.state == "blocked",
    }  # fmt: skip
    return {
        "who": who,
        "form": form,
        "choices": _choices(shown),
        "acts": [name for name in ACTS if fits[name]],
        "is_self": who == administrator(),
        "needs_password": not who.password_hash,
        "days": letters.OPERATOR_LIVES.days,
        **_words(),
    }


def _words() -> dict[str, object]:
    return {"roles": ROLES, "states": STATES, "is_demo": portal.settings().demo}
