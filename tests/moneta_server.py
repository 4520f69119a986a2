"""MONETA.Assistant of the tests: its form on a real socket, and its calls to the portal's Check URL and Pay URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import md5
from itertools import count
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import ProxyHandler, build_opener
from xml.etree.ElementTree import fromstring

from tests.bank_server import BankServer, Call

SHOP, CODE = "54600817", "QWERTY"
NAMES = ("ID", "TRANSACTION_ID", "OPERATION_ID", "AMOUNT", "CURRENCY_CODE", "SUBSCRIBER_ID", "TEST_MODE")
OPENER = build_opener(ProxyHandler({}))


def md5_of(*parts: str) -> str:
    return md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


@dataclass
class MonetaServer(BankServer):
    """`orders`: the forms that were opened, by our number; `callback` is the portal's address."""

    callback: str = ""
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    operations: Any = field(default_factory=lambda: count(123456))

    def answer(self, call: Call) -> tuple[int, Any]:
        values = dict(parse_qsl(urlsplit(call.path.partition(" ")[2]).query, keep_blank_values=True))
        signed = md5_of(*(values.get(f"MNT_{name}", "") for name in NAMES if name != "OPERATION_ID"), CODE)
        if values.get("MNT_SIGNATURE") != signed or values["MNT_ID"] != SHOP:
            return 400, {"error": "signature"}
        self.orders[values["MNT_TRANSACTION_ID"].removesuffix("_")] = values
        return 200, {"amount": values["MNT_AMOUNT"]}

    def request(self, number: str, command: str = "", **changes: str) -> dict[str, str]:
        """What it asks or tells of an order, signed; a change to "" leaves the field out."""
        form = self.orders[number]
        values = {f"MNT_{name}": form.get(f"MNT_{name}", "") for name in NAMES}
        values["MNT_OPERATION_ID"] = str(next(self.operations))
        values = {name: value for name, value in {**values, **changes}.items() if value}
        parts = [command, *(values.get(f"MNT_{name}", "") for name in NAMES), CODE]
        return {**({"MNT_COMMAND": command} if command else {}), **values, "MNT_SIGNATURE": md5_of(*parts)}

    def call(self, values: dict[str, str], is_post: bool = True) -> tuple[int, str, str]:
        """(status, type, body) of the portal's answer."""
        data = urlencode(values)
        url, body = (self.callback, data.encode()) if is_post else (f"{self.callback}?{data}", None)
        try:
            with OPENER.open(url, body, timeout=10) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except HTTPError as answer:
            return answer.code, answer.headers["Content-Type"], answer.read().decode()

    def check(self, number: str, **changes: str) -> dict[str, str]:
        """The answer of Check URL, its signature checked as the bank does."""
        status, kind, body = self.call(self.request(number, "CHECK", **changes))
        assert status == 200 and kind.startswith("application/xml"), body
        return read(body)

    def pay(self, number: str, **changes: str) -> bool:
        """The payer paid; does the portal take note? As long as it does not, the bank would tell again."""
        status, kind, body = self.call(self.request(number, **changes))
        return status == 200 and (read(body)["MNT_RESULT_CODE"] == "200" if "xml" in kind else body == "SUCCESS")


def read(body: str) -> dict[str, str]:
    """The fields of an answer and its attributes by their keys."""
    tree = fromstring(body)
    assert tree.tag == "MNT_RESPONSE"
    told = {child.tag: child.text or "" for child in tree if child.tag != "MNT_ATTRIBUTES"}
    signed = md5_of(told["MNT_RESULT_CODE"], told["MNT_ID"], told["MNT_TRANSACTION_ID"], CODE)
    assert told["MNT_SIGNATURE"] == signed
    attributes = {each.findtext("KEY", ""): each.findtext("VALUE", "") for each in tree.iter("ATTRIBUTE")}
    return {**told, **attributes}
