"""The console's accounts: found by number, ЕЛС or address; what the clerk sees of one, and does for who phones."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, flash, render_template, url_for
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from documents import payment_code
from models import Account, Bill, Link, Payment, Remark, desk, finding
from models.beside import paid_beside, told_by_banks
from models.finding import Page
from models.standing import standings
from services import desk as payments
from services import finding as reading
from services import phoned, reading_links, settings
from services.desk import Known, Wanted
from services.payment import kopecks
from services.reading_cards import Card, cards
from services.readings import NotTaken
from services.refusal import Refused
from views import bills, hx, portal, reading_form
from views.access import own_frozen, served_account, served_bill, served_written
from views.access import resident as operator
from views.admin import bp
from views.admin.residents import FACTS, ReasonForm
from views.forms import Form, at_most, required, typed
from views.ids import behind
from views.shapes import day_of, reads

PAGE, BILLS, PAYMENTS, REMARKS = 50, 6, 10, 10
QR_SCALE = 6
WAYS = [
    SelectChoice("cash", "Деньгами здесь, в кассе"),
    SelectChoice("told", "В банке или на почте, со слов плательщика"),
]


class PaymentForm(Form):
    """`warned` signs the payments like this one that the page has shown."""

    way = RadioField("Как заплатили", choices=WAYS, validate_choice=False)
    sum = StringField("Сумма, ₽", [required(), at_most(20), reads(kopecks)])
    paid_on = StringField("Когда", [required(), at_most(20), reads(day_of)])
    number = StringField("Номер чека или операции", [required(), at_most(payments.LONGEST_NUMBER)])
    warned = HiddenField()

    @property
    def wanted(self) -> Wanted:
        on = day_of(self.paid_on.data)
        return Wanted(self.way.data or "", kopecks(self.sum.data), on, self.number.data, self.warned.data or "")


@bp.get("/accounts")
def list_accounts() -> str:
    text = typed("q")[: reading.LONGEST]
    rows = finding.accounts(reading.read(text), Page(own_frozen(), behind(), PAGE + 1))
    return render_template(
        "admin/accounts.html",
        text=text,
        rows=rows[:PAGE],
        after=rows[PAGE - 1].id if len(rows) > PAGE else "",
        is_first=not behind(),
    )


@bp.get("/accounts/<int:account_id>")
def account(account_id: int) -> str:
    row, today = served_account(account_id), clock.today()
    standing = standings([row.id])[row.id]
    return render_template(
        "admin/account.html",
        account=row,
        standing=standing,
        beside=paid_beside({row.id: standing.debt_on})[row.id],
        card=_card(row),
        holders=Link.of_others(row, None),
        facts=FACTS,
        bills=list(Bill.of_account(row).limit(BILLS)),
        payments=Payment.newest(row, PAYMENTS),
        received=told_by_banks([row.id]),
        written=desk.of_account(row, PAYMENTS),
        remarks=Remark.of_account(row, REMARKS),
        is_closed=row.closed_on is not None and row.closed_on <= today,
    )


@bp.get("/quittances/<int:bill_id>.pdf")
def quittance(bill_id: int) -> Response:
    return bills.paper_of(served_bill(bill_id))


@bp.get("/accounts/<int:account_id>/reading-link")
def account_link(account_id: int) -> str:
    row, today = served_account(account_id), clock.today()
    until = reading_links.window_of(row, today).ends
    return render_template("admin/account_link.html", account=row, url=_reading_url(row), until=until)


@bp.get("/accounts/<int:account_id>/reading-link.png")
def account_link_picture(account_id: int) -> Response:
    picture = payment_code.png(_reading_url(served_account(account_id)).encode(), QR_SCALE)
    return Response(picture, content_type="image/png")


@bp.get("/accounts/<int:account_id>/readings")
def account_readings(account_id: int) -> str:
    row = served_account(account_id)
    card = _card(row, is_late=_may_be_late(row))
    view = reading_form.fresh(_as_held(row), card, is_fixing=bool(card.own))
    return render_template("admin/account_readings.html", **_readings(row, view, ReasonForm(formdata=None)))


@bp.post("/accounts/<int:account_id>/readings")
def enter_readings(account_id: int) -> Response:
    row, form = served_account(account_id), ReasonForm()
    act = replace(reading_form.typed_act(row), photo="")
    try:
        phoned.enter(row, act, form.reason.data or "", operator(), clock.now(), clock.today())
    except NotTaken as refusal:
        return _readings_again(row, act, refusal, form)
    except Refused as refusal:
        if refusal.field:
            form.refuse(refusal)
        return _readings_again(row, act, refusal, form)
    flash("Показания приняты. Источник — «оператор».", "done")
    return hx.go(url_for(".account", account_id=account_id))


@bp.get("/accounts/<int:account_id>/payments")
def account_payment(account_id: int) -> str:
    form = PaymentForm(formdata=None, way="cash", paid_on=f"{clock.today():%d.%m.%Y}")
    return render_template("admin/account_payment.html", account=served_account(account_id), form=form, found=[])


@bp.post("/accounts/<int:account_id>/payments")
def enter_payment(account_id: int) -> Response:
    row, form = served_account(account_id), PaymentForm()
    found: list[desk.Alike] = []
    if form.validate():
        try:
            payments.accept(row, form.wanted, operator(), clock.local_now(), clock.today())
        except Known as known:
            found, form.warned.data = known.found, known.signature
            form.refuse(known)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash("Платёж записан: он стоит рядом с долгом, пока его не принесёт расчётный центр.", "done")
            return hx.go(url_for(".account", account_id=account_id))
    return Response(render_template("admin/account_payment.html", account=row, form=form, found=found), 422)


@bp.get("/desk/<int:written_id>")
def written_payment(written_id: int) -> str:
    return render_template("admin/account_payment_back.html", line=served_written(written_id), form=ReasonForm())


@bp.post("/desk/<int:written_id>")
def take_payment_back(written_id: int) -> Response:
    line, form = served_written(written_id), ReasonForm()
    if form.validate() and form.done(payments.take_back, line, form.reason.data, operator(), clock.now()):
        flash("Запись отменена, номер чека можно ввести заново.", "done")
        return hx.go(url_for(".account", account_id=line.account_id))
    return Response(render_template("admin/account_payment_back.html", line=line, form=form), 422)


def _card(row: Account, is_late: bool = False) -> Card:
    today = clock.today()
    found = cards([row], today, settings.in_force(today), portal.preset().zero_padded, is_late=is_late)
    return found[row.id]


def _may_be_late(row: Account) -> bool:
    return phoned.may_be_late(row, clock.today())


def _as_held(row: Account) -> Link:
    """The operator sees the meters as a holder does, with whole numbers; the link is nobody's and is not stored."""
    return Link(account=row)


def _readings(row: Account, view: reading_form.View, form: ReasonForm) -> dict[str, object]:
    return {"account": row, "view": view, "form": form, "is_late": _may_be_late(row)}


def _readings_again(row: Account, act: reading_form.Act, refusal: Refused, form: ReasonForm) -> Response:
    view = reading_form.again(_as_held(row), _card(row, is_late=_may_be_late(row)), act, refusal)
    return Response(render_template("admin/account_readings.html", **_readings(row, view, form)), 422)


def _reading_url(row: Account) -> str:
    config = portal.settings()
    return reading_links.link_for(row, clock.today(), config.reading_key, config.base_url)
