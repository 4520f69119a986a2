"""Cards that a bank keeps for a resident (product R7.3): chosen at payment, removed by him; we have names only."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateways.acquirer import Acquirer, Declined, Event, GatewayDown
from models import Autopay, AutopayRun, BankCard, Order, OrderCard, Resident, transaction
from models.order import CREATED
from models.resident import ACTIVE

log = logging.getLogger("abonent.cards")

FORGOTTEN_AT_ONCE = 20


@dataclass(frozen=True)
class Choice:
    """As a bank is told of it: `card` is its own name of a card it keeps, "" = another."""

    card: str = ""
    keep: bool = False


@transaction
def choose(orders: Iterable[Order], card: BankCard | None, keep: bool) -> None:
    """The card that was chosen on the page of payment counts where the order goes to the bank that keeps it."""
    for order in orders:
        fits = card is not None and card.gateway == order.gateway
        if order.stands(CREATED):
            OrderCard.choose(order, card if fits else None, keep)


def choice_of(order: Order) -> Choice:
    """What was chosen; a card that has been removed since is none."""
    chosen = OrderCard.of_orders([order]).get(order.id)
    if chosen is None:
        return Choice()
    card = chosen.card if chosen.card is not None and chosen.card.removed_at is None else None
    return Choice(card.name if card is not None else "", bool(chosen.keep))


def kept(order: Order, event: Event, now: datetime) -> None:
    """In the caller's transaction: the bank said under which name it keeps the card that paid."""
    who = order.checkout.resident
    if who is not None and who.state == ACTIVE and event.card_id:
        BankCard.keep(who, order.gateway, event.card_id[:200], masked=event.masked_card[:40], kept_at=now)
        BankCard.revive(who, order.gateway, event.card_id[:200], now, since=order.created_at)


@transaction
def remove(card: BankCard, resident: Resident, now: datetime) -> bool:
    """«Удалить»: nothing is paid by it any more; the bank is told by the worker."""
    paid_by_it = Autopay.by_card([card]).get(card.id, [])
    Autopay.off_by_card(card)
    for row in paid_by_it:
        AutopayRun.drop(row.account)
    return bool(BankCard.remove(resident, now, card.id))


def forget_removed(banks: Mapping[str, Acquirer], now: datetime) -> int:
    """Tells banks which cards they need not keep; one that does not answer is told in the next round. How many."""
    return sum(_forget(card, banks[card.gateway], now) for card in BankCard.to_forget(list(banks), FORGOTTEN_AT_ONCE))


def _forget(card: BankCard, bank: Acquirer, now: datetime) -> bool:
    try:
        bank.forget_card(str(card.resident_id), card.name)
    except GatewayDown as fault:
        log.info("card %s: %s", card.id, fault)
        return False
    except Declined as fault:
        log.warning("card %s: %s does not forget it: %s", card.id, bank.name, fault)
    return BankCard.forgotten(card, now)


def keepers(banks: Mapping[str, Acquirer], names: Iterable[str]) -> Sequence[str]:
    """Those of the named gateways that keep cards."""
    return [name for name in dict.fromkeys(names) if name in banks and banks[name].keeps_cards]
