"""«Оплата»: all accounts by one press, or one account by services."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for

import clock
from models import Account, Balance, Bill, Charge, Link
from models.beside import Beside, paid_beside
from models.standing import Standing, standings
from services import cards, groups, payment, settings
from services.payer import Payer, lacks_contact
from services.payment import Row, Terms
from services.refusal import Refused
from views import cards as kept_cards
from views import gateways, hx, portal
from views.access import chosen_link, current_link, own_bill, own_groups, own_link, own_links, resident
from views.format import money_typed, month
from views.forms import typed, typed_once, word
from views.payer import PayerForm
from views.sums import Entry, Sums, Together, total_of

bp = Blueprint("payment", __name__)
CARD, CODE = "card", "qr"  # methods: on the bank's page, by the payment code in an app
_TICK = re.compile(r"pay-([1-9][0-9]{0,9})(?:-([1-9][0-9]{0,9}))?")  # one spelling of each id: nothing counts twice


@dataclass(frozen=True)
class Card:
    """An account in «Оплата»: what is owed, what was paid since, and its entry of the form."""

    link: Link
    standing: Standing
    beside: Beside
    entry: Entry


@bp.get("/payment")
def index() -> str | Response:
    """The cards of all accounts, or on to the current one where one is shown at a time."""
    if portal.preset().shows_current and own_links():
        return hx.go(url_for(".account", account_id=current_link(own_links()).account_id))
    return render_template("payment/index.html", **_page(_links()))


@bp.post("/payment")
def pay() -> Response:
    return _answer("payment/index.html", _page(_links(), request.form))


@bp.post("/payment/total")
def total() -> str:
    """The running total of what is ticked and typed, of either page."""
    sums, accounts = Sums(), {link.account.id: link.account for link in own_links()}
    for found in filter(None, map(_TICK.fullmatch, request.form)):
        account, service = found.groups()
        if int(account) in accounts:
            sums.add(accounts[int(account)], "", None, int(service) if service else None)
    sums.read(request.form)
    terms = _charged(_terms(list(accounts.values())), typed("method"))
    return render_template("payment/_counted.html", total=total_of(sums, terms))


@bp.get("/payment/<int:account_id>")
def account(account_id: int) -> str:
    return render_template("payment/account.html", **_detail(own_link(account_id)))


@bp.post("/payment/<int:account_id>")
def pay_account(account_id: int) -> Response:
    return _answer("payment/account.html", _detail(own_link(account_id), request.form))


@bp.post("/payment/bill")
def pay_bill() -> Response:
    """«Оплатить онлайн»: what is left of the bill chosen in «Счета», of the last one where none is.

    On to the confirmation at once; to the form where there is something to ask first.
    """
    named = typed("chosen") or typed("bill")
    bill = own_bill(_id(named)) if named else None
    link = own_link(bill.account_id) if bill else chosen_link(own_links(), typed("account"))
    page = _detail(link, bill=bill)
    if bill is None or not page["proposed"] or CARD not in page["methods"] or portal.preset().asks_payer:
        return hx.go(url_for(".account", account_id=link.account.id, bill=bill.id if bill else None))
    return _answer("payment/account.html", page)


def _answer(template: str, page: dict[str, Any]) -> Response:
    """On to the confirmation, or the page again: recounted, or with what is wrong."""
    if "recount" in request.form:
        return make_response(render_template(template, **page))
    sums: Sums = page["sums"]
    wishes, by_code = sums.wishes(), page["method"] == CODE
    payer = page["payer"].told() if page["payer"] and not by_code else None
    if not page["wrong"].mistakes:
        try:
            if by_code:
                return hx.go(_codes(wishes, page.get("bill")))
            orders = _ordered(wishes, page["terms"], page.get("bill"), payer)
            cards.choose(orders, page["bank_cards"].get(page["method"]), bool(typed("keep")))
        except Refused as refusal:
            sums.refuse(refusal)
        else:
            return hx.go(url_for("orders.show", order_id=orders[0].id))
    return make_response(render_template(template, **page), 422)


def _ordered(
    wishes: list[payment.Wish], terms: Mapping[int, Terms], bill: Bill | None, payer: Payer | None
) -> list[Any]:
    preset, who = portal.preset(), resident()
    if lacks_contact(who, preset.email_to_pay):
        raise Refused(str(word("payment.contact")))
    return payment.checkout(
        who,
        payment.parts(wishes, terms),
        set(_gateways()),
        typed_once() or secrets.token_urlsafe(16),
        clock.now().astimezone(clock.zone()),
        preset.order_number,
        bill,
        payer,
    )


def _codes(wishes: list[payment.Wish], bill: Bill | None) -> str:
    """The page of the payment codes of what is ticked, one an account."""
    if not wishes:
        raise Refused("Отметьте, что оплатить, и введите сумму.")
    asked: dict[str, int] = {}
    for wish in wishes:
        name = f"sum-{wish.account.id}"
        asked[name] = asked.get(name, 0) + wish.amount
    shown = {name: money_typed(amount) for name, amount in asked.items()}
    return url_for("payment_codes.show", bill=bill.id if bill else None, **shown)


def _links() -> list[Link]:
    """The accounts of the chosen group, or all."""
    links, group = own_links(), typed("group")
    return [link for link in links if not group or str(link.group_id) == group]


def _page(links: list[Link], values: Mapping[str, str] | None = None) -> dict[str, Any]:
    found = standings(link.account.id for link in links)
    beside = paid_beside({account: standing.debt_on for account, standing in found.items()})
    sums = Sums()
    cards = []
    for link in links:
        standing, since = found[link.account.id], beside[link.account.id]
        entry = sums.add(link.account, link.account.supplier.title, due_of(standing, since))
        cards.append(Card(link, standing, since, entry))
    own = own_groups()
    here = groups.chosen(own, typed("group"))
    return {"cards": cards, "groups": own, "here": here, **_form(sums, [link.account for link in links], values)}


def _detail(link: Link, values: Mapping[str, str] | None = None, bill: Bill | None = None) -> dict[str, Any]:
    """One account: by services, or by one sum where a bill or a preliminary sum is to be paid."""
    standing = standings([link.account.id])[link.account.id]
    beside = paid_beside({link.account.id: standing.debt_on})[link.account.id]
    bill = bill or chosen_bill(link.account)
    rows = _rows(link.account, standing, beside, bill)
    sums = Sums()
    for row in rows:
        sums.add(link.account, row.name, row.proposed, row.service)
    return {
        "link": link,
        "standing": standing,
        "beside": beside,
        "bill": bill,
        "rows": list(zip(rows, sums.entries, strict=True)),
        "proposed": sum(row.proposed for row in rows if row.proposed > 0),
        "owed_head": _owed_head(rows, standing),
        **_form(sums, [link.account], values),
    }


def _rows(account: Account, standing: Standing, beside: Beside, bill: Bill | None) -> list[Row]:
    asked = _asked_sum()
    if bill is not None:
        left = bill.to_pay - _paid_of(bill, standing)
        return [Row(f"Счёт № {bill.number}", bill.to_pay, left if asked is None else asked)]
    if asked is not None:
        return [Row("К оплате", asked, asked)]
    due = due_of(standing, beside)
    if typed("whole"):
        return payment.rows([], due)
    if standing.by_service:
        return payment.rows(Balance.by_service(account), due)
    return payment.rows(Charge.by_service(standing.last_bill) if standing.last_bill else [], due)


def _asked_sum() -> int | None:
    """The sum that the address brings along: of a preliminary calculation, or of an order that is to be changed."""
    if not typed("sum") or request.method != "GET":
        return None
    try:
        return payment.kopecks(typed("sum"))
    except Refused:
        abort(404)


def _owed_head(rows: list[Row], standing: Standing) -> str:
    """What the sums beside the services are: parts of the debt, or the last bill's lines where none are known."""
    if standing.last_bill is None or standing.by_service or not any(row.service for row in rows):
        return str(word("payment.owed"))
    return f"Начислено за {month(standing.last_bill.period)}"


