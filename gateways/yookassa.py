"""ЮKassa through its official SDK: payments, refunds, saved cards; what it calls back is unsigned and is asked about.

The SDK keeps one account a process and waits for an answer without end, so `_client` gives each contract a client of
its own that asks as all our banks are asked. The SDK weighs 16 MB of memory: it is imported with the first payment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
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
    Payee,
    Refund,
    SavedCard,
    Started,
    Told,
    Verdict,
)
from gateways.receipt import Item, Receipt

URL = "https://api.yookassa.ru/v3"
PAGES = "https://yoomoney.ru"  # where the payer's pages stand
NETWORKS = [
    "77.75.153.0/25",
    "77.75.154.128/25",
    "77.75.156.11",
    "77.75.156.35",
    "185.71.76.0/27",
    "185.71.77.0/27",
    "2a02:5180:0:1509::/64",
    "2a02:5180:0:2655::/64",
    "2a02:5180:0:1533::/64",
    "2a02:5180:0:2669::/64",
]
LONGEST_DESCRIPTION, LONGEST_PURPOSE, LONGEST_BANK, LONGEST_NUMBER = 128, 210, 45, 30
NEWEST = 100  # of its payments, as many as it lists at once
REFUSALS = (400, 401, 403, 404, 405, 410, 415)  # final; 202, 429 and 5xx leave open whether it was done
KEYS = ("url", "networks", "utilities")
ORDER = "order"  # our number in the metadata
VATS = {
    "none": 1, "0": 2, "10": 3, "20": 4, "10/110": 5, "20/120": 6,
    "5": 7, "7": 8, "5/105": 9, "7/107": 10, "22": 11, "22/122": 12,
}  # fmt: skip
REASONS = {
    "3d_secure_failed": "Банк не получил подтверждения платежа (код из СМС)",
    "call_issuer": "Банк карты отклонил платёж и просит позвонить ему",
    "canceled_by_merchant": "Платёж отменён",
    "card_expired": "Срок действия карты истёк",
    "country_forbidden": "Картой этой страны заплатить нельзя",
    "expired_on_confirmation": "Время на оплату вышло",
    "fraud_suspected": "Банк счёл платёж подозрительным",
    "general_decline": "Банк карты отклонил платёж",
    "insufficient_funds": "Недостаточно средств на карте",
    "invalid_card_number": "Номер карты введён неверно",
    "invalid_csc": "Код на обороте карты введён неверно",
    "issuer_unavailable": "Банк карты не отвечает",
    "payment_method_limit_exceeded": "Лимит платежей по карте исчерпан",
    "payment_method_restricted": "Операции по карте запрещены",
    "permission_revoked": "Разрешение на списания с карты отозвано",
}


@dataclass(frozen=True)
class YooKassa:
    """A shop; `networks` is who may call back ([] = anyone: what is called is asked about anyway)."""

    name: str
    shop_id: str
    secret_key: str = field(repr=False)
    url: str = URL
    networks: Sequence[str] = tuple(NETWORKS)
    utilities: bool = True
    origin: str = PAGES
    keeps_cards: bool = True
    charges_once: bool = True
    seconds: float = wire.SECONDS

    def create(self, order: NewOrder) -> Started:
        paid = self._new(order, {"confirmation": {"type": "redirect", "return_url": order.return_url}}, order.card)
        page = paid.confirmation.confirmation_url if paid.confirmation else None
        return Started(str(page or order.return_url), str(paid.id))

    def charge(self, order: NewOrder, card: str) -> Event:
        return _event(self._new(order, {}, card), order.number)

    def status(self, number: str, provider_id: str | None) -> Event | None:
        """Without the bank's id, which was in an answer that got lost, it is looked for among the newest payments."""
        if provider_id:
            return _event(self._payments.find_one(provider_id), number)
        newest = self._payments.list({"limit": NEWEST}).items or []
        named = (paid for paid in newest if (paid.metadata or {}).get(ORDER) == number)
        found = next(named, None)
        return _event(found, number) if found is not None else None

    def refund(self, refund: Refund) -> Event:
        """Asks first what was given back: its key is remembered by the bank for a day only."""
        before = _kopecks(self._payments.find_one(refund.provider_id).refunded_amount)
        if before < refund.before + refund.amount:
            wanted = {"payment_id": refund.provider_id, "amount": _amount(refund.amount)}
            if refund.receipt is not None:
                wanted["receipt"] = _receipt(refund.receipt)
            made = self._refunds.create(wanted, _key(self.name, "refund", refund.key))
            if made.status == "canceled":
                raise Declined(f"возврат отклонён: {made.cancellation_details.reason}")
            if made.status != "succeeded":
                return Event(f"{made.id}:{made.status}", refund.number, refund.provider_id, Outcome.WAITING, 0)
            before += refund.amount
        return replace(_given_back(refund.number, refund.provider_id, before), taken=refund.total)

    def read_callback(self, callback: Callback) -> Told:
        if self.networks and not _is_within(callback.address, self.networks):
            raise Forged("not a network of the bank")
        try:
            told = json.loads(callback.body)
            event, thing = str(told["event"]), dict(told["object"])
            paid = thing["payment_id"] if event.startswith("refund.") else thing["id"]
            number = dict(thing.get("metadata") or {}).get(ORDER, "")
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Forged("not a notification")
        if not event.startswith(("payment.", "refund.")):
            return None
        key = f"call:{event}:{thing['id']}"[:200]
        return Event(key, str(number)[:100], str(paid)[:100], Outcome.WAITING, 0)

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        """Always 200: a payment of somebody else's at the same shop would be told of for a day."""
        return Answer(200, "OK")

    def saved_cards(self, client: str) -> tuple[SavedCard, ...]:
        """It lists none: the name of a card comes once, with the payment that bound it."""
        return ()

    def forget_card(self, client: str, card: str) -> None:
        """It is forgotten by never being named again."""

    def _new(self, order: NewOrder, way: Mapping[str, Any], card: str) -> Any:
        wanted: dict[str, Any] = {
            "amount": _amount(order.amount),
            "capture": True,
            "description": order.description[:LONGEST_DESCRIPTION],
            "metadata": {ORDER: order.number},
            **way,
        }
        if card:
            wanted["payment_method_id"] = card
        elif order.keep:
            wanted["save_payment_method"] = True
        if order.client:
            wanted["merchant_customer_id"] = order.client
        if order.receipt is not None:
            wanted["receipt"] = _receipt(order.receipt)
        utilities = _utilities(order) if self.utilities else None
        if utilities is not None:
            wanted["payment_order"] = utilities
        return self._payments.create(wanted, _key(self.name, "pay", order.number))

    @cached_property
    def _payments(self) -> Any:
        from yookassa import Payment

        return _bound(Payment, self)

    @cached_property
    def _refunds(self) -> Any:
        from yookassa import Refund as Refunds

        return _bound(Refunds, self)


