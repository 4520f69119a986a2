"""«Показания»: the cards of all accounts, and one account's meters on one screen."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, url_for

import clock
from models import Account, Submission
from services import groups, reading_photos, readings, settings
from services.attachments import JPEG
from services.reading_cards import Card, cards
from services.refusal import Refused
from views import accounts, hx, portal, reading_form
from views.access import current_link, own_groups, own_link, own_links, own_photo, resident
from views.forms import typed

bp = Blueprint("readings", __name__)


@bp.get("/readings")
def index() -> str | Response:
    """The cards of all accounts, or on to the current one where one is shown at a time."""
    links = own_links()
    if not links:
        return accounts.empty()
    if portal.preset().shows_current:
        return hx.go(url_for(".show", account_id=current_link(links).account_id))
    own = own_groups()
    here = groups.chosen(own, typed("group"))
    shown = [link for link in links if here is None or link.group_id == here.id]
    found = _cards([link.account for link in shown])
    views = [reading_form.fresh(link, found[link.account_id]) for link in shown]
    return render_template("readings/index.html", groups=own, here=here, views=views, url=url_for(".index"))


@bp.get("/readings/<int:account_id>")
def show(account_id: int) -> str:
    link = own_link(account_id)
    card, is_fixing = _card(link.account), typed("fix") == "1"
    view = reading_form.fresh(link, card, None if is_fixing else _sent(card), is_fixing)
    return render_template("readings/card.html", view=view)


@bp.post("/readings/<int:account_id>")
def send(account_id: int) -> Response:
    link = own_link(account_id)
    act = reading_form.typed_act(link.account)
    try:
        act = reading_form.with_photo(act, link.account)
        readings.send(link.account, resident(), act, clock.now(), clock.today())
    except Refused as refusal:
        return hx.again("readings/card", view=reading_form.again(link, _card(link.account), act, refusal))
    if not hx.is_htmx():
        return hx.go(url_for(".show", account_id=account_id))
    card = _card(link.account)  # a press that comes late tells of what was put in its place meanwhile
    view = reading_form.fresh(link, card, _sent(card))
    return make_response(render_template("readings/_card.html", view=view))


@bp.get("/readings/photos/<int:photo_id>.jpg")
def photo(photo_id: int) -> Response:
    """The picture that came with a reading; no cache on the way keeps it."""
    content = reading_photos.open_photo(own_photo(photo_id), reading_form.photos())
    if content is None:
        flash(reading_photos.GONE, "warn")
        return hx.go(url_for("history.show", kind="readings"))
    return Response(content, content_type=JPEG)


@bp.post("/readings/<int:account_id>/withdrawal")
def withdraw(account_id: int) -> Response:
    link = own_link(account_id)
    try:
        readings.withdraw(link.account, clock.today())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash("Показания отозваны. Пока идёт приём, можно передать новые.", "done")
    return hx.go(url_for(".show", account_id=account_id))


def _cards(accounts: list[Account]) -> dict[int, Card]:
    today = clock.today()
    return cards(accounts, today, settings.in_force(today), portal.preset().zero_padded)


def _card(account: Account) -> Card:
    return _cards([account])[account.id]


def _sent(card: Card) -> Submission | None:
    """The newest act of the window that no bill has used yet, with the sum that was shown for it."""
    return Submission.get_by_id(max(card.unbilled)) if card.unbilled else None
