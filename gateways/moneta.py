"""MONETA.Assistant (PayAnyWay): the payer is sent to its form, it asks Check URL and tells Pay URL (formats.md 4.3).

Both addresses are `/callbacks/<name>`. It cannot be asked, refunds nothing over the network, keeps no cards for us.

Its signatures run over fields with nothing between them, and the payer sees that of the form. `END` after our
number keeps it from passing for the signature of a payment: without it the form of order 1291 would sign «order 129
was paid by operation 1». A payment must name its currency: the form ends with sum, currency and the resident's
number, which without that word could be cut into an operation and another sum.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from gateways import wire
from gateways.acquirer import (
    Answer,
    Callback,
    Declined,
    Engine,
    Event,
    Forged,
    NewOrder,
    Outcome,
    Question,
    Refund,
    SavedCard,
    Standing,
    Started,
    Told,
    Verdict,
)
from gateways.receipt import Item, Receipt

URL = "https://www.moneta.ru/assistant.htm"
FORM = ("MNT_ID", "MNT_TRANSACTION_ID", "MNT_AMOUNT", "MNT_CURRENCY_CODE", "MNT_SUBSCRIBER_ID", "MNT_TEST_MODE")
PAY = ("MNT_ID", "MNT_TRANSACTION_ID", "MNT_OPERATION_ID", *FORM[2:])
CHECK = ("MNT_COMMAND", *PAY)
ANSWER = ("MNT_RESULT_CODE", "MNT_ID", "MNT_TRANSACTION_ID")
SIGNATURE, ASKS = "MNT_SIGNATURE", "CHECK"
END = "_"  # no number of ours has one
AMOUNT, NOTIFIED, IN_PROGRESS, READY, NO_LONGER = "100", "200", "302", "402", "500"
WORDS = {
    AMOUNT: "Заказ можно оплатить",
    NOTIFIED: "Заказ оплачен",
    IN_PROGRESS: "Заказ в обработке",
    READY: "Заказ можно оплатить",
    NO_LONGER: "Заказ не действует",
}
XML = "application/xml; charset=utf-8"
VAT_TAGS = {"none": 1105, "0": 1104, "10": 1103, "20": 1102, "10/110": 1107, "20/120": 1106}
_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sign(values: Mapping[str, str], fields: Iterable[str], code: str) -> str:
    """MD5 of the fields one after another, what is missing is empty, and the shop's code: so the bank wants it."""
    text = "".join(values.get(name, "") for name in fields) + code
    return md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Moneta:
    """A shop: `shop` is its extended account, `code` the «код проверки целостности данных»."""

    name: str
    shop: str
    code: str = field(repr=False)
    url: str = URL
    test_mode: bool = False
    vat_tags: Mapping[str, int] = field(default_factory=lambda: VAT_TAGS)
    keeps_cards: bool = False
    charges_once: bool = False

    @property
    def origin(self) -> str:
        return wire.origin(self.url)

    def create(self, order: NewOrder) -> Started:
        """No network: the form's fields travel in the address, signed. The payer's e-mail and phone do not."""
        if order.receipt is not None:
            self._inventory(order.receipt)  # a rate that cannot be told is found before the money is taken
        values = {
            "MNT_ID": self.shop,
            "MNT_TRANSACTION_ID": order.number + END,
            "MNT_AMOUNT": _roubles(order.amount),
            "MNT_CURRENCY_CODE": "RUB",
            "MNT_SUBSCRIBER_ID": order.client,
            "MNT_TEST_MODE": self._mode,
            "MNT_DESCRIPTION": order.description,
            "MNT_SUCCESS_URL": order.return_url,
            "MNT_INPROGRESS_URL": order.return_url,
            "MNT_FAIL_URL": order.return_url,
            "MNT_RETURN_URL": order.return_url,
        }
        values[SIGNATURE] = sign(values, FORM, self.code)
        return Started(f"{self.url}?{urlencode(values)}")

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """This bank cannot be asked."""
        return None

    def refund(self, refund: Refund) -> Event:
        raise Declined("MONETA.Assistant не возвращает денег по сети: верните их в её личном кабинете")

    def saved_cards(self, client: str) -> tuple[SavedCard, ...]:
        return ()

    def forget_card(self, client: str, card: str) -> None:
        """It keeps none for us."""

    def charge(self, order: NewOrder, card: str) -> Event:
        raise Declined("MONETA.Assistant без плательщика не платит")

    def read_callback(self, callback: Callback) -> Told:
        values = callback.form or callback.query
        if not values:
            return None
        command = values.get("MNT_COMMAND", "")
        if command not in ("", ASKS):
            raise Forged("a command that is not ours")
        signed = sign(values, CHECK if command else PAY, self.code).encode()
        if not hmac.compare_digest(signed, values.get(SIGNATURE, "").lower().encode("utf-8", "replace")):
            raise Forged("wrong signature")
        if values.get("MNT_ID") != self.shop or values.get("MNT_CURRENCY_CODE", "RUB") not in ("RUB", ""):
            raise Forged("another shop or currency")
        if (values.get("MNT_TEST_MODE") or "0") != self._mode:
            raise Forged("a test payment at a real shop, or the other way round")
        number, end, more = values.get("MNT_TRANSACTION_ID", "").partition(END)
        if not end or more:
            raise Forged("not a number of ours")
        operation = values.get("MNT_OPERATION_ID", "")
        amount = _kopecks(values["MNT_AMOUNT"]) if values.get("MNT_AMOUNT") else None
        if command:
            return Question(number, amount=amount)  # the operation is none yet: another may have paid the order
        if amount is None or not operation or values.get("MNT_CURRENCY_CODE") != "RUB":
            raise Forged("a payment without a sum, a currency or an operation")
        return Event(f"pay:{operation}", number, operation, Outcome.PAID, amount)

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        if told is None:
            return Answer(200, "OK")
        if isinstance(told, Question):
            return self._answer(told.number, _code(told, verdict), verdict)
        if not verdict.accepted:
            return Answer(200, "FAIL")
        if verdict.receipt is None:
            return Answer(200, "SUCCESS")
        return self._answer(told.number, NOTIFIED, verdict)

    @property
    def _mode(self) -> str:
        return "1" if self.test_mode else "0"

    def _answer(self, number: str, code: str, verdict: Verdict) -> Answer:
        values = {
            "MNT_ID": self.shop,
            "MNT_TRANSACTION_ID": _NOT_XML.sub("?", number) + END,
            "MNT_RESULT_CODE": code,
            "MNT_DESCRIPTION": WORDS[code],
        }
        if code == AMOUNT:
            values["MNT_AMOUNT"] = _roubles(verdict.amount)
        values[SIGNATURE] = sign(values, ANSWER, self.code)
        tree = Element("MNT_RESPONSE")
        for name, value in values.items():
            SubElement(tree, name).text = value
        if verdict.receipt is not None and code in (AMOUNT, NOTIFIED, READY):
            self._attributes(tree, verdict.receipt)
        return Answer(200, tostring(tree, encoding="unicode", xml_declaration=False), XML)

    def _attributes(self, tree: Element, receipt: Receipt) -> None:
        told = {
            "INVENTORY": json.dumps(self._inventory(receipt), ensure_ascii=False),
            "CLIENT": receipt.email or receipt.phone,
            "SNO": str(receipt.taxation),
        }
        attributes = SubElement(tree, "MNT_ATTRIBUTES")
        for key, value in told.items():
            attribute = SubElement(attributes, "ATTRIBUTE")
            SubElement(attribute, "KEY").text, SubElement(attribute, "VALUE").text = key, _NOT_XML.sub("?", value)

    def _inventory(self, receipt: Receipt) -> list[dict[str, Any]]:
        return [self._item(item) for item in receipt.items]

    def _item(self, item: Item) -> dict[str, Any]:
        if item.vat not in self.vat_tags:
            raise Declined(f"ставка НДС «{item.vat}» не названа в vat_tags")
        return {
            "name": item.name,
            "price": _roubles(item.amount),
            "quantity": "1",
            "vatTag": self.vat_tags[item.vat],
            "pm": item.mode,
            "po": item.subject,
        }


