"""«Мои карты»: what banks keep for the resident, and «Удалить»; a card is added at payment, on the bank's page."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for

import clock
from models import Autopay
from services import cards as kept
from views import cards as offered
from views import hx
from views.access import own_card, resident
from views.profile import bp


@bp.get("/cards")
def cards() -> str:
    mine = list(offered.offered(list(offered.banks())).values())
    return render_template(
        "profile/cards.html", cards=mine, paid_by=Autopay.by_card(mine), can_keep=offered.are_kept()
    )


@bp.post("/cards/<int:card_id>")
def remove_card(card_id: int) -> Response:
    if kept.remove(own_card(card_id), resident(), clock.now()):
        flash("Карта удалена. Банк больше не хранит её для кабинета.", "done")
    return hx.go(url_for(".cards"))
