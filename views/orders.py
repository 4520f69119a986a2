"""An order: the confirmation before the bank, and the truth after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, url_for

import clock
from models import Order, OrderLine
from models.order import CREATED, EXPIRED, PAID, POSTED, SENT
from models.standing import standings
from services import orders, payment, settings
from services.refusal import Refused
from views import hx, portal
from views.access import own_order
from views.format import percent, rub

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


def _page(order: Order, wrong: str = "") -> str:
    """The confirmation of what the bank does not know yet, else what became of the order."""
    every = list(Order.of_checkout(order.checkout))
    order = next(one for one in every if one.id == order.id)
    lines = OrderLine.of_orders(every)
    now = clock.now()
    common = {"order": order, "orders": every, "lines": lines, "wrong": wrong}
    is_starting = order.poll_at is not None and order.poll_at > now
    if order.state == CREATED and order.expires_at > now and not is_starting:
        waiting = [order, *(one for one in every if one.state == CREATED and one.id != order.id)]
        return render_template("orders/confirm.html", **common, confirmed=_confirmed(waiting, lines))
    is_waiting = order.state in (CREATED, SENT)
    left = next((one for one in every if one.state == CREATED and one.expires_at > now), None)
    return render_template(
        "orders/show.html",
        **common,
        state=_state(order, now),
        is_waiting=is_waiting,
        can_return=order.state == SENT and order.expires_at > now,
        left=None if is_waiting else left,
    )


def _state(order: Order, now: datetime) -> str:
    """`starting` while the bank's page is being opened, `ended` where its time is out and nothing was heard."""
    if order.state == CREATED:
        return "starting" if order.expires_at > now else EXPIRED
    if order.state == SENT and order.expires_at <= now:
        return "ended"
    return str(order.state)


def _confirmed(waiting: list[Order], lines: dict[int, list[OrderLine]]) -> list[dict[str, Any]]:
    """The facts of the confirmation (product R7.4) of each order, and its fee in words."""
    found = standings(line.account_id for order in waiting for line in lines[order.id])
    book = settings.in_force(clock.today())
    facts = []
    for order in waiting:
        accounts = list({line.account_id: line.account for line in lines[order.id]}.values())
        last = [bill for account in accounts if (bill := found[account.id].last_bill) is not None]
        facts.append(
            {
                "order": order,
                "contracts": [account.contract or account.number for account in accounts],
                "bills": [order.bill] if order.bill is not None else last,
                "fee": _fee(order, lines[order.id], payment.terms(book.values(order.supplier_id), order.gateway)),
                "purpose": orders.purpose_of(lines[order.id], order.bill),
            }
        )
    return facts


def _fee(order: Order, lines: list[OrderLine], terms: payment.Terms) -> str:
    """«0,5 % от суммы платежа», or the sum where percents alone do not make it."""
    percents = sum(payment.fee_of(line.amount, terms.fee) for line in lines)
    return f"{percent(terms.fee)}\N{NO-BREAK SPACE}% от суммы платежа" if percents == order.fee else rub(order.fee)
