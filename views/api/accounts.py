"""GET /api/v1/accounts: what a token may know of its owner's accounts."""

from __future__ import annotations

from flask import Response

import clock
from models import Link
from models.reading import Declared
from models.standing import Standing, standings
from models.token import BALANCE, READINGS
from services import settings
from services.reading_cards import Card, MeterCard, Scale, cards
from views.access import public
from views.api import bp, figures
from views.api.answers import answer
from views.api.caller import asking

Part = dict[str, object]


@bp.get("/v1/accounts")
@public
def accounts() -> Response:
    """The balance and the meters, each where the token may know it; names and addresses are nobody's business."""
    token, today = asking(BALANCE, READINGS), clock.today()
    links = Link.held_by(token.resident)
    held = [link.account for link in links]
    balances = standings(account.id for account in held) if token.allows(BALANCE) else {}
    found = cards(held, today, settings.in_force(today), back=0) if token.allows(READINGS) else {}
    return answer(
        {"accounts": [_account(link, balances.get(link.account_id), found.get(link.account_id)) for link in links]}
    )


def _account(link: Link, balance: Standing | None, card: Card | None) -> Part:
    account = link.account
    part: Part = {
        "id": account.id,
        "number": account.number,
        "supplier": account.supplier.title,
        "name": link.label,
    }
    if balance is not None:
        part["balance"] = _balance(balance)
    if card is not None:
        part["window"] = _window(card)
        part["meters"] = [_meter(meter, card.is_open) for meter in card.meters]
    return part


def _balance(standing: Standing) -> Part | None:
    """Positive is owed, negative is paid in advance; null where the billing has said nothing."""
    if standing.debt is None or standing.debt_on is None:
        return None
    return {"to_pay": figures.money(standing.debt), "currency": "RUB", "on": standing.debt_on.isoformat()}


def _window(card: Card) -> Part:
    window = card.windows.now or card.windows.next
    return {"is_open": card.is_open, "from": window.starts.isoformat(), "to": window.ends.isoformat()}


def _meter(meter: MeterCard, is_open: bool) -> Part:
    return {
        "id": meter.meter.id,
        "number": meter.meter.number,
        "service": meter.service.name,
        "unit": meter.service.unit,
        "closed": meter.obstacle or None,
        "registers": [_register(scale, is_open) for scale in meter.scales],
    }


def _register(scale: Scale, is_open: bool) -> Part:
    register = scale.register
    return {
        "id": register.id,
        "scale": register.scale,
        "digits": register.digits,
        "decimals": scale.dial.decimals,
        "previous": _declared(scale.last, scale.dial.decimals),
        "is_sent": is_open and scale.own is not None,
    }


def _declared(row: Declared | None, decimals: int) -> Part | None:
    if row is None:
        return None
    return {"value": figures.reading(row.value, decimals), "date": row.taken_on.isoformat(), "state": row.state}
