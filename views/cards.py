"""The cards that banks keep, as pages offer them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app

from models import BankCard
from services import cards
from services.payment import Terms
from views.access import resident

BY_CARD = "card-"  # `method` of a kept card: card-<id>


def banks() -> Mapping[str, Any]:
    """The gateways by name, as services take them."""
    known: Mapping[str, Any] = current_app.extensions.get("gateways", {})
    return known


def keepers(terms: Iterable[Terms]) -> list[str]:
    """The gateways of these suppliers that keep cards."""
    return list(cards.keepers(banks(), (one.gateway for one in terms)))


def are_kept() -> bool:
    """Is there a bank that keeps cards?"""
    return any(bank.keeps_cards for bank in banks().values())


def offered(names: list[str]) -> dict[str, BankCard]:
    """The resident's cards at these gateways by `method`."""
    return {f"{BY_CARD}{card.id}": card for card in BankCard.of(resident(), names)} if names else {}
