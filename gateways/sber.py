"""Сбербанк and every bank on the same engine (RBS/BPC): the old form-encoded REST and the JSON Partner API.

formats.md 4.1. A callback that is not signed, or does not say the sum, only makes us ask.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any
from urllib.parse import urlencode

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
from gateways.sber_answers import (
    card_of,
    code_of,
    event_of,
    is_only_held,
    is_untouched,
    number_of,
    receipt_of,
    refunded,
    refusal,
    text_of,
    words_of,
)
from gateways.sber_receipt import TAX_TYPES, bundle
from gateways.sber_signature import checksum, is_by_certificate, is_plain, signed_text

log = logging.getLogger("abonent.gateways")

FORM, JSON = "form", "json"
NUMBER_TAKEN, NO_CARDS, NO_SUCH_ORDER = "1", "2", "6"
TRIES = 9  # numbers that one order may take at the bank
LONGEST_NUMBER = 32
DAY = 86400


@dataclass(frozen=True)
class Sber:
    """`url` ends with a slash; `login` is what every call is signed with; `page`: where the payer's pages stand."""

    name: str
    url: str
    style: str = FORM
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    page: str = ""
    ca: str = ""
    keeps_cards: bool = True
    charges_once: bool = True
    callback_secret: str = field(default="", repr=False)
    certificate: str = ""
    tax_types: Mapping[str, int] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    seconds: float = wire.SECONDS

    @property
    def origin(self) -> str:
        return wire.origin(self.page or self.url)

    def create(self, order: NewOrder) -> Started:
        """Registers the order. A number that was taken by a try that broke off gets a tail: nobody saw its page.

        Taken it may also be by a stranger (a database that was restored counts anew), who must not pay for this one.
        """
        began = monotonic()
        for number in _numbers(order.number):
            if monotonic() - began > 2 * self.seconds:
                raise GatewayDown(f"{self.name}: слишком долго")
            answer = self._ask("register.do", self._registration(order, number))
            if (code := code_of(answer)) == "0":
                return Started(text_of(answer, "formUrl"), text_of(answer, "orderId"))
            if code != NUMBER_TAKEN:
                raise refusal(answer)
            found = self._status(number, None)
            event = event_of(found, number)
            if event.outcome is Outcome.PAID and _is_same(found, order):
                return Started(order.return_url, event.provider_id or None)
        raise Declined(f"номер {order.number} занят в банке")

    def status(self, number: str, provider_id: str | None) -> Event | None:
        event = event_of(self._status(number, provider_id), number, provider_id or "")
        link = self._receipt(event.provider_id) if event.outcome is Outcome.PAID else ""
        return replace(event, key=f"{event.key}-receipt", receipt_url=link) if link else event

    def refund(self, refund: Refund) -> Event:
        """Looks first: the bank knows no keys, so what a lost answer gave back is seen by its books alone."""
        found = self._status(refund.number, refund.provider_id)
        event = event_of(found, refund.number, refund.provider_id)
        whole = refund.before + refund.amount
        is_done = event.outcome is Outcome.REFUNDED and (event.amount == 0 or event.amount >= whole)
        if is_done or event.outcome is Outcome.UNCLEAR:
            return event
        is_held = is_only_held(found)
        if is_held and whole != refund.total:
            raise Declined("деньги ещё только удержаны: вернуть можно лишь всё")
        values: dict[str, Any] = {"orderId": refund.provider_id}
        if not is_held:
            values["amount"] = refund.amount
        answer = self._ask("reverse.do" if is_held else "refund.do", values)
        if "errorCode" not in answer and code_of(answer) == "0":
            raise GatewayDown(f"{self.name}: ответ о возврате без кода")
        if code_of(answer) != "0":
            raise refusal(answer)
        return replace(refunded(refund.number, refund.provider_id, whole), taken=refund.total)

    def read_callback(self, callback: Callback) -> Told:
        """`operation` of an order, signed by HMAC or by the bank's certificate (formats.md 4.1)."""
        values = {**callback.query, **callback.form}
        number, provider_id = values.get("orderNumber", ""), values.get("mdOrder", "")
        if not (number or provider_id):
            raise Forged("no order is named")
        if not self._is_signed(values):
            return Event("", number, provider_id, Outcome.WAITING, 0)
        operation, amount = values.get("operation", ""), number_of(values.get("amount"))
        if operation == "deposited" and values.get("status") == "1" and amount:
            return Event(f"{provider_id or number}-paid-{amount}", number, provider_id, Outcome.PAID, amount)
        if operation == "declinedByTimeout":
            reason = "Время на оплату вышло"
            return Event(f"{provider_id or number}-failed", number, provider_id, Outcome.FAILED, 0, reason=reason)
        return Event("", number, provider_id, Outcome.WAITING, 0)

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        return Answer(200, "OK") if verdict.accepted else Answer(409, "REFUSED")

    def saved_cards(self, client: str) -> Sequence[SavedCard]:
        answer = self._ask("getBindings.do", {"clientId": client})
        if (code := code_of(answer)) == NO_CARDS:
            return ()
        if code != "0":
            raise refusal(answer)
        found = answer.get("bindings") or ()
        return tuple(card_of(one) for one in found if isinstance(one, dict) and one.get("bindingId"))

    def forget_card(self, client: str, card: str) -> None:
        answer = self._ask("unBindCard.do" if self.style == FORM else "unbindCard.do", {"bindingId": card})
        if code_of(answer) != "0" and any(one.id == card for one in self.saved_cards(client)):
            raise refusal(answer)

    def charge(self, order: NewOrder, card: str) -> Event:
        """Registers and pays at once; an order that is known at the bank is looked at, and never registered anew."""
        answer = self._ask("register.do", self._registration(order, order.number))
        if (code := code_of(answer)) not in ("0", NUMBER_TAKEN):
            raise refusal(answer)
        if code == "0":
            return self._pay(order, text_of(answer, "orderId"), card)
        found = self._status(order.number, None)
        if not _is_same(found, order):
            raise Declined(f"номер {order.number} занят в банке")
        event = event_of(found, order.number)
        return self._pay(order, event.provider_id, card) if is_untouched(found) else event

    def _pay(self, order: NewOrder, provider_id: str, card: str) -> Event:
        values = {"mdOrder": provider_id, "bindingId": card, "ip": "127.0.0.1"}
        answer = self._ask("paymentOrderBinding.do", values)
        found = self._status(order.number, provider_id)
        if code_of(answer) != "0" and is_untouched(found):
            raise refusal(answer)
        return event_of(found, order.number, provider_id)

    def _registration(self, order: NewOrder, number: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            "orderNumber": number,
            "amount": order.amount,
            "currency": 643 if self.style == JSON else "643",
            "returnUrl": order.return_url,
            "failUrl": order.return_url,
            "description": order.description,
            "dynamicCallbackUrl": order.callback_url,
            "sessionTimeoutSecs": order.seconds or None,
            "clientId": order.client if self.keeps_cards else "",
            "email": order.email,
            "phone": order.phone,
            "jsonParams": self._params(order),
        }
        if order.receipt is not None:
            values["orderBundle"] = bundle(order.receipt, self.tax_types)
        return {name: value for name, value in values.items() if value not in (None, "")}

    def _params(self, order: NewOrder) -> dict[str, str] | None:
        """What the bank writes into the utility's registry beside the payment."""
        accounts = list(dict.fromkeys(line.account for line in order.lines))
        found = {**self.params, **({"account": ", ".join(accounts)} if accounts else {})}
        return found or None

    def _status(self, number: str, provider_id: str | None) -> dict[str, Any]:
        asked = {"orderId": provider_id} if provider_id else {"orderNumber": number}
        answer = self._ask("getOrderStatusExtended.do", asked)
        if code_of(answer) not in ("0", NO_SUCH_ORDER):
            raise GatewayDown(f"{self.name}: {words_of(answer)}")
        return answer

    def _receipt(self, provider_id: str) -> str:
        """Where the receipt of a paid order stands; it is made minutes later, or never, and nothing waits for it."""
        try:
            return receipt_of(self._ask("getReceiptStatus.do", {"orderId": provider_id})) if provider_id else ""
        except GatewayDown as fault:
            log.info("%s: %s", self.name, fault)
            return ""

    def _is_signed(self, values: Mapping[str, str]) -> bool:
        """False where no signature is set up, or it has several readings; raises `Forged` where it is wrong."""
        if not (self.callback_secret or self.certificate):
            return False
        told, given = signed_text(values), values.get("checksum", "")
        if self.callback_secret:
            fits = hmac.compare_digest(checksum(told, self.callback_secret).encode(), given.upper().encode())
        else:
            fits = is_by_certificate(told, given, self.certificate)
        if not fits:
            raise Forged("wrong signature")
        return is_plain(values)

    def _ask(self, method: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The bank's answer to a call; an answer of 5xx tells nothing, a 4xx may still hold the bank's own error."""
        whole = {**self.login, **values}
        if self.style == JSON:
            body, kind = json.dumps(whole, ensure_ascii=False).encode(), "application/json"
        else:
            body, kind = urlencode(_flat(whole)).encode(), "application/x-www-form-urlencoded"
        reply = wire.post(self.url + method, body, kind, ca=self.ca, seconds=self.seconds)
        answer = reply.json() if reply.status < 500 else {}
        if reply.status >= 500 or (reply.status != 200 and code_of(answer) == "0"):
            raise GatewayDown(f"{self.name}: HTTP {reply.status}")
        return answer


def _numbers(number: str) -> Iterator[str]:
    """The order's number, then the same with a tail; an event under such a one is found by the bank's id."""
    yield number
    for count in range(2, TRIES + 1):
        yield f"{number[: LONGEST_NUMBER - 2]}-{count}"


def _is_same(answer: Mapping[str, Any], order: NewOrder) -> bool:
    """Is it this very order that was registered: the same sum, and not longer than a day ago?"""
    if order.expires_at is None or number_of(answer.get("amount")) != order.amount:
        return False
    age = order.expires_at.timestamp() - order.seconds - number_of(answer.get("date")) / 1000
    return abs(age) < DAY


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The old API takes objects as text."""
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        for name, value in values.items()
    }


