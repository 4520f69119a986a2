"""The console's residents: found by any fact, shown with what is needed, and what an operator may do to a login."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, abort, flash, g, render_template, session, url_for
from wtforms import HiddenField, SelectField, StringField

import clock
from models import Account, Consent, LinkRequest, Remark, Resident, Session, Token, finding
from models.finding import Page
from models.request import WAITING as ASKED
from models.resident import ACTIVE, BLOCKED, WAITING
from services import codes, contacts, devices, looks, residents
from services import finding as reading
from services.refusal import Refused
from views import hx, portal, suppliers
from views.access import (
    administers_all,
    own_frozen,
    own_suppliers,
    served_link,
    served_resident,
    served_suppliers,
)
from views.access import (
    resident as operator,
)
from views.address import visitor
from views.admin import bp
from views.forms import Form, at_most, required, typed, word
from views.ids import behind

PAGE, SIGN_INS, REMARKS = 50, 20, 20
STATES = {
    ACTIVE: ("done", "ok", "Открыт"),
    WAITING: ("todo", "clock", "Ждёт подтверждения почты"),
    BLOCKED: ("bad", "lock", "Заблокирован"),
    "deleted": ("", "no", "Удалён"),
}
FACTORS = {"": "выключен", "code": "код на телефон или почту", "totp": "приложение"}
FACTS = {
    "meter": "номер счётчика",
    "payment": "последний платёж",
    "bill": "последняя квитанция",
    "activation": "код с квитанции",
    "passport": "паспорт",
    "organisation": "данные организации",
    "password": "пароль счёта",
    "name": "имя владельца",
    "operator": "оператор",
    "invitation": "приглашение",
    "counter": "паспорт у стойки",
}
FOUND = "Нашли счёт: сверьте его и нажмите «Подключить» ещё раз."


class ReasonForm(Form):
    reason = StringField("Причина", [required(), at_most(residents.LONGEST_REASON)])


class ActForm(Form):
    """One button."""


class LinkForm(ReasonForm):
    """The account as the operator sees it (`account`) and as he typed it: what he has not seen is not linked."""

    order = ("supplier", "number", "reason")
    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    account = HiddenField()


@dataclass(frozen=True)
class Act:
    """Something that is done to a login, on a page that says what will happen.

    `may` asks for the operator, `fits` for the resident's state; `done` is said afterwards.
    """

    title: str
    button: str
    tells: str
    done: str
    do: Callable[[Resident, str], object]
    may: Callable[[], bool]
    fits: Callable[[Resident], bool]
    asks_reason: bool = True
    is_grave: bool = True


def _of_all() -> bool:
    return own_suppliers() is None


def _send_recovery(who: Resident, _reason: str) -> None:
    residents.send_recovery(who, operator(), visitor(), clock.now(), codes.new_token())


ACTS = {
    "blocking": Act(
        "Заблокировать кабинет", "Заблокировать",
        "Житель не сможет войти. Кабинет закроется на всех устройствах, автоплатежи отключатся, программы с токенами "
        "получат отказ. Показания и платежи останутся у поставщика. Причину житель прочитает в письме.",
        "Кабинет заблокирован.",
        lambda who, reason: residents.block(who, reason, operator(), clock.now()),
        administers_all, lambda who: who.state == ACTIVE,
    ),
    "unblocking": Act(
        "Открыть кабинет", "Открыть",
        "Житель снова войдёт с прежним паролем. Автоплатежи он включит сам.",
        "Кабинет открыт.",
        lambda who, reason: residents.unblock(who, reason, operator(), clock.now()),
        administers_all, lambda who: who.state == BLOCKED, is_grave=False,
    ),
    "sign-outs": Act(
        "Закрыть кабинет на всех устройствах", "Закрыть на всех устройствах",
        "Житель выйдет из кабинета везде и войдёт снова с прежним паролем. Пароль не изменится.",
        "Кабинет закрыт на всех устройствах.",
        lambda who, reason: residents.end_sessions(who, reason, operator(), clock.now()),
        _of_all, lambda who: who.state == ACTIVE,
    ),
    "factor": Act(
        "Отключить второй шаг входа", "Отключить",
        "Для входа хватит пароля: приложение и запасные коды перестанут действовать. Убедитесь, что просит сам "
        "житель: об этом ему придёт письмо.",
        "Второй шаг входа отключён.",
        lambda who, reason: residents.reset_factor(who, reason, operator(), clock.now()),
        administers_all, lambda who: bool(who.factor) and who.state in (ACTIVE, BLOCKED),
    ),
    "recovery": Act(
        "Отправить ссылку для нового пароля", "Отправить",
        "На почту жителя уйдёт письмо с кодом и ссылкой, она действует полчаса. Прежний пароль работает, пока он не "
        "задал новый.",
        "Письмо со ссылкой отправляется.",
        _send_recovery,
        lambda: True, lambda who: who.state == ACTIVE and bool(who.email_key and who.email_confirmed_at),
        asks_reason=False, is_grave=False,
    ),
    "activation": Act(
        "Отправить письмо для подтверждения ещё раз", "Отправить",
        "На адрес, который житель указал при регистрации, уйдёт новая ссылка на 48 часов.",
        "Письмо отправляется.",
        lambda who, _reason: residents.send_activation(who, operator(), clock.now()),
        lambda: True, lambda who: who.state == WAITING, asks_reason=False, is_grave=False,
    ),
    "look": Act(
        "Посмотреть как житель", "Посмотреть",
        "Вы увидите кабинет глазами жителя: 15 минут, только просмотр. Пока смотрите, консоль закрыта. Житель увидит "
        "это среди входов: день, время и от чьего имени.",
        "",
        lambda who, _reason: looks.begin(g.session, who, operator(), str(portal.settings().name), clock.now()),
        _of_all, lambda who: who.state == ACTIVE, asks_reason=False, is_grave=False,
    ),
}  # fmt: skip


@bp.get("/residents")
def list_residents() -> str:
    text = typed("q")[: reading.LONGEST]
    rows = finding.residents(reading.read(text), Page(own_frozen(), behind(), PAGE + 1))
    return render_template(
        "admin/residents.html",
        text=text,
        rows=rows[:PAGE],
        links=finding.links(rows[:PAGE], own_frozen()),
        after=rows[PAGE - 1].id if len(rows) > PAGE else "",
        is_first=not behind(),
        states=STATES,
        phone_of=contacts.shown_phone,
    )


@bp.get("/residents/<int:resident_id>")
def resident(resident_id: int) -> str:
    return render_template("admin/resident.html", **_page(served_resident(resident_id), _link_form()))


@bp.post("/residents/<int:resident_id>/accounts")
def link_to_resident(resident_id: int) -> Response:
    who, form = served_resident(resident_id), _link_form()
    account = typed_account(form) if form.validate() else None
    if account is not None and form.account.data != str(account.id):
        form.refuse(Refused(FOUND))
    elif account is not None and form.done(residents.link, who, account, form.reason.data, operator(), clock.now()):
        flash(f"Лицевой счёт № {account.number} подключён.", "done")
        return hx.go(url_for(".resident", resident_id=resident_id))
    form.account.data = str(account.id) if account else ""
    return Response(render_template("admin/resident.html", **_page(who, form, account)), 422)


@bp.get("/residents/<int:resident_id>/accounts/<int:link_id>")
def unlinking(resident_id: int, link_id: int) -> str:
    link = served_link(resident_id, link_id)
    return render_template(
        "admin/resident_unlink.html", link=link, form=ReasonForm(), who=served_resident(resident_id)
    )


@bp.post("/residents/<int:resident_id>/accounts/<int:link_id>")
def unlink_from_resident(resident_id: int, link_id: int) -> Response:
    link, form = served_link(resident_id, link_id), ReasonForm()
    if form.validate() and form.done(residents.unlink, link, form.reason.data, operator(), clock.now()):
        flash(f"Лицевой счёт № {link.account.number} отключён.", "done")
        return hx.go(
            url_for(".resident", resident_id=resident_id) if _is_served(resident_id) else url_for(".list_residents")
        )
    page = render_template("admin/resident_unlink.html", link=link, form=form, who=served_resident(resident_id))
    return Response(page, 422)


@bp.get("/residents/<int:resident_id>/<act>")
def act_on_resident(resident_id: int, act: str) -> str:
    who, what = served_resident(resident_id), _act(act)
    return render_template(
        "admin/resident_act.html", who=who, act=what, name=act, form=_form(what), fits=what.fits(who)
    )


@bp.post("/residents/<int:resident_id>/<act>")
def do_to_resident(resident_id: int, act: str) -> Response:
    who, what = served_resident(resident_id), _act(act)
    form = _form(what)
    if form.validate() and form.done(what.do, who, form.reason.data if what.asks_reason else ""):
        if act == "look":
            session.pop("csrf_token", None)  # forms of the console are no forms of the resident's portal
            return hx.go("/")
        flash(what.done, "done")
        return hx.go(url_for(".resident", resident_id=resident_id))
    who = served_resident(resident_id)  # as it is now: another operator may have been faster
    page = render_template("admin/resident_act.html", who=who, act=what, name=act, form=form, fits=what.fits(who))
    return Response(page, 422)


def typed_account(form: LinkForm) -> Account | None:
    """The account that was typed, at a supplier of the operator's own; what is wrong is said at the field."""
    supplier = next((row for row in served_suppliers() if str(row.id) == form.supplier.data), None)
    for number in contacts.numbers_of(form.number.data):
        if supplier and (found := Account.by_number(supplier.id, number)):
            return found
    form.refuse(Refused("У этого поставщика такого лицевого счёта нет", field="number"))
    return None


