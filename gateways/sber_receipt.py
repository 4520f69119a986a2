"""The receipt of 54-ФЗ in Сбербанк's words: `orderBundle` (formats.md 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateways.acquirer import Declined
from gateways.receipt import Item, Receipt

# `taxType` of the rates that are documented; a bank names the newer ones in its contract (option `tax_types`).
TAX_TYPES = {"none": 0, "0": 1, "10": 2, "10/110": 4, "20": 6, "20/120": 7}
MODES = {"full_prepayment": 1, "partial_prepayment": 2, "advance": 3, "full_payment": 4}  # tag 1214
SUBJECTS = {"commodity": 1, "service": 4, "payment": 10, "agent_commission": 11}  # tag 1212


def bundle(receipt: Receipt, tax_types: Mapping[str, int]) -> dict[str, Any]:
    """Raises `Declined` for a rate whose number at the bank is not known."""
    customer = {"email": receipt.email} if receipt.email else {"phone": receipt.phone.lstrip("+")}
    items = [_item(item, place, tax_types) for place, item in enumerate(receipt.items, 1)]
    return {"customerDetails": customer, "cartItems": {"items": items}}


def _item(item: Item, place: int, tax_types: Mapping[str, int]) -> dict[str, Any]:
    if item.vat not in tax_types:
        raise Declined(f"ставка НДС {item.vat}: узнайте её номер в банке и впишите в tax_types")
    attributes = {"paymentMethod": MODES[item.mode], "paymentObject": SUBJECTS[item.subject]}
    return {
        "positionId": str(place),
        "name": item.name,
        "quantity": {"value": 1, "measure": "шт"},
        "itemAmount": item.amount,
        "itemPrice": item.amount,
        "itemCode": str(place),
        "tax": {"taxType": tax_types[item.vat]},
        "itemAttributes": {"attributes": [{"name": name, "value": str(code)} for name, code in attributes.items()]},
    }
