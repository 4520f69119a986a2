"""Т-Банк (Tinkoff): JSON over HTTPS, every call and every notification signed by the token (formats.md 4.4).

A notification must be answered by exactly `OK`. Of a partial refund made in the bank's own pages the sum is not said
in words that two sources understand alike, so it is written down for the operator.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateways import wire
from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Engine,
    Event,
    Forged,
    GatewayDown,
    NewOrder,
    Outcome,
    Refund,
    SavedCard,
    Started,
    Told,
    Verdict,
)
from gateways.receipt import Item, Receipt

LONGEST_DESCRIPTION = 140
PAID, PARTLY = "CONFIRMED", "PARTIAL_REFUNDED"
RECEIPT, INCOME = "RECEIPT", "Income"  # a notification that the register has made the receipt of a payment
FAILED = {"REJECTED": "Банк отказал", "DEADLINE_EXPIRED": "Время на оплату вышло", "CANCELED": "Оплата отменена"}
BACK = ("REVERSED", "REFUNDED")
ACTIVE = "A"  # of a card
TEMPORARY = ("9999", "999")  # the bank's own fault
TAXATIONS = {1: "osn", 2: "usn_income", 3: "usn_income_outcome", 5: "esn", 6: "patent"}
VATS = {
    "none": "none", "0": "vat0", "5": "vat5", "7": "vat7", "10": "vat10", "20": "vat20", "22": "vat22",
    "5/105": "vat105", "7/107": "vat107", "10/110": "vat110", "20/120": "vat120", "22/122": "vat122",
}  # fmt: skip


@dataclass(frozen=True)
class TBank:
    """`url` ends with a slash; `page`: where the payer's pages stand."""

    name: str
    url: str
    terminal: str
    password: str = field(repr=False)
    page: str = ""
    ca: str = ""
    keeps_cards: bool = True
    charges_once: bool = False  # `Init` makes another payment of the same OrderId
    recurrent: bool = False
    seconds: float = wire.SECONDS

    @property
    def origin(self) -> str:
        return wire.origin(self.page or self.url)

    def create(self, order: NewOrder) -> Started:
        """A repeated Init opens a payment anew; the page of a try that broke off was seen by nobody."""
        self._know(order)
        answer = self._ask("Init", self._initial(order))
        url = answer.get("PaymentURL")
        if not isinstance(url, str) or not wire.is_safe(url):
            raise GatewayDown(f"{self.name}: в ответе нет PaymentURL")
        return Started(url, _id(answer))

    def status(self, number: str, provider_id: str | None) -> Event | None:
        if provider_id is None:
            return None
        answer = self._ask("GetState", {"PaymentId": provider_id})
        return _event(answer, str(answer.get("OrderId") or number), provider_id)

    def refund(self, refund: Refund) -> Event:
        """Looks first; `ExternalRequestId` is our key, by which the bank knows a repetition."""
        state = self._ask("GetState", {"PaymentId": refund.provider_id}).get("Status")
        whole = refund.before + refund.amount
        if state in BACK:
            return _refunded(refund.number, refund.provider_id, 0)
        if state == PARTLY and not refund.before:
            return _unclear(refund.number, refund.provider_id, 0)
        values: dict[str, Any] = {
            "PaymentId": refund.provider_id,
            "Amount": refund.amount,
            "ExternalRequestId": refund.key,
        }
        if refund.receipt is not None:
            values["Receipt"] = written(refund.receipt)
        answer = self._ask("Cancel", values)
        if answer.get("Status") in BACK:
            return _refunded(refund.number, refund.provider_id, 0)
        if answer.get("Status") == PARTLY:
            return _refunded(refund.number, refund.provider_id, whole)
        return Event("", refund.number, refund.provider_id, Outcome.WAITING, 0)

    def read_callback(self, callback: Callback) -> Told:
        values = _told(callback)
        given = values.get("Token")
        if not isinstance(given, str) or not hmac.compare_digest(
            token(values, self.password).encode(), given.lower().encode("utf-8", "replace")
        ):
            raise Forged("wrong token")
        if values.get("TerminalKey") != self.terminal or not values.get("OrderId"):
            raise Forged("of another terminal, or of no order")
        return _event(values, str(values["OrderId"]), str(values.get("PaymentId") or ""))

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        """Anything but `OK` is repeated."""
        return Answer(200, "OK") if verdict.accepted else Answer(409, "REFUSED")

    def saved_cards(self, client: str) -> Sequence[SavedCard]:
        return tuple(
            SavedCard(str(one["CardId"]), str(one.get("Pan") or ""), _expires(one)) for one in self._cards(client)
        )

    def forget_card(self, client: str, card: str) -> None:
        if any(str(one["CardId"]) == card for one in self._cards(client)):
            self._ask("RemoveCard", {"CustomerKey": client, "CardId": card})

    def charge(self, order: NewOrder, card: str) -> Event:
        """Opens a payment and takes the money by the card's `RebillId`."""
        found = [one for one in self._cards(order.client) if str(one["CardId"]) == card]
        rebill = str(found[0].get("RebillId") or "") if found else ""
        if not rebill:
            raise Declined("карты нет, или она не для платежей без плательщика")
        provider_id = _id(self._ask("Init", self._initial(order)))
        try:
            answer = self._ask("Charge", {"PaymentId": provider_id, "RebillId": rebill})
        except GatewayDown:
            return Event("", order.number, provider_id, Outcome.WAITING, 0)  # it may have been taken: `GetState` says
        return _event(answer, order.number, provider_id)

    def _initial(self, order: NewOrder) -> dict[str, Any]:
        contact = {"Email": order.email, "Phone": order.phone}
        keeps = self.keeps_cards and bool(order.client)
        values: dict[str, Any] = {
            "Amount": order.amount,
            "OrderId": order.number,
            "Description": order.description[:LONGEST_DESCRIPTION],
            "CustomerKey": order.client if keeps else "",
            "Recurrent": "Y" if keeps and self.recurrent else "",
            "PayType": "O",
            "SuccessURL": order.return_url,
            "FailURL": order.return_url,
            "NotificationURL": order.callback_url,
            "RedirectDueDate": order.expires_at.isoformat(timespec="seconds") if order.expires_at else "",
            "DATA": {name: value for name, value in contact.items() if value},
            "Receipt": written(order.receipt) if order.receipt is not None else None,
        }
        return {name: value for name, value in values.items() if value}

    def _know(self, order: NewOrder) -> None:
        """Introduces the client whose cards may be kept; that he is known already is no harm."""
        if not (self.keeps_cards and order.client):
            return
        try:
            contact = {"Email": order.email, "Phone": order.phone}
            named = {name: value for name, value in contact.items() if value}
            self._ask("AddCustomer", {"CustomerKey": order.client, **named})
        except Declined:
            return

    def _cards(self, client: str) -> list[dict[str, Any]]:
        """The bank's list is a bare array; a client it does not know has none."""
        reply = self._post("GetCardList", {"CustomerKey": client})
        try:
            found = json.loads(reply.body)
        except (ValueError, RecursionError):
            raise GatewayDown(f"{self.name}: HTTP {reply.status}, не JSON")
        if not isinstance(found, list):
            return []
        return [one for one in found if isinstance(one, dict) and one.get("CardId") and one.get("Status") == ACTIVE]

    def _ask(self, method: str, values: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._post(method, values).json()
        code = str(answer.get("ErrorCode") or "0")
        if answer.get("Status") in FAILED or (answer.get("Success") is True and code == "0"):
            return answer
        raise (GatewayDown if code == "0" or code in TEMPORARY else Declined)(_words(answer))

    def _post(self, method: str, values: Mapping[str, Any]) -> wire.Reply:
        whole = {"TerminalKey": self.terminal, **values}
        whole["Token"] = token(whole, self.password)
        body = json.dumps(whole, ensure_ascii=False).encode()
        reply = wire.post(self.url + method, body, "application/json", ca=self.ca, seconds=self.seconds)
        if reply.status >= 500:
            raise GatewayDown(f"{self.name}: HTTP {reply.status}")
        return reply


def token(values: Mapping[str, Any], password: str) -> str:
    """SHA-256 of the root's plain values and the password, sorted by name (formats.md 4.4)."""
    plain = {
        name: _plain(value)
        for name, value in values.items()
        if name != "Token" and isinstance(value, str | int | float)
    }
    whole = sorted({**plain, "Password": password}.items())
    return sha256("".join(value for _, value in whole).encode("utf-8", "replace")).hexdigest()


def written(receipt: Receipt) -> dict[str, Any]:
    """The receipt of 54-ФЗ in the bank's words."""
    contact = {"Email": receipt.email} if receipt.email else {"Phone": receipt.phone}
    return {**contact, "Taxation": TAXATIONS[receipt.taxation], "Items": [_item(item) for item in receipt.items]}


def _item(item: Item) -> dict[str, Any]:
    return {
        "Name": item.name,
        "Price": item.amount,
        "Quantity": 1,
        "Amount": item.amount,
        "Tax": VATS[item.vat],
        "PaymentMethod": item.mode,
        "PaymentObject": item.subject,
    }


def _plain(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _event(answer: Mapping[str, Any], number: str, provider_id: str) -> Event:
    status, amount = str(answer.get("Status") or ""), _amount(answer.get("Amount"))
    if status == PAID:
        return Event(
            f"{provider_id}-paid-{amount}", number, provider_id, Outcome.PAID, amount,
            masked_card=str(answer.get("Pan") or ""), card_id=str(answer.get("CardId") or ""),
        )  # fmt: skip
    link = answer.get("Url")
    if status == RECEIPT and answer.get("Success") in (True, "true") and isinstance(link, str):
        is_income = str(answer.get("Type") or INCOME) == INCOME
        key = f"{provider_id}-receipt-{amount}"
        outcome = Outcome.PAID if is_income else Outcome.WAITING
        return Event(key, number, provider_id, outcome, amount, receipt_url=link)
    if status in FAILED:
        said = str(answer.get("Message") or "")
        reason = said if said not in ("", "OK") else FAILED[status]
        return Event(f"{provider_id}-failed-{status}", number, provider_id, Outcome.FAILED, 0, reason=reason)
    if status in BACK:
        return _refunded(number, provider_id, 0)
    if status == PARTLY:
        return _unclear(number, provider_id, amount)
    return Event("", number, provider_id, Outcome.WAITING, 0)


def _refunded(number: str, provider_id: str, amount: int) -> Event:
    return Event(f"{provider_id}-refunded-{amount}", number, provider_id, Outcome.REFUNDED, amount)


def _unclear(number: str, provider_id: str, amount: int) -> Event:
    return Event(f"{provider_id}-partly-{amount}", number, provider_id, Outcome.UNCLEAR, amount)


def _told(callback: Callback) -> dict[str, Any]:
    """The notification's values: JSON, or a form with the same names."""
    if callback.form:
        return dict(callback.form)
    try:
        found = json.loads(callback.body, parse_float=str)
    except (ValueError, RecursionError):
        raise Forged("no JSON")
    if not isinstance(found, dict):
        raise Forged("no object")
    return found


def _id(answer: Mapping[str, Any]) -> str:
    found = answer.get("PaymentId")
    if not isinstance(found, str | int) or not str(found):
        raise GatewayDown("в ответе нет PaymentId")
    return str(found)


def _amount(value: object) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _words(answer: Mapping[str, Any]) -> str:
    parts = (answer.get("Message"), answer.get("Details"))
    return f"ошибка {answer.get('ErrorCode')}: {'. '.join(str(part) for part in parts if part)}"[:300]


def _expires(card: Mapping[str, Any]) -> str:
    text = str(card.get("ExpDate") or "")  # mmyy
    return f"{text[:2]}/{text[2:]}" if len(text) == 4 and text.isdecimal() else ""


def build(name: str, values: Mapping[str, Any]) -> TBank:
    return TBank(
        name=name,
        url=str(values["url"]).rstrip("/") + "/",
        terminal=str(values["terminal"]),
        password=str(values["password"]),
        page=str(values["page"]),
        ca=str(values["ca"]),
        keeps_cards=bool(values["cards"]),
        recurrent=bool(values["recurrent"]),
    )


def faults(values: Mapping[str, Any]) -> Iterator[str]:
    if not wire.is_safe(values["url"]):
        yield "url: нужен адрес банка, который начинается с https://"
    if values["page"] and not wire.is_safe(values["page"]):
        yield "page: нужен адрес страниц оплаты, который начинается с https://"
    if not values["terminal"]:
        yield "terminal: нужен номер терминала (TerminalKey)"
    if not values["password"]:
        yield "нужен секрет password"
    if values["ca"] and not wire.is_readable(values["ca"]):
        yield f"ca: файл {values['ca']} не читается как PEM"


ENGINE = Engine(
    build=build,
    options={
        "url": "https://securepay.tinkoff.ru/v2/", "terminal": "", "page": "", "ca": "", "cards": True,
        "recurrent": False,
    },
    secrets=("password",),
    faults=faults,
)  # fmt: skip
