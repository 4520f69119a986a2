"""The console's orders that hang: sent to a bank an hour ago or more, and no answer yet."""

from __future__ import annotations

from flask import Response, current_app, flash, render_template, url_for

import clock
from models import Order
from models.order import SENT
from services import inquiries
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident, served_order
from views.admin import bp
from views.admin.menu import HANGS_AFTER
from views.admin.payments import STATES
from views.forms import typed
from views.ids import after

PAGE = 50


@bp.get("/orders/waiting")
def hanging_orders() -> str:
    rows = Order.hanging(own_suppliers(), clock.now() - HANGS_AFTER, after(typed("after")), PAGE + 1)
    return render_template(
        "admin/orders_waiting.html",
        rows=rows[:PAGE],
        after=rows[PAGE - 1].id if len(rows) > PAGE else "",
        is_first=not typed("after"),
    )


@bp.post("/orders/<int:order_id>/question")
def ask_bank(order_id: int) -> Response:
    """«Спросить банк»: what it said stands on the order's page."""
    row, banks = served_order(order_id), current_app.extensions["gateways"]
    try:
        answered = inquiries.ask(row, banks.get(row.gateway), resident(), clock.local_now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash(*_said(answered))
    return hx.go(url_for(".order", order_id=order_id))


def _said(order: Order) -> tuple[str, str]:
    """The news of the order and their kind."""
    if order.state == SENT:
        return "Ответа пока нет: банк молчит или ждёт плательщика. Кабинет спросит ещё раз сам.", "warn"
    return f"Спросили банк, заказ теперь: {STATES[order.state][2].lower()}.", "done"
