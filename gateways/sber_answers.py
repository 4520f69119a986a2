"""Reads what Сбербанк answers. What no public source confirms is read tolerantly: codes as text or number, error
fields under any of their spellings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateways import wire
from gateways.acquirer import Declined, Event, GatewayDown, Outcome, SavedCard

SYSTEM_FAULT = "7"
MADE, SALE = 3, "sell"  # of a receipt
CREATED, HELD, PAID, REVERSED, REFUNDED, DECLINED = 0, 1, 2, 3, 4, 6  # of `orderStatus`; 5: at the bank's 3-D Secure


def event_of(answer: Mapping[str, Any], number: str, provider_id: str = "") -> Event:
    """What the extended answer says; an order that the bank does not know is not decided."""
    money = answer.get("paymentAmountInfo")
    money = money if isinstance(money, dict) else {}
    status, amount = number_of(answer.get("orderStatus")), number_of(answer.get("amount"))
    provider_id = provider_id or id_of(answer)
    back = number_of(money.get("refundedAmount"))
    if status == REVERSED:
        return refunded(number, provider_id, 0)
    if status == REFUNDED and not back:
        return Event(f"{provider_id}-back", number, provider_id, Outcome.UNCLEAR, amount)
    if status == REFUNDED or (status == PAID and back):
        return replace(refunded(number, provider_id, back), taken=amount)
    if status == PAID:
        return Event(
            f"{provider_id or number}-paid-{amount}", number, provider_id, Outcome.PAID, amount,
            masked_card=_masked(answer), card_id=_binding(answer),
        )  # fmt: skip
    if status == DECLINED:
        reason = str(answer.get("actionCodeDescription") or "")
        return Event(f"{provider_id or number}-failed", number, provider_id, Outcome.FAILED, 0, reason=reason)
    return Event("", number, provider_id, Outcome.WAITING, 0)


def is_untouched(answer: Mapping[str, Any]) -> bool:
    """Nobody has tried to pay the order yet."""
    return answer.get("orderStatus") is not None and number_of(answer["orderStatus"]) == CREATED


def is_only_held(answer: Mapping[str, Any]) -> bool:
    return number_of(answer.get("orderStatus")) == HELD


def refunded(number: str, provider_id: str, amount: int) -> Event:
    return Event(f"{provider_id}-refunded-{amount}", number, provider_id, Outcome.REFUNDED, amount)


def receipt_of(answer: Mapping[str, Any]) -> str:
    """The address of the receipt of the payment, once the register has made it; "" until then.

    The JSON API calls the list `receipts`, the old one `receipt`; what the register said is its `payload`.
    """
    found = answer.get("receipts") or answer.get("receipt") or ()
    for one in found if isinstance(found, list) else ():
        payload = one.get("payload") if isinstance(one, dict) else None
        if isinstance(payload, dict) and number_of(one.get("receiptStatus")) == MADE:
            is_sale = str(one.get("receiptType") or SALE) == SALE
            link = payload.get("ofdReceiptUrl") or payload.get("ofd_receipt_url")
            if is_sale and isinstance(link, str):
                return link
    return ""


def code_of(answer: Mapping[str, Any]) -> str:
    """The error's number under any of its spellings; "0": none."""
    fault = answer.get("error")
    nested = fault.get("code") if isinstance(fault, dict) else None
    found = next((it for it in (answer.get("errorCode"), answer.get("ErrorCode"), nested) if it is not None), "0")
    return str(found).strip() or "0"


def words_of(answer: Mapping[str, Any]) -> str:
    fault = answer.get("error")
    nested = fault.get("message") if isinstance(fault, dict) else None
    text = answer.get("errorMessage") or answer.get("ErrorMessage") or nested or "без объяснения"
    return f"ошибка {code_of(answer)}: {text}"[:300]


def refusal(answer: Mapping[str, Any]) -> Exception:
    """The bank's own fault may pass; the rest is final."""
    return (GatewayDown if code_of(answer) == SYSTEM_FAULT else Declined)(words_of(answer))


def text_of(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found or (name == "formUrl" and not wire.is_safe(found)):
        raise GatewayDown(f"в ответе нет {name}")
    return found


def number_of(value: object) -> int:
    """A whole number however it is written; 0 where it is none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def id_of(answer: Mapping[str, Any]) -> str:
    """The bank's own id of the order; the old API hides it among the attributes."""
    attributes = answer.get("attributes")
    found = [
        one.get("value")
        for one in (attributes if isinstance(attributes, list) else ())
        if isinstance(one, dict) and one.get("name") == "mdOrder"
    ]
    return next((it for it in (answer.get("orderId"), answer.get("mdOrder"), *found) if isinstance(it, str)), "")


def _masked(answer: Mapping[str, Any]) -> str:
    card = answer.get("cardAuthInfo")
    found = card.get("maskedPan") or card.get("pan") if isinstance(card, dict) else None
    return str(found or "")


def _binding(answer: Mapping[str, Any]) -> str:
    binding = answer.get("bindingInfo")
    return str(binding.get("bindingId") or "") if isinstance(binding, dict) else ""


def card_of(binding: Mapping[str, Any]) -> SavedCard:
    expires = str(binding.get("expiryDate") or "")  # yyyymm
    until = f"{expires[4:6]}/{expires[2:4]}" if len(expires) == 6 and expires.isdecimal() else ""
    return SavedCard(str(binding["bindingId"]), str(binding.get("maskedPan") or ""), until)
