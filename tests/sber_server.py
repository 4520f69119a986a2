"""Сбербанк of the tests: the RBS engine's side of the protocol, in both styles, as formats.md 4.1 tells it."""

from __future__ import annotations

import hmac
import json
import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.bank_server import BankServer, Call

OBJECTS = ("jsonParams", "orderBundle")


@dataclass
class Deal:
    """An order at the bank; `status` is its `orderStatus`."""

    id: str
    values: dict[str, Any]
    status: int = 0
    back: int = 0
    reason: str = ""
    binding: str = ""

    @property
    def amount(self) -> int:
        return int(self.values["amount"])


@dataclass
class SberServer(BankServer):
    style: str = "form"
    secret: str = "yourSecretToken"
    login: dict[str, str] = field(default_factory=lambda: {"userName": "voda-api", "password": "pass&word=1"})
    deals: dict[str, Deal] = field(default_factory=dict)
    bindings: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    date: int = 0
    card_fails: bool = False
    receipt: str = ""

    def answer(self, call: Call) -> tuple[int, Any]:
        values = dict(call.values)
        if call.kind != self.style:
            return 415, "unsupported"
        if any(values.pop(name, None) != value for name, value in self.login.items()):
            return 200, self.fault(5, "Доступ запрещён")
        for name in OBJECTS:
            if name in values:
                if isinstance(values[name], str) != (self.style == "form"):
                    return 400, self.fault(4, f"{name}: не тот вид")
                values[name] = json.loads(values[name]) if self.style == "form" else values[name]
        return 200, getattr(self, "do_" + call.method.removesuffix(".do"))(values)

    def fault(self, code: int, text: str) -> dict[str, Any]:
        if self.style == "form":
            return {"errorCode": str(code), "errorMessage": text}
        return {"error": {"code": code, "message": text}}

    def found(self, values: dict[str, Any]) -> Deal | None:
        if "orderId" in values or "mdOrder" in values:
            return self.deals.get(values.get("orderId") or values["mdOrder"])
        return self.by_number(values["orderNumber"])

    def by_number(self, number: str) -> Deal | None:
        return next((deal for deal in self.deals.values() if deal.values["orderNumber"] == number), None)

    def do_register(self, values: dict[str, Any]) -> dict[str, Any]:
        if len(values["orderNumber"]) > 32 or int(values["amount"]) <= 0 or int(values["currency"]) != 643:
            return self.fault(4, "Неверные параметры")
        if self.by_number(values["orderNumber"]):
            return self.fault(1, "Заказ с таким номером уже обработан")
        deal = Deal(str(uuid.uuid4()), values)
        self.deals[deal.id] = deal
        return {"orderId": deal.id, "formUrl": f"{self.url}pay?mdOrder={deal.id}"}

    def do_getOrderStatusExtended(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deal = self.found(values)
        if deal is None:
            return self.fault(6, "Заказ не найден")
        told: dict[str, Any] = {
            "errorCode": "0", "orderNumber": deal.values["orderNumber"], "orderStatus": deal.status,
            "amount": deal.amount, "currency": "643", "date": self.date, "actionCode": 0 if deal.status != 6 else 116,
            "actionCodeDescription": deal.reason, "attributes": [{"name": "mdOrder", "value": deal.id}],
            "paymentAmountInfo": {"refundedAmount": deal.back, "depositedAmount": deal.amount},
        }  # fmt: skip
        if deal.status in (2, 4):
            told["cardAuthInfo"] = {"maskedPan": "411111**1111", "expiration": "203012"}
        if deal.binding:
            told["bindingInfo"] = {"clientId": deal.values["clientId"], "bindingId": deal.binding}
        return told

    def do_refund(self, values: dict[str, Any]) -> dict[str, Any]:
        deal = self.found(values)
        if deal is None:
            return self.fault(6, "Заказ не найден")
        if deal.status not in (2, 4) or deal.back + int(values["amount"]) > deal.amount:
            return self.fault(5, "Сумма возврата больше суммы списания")
        deal.back += int(values["amount"])
        deal.status = 4
        return {"errorCode": "0"}

    def do_reverse(self, values: dict[str, Any]) -> dict[str, Any]:
        deal = self.found(values)
        if deal is None or deal.status not in (1, 2):
            return self.fault(6, "Отмена невозможна")
        deal.status = 3
        return {"errorCode": 0}

    def do_getBindings(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        kept = self.bindings.get(values["clientId"], [])
        return {"errorCode": "0", "bindings": kept} if kept else self.fault(2, "Связок не найдено")

    def do_unBindCard(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for kept in self.bindings.values():
            for one in kept:
                if one["bindingId"] == values["bindingId"]:
                    kept.remove(one)
                    return {"errorCode": "0"}
        return self.fault(2, "Связка не найдена")

    do_unbindCard = do_unBindCard  # noqa: N815

    def do_paymentOrderBinding(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deal = self.found(values)
        kept = self.bindings.get(deal.values.get("clientId", ""), []) if deal else []
        if deal is None or not any(one["bindingId"] == values["bindingId"] for one in kept):
            return self.fault(2, "Связка не найдена")
        deal.status, deal.reason = (6, "Недостаточно средств") if self.card_fails else (2, "")
        return {"errorCode": "0"}

    def do_getReceiptStatus(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deal = self.found(values)
        if deal is None or "orderBundle" not in deal.values:
            return self.fault(6, "Чека нет")
        made = {"receiptStatus": 3 if self.receipt else 2, "receiptType": "sell", "receiptId": "r-1"}
        payload = {"payload": {"total": deal.amount, "ofdReceiptUrl": self.receipt}} if self.receipt else {}
        back = {
            "receiptStatus": 3,
            "receiptType": "sellRefund",
            "payload": {"ofdReceiptUrl": "https://ofd.example/b"},
        }
        listed = "receipts" if self.style == "json" else "receipt"
        return {"errorCode": "0", "orderId": deal.id, listed: [back, {**made, **payload}]}

    def callback(self, number: str, operation: str = "deposited", status: int = 1, **more: str) -> dict[str, str]:
        """The parameters of a callback, signed by HMAC."""
        deal = self.by_number(number)
        assert deal is not None
        told = {
            "mdOrder": deal.id, "orderNumber": number, "operation": operation, "status": str(status),
            "amount": str(deal.amount), **more,
        }  # fmt: skip
        text = "".join(f"{name};{told[name]};" for name in sorted(told))
        return {**told, "checksum": hmac.new(self.secret.encode(), text.encode(), sha256).hexdigest().upper()}