def build(name: str, values: Mapping[str, Any]) -> Sber:
    by_token = {"token": str(values["token"])} if values["token"] else {}
    by_password = {"userName": str(values["user"]), "password": str(values["password"])}
    return Sber(
        name=name,
        url=str(values["url"]).rstrip("/") + "/",
        style=str(values["style"]),
        login=by_token or by_password,
        page=str(values["page"]),
        ca=str(values["ca"]),
        keeps_cards=bool(values["cards"]),
        callback_secret=str(values["callback_secret"]),
        certificate=str(values["certificate"]),
        tax_types={**TAX_TYPES, **values["tax_types"]},
        params={key: str(value) for key, value in values["params"].items()},
    )


def faults(values: Mapping[str, Any]) -> Iterator[str]:
    if not wire.is_safe(values["url"]):
        yield "url: нужен адрес банка, который начинается с https://"
    if values["page"] and not wire.is_safe(values["page"]):
        yield "page: нужен адрес страниц оплаты, который начинается с https://"
    if values["style"] not in (FORM, JSON):
        yield "style: form (старый REST) или json (Partner API)"
    if not values["token"] and not (values["user"] and values["password"]):
        yield "нужны секреты user и password или token"
    for key in ("ca", "certificate"):
        if values[key] and not wire.is_readable(values[key]):
            yield f"{key}: файл {values[key]} не читается как PEM"
    if values["callback_secret"] and values["certificate"]:
        yield "callback_secret и certificate: подпись уведомлений бывает одна, уберите лишнее"
    if any(type(code) is not int for code in values["tax_types"].values()):
        yield 'tax_types: ставка и номер банка, например {"22" = 12}'


ENGINE = Engine(
    build=build,
    options={
        "url": "", "style": FORM, "page": "", "ca": "", "cards": True, "certificate": "", "tax_types": {},
        "params": {},
    },
    secrets=("user", "password", "token", "callback_secret"),
    faults=faults,
)  # fmt: skip
