"""Cards that banks keep: kept by the bank's word, chosen for an order, removed by the resident, then by the bank."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateways.acquirer import Event, GatewayDown, Outcome
from models import BankCard, Checkout, Order, OrderLine, Resident
from services import cards, deletion, orders, passwords
from services.limits import Visitor
from tests import factories
from tests.factories import NOW
from tests.test_orders import PLACES, SlowBank


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident(email="anna@example.org")


def ordered(who: Resident, number: str = "77", gateway: str = "slowbank", **facts: object) -> Order:
    account = factories.account()
    checkout = Checkout.create(resident=who, once=number, created_at=NOW)
    given = {"state": "created", "created_at": NOW, "expires_at": NOW + timedelta(days=1), **facts}
    order = Order.create(
        checkout=checkout, supplier=account.supplier, gateway=gateway, number=number, amount=10000, **given
    )
    OrderLine.create(order=order, account=account, amount=10000)
    return order


def card(who: Resident, name: str = "binding-1", **facts: object) -> BankCard:
    given = {"gateway": "slowbank", "masked": "•• 0004", "kept_at": NOW, **facts}
    return BankCard.create(resident=who, name=name, **given)


def paid(order: Order, name: str = "binding-1", key: str = "") -> Event:
    number = str(order.number)
    return Event(
        key or f"paid-{number}",
        number,
        f"md-{number}",
        Outcome.PAID,
        order.total,
        masked_card="•• 0004",
        card_id=name,
    )


def mine(who: Resident) -> list[str]:
    return [row.name for row in BankCard.of(who, ["slowbank"])]


class Forgetful(SlowBank):
    """A bank that is told which cards to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.forgot: list[tuple[str, str]] = []

    def forget_card(self, client: str, card: str) -> None:
        if self.is_down:
            raise GatewayDown("no answer")
        self.forgot.append((client, card))


def test_a_card_is_kept_when_the_bank_says_so_and_once(resident: Resident) -> None:
    orders.apply("slowbank", paid(ordered(resident)), NOW)
    orders.apply("slowbank", paid(ordered(resident, "78")), NOW)
    assert mine(resident) == ["binding-1"]


def test_a_card_that_the_bank_does_not_keep_is_not_known(resident: Resident) -> None:
    orders.apply("slowbank", paid(ordered(resident), name=""), NOW)
    assert mine(resident) == []


def test_a_payment_with_another_sum_keeps_no_card(resident: Resident) -> None:
    order = ordered(resident)
    orders.apply("slowbank", Event("k", order.number, "1", Outcome.PAID, 1, card_id="binding-1"), NOW)
    assert mine(resident) == []


def test_a_removed_card_stays_removed_by_a_payment_that_began_before(resident: Resident) -> None:
    order = ordered(resident)
    cards.remove(card(resident), resident, NOW + timedelta(minutes=1))
    orders.apply("slowbank", paid(order), NOW + timedelta(minutes=2))
    assert mine(resident) == []


def test_a_removed_card_comes_back_with_a_payment_that_began_after(resident: Resident) -> None:
    cards.remove(card(resident), resident, NOW)
    order = ordered(resident, created_at=NOW + timedelta(minutes=1))
    orders.apply("slowbank", paid(order), NOW + timedelta(minutes=2))
    assert mine(resident) == ["binding-1"]
    assert cards.forget_removed({"slowbank": Forgetful()}, NOW + timedelta(minutes=3)) == 0


def test_the_chosen_card_is_told_to_the_bank_that_keeps_it(resident: Resident) -> None:
    here, elsewhere = ordered(resident), ordered(resident, "78", gateway="otherbank")
    cards.choose([here, elsewhere], card(resident), keep=False)
    assert cards.choice_of(here) == cards.Choice("binding-1", False)
    assert cards.choice_of(elsewhere) == cards.Choice("", False)
    bank = SlowBank()
    orders.start(here, bank, PLACES, "", NOW)
    assert bank.created[0].card == "binding-1" and not bank.created[0].keep


def test_another_choice_replaces_the_first_until_the_order_is_sent(resident: Resident) -> None:
    order = ordered(resident)
    cards.choose([order], card(resident), keep=False)
    cards.choose([order], None, keep=True)
    assert cards.choice_of(order) == cards.Choice("", True)
    order.moved("sent", "created")
    cards.choose([order], None, keep=False)
    assert cards.choice_of(order).keep


def test_a_card_removed_before_the_order_was_sent_is_not_told(resident: Resident) -> None:
    order, chosen = ordered(resident), card(resident)
    cards.choose([order], chosen, keep=False)
    cards.remove(chosen, resident, NOW)
    assert cards.choice_of(order).card == ""


def test_a_neighbours_card_is_not_removed(resident: Resident) -> None:
    theirs = card(factories.resident())
    assert not cards.remove(theirs, resident, NOW)
    assert BankCard.get_by_id(theirs.id).removed_at is None


def test_the_bank_is_told_once_of_a_removed_card_also_after_silence(resident: Resident) -> None:
    cards.remove(card(resident), resident, NOW)
    bank = Forgetful()
    bank.is_down = True
    assert cards.forget_removed({"slowbank": bank}, NOW) == 0
    bank.is_down = False
    assert cards.forget_removed({}, NOW) == 0
    assert cards.forget_removed({"slowbank": bank}, NOW) == 1
    assert cards.forget_removed({"slowbank": bank}, NOW) == 0
    assert bank.forgot == [(str(resident.id), "binding-1")]


def test_a_bank_that_will_not_forget_is_asked_once(resident: Resident) -> None:
    cards.remove(card(resident), resident, NOW)
    bank = SlowBank()  # it declines
    assert cards.forget_removed({"slowbank": bank}, NOW) == 1
    assert cards.forget_removed({"slowbank": bank}, NOW) == 0


def test_cards_go_with_the_resident(database: object) -> None:
    leaver = factories.resident(password_hash=passwords.hashed("Correct-horse-7"))
    card(leaver)
    deletion.delete(leaver, "Correct-horse-7", Visitor("here"), NOW)
    assert mine(leaver) == [] and len(BankCard.to_forget(["slowbank"], 5)) == 1


def test_which_gateways_keep_cards() -> None:
    keeper = SlowBank(keeps_cards=True)
    banks = {"slowbank": keeper, "other": SlowBank()}
    assert cards.keepers(banks, ["slowbank", "other", "slowbank", "none"]) == ["slowbank"]
