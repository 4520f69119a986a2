"""The console's payments: what banks said that no rule could decide, an order with all that was heard, a refund."""

from __future__ import annotations

from functools import partial

from flask import Response, abort, current_app, flash, render_template, url_for
from wtforms import HiddenField, StringField

import clock
from models import GatewayEvent, Order, OrderLine, Refund
from models.gateway_event import UNCLEAR, UNKNOWN, WRONG_AMOUNT
from models.order import CREATED, EXPIRED, FAILED, PAID, POSTED, REFUNDED, SENT
from services import events, payment, refund_requests
from views import hx
from views.access import own_event, own_roles, own_suppliers, resident, served_order
from views.admin import home, queues
from views.format import money_typed
from views.forms import Form, at_most, required, typed

bp = home.bp

STATES = {
    CREATED: ("", "clock", "Не начат"),
    SENT: ("todo", "clock", "Ждёт ответа банка"),
    PAID: ("done", "ok", "Оплачен, ещё не учтён"),
    POSTED: ("done", "ok", "Оплачен и учтён"),
    FAILED: ("bad", "no", "Не прошёл"),
    EXPIRED: ("warn", "clock", "Время вышло"),
    REFUNDED: ("", "back", "Возвращён"),
}
VERDICTS = {
    UNKNOWN: "Такого заказа здесь нет",
    WRONG_AMOUNT: "Сумма другая, чем в заказе",
    UNCLEAR: "Деньги возвращены, сколько — банк не сказал",
    "applied": "Принято",
    "too late": "Уже было решено",
    "noted": "Записано",
}
OUTCOMES = {"paid": "оплачено", "failed": "не прошло", "refunded": "возвращено", "unclear": "возвращено"}
REFUNDS = {"asked": ("todo", "clock", "Ждёт банка"), "done": ("done", "ok", "Возвращено"),
           "declined": ("bad", "no", "Банк не вернул")}  # fmt: skip


class RefundForm(Form):
    """`seen`: the refunds that the page has shown, by `refund_requests.state_of`."""

    sum = StringField("Сколько вернуть, ₽", [required(), at_most(20)])
    seen = HiddenField()


@bp.get("/payments")
def payments() -> str:
    """What waits for an operator's eye; `number`: the order somebody asks about."""
    number = typed("number")
    found = Order.of_number(number[:100], own_suppliers()) if number else None
    return render_template(
        "admin/payments.html",
        events=queues.first(partial(GatewayEvent.to_look_at, own_suppliers())),
        outcomes=OUTCOMES,
        verdicts=VERDICTS,
        number=number,
        order=found,
        states=STATES,
    )


@bp.post("/payments/events/<int:event_id>")
def see_event(event_id: int) -> Response:
    """«Разобрано»: the event leaves the list, its row stays."""
    events.see(own_event(event_id), resident(), clock.now())
    return hx.go(url_for(".payments"))


@bp.get("/orders/<int:order_id>")
def order(order_id: int) -> str:
    row = served_order(order_id)
    return _order(row, RefundForm(sum=money_typed(row.total - row.refunded)))


@bp.post("/orders/<int:order_id>/refund")
def refund_order(order_id: int) -> Response:
    """Stores the wish and asks the bank at once; the worker asks again where it did not answer."""
    row, form = served_order(order_id), RefundForm()
    if not _may_refund(row):
        abort(404)
    if form.validate() and form.done(_refund, row, str(form.sum.data), str(form.seen.data or "")):
        flash("Банку отправлена просьба о возврате. Ответ стоит ниже.", "done")
        return hx.go(url_for(".order", order_id=row.id))
    return Response(_order(row, form), 422)


def _refund(row: Order, text: str, seen: str) -> None:
    now = clock.local_now()
    asked = refund_requests.ask(row, payment.kopecks(text), resident(), now, seen)
    refund_requests.carry_out(asked, current_app.extensions["gateways"].get(row.gateway), now)


def _order(row: Order, form: RefundForm) -> str:
    form.seen.data = refund_requests.state_of(row)
    return render_template(
        "admin/order.html",
        order=row,
        state=STATES[row.state],
        lines=OrderLine.of_orders([row])[row.id],
        events=list(GatewayEvent.of_order(row)),
        outcomes=OUTCOMES,
        verdicts=VERDICTS,
        refunds=list(Refund.of_order(row)),
        refund_states=REFUNDS,
        form=form if _may_refund(row) and row.state in (PAID, POSTED) else None,
    )


def _may_refund(row: Order) -> bool:
    """Money is an administrator's business, of this supplier or of all."""
    return any(role.role == "administrator" and role.supplier_id in (None, row.supplier_id) for role in own_roles())
