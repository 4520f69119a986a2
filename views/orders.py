"""An order: the confirmation before the bank, and the truth after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, url_for

import clock
from models import GatewayEvent, Order, OrderCard, OrderLine
from models.order import CREATED, EXPIRED, PAID, POSTED, REFUNDED, SENT
from models.rivals import Rival, rivals
from models.standing import standings
from services import contacts, orders, payment, settings
from services.refusal import Refused
from views import hx, portal
from views.access import own_order, resident
from views.format import money_typed, percent
from views.forms import typed

bp = Blueprint("orders", __name__)


@bp.get("/orders/<int:order_id>")
def show(order_id: int) -> str:
    return _page(own_order(order_id))


@bp.post("/orders/<int:order_id>")
def pay(order_id: int) -> Response:
    """«Оплатить»: on to the bank's page."""
    order = own_order(order_id)
    here = url_for(".show", order_id=order.id)
    if order.state in (PAID, POSTED):
        return hx.go(here)
    news = [rival for rival in _rivals(order) if rival.mark not in typed("seen").split()]
    if order.state == CREATED and news:
        return make_response(_page(order, "По этому лицевому счёту есть и другой заказ. Прочитайте о нём ниже."), 422)
    try:
        bank = current_app.extensions.get("gateways", {}).get(order.gateway)
        if bank is None:
            raise Refused("Банк, через который идёт этот платёж, сейчас отключён. Попробуйте позже.")
        base = portal.settings().base_url
        places = orders.Places(base + here, f"{base}/callbacks/{order.gateway}")
        purpose = orders.purpose_of(OrderLine.of_orders([order])[order.id], order.bill)
        url = orders.start(order, bank, places, purpose, clock.local_now())
    except Refused as refusal:
        return make_response(_page(order, refusal.sentence), 422)
    return hx.go(url if _is_reachable(url) else here)


def _is_reachable(url: str) -> bool:
    """Does `form-action` let a form lead there? Else the order's own page offers the address as a link."""
    place = urlsplit(url)
    own = current_app.extensions["gateway_origins"]
    return f"{place.scheme}://{place.netloc}" in own or url.startswith(portal.settings().base_url)


@bp.post("/orders/<int:order_id>/change")
def change(order_id: int) -> Response:
    """«Изменить»: back to the form; what was not confirmed is paid no more."""
    order = own_order(order_id)
    payment.withdraw(order.checkout, clock.now())
    return hx.go(_form_of(order))


def _page(order: Order, wrong: str = "") -> str:
    """The confirmation of what the bank does not know yet, else what became of the order."""
    press = order.checkout
    every = list(Order.of_checkout(press))
    order = next(one for one in every if one.id == order.id)
    lines = OrderLine.of_orders(every)
    now = clock.now()
    receipt_to = [contact for contact in (press.email, contacts.shown_phone(press.phone)) if contact]
    payer = [("payment.payer_name", press.payer_name), ("payment.receipt", ", ".join(receipt_to))]
    shown = {"payer": payer if portal.preset().asks_payer else []}
    common = {"order": order, "orders": every, "lines": lines, "wrong": wrong, **shown}
    is_starting = order.poll_at is not None and order.poll_at > now
    if order.state == CREATED and order.expires_at > now and not is_starting:
        waiting = [order, *(one for one in every if one.state == CREATED and one.id != order.id)]
        confirmed = _confirmed(waiting, lines)
        return render_template("orders/confirm.html", **common, confirmed=confirmed, rivals=_rivals(order, lines))
    told = GatewayEvent.told_of(order)
    state = _state(order, told, now)
    is_waiting = state in ("starting", "ended", SENT)
    left = next((one for one in every if one.state == CREATED and one.expires_at > now), None)
    return render_template(
        "orders/show.html",
        **common,
        state=state,
        refunded=order.refunded,
        other=_other_sum(told),
        is_waiting=is_waiting,
        can_return=order.state == SENT and order.expires_at > now and bool(order.provider_url),
        left=None if is_waiting else left,
    )


def _state(order: Order, told: list[GatewayEvent], now: datetime) -> str:
    """The order's own state, or what its words must tell apart.

    `starting` while the bank's page is being opened, `ended` where its time is out and nothing was heard, `partly`
    where a part of what was paid went back, `disputed` where the bank speaks of another sum than was asked for,
    `withdrawn` where the payer went back to change it.
    """
    if order.state in (PAID, POSTED) and order.refunded:
        return "partly"
    if order.state not in (PAID, POSTED, REFUNDED) and _other_sum(told):
        return "disputed"
    if order.state == CREATED:
        return "starting" if order.expires_at > now else EXPIRED
    if order.state == SENT and order.expires_at <= now:
        return "ended"
    if order.state == EXPIRED and order.reason == payment.WITHDRAWN:
        return "withdrawn"
    return str(order.state)


def _other_sum(told: list[GatewayEvent]) -> int:
    """The sum that the bank told last where it is not the order's."""
    sums = [int(event.amount) for event in told if event.outcome == PAID and event.verdict == orders.WRONG_AMOUNT]
    return sums[-1] if sums else 0


def _rivals(order: Order, lines: dict[int, list[OrderLine]] | None = None) -> list[Rival]:
    """Orders of other presses that pay the same accounts."""
    known = lines or OrderLine.of_orders(Order.of_checkout(order.checkout))
    accounts = {line.account_id for of_order in known.values() for line in of_order}
    return rivals(order.checkout, accounts, resident(), clock.now())


def _form_of(order: Order) -> str:
    """Back to the form: of the account where the press paid one, with its bill and sum where it was one sum."""
    lines = [
        line for of_order in OrderLine.of_orders(Order.of_checkout(order.checkout)).values() for line in of_order
    ]
    accounts = {line.account_id for line in lines}
    if len(accounts) != 1:
        return url_for("payment.index")
    is_whole = len(lines) == 1 and lines[0].service_id is None
    asked = {"bill": order.bill_id, "sum": money_typed(order.amount)} if is_whole else {}
    return url_for("payment.account", account_id=accounts.pop(), **asked)


def _confirmed(waiting: list[Order], lines: dict[int, list[OrderLine]]) -> list[dict[str, Any]]:
    """The facts of the confirmation (product R7.4) of each order, and the percents of its fee."""
    found = standings(line.account_id for order in waiting for line in lines[order.id])
    book, chosen = settings.in_force(clock.today()), OrderCard.of_orders(waiting)
    facts = []
    for order in waiting:
        accounts = list({line.account_id: line.account for line in lines[order.id]}.values())
        last = [bill for account in accounts if (bill := found[account.id].last_bill) is not None]
        facts.append(
            {
                "order": order,
                "card": chosen[order.id].card if order.id in chosen else None,
                "is_old": order.bill is not None and order.bill not in last,
                "contracts": [account.contract or account.number for account in accounts],
                "bills": [order.bill] if order.bill is not None else last,
                "percent": _percent(
                    order, lines[order.id], payment.terms(book.values(order.supplier_id), order.gateway)
                ),
                "purpose": orders.purpose_of(lines[order.id], order.bill),
            }
        )
    return facts


def _percent(order: Order, lines: list[OrderLine], terms: payment.Terms) -> str:
    """`0,5%`; "" where the terms have changed since, or percents alone do not make the fee."""
    is_all = sum(payment.fee_of(line.amount, terms.fee) for line in lines) == order.fee
    return f"{percent(terms.fee)}%" if is_all else ""
