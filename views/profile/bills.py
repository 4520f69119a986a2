"""«Получать счета на e-mail»: a tick for each account whose supplier offers it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, render_template, request, url_for

import clock
from models import Link
from services import accounts, settings
from views import hx
from views.access import own_links, resident
from views.forms import Form
from views.profile import bp


class BillsForm(Form):
    """The ticks are `bills-<account>`."""


@dataclass(frozen=True)
class Choice:
    """An account that may get its bills by e-mail."""

    link: Link
    is_ticked: bool


@bp.get("/bills")
def choose_bills() -> str:
    return render_template("profile/bills.html", **facts())


@bp.post("/bills")
def keep_bills() -> Response:
    form, offered = BillsForm(), _offered()
    chosen = {link.account_id for link in offered if f"bills-{link.account_id}" in request.form}
    if not form.done(accounts.choose_bills, resident(), offered, chosen, clock.today()):
        return hx.again("profile/bills", **facts(form))
    flash("Сохранено.", "done")
    return hx.go(url_for(".show"))


def facts(form: BillsForm | None = None) -> dict[str, object]:
    """What was ticked last stands in the form that was refused."""
    choices = [
        Choice(link, f"bills-{link.account_id}" in request.form if form else bool(link.bills_by_email))
        for link in _offered()
    ]
    return {
        "form": form or BillsForm(),
        "choices": choices,
        "can_email": resident().email_confirmed_at is not None,
    }


def _offered() -> list[Link]:
    book = settings.in_force(clock.today())
    return [link for link in own_links() if book.of(link.account.supplier_id).offers_email_bills]