def _code(question: Question, verdict: Verdict) -> str:
    """Which of the five codes says how the order stands with us."""
    if verdict.standing is Standing.PAID:
        return NOTIFIED
    if verdict.standing is Standing.UNCERTAIN:
        return IN_PROGRESS
    if verdict.standing is Standing.OPEN and verdict.accepted:
        return AMOUNT if question.amount is None else READY
    return NO_LONGER


def _roubles(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _kopecks(text: str) -> int:
    found = _SUM.fullmatch(text)
    if found is None:
        raise Forged("not a sum")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _faults(values: Mapping[str, Any]) -> Iterable[str]:
    if not wire.is_safe(values["url"]):
        yield "url должен начинаться с https://"
    for key in ("shop", "code"):
        if not values[key]:
            yield f"не задан {key}"
    if any(type(tag) is not int for tag in values["vat_tags"].values()):
        yield "vat_tags: нужны числа, например { none = 1105 }"


def _build(name: str, values: Mapping[str, Any]) -> Moneta:
    tags = {**VAT_TAGS, **values["vat_tags"]}
    return Moneta(name, values["shop"], values["code"], values["url"], values["test_mode"], tags)


ENGINE = Engine(
    build=_build,
    options={"shop": "", "url": URL, "test_mode": False, "vat_tags": {}},
    secrets=("code",),
    faults=_faults,
)
