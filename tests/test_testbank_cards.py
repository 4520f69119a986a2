"""Kept cards of the test bank: its real process, asked over real sockets as the portal asks it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateways.acquirer import Declined, Event, GatewayDown, NewOrder, Outcome, SavedCard
from tests.test_testbank import GOOD, Town, card_that, inputs, press
from tests.test_testbank import quiet as quiet  # noqa: PLC0414 - fixtures
from tests.test_testbank import town as town  # noqa: PLC0414

NUMBERS = count()


def kept(town: Town, client: str, card: str = GOOD["card"]) -> Event:
    """What the portal heard of a payment whose payer let the bank keep the card."""
    number = f"keep-{next(NUMBERS)}"
    _, _, location = press(town.page(number, client=client), {**GOOD, "card": card, "remember": "on"})
    if location.endswith("/code"):
        press(f"{town.adapter.url}{location}", {"code": "1234"})
    return heard(town, number)


def heard(town: Town, number: str) -> Event:
    """What is told of this order; a charge of an earlier test may be told of after that test."""
    while (event := town.heard()).number != number:
        pass
    return event


def order(town: Town, client: str, number: str = "") -> NewOrder:
    return NewOrder(
        number=number or f"auto-{next(NUMBERS)}",
        amount=12345,
        description="Автоплатёж",
        return_url=f"{town.base}/orders/1",
        callback_url=f"{town.base}/callbacks/testbank",
        client=client,
    )


def test_a_kept_card_has_a_name_that_only_its_client_can_use(town: Town) -> None:
    event = kept(town, "c1")
    assert town.adapter.saved_cards("c1") == (SavedCard(event.card_id, "•• 0004", "12/39"),)
    assert town.adapter.saved_cards("c2") == () and town.adapter.saved_cards("") == ()
    assert kept(town, "c2").card_id != event.card_id
    with pytest.raises(Declined):
        town.adapter.charge(order(town, "c3"), event.card_id)


def test_a_card_that_is_not_kept_has_no_name(town: Town) -> None:
    press(town.page("plain", client="c4"), GOOD)
    assert heard(town, "plain").card_id == "" and town.adapter.saved_cards("c4") == ()


def test_a_kept_card_is_charged_once_an_order_and_called_back_too(town: Town) -> None:
    card = kept(town, "c5").card_id
    told = town.adapter.charge(order(town, "c5", "auto-once"), card)
    assert (told.outcome, told.amount, told.masked_card, told.card_id) == (Outcome.PAID, 12345, "•• 0004", card)
    assert town.adapter.charge(order(town, "c5", "auto-once"), card) == told
    assert heard(town, "auto-once") == told and town.owes_nothing()


def test_another_order_under_the_same_number_is_declined(town: Town) -> None:
    card = kept(town, "c6").card_id
    first = order(town, "c6", "auto-same")
    town.adapter.charge(first, card)
    with pytest.raises(Declined):
        town.adapter.charge(replace(first, amount=1), card)


def test_a_card_that_asks_for_a_code_cannot_be_charged(town: Town) -> None:
    card = kept(town, "c7", card_that("3-D Secure")).card_id
    told = town.adapter.charge(order(town, "c7"), card)
    assert (told.outcome, told.reason) == (Outcome.FAILED, "Банк просит код из СМС, а плательщика нет")


def test_a_late_card_is_waited_for(town: Town) -> None:
    card = kept(town, "c8", card_that("через 15 секунд")).card_id
    assert town.adapter.charge(order(town, "c8", "auto-late"), card).outcome is Outcome.WAITING
    assert heard(town, "auto-late").outcome is Outcome.PAID


def test_a_forgotten_card_is_gone(town: Town) -> None:
    card = kept(town, "c9").card_id
    for _ in range(2):
        town.adapter.forget_card("c9", card)
    assert town.adapter.saved_cards("c9") == ()
    with pytest.raises(Declined):
        town.adapter.charge(order(town, "c9"), card)


def test_a_paid_order_is_told_even_when_its_card_is_gone(town: Town) -> None:
    card = kept(town, "c10").card_id
    told = town.adapter.charge(order(town, "c10", "auto-gone"), card)
    town.adapter.forget_card("c10", card)
    assert town.adapter.charge(order(town, "c10", "auto-gone"), card) == told


def test_the_card_chosen_on_the_portal_is_filled_in(town: Town) -> None:
    first = kept(town, "c11").card_id
    kept(town, "c11", "4111111111111111")
    page = replace(order(town, "c11"), card=first)
    _, _, location = press(town.adapter.create(page).url)
    assert inputs(press(f"{town.adapter.url}{location}")[1])["card"]["value"] == GOOD["card"]


def test_a_new_card_that_is_to_be_kept_has_an_empty_form_with_the_tick(town: Town) -> None:
    kept(town, "c12")
    _, _, location = press(town.adapter.create(replace(order(town, "c12"), keep=True)).url)
    fields = inputs(press(f"{town.adapter.url}{location}")[1])
    assert not fields["card"].get("value") and "checked" in fields["remember"]


def test_a_stranger_may_ask_nothing(town: Town) -> None:
    card = kept(town, "c13").card_id
    stranger = replace(town.adapter, secret="a stranger's secret " * 2)
    for ask in (
        lambda: stranger.saved_cards("c13"),
        lambda: stranger.charge(order(town, "c13"), card),
        lambda: stranger.forget_card("c13", card),
    ):
        with pytest.raises(GatewayDown):
            ask()
    assert len(town.adapter.saved_cards("c13")) == 1


def test_the_signature_of_a_page_serves_no_charge(town: Town) -> None:
    card = kept(town, "c14").card_id
    address = town.adapter.create(replace(order(town, "c14"), card=card)).url
    fields = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    status, _, _ = press(f"{town.adapter.url}/api/charge", fields)
    assert status == 403


def test_a_bank_that_is_not_there_is_down(town: Town, tmp_path: Path) -> None:
    with pytest.raises(GatewayDown):
        replace(town.adapter, url="http://127.0.0.1:1").charge(order(town, "c15"), "card")
