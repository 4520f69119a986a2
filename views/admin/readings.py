"""The console's queue of readings that residents confirmed against a warning: numbers, photo, «Просмотрено»."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, abort, flash, render_template, url_for

import clock
from models import Photo, Review
from models.review import Doubted
from services import reading_photos
from services.attachments import JPEG
from services.dial import MICRO
from views import hx, reading_form
from views.access import own_suppliers, resident
from views.admin import requests
from views.ids import LARGEST

bp = requests.bp  # of the whole console

SHOWN = 200


@dataclass(frozen=True)
class Line:
    """A doubted reading and what it comes to: millionths with the ratio, None without anything to count from."""

    row: Doubted
    used: int | None


@bp.get("/readings")
def doubted_readings() -> str:
    rows = Review.waiting(own_suppliers(), SHOWN + 1)
    lines = [Line(row, _used(row)) for row in rows[:SHOWN]]
    return render_template("admin/readings.html", lines=lines, has_more=len(rows) > SHOWN)


@bp.post("/readings/<int:reading_id>/review")
def review_reading(reading_id: int) -> Response:
    """«Просмотрено»: twice is once."""
    if not (reading_id <= LARGEST and Review.is_of(reading_id, own_suppliers())):
        abort(404)
    Review.note(reading_id, resident(), clock.now())
    flash("Показание просмотрено.", "done")
    return hx.go(url_for(".doubted_readings"))


@bp.get("/readings/photos/<int:photo_id>.jpg")
def reading_photo(photo_id: int) -> Response:
    photo = Photo.of_operator(photo_id, own_suppliers()) or abort(404)
    content = reading_photos.open_photo(photo, reading_form.photos())
    if content is None:
        flash(reading_photos.GONE, "warn")
        return hx.go(url_for(".doubted_readings"))
    return Response(content, content_type=JPEG)


def _used(row: Doubted) -> int | None:
    if row.before is None:
        return None
    over = 10**row.digits * MICRO if row.has_rolled else 0
    return (row.value - row.before + over) * row.ratio
