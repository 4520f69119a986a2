"""The console's letters: what waits in each channel, what never went out and why, and «Отправить ещё раз»."""

from __future__ import annotations

from flask import Response, abort, flash, render_template, url_for

import clock
from models import Outbox
from services import outbox
from views import hx
from views.access import own_suppliers, resident
from views.admin import reconciliation
from views.admin.letter_words import ABOUT
from views.forms import Form, typed
from views.ids import after

bp = reconciliation.bp

SHOWN = 50
CHANNELS = {"email": "E-mail", "sms": "СМС", "telegram": "Telegram", "max": "MAX"}


class AgainForm(Form):
    """One button."""


@bp.get("/letters")
def list_letters() -> str:
    _only_of_all()
    rows = Outbox.dead(SHOWN + 1, after(typed("after")))
    return render_template(
        "admin/letters.html",
        form=AgainForm(),
        queues=Outbox.queues(clock.now()),
        letters=rows[:SHOWN],
        after=rows[SHOWN - 1].id if len(rows) > SHOWN else "",
        channels=CHANNELS,
        about=ABOUT,
    )


@bp.post("/letters/<int:letter_id>")
def send_letter_again(letter_id: int) -> Response:
    _only_of_all()
    letter: Outbox = Outbox.get_or_none(Outbox.id == letter_id) or abort(404)
    if outbox.revive(letter, resident(), clock.now()):
        flash("Поставлено в очередь: отправим в ближайшие минуты.", "done")
    else:
        flash("Это сообщение уже не ждёт решения.", "warn")
    return hx.go(url_for(".list_letters"))


def _only_of_all() -> None:
    """Letters are of residents of every supplier: whoever works for one does not see them."""
    if own_suppliers() is not None:
        abort(404)
