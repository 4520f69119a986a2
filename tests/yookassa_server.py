"""ЮKassa of the tests: keys of idempotence, payments, refunds and saved cards, as its API v3 tells them."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from tests.bank_server import BankServer, Call

SHOP, SECRET = "100500", "test_secret-of-the-shop"


@dataclass
class YooKassaServer(BankServer):
    """`payments` and `refunds` by id, as the API gives them; a test moves them with `pay`, `refuse`, `give_back`."""

    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)  # by keys, for a day
    cards: set[str] = field(default_factory=set)
    refund_status: str = "succeeded"
    ids: Any = field(default_factory=lambda: count(1))

    @property
    def orders(self) -> list[dict[str, Any]]:
        """The bodies of `POST /payments`."""
        return [call.values for call in self.calls if call.path == "POST /api/payments"]

    def pay(self, payment: str, saved: bool = False) -> None:
        """The payer typed a card on the bank's page."""
        paid = self.payments[payment]
        card = {"first6": "220000", "last4": "0004", "expiry_month": "12", "expiry_year": "2039", "card_type": "Mir"}
        paid.update(status="succeeded", paid=True)
        paid["payment_method"] = {"type": "bank_card", "id": payment, "saved": saved, "card": card}
        if saved:
            self.cards.add(payment)

    def refuse(self, payment: str, reason: str = "insufficient_funds") -> None:
        self.payments[payment].update(
            status="canceled", cancellation_details={"party": "payment_network", "reason": reason}
        )

    def give_back(self, payment: str, kopecks: int) -> None:
        """A refund made in the bank's own pages, or over its API."""
        paid = self.payments[payment]
        back = _kopecks(paid.get("refunded_amount", {"value": "0.00"})) + kopecks
        paid["refunded_amount"] = {"value": f"{back / 100:.2f}", "currency": "RUB"}

    def notification(self, event: str, payment: str) -> bytes:
        """What it calls back with."""
        thing = self.payments[payment]
        if event.startswith("refund."):
            thing = {"id": self._id(), "payment_id": payment, "status": "succeeded"}
        return json.dumps({"type": "notification", "event": event, "object": thing}).encode()

    def answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        told, headers = call.values, call.headers
        if headers.get("Authorization") != f"Basic {b64encode(f'{SHOP}:{SECRET}'.encode()).decode()}":
            return _error(401, "invalid_credentials")
        method, _, path = call.path.partition(" /api/")
        kind, _, name = path.partition("/")
        if path.startswith("payments?limit="):
            limit = int(path.removeprefix("payments?limit="))
            return 200, {"type": "list", "items": list(reversed(self.payments.values()))[:limit]}
        if method == "GET":
            found = {"payments": self.payments, "refunds": self.refunds}[kind].get(name)
            return (200, found) if found else _error(404, "not_found")
        key = headers.get("Idempotence-Key", "")
        if not 0 < len(key) <= 64:
            return _error(400, "invalid_request", "Idempotence-Key")
        words = json.dumps(told, sort_keys=True).encode()
        before, made = self.answers.get(key, (words, None))
        if before != words:
            return _error(400, "invalid_request", "Idempotence-Key")
        status, made = (200, made) if made else self._pay(told) if kind == "payments" else self._give(told)
        if status == 200:
            self.answers[key] = words, made
        return status, made

    def _pay(self, told: Any) -> tuple[int, dict[str, Any]]:
        if not isinstance(told["amount"]["value"], str) or told["amount"]["currency"] != "RUB":
            return _error(400, "invalid_request", "amount")
        card = told.get("payment_method_id")
        if card and card not in self.cards:
            return _error(400, "invalid_request", "payment_method_id")
        name = self._id()
        made = {
            "id": name, "status": "pending", "paid": False, "amount": told["amount"], "test": True,
            "metadata": told.get("metadata", {}), "created_at": "2026-11-20T09:00:00.000Z",
        }  # fmt: skip
        if "confirmation" in told:
            made["confirmation"] = {"type": "redirect", "confirmation_url": f"https://yoomoney.ru/pay?orderId={name}"}
        self.payments[name] = made
        if card:
            self.pay(name)
            made["payment_method"].update(id=card, saved=True)  # type: ignore[attr-defined]
            made.pop("confirmation", None)
        return 200, made

    def _give(self, told: Any) -> tuple[int, dict[str, Any]]:
        payment, amount = told["payment_id"], _kopecks(told["amount"])
        paid = self.payments[payment]
        if amount + _kopecks(paid.get("refunded_amount", {"value": "0.00"})) > _kopecks(paid["amount"]):
            return _error(400, "invalid_request", "amount")
        name = self._id()
        self.refunds[name] = {
            "id": name, "payment_id": payment, "status": self.refund_status, "amount": told["amount"],
        }  # fmt: skip
        if self.refund_status == "succeeded":
            self.give_back(payment, amount)
        if self.refund_status == "canceled":
            self.refunds[name]["cancellation_details"] = {"party": "yoo_money", "reason": "insufficient_funds"}
        return 200, self.refunds[name]

    def _id(self) -> str:
        return str(UUID(int=next(self.ids)))


def _kopecks(amount: dict[str, str]) -> int:
    roubles, _, rest = amount["value"].partition(".")
    return int(roubles) * 100 + int(rest)


def _error(status: int, code: str, parameter: str = "") -> tuple[int, dict[str, Any]]:
    return status, {"type": "error", "id": "1", "code": code, "description": "no", "parameter": parameter}
