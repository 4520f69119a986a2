"""A world of orders in which anything happens in any order: a bank with books of its own, and the portal that hears.

The bank's books are the truth. Whatever broke off, came twice, late or never, the portal must show that money.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateways import acquirer
from gateways.acquirer import Answer, Callback, Event, Forged, GatewayDown, NewOrder, Outcome, Started, Told, Verdict
from models import Account, Checkout, Match, Order, OrderLine, Refund, RefundLine, Resident
from models.order import PAID, POSTED, REFUNDED
from services import history, matching, orders, refund_requests, settling
from services.orders import Places
from services.refusal import Refused
from tests import factories

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLACES = Places("https://lk.example/orders/1", "https://lk.example/callbacks/bank")
NAME = "bank"


class Killed(BaseException):
    """The portal's process died here: whatever was not committed is lost."""


@dataclass
class Deal:
    """A registration at the bank; `is_open`: its page can be reached, since its address was seen."""

    id: str
    number: str
    amount: int
    is_open: bool = False
    taken: int = 0
    back: int = 0
    has_failed: bool = False


@dataclass
class Bank:
    """Speaks the portal's interface; `trouble` is what happens to its next answer."""

    deals: dict[str, Deal] = field(default_factory=dict)
    trouble: str = ""
    told: list[Event] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    name: str = NAME
    origin: str = "https://bank.example"
    keeps_cards: bool = False
    charges_once: bool = True

    def create(self, order: NewOrder) -> Started:
        self._stumble("down")
        deal = Deal(f"md-{len(self.deals)}", order.number, order.amount)
        self.deals[deal.id] = deal
        self._stumble("lost")
        return Started(f"https://bank.example/{deal.id}", deal.id)

    def status(self, number: str, provider_id: str | None) -> Event | None:
        self._stumble("down", "lost")
        deal = self.deals.get(provider_id or "")
        return self.truth(deal) if deal else None

    def refund(self, refund: acquirer.Refund) -> Event:
        self._stumble("down")
        deal = self.deals[refund.provider_id]
        if refund.key not in self.keys:
            if deal.back + refund.amount > deal.taken:
                raise acquirer.Declined("больше, чем списано")
            self.keys.add(refund.key)
            deal.back += refund.amount
        self._stumble("lost")
        return self.truth(deal)

    def read_callback(self, callback: Callback) -> Told:
        if callback.body == b"forged":
            raise Forged("wrong signature")
        return self.told[int(callback.body)]

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        return Answer(200 if verdict.accepted else 409, "")

    def saved_cards(self, client: str) -> tuple[()]:
        return ()

    def forget_card(self, client: str, card: str) -> None:
        raise acquirer.Declined("keeps none")

    def charge(self, order: NewOrder, card: str) -> Event:
        raise acquirer.Declined("keeps none")

    def truth(self, deal: Deal) -> Event:
        """What the bank says of a deal now."""
        here = (deal.number, deal.id)
        if deal.back:
            key = f"{deal.id}-back-{deal.back}"
            return Event(key, *here, Outcome.REFUNDED, deal.back, taken=deal.taken)
        if deal.taken:
            return Event(f"{deal.id}-paid", *here, Outcome.PAID, deal.taken)
        if deal.has_failed:
            return Event(f"{deal.id}-failed", *here, Outcome.FAILED, 0, reason="Недостаточно средств")
        return Event("", *here, Outcome.WAITING, 0)

    def _stumble(self, *troubles: str) -> None:
        if self.trouble in troubles:
            raise GatewayDown("no answer")
        if "killed" in self.trouble and "lost" in troubles:
            raise Killed


