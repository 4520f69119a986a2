"""Т-Банк of the tests: its side of the protocol, as formats.md 4.4 tells it; the token is reckoned here anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.bank_server import BankServer, Call


def token_of(values: dict[str, Any], password: str) -> str:
    told = {"Password": password}
    for name, value in values.items():
        if name == "Token" or isinstance(value, dict | list) or value is None:
            continue
        told[name] = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return sha256("".join(told[name] for name in sorted(told)).encode()).hexdigest()


@dataclass
class Deal:
    id: str
    values: dict[str, Any]
    status: str = "NEW"
    back: int = 0
    message: str = ""
    requests: set[str] = field(default_factory=set)

    @property
    def amount(self) -> int:
        return int(self.values["Amount"])


@dataclass
class TBankServer(BankServer):
    terminal: str = "1510572937960"
    password: str = "qwerty"
    deals: dict[str, Deal] = field(default_factory=dict)
    customers: set[str] = field(default_factory=set)
    cards: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    card_fails: bool = False

    def answer(self, call: Call) -> tuple[int, Any]:
        values = dict(call.values)
        if values.get("TerminalKey") != self.terminal or values.pop("Token", "") != token_of(values, self.password):
            return 200, self.fault("204", "Неверный токен. Проверьте пару TerminalKey/SecretKey.")
        return 200, getattr(self, "do_" + call.method)(values)

    def fault(self, code: str, text: str) -> dict[str, Any]:
        return {"Success": False, "ErrorCode": code, "Message": "Ошибка", "Details": text}

    def state(self, deal: Deal, **more: Any) -> dict[str, Any]:
        return {
            "Success": True, "ErrorCode": "0", "Message": deal.message or "OK", "TerminalKey": self.terminal,
            "Status": deal.status, "PaymentId": deal.id, "OrderId": deal.values["OrderId"], "Amount": deal.amount,
            **more,
        }  # fmt: skip

    def do_Init(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        receipt = values.get("Receipt")
        if receipt and sum(item["Amount"] for item in receipt["Items"]) != values["Amount"]:
            return self.fault("308", "Сумма позиций чека не равна сумме заказа")
        if len(values["Description"]) > 140 or len(values["OrderId"]) > 36:
            return self.fault("212", "Слишком длинно")
        deal = Deal(str(2006896 + len(self.deals)), values)
        self.deals[deal.id] = deal
        return self.state(deal, PaymentURL=f"{self.url}pay/{deal.id}")

    def do_GetState(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deal = self.deals.get(str(values["PaymentId"]))
        return self.state(deal) if deal else self.fault("7", "Платёж не найден")

    def do_Cancel(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deal = self.deals[str(values["PaymentId"])]
        if values["ExternalRequestId"] not in deal.requests:
            if deal.status not in ("CONFIRMED", "PARTIAL_REFUNDED") or deal.back + values["Amount"] > deal.amount:
                return self.fault("4", "Сумма возврата больше суммы платежа")
            deal.requests.add(values["ExternalRequestId"])
            deal.back += values["Amount"]
        deal.status = "REFUNDED" if deal.back == deal.amount else "PARTIAL_REFUNDED"
        return self.state(deal, OriginalAmount=deal.amount, NewAmount=deal.amount - deal.back)

    def do_AddCustomer(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if values["CustomerKey"] in self.customers:
            return self.fault("7", "Покупатель уже есть")
        self.customers.add(values["CustomerKey"])
        return {"Success": True, "ErrorCode": "0"}

    def do_GetCardList(self, values: dict[str, Any]) -> Any:  # noqa: N802
        if values["CustomerKey"] not in self.customers:
            return self.fault("7", "Покупатель не найден")
        return self.cards.get(values["CustomerKey"], [])

    def do_RemoveCard(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for card in self.cards[values["CustomerKey"]]:
            if card["CardId"] == values["CardId"]:
                card["Status"] = "D"
        return {"Success": True, "ErrorCode": "0"}

    def do_Charge(self, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deal = self.deals[values["PaymentId"]]
        deal.status = "REJECTED" if self.card_fails else "CONFIRMED"
        deal.message = "Недостаточно средств" if self.card_fails else ""
        return self.state(deal, **({"Success": False, "ErrorCode": "1051"} if self.card_fails else {}))

    def notification(self, number: str, status: str = "CONFIRMED", **more: Any) -> dict[str, Any]:
        """A signed notification of an order."""
        deal = next(deal for deal in reversed(self.deals.values()) if deal.values["OrderId"] == number)
        told = {
            "TerminalKey": self.terminal, "OrderId": number, "Success": status == "CONFIRMED", "Status": status,
            "PaymentId": int(deal.id), "ErrorCode": "0", "Amount": deal.amount, "CardId": 867911,
            "Pan": "430000******0777", "ExpDate": "1130", "Data": {"x": "y"}, **more,
        }  # fmt: skip
        return {**told, "Token": token_of(told, self.password)}