def _act(name: str) -> Act:
    """An act that the operator has no right to does not exist for him."""
    what = ACTS.get(name)
    return what if what is not None and what.may() else abort(404)


def _form(act: Act) -> Form:
    return ReasonForm() if act.asks_reason else ActForm()


def _link_form() -> LinkForm:
    form = LinkForm()
    form.supplier.choices = suppliers.choices(served_suppliers())
    return form


def _is_served(resident_id: int) -> bool:
    return finding.served(resident_id, own_frozen()) is not None


def _page(who: Resident, form: LinkForm, account: Account | None = None) -> dict[str, object]:
    """Where a person signs in and what he agreed to concerns the whole portal: who works for all of it sees it."""
    is_all, now = _of_all(), clock.now()
    log, _ = devices.log(who, "") if is_all else ([], "")
    return {
        "who": who,
        "state": STATES[str(who.state)],
        "form": form,
        "account": account,
        "links": finding.links([who], own_frozen())[who.id],
        "facts": FACTS,
        "factors": FACTORS,
        "acts": [(name, act) for name, act in ACTS.items() if act.may() and act.fits(who)],
        "remarks": Remark.of_resident(who, own_frozen(), REMARKS),
        "requests": LinkRequest.of_person(who, own_suppliers(), ASKED),
        "is_all": is_all,
        "open": Session.open_of(who, now) if is_all else [],
        "log": log,
        "consents": Consent.of_resident(who) if is_all else [],
        "tokens": Token.count_of(who) if is_all else 0,
        "now": now,
        "phone_of": contacts.shown_phone,
    }
