"""Readings by a signed link, without signing in: meters and a masked address, nothing else."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, url_for

import clock
from models import Account
from services import reading_links, settings
from services.reading_cards import Card, cards
from services.refusal import Refused
from views import hx, portal, reading_form
from views.access import public
from views.address import visitor
from views.forms import typed

bp = Blueprint("reading_links", __name__)

GONE = 410


@bp.get("/r/<token>")
@public
def show(token: str) -> Response:
    state, account = _look(token)
    if account is None or state != reading_links.OPEN:
        return _closed(state)
    card = _card(account)
    view = reading_form.fresh(None, card, is_fixing=typed("fix") == "1" and bool(card.own))
    return make_response(render_template("readings/link.html", view=view, token=token))


@bp.post("/r/<token>")
@public
def send(token: str) -> Response:
    state, account = _look(token)
    if account is None or state != reading_links.OPEN:
        return hx.go(url_for(".show", token=token)) if hx.is_htmx() else _closed(state)
    act = reading_form.typed_act(account)
    try:
        act = reading_form.with_photo(act, account)
        key = portal.settings().reading_key
        reading_links.send(token, account, act, visitor(), clock.now(), clock.today(), key=key)
    except Refused as refusal:
        view = reading_form.again(None, _card(account), act, refusal)
        return hx.again("readings/link", view=view, token=token)
    return hx.go(url_for(".show", token=token))


def _look(token: str) -> tuple[str, Account | None]:
    return reading_links.look(token, portal.settings().reading_key, clock.today())


def _card(account: Account) -> Card:
    today = clock.today()
    found = cards([account], today, settings.in_force(today), portal.preset().zero_padded)
    return found[account.id]


def _closed(state: str) -> Response:
    """A link that gives nothing: what happened, and how readings are sent without it."""
    status = 404 if state == reading_links.UNKNOWN else GONE
    return make_response(render_template("readings/link_closed.html", state=state), status)