def _bound(resource: type[Any], shop: YooKassa) -> type[Any]:
    """A resource of the SDK that speaks for this shop alone."""
    client = _client(shop)

    def speak(self: Any) -> None:
        self.client = client

    return type(f"{resource.__name__}Of", (resource,), {"__init__": speak})


def _client(shop: YooKassa) -> Any:
    from yookassa.client import ApiClient
    from yookassa.domain.common import RequestObject, UserAgent

    class Client(ApiClient):  # type: ignore[misc]
        """The SDK's client with an account of its own, a limit of time and of size, and our two faults."""

        def __init__(self) -> None:
            self.endpoint, self.user_agent = shop.url.rstrip("/"), UserAgent()
            self.shop_id, self.shop_password, self.auth_token = shop.shop_id, shop.secret_key, None

        def request(
            self, method: str = "", path: str = "", query_params: Any = None, headers: Any = None, body: Any = None
        ) -> dict[str, Any]:
            if isinstance(body, RequestObject):
                body.validate()
                body = dict(body)
            sent = json.dumps(body).encode() if body is not None else b""
            query = f"?{urlencode(query_params)}" if query_params else ""
            heads = self.prepare_request_headers(headers)
            return _said(wire.ask(method.upper(), self.endpoint + path + query, sent, heads, seconds=shop.seconds))

    return Client()


def _said(reply: wire.Reply) -> dict[str, Any]:
    """The object of a good answer; an answer without sense tells nothing, whatever its code."""
    told = reply.json()
    if reply.status in REFUSALS and told.get("type") == "error":
        raise Declined(f"{told.get('code')}: {told.get('description', '')} {told.get('parameter', '')}".strip())
    if reply.status != 200 or not ("items" in told or {"id", "status"} <= set(told)):
        raise GatewayDown(f"HTTP {reply.status}")
    return told


