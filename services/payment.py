"""Payment: sums as people type them, fees, limits, and one press of «Оплатить» as a checkout with its orders."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from models import Account, Bill, Checkout, Order, OrderLine, Resident, Service, Supplier, transaction
from models.order import CREATED, EXPIRED
from services import payer as payers
from services import texts
from services.payer import Payer
from services.refusal import Refused

LEAST, MOST = 100, 10_000_000  # kopecks an order; a supplier's settings `pay_least` and `pay_most` overrule
WAITS = timedelta(days=1)  # how long an order may stand on the confirmation page
OTHER = "прочее"  # the kind of service that stands under «Прочие»
WITHDRAWN = "Плательщик вернулся к выбору сумм"  # the reason of an order that was never confirmed
RUNNING, BY_ACCOUNT = "running", "account"  # ways to number orders (presets.md)
_BLANKS = re.compile(r"\s+")  # of every kind: no-break, thin and figure spaces come with copied sums
_SUM = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2}))?(?:₽|р\.?|руб\.?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Terms:
    """On what terms a supplier takes money here: `fee` in hundredths of a percent, all else in kopecks an order.

    `fee_least`: what the percents come to at least; `fee_fixed` is added to them.
    """

    gateway: str
    fee: int = 0
    least: int = LEAST
    most: int = MOST
    fee_least: int = 0
    fee_fixed: int = 0


@dataclass(frozen=True)
class Wish:
    """A sum the resident wants to pay, for one service by its id or for the whole account; `field`: of his form."""

    account: Account
    amount: int
    service: int | None = None
    field: str = ""


@dataclass(frozen=True)
class Row:
    """A line of «Детализация»: what is owed for a service (None = the whole account), and the sum put before it."""

    name: str
    owed: int
    proposed: int
    service: int | None = None
    is_other: bool = False


@dataclass(frozen=True)
class Part:
    """What one supplier's order will be: its wishes, each with its fee."""

    supplier: Supplier
    terms: Terms
    wishes: tuple[Wish, ...]

    @property
    def amount(self) -> int:
        return sum(wish.amount for wish in self.wishes)

    @property
    def fee(self) -> int:
        return sum(self.fees)

    @property
    def fees(self) -> list[int]:
        """The fee of each wish: its percents; what the order owes beyond them stands at the last one."""
        found = [fee_of(wish.amount, self.terms.fee) for wish in self.wishes]
        percents = sum(found)
        found[-1] += max(percents, self.terms.fee_least) - percents + self.terms.fee_fixed
        return found


def rows(owed: Sequence[tuple[Service, int]], due: int | None) -> list[Row]:
    """What is owed by service, with `due` kopecks given out from the top: what was paid since is not asked again.

    `due` None = the debt is not known: each service is proposed as it stands. What the services do not explain (the
    debt of earlier months) is a row of the whole account.
    """
    left = sum(amount for _, amount in owed if amount > 0) if due is None else max(due, 0)
    found = []
    for service, amount in owed:
        proposed = max(min(amount, left), 0)
        left -= proposed
        found.append(Row(service.name, amount, proposed, service.id, service.kind == OTHER))
    if left > 0 or not found:
        found.append(Row("Долг прошлых месяцев" if found else "Лицевой счёт целиком", left, left))
    return found


def kopecks(text: str) -> int:
    """A typed sum of roubles in kopecks: `1 485,33`, `1485.3`, `100`; refuses what is not a sum to pay."""
    plain = _BLANKS.sub("", text)
    if not plain:
        raise Refused("Введите сумму, например 1\N{NO-BREAK SPACE}485,33.")
    found = _SUM.fullmatch(plain)
    if found is None or len(found[1]) > 12:
        raise Refused("Введите сумму числом: рубли, запятая, копейки. Например 1\N{NO-BREAK SPACE}485,33.")
    amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if amount == 0:
        raise Refused("Введите сумму больше нуля или снимите отметку.")
    return amount


def fee_of(amount: int, hundredths: int) -> int:
    """The fee in kopecks, half up; `hundredths` of a percent: 50 is 0,5 %."""
    return (amount * hundredths + 5_000) // 10_000


def terms(settings: Mapping[str, Any], gateway: str) -> Terms:
    """The terms of a supplier from its settings in force; `gateway` is the preset's, where it names none.

    `fees` may name a gateway's own, else the supplier's `fee`, `fee_least` and `fee_fixed` count for any.
    """
    name = str(settings.get("gateway", gateway))
    fees = settings.get("fees", {}).get(name, settings)
    return Terms(
        gateway=name,
        fee=int(fees.get("fee", 0)),
        fee_least=int(fees.get("fee_least", 0)),
        fee_fixed=int(fees.get("fee_fixed", 0)),
        least=int(settings.get("pay_least", LEAST)),
        most=int(settings.get("pay_most", MOST)),
    )


