"""The receipt of 54-ФЗ of an order, by the settings of its organisation (formats.md 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateways.receipt import ADVANCE, FULL_PAYMENT, LONGEST_NAME, PAYMENT, SERVICE, Item, Receipt
from models import Order, OrderLine
from services import settings

FEE = "Комиссия за приём платежа"


def of_order(order: Order, lines: Iterable[OrderLine], now: datetime) -> Receipt | None:
    """None where the organisation gives no receipt through the bank, or there is nowhere to send it.

    `now` in the utility's zone. A fee is a line of its own, so the items come to the payment to the kopeck.
    """
    values = settings.in_force(now.date()).values(order.supplier_id)
    contact = {"email": str(order.checkout.email), "phone": str(order.checkout.phone)}
    if not values.get("receipts") or not any(contact.values()):
        return None
    mode = str(values.get("receipt_mode", FULL_PAYMENT))
    items = [_item(line, mode, values) for line in lines]
    if order.fee:
        items.append(Item(FEE, int(order.fee), str(values.get("receipt_fee_vat", "none")), SERVICE, FULL_PAYMENT))
    return Receipt(int(values.get("taxation", 1)), tuple(items), **contact)


def are_given(order: Order, now: datetime) -> bool:
    """Is there a receipt to wait for?"""
    return bool(settings.in_force(now.date()).values(order.supplier_id).get("receipts"))


def part(receipt: Receipt, amount: int) -> Receipt:
    """The receipt of a part given back: all of it where the sum is whole, else one line of the first one's kind."""
    if amount == receipt.total:
        return receipt
    first = receipt.items[0]
    item = Item("Возврат оплаты", amount, first.vat, first.subject, first.mode)
    return Receipt(receipt.taxation, (item,), receipt.email, receipt.phone)


def _item(line: OrderLine, mode: str, values: Mapping[str, Any]) -> Item:
    service = line.service
    name = f"{service.name if service else 'Коммунальные услуги'}, лицевой счёт {line.account.number}"
    by_kind = values.get("receipt_vats", {})
    vat = by_kind.get(service.kind if service else "", values.get("receipt_vat", "none"))
    return Item(name[:LONGEST_NAME], int(line.amount), str(vat), PAYMENT if mode == ADVANCE else SERVICE, mode)
