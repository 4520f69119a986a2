"""Payment codes on the screen (ГОСТ Р 56042): for the app of the payer's own bank, where no gateway is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, render_template, request, url_for

import clock
from documents.payment_code import PaymentCode, payload, png
from models import Bill, Link
from models.beside import paid_beside
from models.standing import Standing, standings
from services import bills, payment
from services.refusal import Refused
from views import portal
from views.access import current_link, own_link, own_links
from views.downloads import named
from views.format import money_typed
from views.forms import clean
from views.payment import chosen_bill, due_of

bp = Blueprint("payment_codes", __name__)

SCALE = 8  # pixels a module: the picture is shown smaller, and saved for a gallery as it is


@dataclass(frozen=True)
class Slip:
    """What stands for an account: its sum in kopecks (0 is left to the payer), what for, the picture's address.

    `url` is "" where the supplier gave no bank details.
    """

    link: Link
    amount: int
    purpose: str
    url: str


@bp.get("/payment/codes")
def show() -> str:
    """The codes of the accounts that are asked for (`sum-<account>`), else of all that owe something."""
    links = own_links()
    asked = [link for link in links if f"sum-{link.account.id}" in request.args]
    if not asked:
        asked = [current_link(links)] if portal.preset().shows_current and links else links
    found = standings(link.account.id for link in asked)
    beside = paid_beside({account: standing.debt_on for account, standing in found.items()})
    bill = chosen_bill(asked[0].account) if len(asked) == 1 else None
    slips = []
    for link in asked:
        text = request.args.get(f"sum-{link.account.id}")
        due = due_of(found[link.account.id], beside[link.account.id])
        slips.append(
            _slip(link, _asked(text) if text is not None else max(due or 0, 0), found[link.account.id], bill)
        )
    owing = [slip for slip in slips if slip.amount] or slips
    return render_template("payment_codes/show.html", slips=owing)


@bp.get("/payment/<int:account_id>/code.png")
def picture(account_id: int) -> Response:
    """The code as a picture; `sum` in roubles, without one the payer types it in himself."""
    link = own_link(account_id)
    standing = standings([link.account.id])[link.account.id]
    code = _code(link, _asked(request.args.get("sum", "")), standing, chosen_bill(link.account)) or abort(404)
    response = Response(png(payload(code), SCALE), content_type="image/png")
    response.headers["Cache-Control"] = "private, no-store"
    if "download" in request.args:
        response.headers["Content-Disposition"] = named("code.png", f"QR-код {link.account.number}.png")
    return response


def _slip(link: Link, amount: int, standing: Standing, bill: Bill | None) -> Slip:
    code = _code(link, amount, standing, bill)
    purpose = bills.purpose(link.account.number, bill)
    if code is None:
        return Slip(link, amount, purpose, "")
    asked = {"sum": money_typed(amount) if amount else None, "bill": bill.id if bill else None}
    return Slip(link, amount, purpose, url_for(".picture", account_id=link.account.id, **asked))


def _code(link: Link, amount: int, standing: Standing, bill: Bill | None) -> PaymentCode | None:
    last = bill or standing.last_bill
    period: date = last.period if last is not None else clock.today().replace(day=1)
    return bills.code_of(link.account, amount, period, bills.purpose(link.account.number, bill))


def _asked(text: str) -> int:
    """The sum of the address in kopecks; the address is made by our own form, another is nobody's."""
    if not clean(text):
        return 0
    try:
        return payment.kopecks(clean(text))
    except Refused:
        abort(404)