def _event(paid: Any, number: str) -> Event:
    """What a payment of the SDK says of our order; money that went back speaks louder than money that came."""
    named = (paid.metadata or {}).get(ORDER, number)
    if named != number:
        raise GatewayDown(f"платёж {paid.id} назван заказом {named}")
    if paid.amount is None or paid.amount.currency != "RUB":
        raise GatewayDown(f"платёж {paid.id} не в рублях")
    back = _kopecks(paid.refunded_amount)
    if back:
        return replace(_given_back(number, paid.id, back), taken=_kopecks(paid.amount))
    if paid.status == "succeeded":
        masked, card = _card(paid.payment_method)
        key = f"{paid.id}:succeeded"
        return Event(key, number, paid.id, Outcome.PAID, _kopecks(paid.amount), masked_card=masked, card_id=card)
    if paid.status == "canceled":
        reason = paid.cancellation_details.reason if paid.cancellation_details else ""
        said = REASONS.get(str(reason), "Банк отклонил платёж")
        return Event(f"{paid.id}:canceled", number, paid.id, Outcome.FAILED, 0, reason=said)
    return Event(f"{paid.id}:{paid.status}", number, paid.id, Outcome.WAITING, 0)


def _given_back(number: str, payment: str, altogether: int) -> Event:
    return Event(f"{payment}:refunded:{altogether}", number, payment, Outcome.REFUNDED, altogether)


def _card(method: Any) -> tuple[str, str]:
    """(what may be shown of the card, its name at the bank or "")."""
    card = getattr(method, "card", None)
    masked = f"•• {card.last4}" if card is not None and card.last4 else ""
    return masked, str(method.id) if method is not None and method.saved else ""


def _kopecks(amount: Any) -> int:
    return int(amount.value * 100) if amount is not None else 0


def _amount(kopecks: int) -> dict[str, str]:
    return {"value": f"{kopecks // 100}.{kopecks % 100:02d}", "currency": "RUB"}


def _key(*parts: str) -> str:
    """Idempotence-Key, 64 signs: the same order has the same one, however often it is asked."""
    return sha256("\0".join(parts).encode()).hexdigest()


def _receipt(receipt: Receipt) -> dict[str, Any]:
    digits = "".join(sign for sign in receipt.phone if sign.isdigit())
    return {
        "customer": {"email": receipt.email} if receipt.email else {"phone": digits},
        "tax_system_code": receipt.taxation,
        "items": [_item(item) for item in receipt.items],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "description": item.name,
        "quantity": "1.00",
        "amount": _amount(item.amount),
        "vat_code": VATS[item.vat],
        "payment_subject": item.subject,
        "payment_mode": item.mode,
    }


def _utilities(order: NewOrder) -> dict[str, Any] | None:
    """`payment_order`, which ЮKassa hands on to ГИС ЖКХ: it knows one account and a payee with all requisites."""
    payee, accounts = order.payee, {line.account for line in order.lines}
    if payee is None or len(accounts) != 1 or not (payee.name and payee.inn and payee.bic and payee.account):
        return None
    first = order.lines[0]
    told: dict[str, Any] = {
        "type": "utilities",
        "amount": _amount(sum(line.amount for line in order.lines)),
        "payment_purpose": order.description[:LONGEST_PURPOSE],
        "recipient": _recipient(payee),
        "account_number": first.account[:LONGEST_NUMBER],
    }
    if first.bill:
        told["payment_document_number"] = first.bill[:LONGEST_NUMBER]
    if first.period is not None:
        told["payment_period"] = {"month": first.period.month, "year": first.period.year}
    return told


def _recipient(payee: Payee) -> dict[str, Any]:
    bank = {
        "name": payee.bank[:LONGEST_BANK],
        "bic": payee.bic,
        "account": payee.account,
        "correspondent_account": payee.corr_account,
    }
    told = {"name": payee.name, "inn": payee.inn, "kpp": payee.kpp, "bank": bank}
    return {key: value for key, value in told.items() if value}


def _is_within(address: str, networks: Iterable[str]) -> bool:
    try:
        sender = ip_address(address)
    except ValueError:
        return False
    if isinstance(sender, IPv6Address) and sender.ipv4_mapped:
        sender = sender.ipv4_mapped
    return any(sender in ip_network(network) for network in networks)


def _faults(values: Mapping[str, Any]) -> Iterable[str]:
    if not (wire.is_safe(values["url"]) and wire.is_safe(values["pages"])):
        yield "url и pages должны начинаться с https://"
    for key in ("shop_id", "secret_key"):
        if not values[key]:
            yield f"не задан {key}"
    try:
        [ip_network(network) for network in values["networks"]]
    except (ValueError, TypeError):
        yield 'networks: нужен список сетей, например ["185.71.76.0/27"]'


def _build(name: str, values: Mapping[str, Any]) -> YooKassa:
    return YooKassa(name, origin=values["pages"], **{key: values[key] for key in ("shop_id", "secret_key", *KEYS)})


ENGINE = Engine(
    build=_build,
    options={"shop_id": "", "url": URL, "pages": PAGES, "networks": NETWORKS, "utilities": True},
    secrets=("secret_key",),
    faults=_faults,
)
