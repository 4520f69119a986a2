"""The console's first steps after `create-operator`, and «Проверка связи»: mail, messages, banks tried out."""

from __future__ import annotations

from flask import Response, abort, flash, render_template, request, url_for

import clock
from exchange.sample import sample
from models import Supplier
from services import start
from services.refusal import Refused
from views import channels, hx, portal
from views.access import for_administrators, resident
from views.address import visitor
from views.admin import bp
from views.channels import MAIL, SMS, Outcome
from views.downloads import as_file
from views.forms import typed

STATES = {
    start.DONE: ("done", "ok", "Готово"),
    start.SKIPPED: ("todo", "warn", "Пропущено"),
    start.OPEN: ("", "clock", "Впереди"),
}


@bp.get("/start")
@for_administrators
def first_steps() -> str:
    suppliers = list(Supplier.by_name())
    return render_template(
        "admin/start.html",
        stands=start.stands(),
        states=STATES,
        supplier=suppliers[0] if suppliers else None,
        banks=list(channels.banks()),
        mail=resident().email,
        is_over=start.is_over(),
    )


@bp.post("/start/<step>")
@for_administrators
def turn_step(step: str) -> Response:
    """«Готово», «Пропустить» or «Вернуться»."""
    if step not in start.BY_NAME or typed("turn") not in STATES:
        abort(404)
    start.turn(step, typed("turn"), resident(), clock.now())
    return hx.go(url_for(".first_steps"))


@bp.get("/start/sample.zip")
@for_administrators
def sample_package() -> Response:
    """Files to look at and to try; they are of the first supplier by name."""
    supplier = Supplier.by_name().first() or abort(404)
    return as_file(sample(str(supplier.code), clock.today()), "sample.zip", "application/zip")


@bp.get("/checks")
@for_administrators
def checks() -> str:
    return render_template("admin/checks.html", channels=channels.known(), who=resident())


@bp.post("/checks/<what>")
@for_administrators
def try_channel(what: str) -> Response:
    """The answer stands on the page where the button was."""
    name = what.removeprefix("bank-")
    if what not in (MAIL, SMS) and (name == what or name not in channels.banks()):
        abort(404)
    try:
        start.allow_try(visitor(), resident(), clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
        return _back()
    outcome = _outcome(what, name)
    start.tried(start.BANK if name != what else what, what, outcome.is_good, resident(), clock.now())
    flash(outcome.words, "done" if outcome.is_good else "warn")
    return _back()


def _outcome(what: str, bank: str) -> Outcome:
    who, title = resident(), portal.settings().name
    if what == MAIL:
        return channels.try_mail(str(who.email), title, clock.now())
    if what == SMS:
        return channels.try_sms(str(who.phone), title, clock.now())
    return channels.try_bank(bank)


def _back() -> Response:
    return hx.go(url_for(".first_steps") if "start" in request.args else url_for(".checks"))
