"""An operator asks a bank about an order that hangs, without waiting for the worker's turn."""

from __future__ import annotations

from datetime import datetime

from gateways.acquirer import Acquirer
from models import Order, Resident, transaction
from models.order import SENT
from services import audit, orders, settling
from services.refusal import Refused


def ask(order: Order, bank: Acquirer | None, by: Resident, now: datetime) -> Order:
    """The order as it stands after the bank was asked, outside of any transaction.

    What the worker would make of the answer is made of it: an order that a bank still calls waiting long after its
    time has ended, too.
    """
    if bank is None:
        raise Refused(f"Банк «{order.gateway}» в кабинете больше не настроен: найдите платёж в кабинете банка.")
    claim(order, by, now)
    settling.inquire(order, bank, now)
    return Order.get_by_id(order.id)


@transaction
def claim(order: Order, by: Resident, now: datetime) -> None:
    """Takes the right to speak with the bank; another who is speaking with it keeps it."""
    if not order.claimed_early(now, now + orders.LEASE):
        is_open = order.stands(SENT)
        raise Refused(
            "Банк уже спрашивают об этом заказе. Обновите страницу через минуту."
            if is_open
            else "Банк уже ответил об этом заказе."
        )
    audit.note("order-asked", "order", order.id, by, now, before={"state": order.state})
