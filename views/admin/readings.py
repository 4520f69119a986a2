"""The console's queue of readings that residents confirmed against a warning: numbers, photo, the decision."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField, StringField

import clock
from models import Account, Call, Photo, Reading, Review
from models.reading import ACCEPTED, EXPORTED
from models.review import Doubted
from services import reading_photos, residents, review
from services.attachments import JPEG
from services.dial import MICRO
from services.refusal import Refused
from views import hx, reading_form
from views.access import own_suppliers, resident, served_account
from views.admin import requests
from views.forms import Form, at_most, typed
from views.ids import LARGEST, after

bp = requests.bp  # of the whole console

SHOWN = 50
HISTORY = 8
REASONS = (
    "Показание не сходится с фото.",
    "Расход за месяц невозможен для этого счётчика.",
    "Перепутаны дневная и ночная шкалы.",
    "Показание передано не с этого счётчика.",
)


class DecisionForm(Form):
    """`act`: accept, reject (with a reason), call."""

    act = HiddenField()
    reason = StringField("Причина", [at_most(residents.LONGEST_REASON)])


@dataclass(frozen=True)
class Line:
    """A doubted reading and what it comes to: millionths with the ratio, None without anything to count from."""

    row: Doubted
    used: int | None


@bp.get("/readings")
def doubted_readings() -> str:
    rows = Review.waiting(own_suppliers(), SHOWN + 1, after(typed("after")))
    return render_template(
        "admin/readings.html",
        lines=[_line(row) for row in rows[:SHOWN]],
        after=rows[SHOWN - 1].id if len(rows) > SHOWN else "",
        is_first=not typed("after"),
    )


@bp.get("/readings/<int:reading_id>")
def doubted_reading(reading_id: int) -> str:
    return render_template("admin/reading.html", **_page(_own(reading_id), DecisionForm(formdata=None)))


@bp.post("/readings/<int:reading_id>")
def decide_reading(reading_id: int) -> Response:
    """After a decision the next reading of the queue is shown; the call leaves the reading to be decided."""
    row, form, now = _own(reading_id), DecisionForm(), clock.now()
    acts = {
        "accept": lambda: review.accept(row.id, resident(), now),
        "reject": lambda: review.reject(row.id, form.reason.data, resident(), now),
        "call": lambda: review.call_back(row, resident(), now),
    }
    act = acts.get(form.act.data) or abort(400)
    if form.validate() and form.done(act):
        flash(f"Лицевой счёт № {row.account}: {_became(str(form.act.data))}.", "done")
        return _onward(row, form.act.data == "call")
    return make_response(render_template("admin/reading.html", **_page(_own(reading_id), form)), 422)


@bp.post("/readings/<int:reading_id>/review")
def review_reading(reading_id: int) -> Response:
    """«Принять» in the list: the list goes on behind the row; twice is once."""
    row = _own(reading_id)
    try:
        review.accept(row.id, resident(), clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash(f"Лицевой счёт № {row.account}: {_became('accept')}.", "done")
    following = Review.next_after(row.id, own_suppliers())
    return hx.go(url_for(".doubted_readings", _anchor=f"reading-{following}" if following else None))


@bp.get("/readings/photos/<int:photo_id>.jpg")
def reading_photo(photo_id: int) -> Response:
    photo = Photo.of_operator(photo_id, own_suppliers()) or abort(404)
    content = reading_photos.open_photo(photo, reading_form.photos())
    if content is None:
        flash(reading_photos.GONE, "warn")
        return hx.go(url_for(".doubted_readings"))
    return Response(content, content_type=JPEG)


def _own(reading_id: int) -> Doubted:
    """A doubted reading of the operator's suppliers, decided or not."""
    found = Review.of_operator(reading_id, own_suppliers()) if reading_id <= LARGEST else None
    return found or abort(404)


def _onward(row: Doubted, is_call: bool) -> Response:
    following = row.id if is_call else Review.next_after(row.id, own_suppliers())
    if following is None:
        return hx.go(url_for(".doubted_readings"))
    return hx.go(url_for(".doubted_reading", reading_id=following))


def _page(row: Doubted, form: DecisionForm) -> dict[str, object]:
    account: Account = served_account(row.account_id)
    return {
        "line": _line(row),
        "account": account,
        "history": Reading.last_of(row.register, HISTORY),
        "is_waiting": row.state in (ACCEPTED, EXPORTED) and not Review.is_noted(row.id),
        "may_reject": row.state == ACCEPTED,
        "call": Call.by_once(review.once(row.id)),
        "form": form,
        "reasons": REASONS,
    }


def _line(row: Doubted) -> Line:
    if row.before is None:
        return Line(row, None)
    over = 10**row.digits * MICRO if row.has_rolled else 0
    return Line(row, (row.value - row.before + over) * row.ratio)


def _became(act: str) -> str:
    return {"accept": "показание принято", "reject": "показание отклонено", "call": "звонок поставлен в очередь"}[act]
