"""The counter: the passport is seen, an account gets its resident, the code for his password is printed."""

from __future__ import annotations

from functools import partial

from flask import Response, abort, flash, render_template, url_for
from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Account, Code, Link, Resident, finding
from models.finding import Page
from services import codes, counter
from services import finding as reading
from services.counter import Newcomer
from views import hx, logins, portal
from views.access import own_frozen, own_suppliers, served_account, served_resident
from views.access import resident as operator
from views.admin import bp
from views.forms import LONGEST_KEY, Form, at_most, required, typed

SHOWN = 20
LOGINS = {
    "account": "По номеру лицевого счёта",
    "username": "По имени для входа",
    "phone": "По номеру телефона",
    "email": "По почте: на неё уйдёт приглашение",
}


class CodeForm(Form):
    passport = BooleanField("Паспорт предъявлен, это он")
    once = HiddenField(validators=[at_most(LONGEST_KEY)])


class RegisterForm(CodeForm):
    order = ("full_name", "login", "username", "phone", "email", "passport")
    full_name = StringField("Фамилия, имя, отчество", [required(), at_most(200)])
    login = RadioField("Как будет входить", validate_choice=False)
    username = StringField("Имя для входа", [at_most(30)])
    phone = StringField("Телефон", [at_most(30)])
    email = StringField("E-mail", [at_most(254)])

    @property
    def newcomer(self) -> Newcomer:
        return Newcomer(
            self.full_name.data, self.login.data or "", self.username.data, self.phone.data, self.email.data,
            bool(self.passport.data),
        )  # fmt: skip


@bp.get("/counter")
def stand() -> str:
    text = typed("q")[: reading.LONGEST]
    facts = reading.read(text)
    own = own_frozen()
    return render_template(
        "admin/counter.html",
        text=text,
        accounts=finding.accounts(facts, Page(own, 0, SHOWN)),
        residents=finding.residents(facts, Page(own, 0, SHOWN)) if own is None else [],
        is_all=own is None,
    )


@bp.get("/counter/accounts/<int:account_id>")
def newcomer(account_id: int) -> str:
    row = served_account(account_id)
    form = RegisterForm(formdata=None, full_name=row.holder if row.kind == "person" else "", once=codes.new_token())
    return render_template("admin/counter_register.html", **_register(row, form))


@bp.post("/counter/accounts/<int:account_id>")
def register_newcomer(account_id: int) -> Response:
    row, form = served_account(account_id), RegisterForm()
    made: list[Code] = []
    if form.validate():
        once = form.once.data or codes.new_token()
        if form.login.data == counter.EMAIL:
            if form.done(counter.invite, row, form.newcomer, _ways(), operator(), clock.now(), once):
                flash("На почту отправляется приглашение: житель откроет кабинет по ссылке.", "done")
                return hx.go(url_for(".account", account_id=account_id))
        elif form.done(lambda: made.append(_registered(row, form, once))):
            return hx.go(url_for(".printed", code_id=made[0].id))
    return Response(render_template("admin/counter_register.html", **_register(row, form)), 422)


@bp.get("/counter/residents/<int:resident_id>")
def forgotten(resident_id: int) -> str:
    form = CodeForm(formdata=None, once=codes.new_token())
    return render_template("admin/counter_code.html", who=_of_all(resident_id), form=form)


@bp.post("/counter/residents/<int:resident_id>")
def print_code(resident_id: int) -> Response:
    who, form = _of_all(resident_id), CodeForm()
    made: list[Code] = []
    if form.validate():
        once, has_passport = form.once.data or codes.new_token(), bool(form.passport.data)
        act = partial(counter.print_code, who, has_passport, operator(), clock.now(), once, _key())
        if form.done(lambda: made.append(act())):
            return hx.go(url_for(".printed", code_id=made[0].id))
    return Response(render_template("admin/counter_code.html", who=who, form=form), 422)


@bp.get("/counter/codes/<int:code_id>")
def printed(code_id: int) -> Response:
    """The paper: for whoever made it, while it counts."""
    code: Code = Code.get_or_none(Code.id == code_id) or abort(404)
    signs = counter.shown(code, operator(), _key(), clock.now())
    if signs is None or code.resident is None:
        page = render_template("admin/counter_over.html")
        return Response(page, 410) if code.purpose == counter.PAPER else abort(404)
    page = render_template(
        "admin/counter_paper.html",
        code=code,
        signs=signs,
        who=code.resident,
        login=logins.login_of(code.resident),
        url=f"{portal.settings().base_url}{url_for('paper_codes.show')}",
    )
    return Response(page)


def _registered(row: Account, form: RegisterForm, once: str) -> Code:
    return counter.register(row, form.newcomer, _ways(), operator(), clock.now(), once, _key())


def _ways() -> tuple[str, ...]:
    """How a resident may sign in here; what needs neither phone nor mailbox first."""
    return tuple(way for way in LOGINS if way in portal.preset().sign_in)


def _register(row: Account, form: RegisterForm) -> dict[str, object]:
    form.login.choices = [SelectChoice(way, LOGINS[way]) for way in _ways()]
    form.login.data = form.login.data or _ways()[0]
    holders = Link.of_others(row, None)
    return {"account": row, "form": form, "holders": holders, "ways": _ways(), "is_all": own_suppliers() is None}


def _of_all(resident_id: int) -> Resident:
    """A password opens all accounts of a resident: who works for one supplier prints none."""
    return abort(404) if own_suppliers() is not None else served_resident(resident_id)


def _key() -> str:
    return str(portal.settings().secret_key)