@dataclass
class World:
    """The portal and its bank; every method is something that may happen at any moment."""

    resident: Resident
    accounts: list[Account]
    orders: list[Order]
    bank: Bank = field(default_factory=Bank)
    now: datetime = NOW
    reversed: set[int] = field(default_factory=set)

    @classmethod
    def begun(cls) -> World:
        resident = factories.resident(email="anna@example.org")
        first = factories.link(resident).account
        second = factories.link(resident, factories.account(first.supplier)).account
        made = []
        for sums in ((10000,), (10000, 333)):
            checkout = Checkout.create(resident=resident, once=f"o{len(made)}", created_at=NOW)
            order = Order.numbered(
                checkout=checkout, supplier=first.supplier, gateway=NAME, amount=sum(sums), fee=7 * len(sums),
                created_at=NOW, expires_at=NOW + timedelta(days=1),
            )  # fmt: skip
            for account, amount in zip((first, second), sums, strict=False):
                OrderLine.create(order=order, account=account, amount=amount, fee=7)
            made.append(order)
        return cls(resident, [first, second], made)

    def order(self, index: int) -> Order:
        return Order.get_by_id(self.orders[index % len(self.orders)].id)

    def press(self, index: int, trouble: str) -> None:
        """«Оплатить»: the payer sees the bank's page if its address comes back."""
        self.bank.trouble = trouble
        try:
            url = orders.start(self.order(index), self.bank, PLACES, "", self.now)
        except (Refused, Killed):
            return
        finally:
            self.bank.trouble = ""
        if url:
            self.bank.deals[url.rpartition("/")[2]].is_open = True

    def pay(self, index: int, trouble: str) -> None:
        """At the bank, on any page that was ever seen; a card may fail first."""
        for deal in self._deals(index):
            if deal.is_open and not deal.taken:
                deal.has_failed, deal.taken = trouble == "down", 0 if trouble == "down" else deal.amount

    def tell(self, index: int, trouble: str) -> None:
        """A callback of what is true now, or an old one again, or somebody's forgery, or another sum."""
        for deal in self._deals(index):
            truth = self.bank.truth(deal)
            self.bank.told.append(replace(truth, key=f"called-{truth.key}"))  # many banks name the same thing twice
        if not self.bank.told:
            return
        place = -1 if trouble in ("", "lost") else index % len(self.bank.told)
        body = b"forged" if trouble == "down" else str(place % len(self.bank.told)).encode()
        orders.hear(self.bank, Callback("POST", body=body), self.now)
        if trouble == "killed":
            for deal in self._deals(index):
                wrong = Event(f"{deal.id}-wrong", deal.number, deal.id, Outcome.PAID, deal.amount - 1)
                orders.apply(NAME, wrong, self.now)

    def hint(self, index: int, _trouble: str) -> None:
        order = self.order(index)
        orders.apply(NAME, Event("", order.number, "", Outcome.WAITING, 0), self.now)

    def work(self, _index: int, trouble: str) -> None:
        """A round of the worker, which may die while it asks."""
        self.bank.trouble = trouble
        try:
            settling.settle_orders({NAME: self.bank}, self.now)
            refund_requests.carry_out_all({NAME: self.bank}, self.now)
        except Killed:
            return
        finally:
            self.bank.trouble = ""

    def wait(self, index: int, _trouble: str) -> None:
        self.now += (timedelta(minutes=1), timedelta(minutes=25), timedelta(hours=2), timedelta(days=4))[index // 4]

    def give_back(self, index: int, trouble: str) -> None:
        """An operator's refund, of a part or all of what is left."""
        order = self.order(index)
        left = order.total - order.refunded
        try:
            asked = refund_requests.ask(order, left if index % 3 else max(1, left // 3), "olga", self.now)
        except Refused:
            return
        self.bank.trouble = trouble
        try:
            refund_requests.carry_out(asked, self.bank, self.now)
        except Killed:
            return
        finally:
            self.bank.trouble = ""

    def give_back_there(self, index: int, _trouble: str) -> None:
        """A refund in the bank's own pages."""
        for deal in self._deals(index):
            deal.back = min(deal.taken, deal.back + (deal.taken if index % 2 else 3333))

    def post(self, index: int, _trouble: str) -> None:
        """The billing's package comes: some payments of the portal, some reversals."""
        order = self.order(index)
        for line in OrderLine.select().where(OrderLine.order == order):
            is_met = Match.get_or_none(line=line) is not None
            if order.state == PAID and not is_met:
                factories.payment(line.account, line.amount, self._day(order.paid_at))
        matching.match(self.now)
        for line in RefundLine.to_meet():  # a billing reverses what it has
            if index % 2 and line.id not in self.reversed:
                self.reversed.add(line.id)
                factories.payment(line.line.account, -line.amount, self._day(line.refund.done_at))
        matching.match(self.now)

    def _deals(self, index: int) -> list[Deal]:
        number = self.orders[index % len(self.orders)].number
        return [deal for deal in self.bank.deals.values() if deal.number == number]

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(UTC).date()

    # What must be true

    def never_more_than_the_bank_has(self) -> None:
        back: dict[int, list[int]] = {}
        for of, amount in Refund.select(Refund.order, Refund.amount).where(Refund.state == "done").tuples():
            back.setdefault(of, []).append(amount)
        wanted = (Order.id, Order.number, Order.state, Order.amount, Order.fee, Order.refunded)
        for index, order in enumerate(Order.select(*wanted).order_by(Order.id)):
            deals = self._deals(index)
            taken = sum(deal.taken for deal in deals)
            assert taken <= order.total, "paid twice at the bank: two pages were open"
            if order.state in (PAID, POSTED, REFUNDED):
                assert taken == order.total, f"{order.state}, and the bank has {taken} of {order.total}"
            assert order.refunded <= sum(deal.back for deal in deals)
            assert (order.state == REFUNDED) == (order.refunded == order.total)
            done = back.get(order.id, [])
            assert sum(done) == order.refunded and all(amount > 0 for amount in done)

    def quiet(self) -> None:
        """Everybody answers, the bank repeats what is true, the worker goes on until nothing moves."""
        for _ in range(5):
            self.now += timedelta(hours=1)
            self.work(0, "")
        for index in range(len(self.orders)):
            for deal in self._deals(index):
                orders.apply(NAME, self.bank.truth(deal), self.now)
        for _ in range(5):
            self.now += timedelta(hours=1)
            self.work(0, "")
        matching.match(self.now)

    def shows_what_the_bank_has(self) -> None:
        """Money shown = money the bank says: by order, and by account with nothing counted twice."""
        by_account: dict[int, int] = dict.fromkeys((account.id for account in self.accounts), 0)
        for index in range(len(self.orders)):
            order, deals = self.order(index), self._deals(index)
            taken, back = sum(deal.taken for deal in deals), sum(deal.back for deal in deals)
            assert order.refunded == back
            assert (order.state in (PAID, POSTED, REFUNDED)) == bool(taken)
            assert not Refund.asked_of(order)
            lines = list(OrderLine.select().where(OrderLine.order == order).order_by(OrderLine.id))
            given = RefundLine.back_of(order)
            for line in lines:
                by_account[line.account_id] += (line.amount if taken else 0) - given.get(line.id, 0)
            parts = Refund.select().where(Refund.order == order).count()
            assert abs(sum(given.values()) - back * order.amount // order.total) <= parts
            assert back < order.total or sum(given.values()) == order.amount
        for account, amount in by_account.items():
            assert self._shown(account) == amount

    def _shown(self, account: int) -> int:
        return int(history.payments(history.Span((account,)), self.resident, "-date", "", UTC).sum)


# Not every happening is as frequent as another; a day that passes ends what nobody has paid.
ACTIONS: tuple[Any, ...] = (
    *(World.press, World.pay) * 4, *(World.tell, World.work, World.post) * 3, World.hint, World.wait, World.wait,
    World.give_back, World.give_back_there,
)  # fmt: skip
TROUBLES = ("", "", "", "", "down", "lost", "killed")