def _paid_of(bill: Bill, standing: Standing) -> int:
    """What was paid since the last bill's day, which may lie before the balance's; nothing is known of older ones."""
    is_last = standing.last_bill is not None and bill.id == standing.last_bill.id
    return paid_beside({bill.account_id: bill.issued_on})[bill.account_id].total if is_last else 0


def chosen_bill(account: Account) -> Bill | None:
    """The bill that «Счета» asked to pay."""
    chosen = typed("bill")
    if not chosen:
        return None
    bill = own_bill(_id(chosen))
    return bill if bill.account_id == account.id else abort(404)


def _id(text: str) -> int:
    """The id that is written so, 0 where it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def due_of(standing: Standing, beside: Beside) -> int | None:
    """What is left to pay of the debt after all that was paid since."""
    return None if standing.debt is None else standing.debt - beside.total


def _form(sums: Sums, accounts: list[Account], values: Mapping[str, str] | None) -> dict[str, Any]:
    terms = _terms(accounts)
    if values is not None:
        sums.read(values)
    is_blocked = lacks_contact(resident(), portal.preset().email_to_pay)
    keepers = kept_cards.keepers(terms.values())
    kept = {} if is_blocked else kept_cards.offered(keepers)
    methods = [] if is_blocked else [*kept, *_methods(accounts, terms)]
    method = typed("method") if typed("method") in methods else next(iter(methods), CARD)
    payer = PayerForm.asked() if CARD in methods else None
    return {
        "sums": sums,
        "payer": payer,
        "wrong": Together((sums, payer) if payer else (sums,)),
        "terms": terms,
        "total": total_of(sums, _charged(terms, method)),
        "once": typed_once() or secrets.token_urlsafe(16),
        "methods": methods,
        "bank_cards": kept,
        "keeps_cards": bool(keepers),
        "method": method,
        "lacks_contact": is_blocked,
    }


@bp.app_template_global()
def pay_methods(account: Account) -> list[str]:
    """The ways that another page may offer to pay this account by."""
    return _methods([account], _terms([account]))


def _methods(accounts: list[Account], terms: Mapping[int, Terms]) -> list[str]:
    """How these accounts can be paid: at a bank's page, by a payment code, or neither."""
    by_card = any(one.gateway in _gateways() for one in terms.values())
    by_code = any(account.supplier.bank_account for account in accounts)
    return [method for method, can in ((CARD, by_card), (CODE, by_code)) if can]


def _charged(terms: Mapping[int, Terms], method: str) -> Mapping[int, Terms]:
    """The terms of the chosen method: our banks take no fee where the payer goes to his own."""
    if method != CODE:
        return terms
    return {key: Terms(one.gateway, least=one.least, most=one.most) for key, one in terms.items()}


def _terms(accounts: list[Account]) -> dict[int, Terms]:
    book, gateway = settings.in_force(clock.today()), gateways.usual()
    suppliers = {account.supplier.id for account in accounts}
    return {supplier: payment.terms(book.values(supplier), gateway) for supplier in suppliers}


def _gateways() -> Mapping[str, object]:
    known: Mapping[str, object] = current_app.extensions.get("gateways", {})
    return known