def parts(wishes: Sequence[Wish], terms_of: Mapping[int, Terms]) -> list[Part]:
    """The wishes by supplier, in the order in which the suppliers stand on the page."""
    gathered: dict[int, list[Wish]] = {}
    for wish in wishes:
        gathered.setdefault(wish.account.supplier.id, []).append(wish)
    return [Part(group[0].account.supplier, terms_of[key], tuple(group)) for key, group in gathered.items()]


def check(wanted: Sequence[Part], gateways: Collection[str]) -> None:
    """Refuses what cannot become orders: nothing chosen, a sum beyond the limits, a supplier without a bank."""
    if not wanted:
        raise Refused("Отметьте, что оплатить, и введите сумму.")
    for part in wanted:
        field = part.wishes[0].field
        if part.terms.gateway not in gateways:
            raise Refused(
                f"{part.supplier.title}: оплата в кабинете пока не подключена. Оплатите по QR-коду на квитанции.",
                field=field,
            )
        if part.amount < part.terms.least:
            raise Refused(f"Меньше {_roubles(part.terms.least)} банк не примет. Введите больше.", field=field)
        if part.amount > part.terms.most:
            raise Refused(
                f"За один раз можно заплатить не больше {_roubles(part.terms.most)}. Разделите сумму.", field=field
            )


@transaction
def checkout(
    resident: Resident,
    wanted: Sequence[Part],
    gateways: Collection[str],
    once: str,
    now: datetime,
    numbering: str = RUNNING,
    bill: Bill | None = None,
    payer: Payer | None = None,
) -> list[Order]:
    """One press of «Оплатить»: an order a supplier, waiting to be confirmed; the bank knows nothing yet.

    `once` is the form's key: the same key with the same sums gives the same orders again, with other sums it is
    another press (the page came back from the browser's memory and was changed). `now` in the utility's zone
    stands in the numbers that are made of it. `bill` is the one chosen in «Счета»; `payer` who pays, the resident as
    his profile says where the form asked nothing.
    """
    check(wanted, gateways)
    who = payer or payers.known(resident)
    key = f"{once}:{_digest(wanted, who, bill)}"
    contact = {"payer_name": who.name, "email": who.email, "phone": who.phone}
    begun, is_new = Checkout.begun(resident, key, created_at=now, **contact)
    if is_new:
        texts.agree(resident, who.agreed, now, who.address)
        for part in wanted:
            _order(begun, part, now, numbering, bill)
    return list(Order.of_checkout(begun))


@transaction
def withdraw(press: Checkout, now: datetime) -> None:
    """«Изменить»: what waits to be confirmed ends, so that nobody pays it besides what comes instead of it.

    A bank that did not answer when it was told of the order is asked what it made of it.
    """
    for order in Order.of_checkout(press):
        if order.claimed(now, now, CREATED):  # one whose bank's page is being opened goes on
            order.moved(EXPIRED, CREATED, poll_at=now if order.polls else None, reason=WITHDRAWN)


def _order(begun: Checkout, part: Part, now: datetime, numbering: str, bill: Bill | None) -> Order:
    facts = {
        "checkout": begun,
        "supplier": part.supplier,
        "gateway": part.terms.gateway,
        "amount": part.amount,
        "fee": part.fee,
        "bill": bill if bill is not None and bill.account_id == part.wishes[0].account.id else None,
        "created_at": now,
        "expires_at": now + WAITS,
    }
    account = part.wishes[0].account.number
    order = Order.numbered_by_account(account, now, **facts) if numbering == BY_ACCOUNT else Order.numbered(**facts)
    for wish, fee in zip(part.wishes, part.fees, strict=True):
        OrderLine.create(order=order, account=wish.account, service=wish.service, amount=wish.amount, fee=fee)
    return order


def _digest(wanted: Sequence[Part], payer: Payer, bill: Bill | None) -> str:
    """What makes one press another: the sums, the bill they pay, who pays."""
    sums = sorted((wish.account.id, wish.service or 0, wish.amount) for part in wanted for wish in part.wishes)
    facts = (sums, bill.id if bill else 0, payer.name, payer.email, payer.phone)
    return sha256(repr(facts).encode()).hexdigest()[:16]


def _roubles(amount: int) -> str:
    whole, rest = divmod(amount, 100)
    spaced = f"{whole:,}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{spaced}{f',{rest:02d}' if rest else ''}\N{NO-BREAK SPACE}₽"
