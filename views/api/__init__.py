"""The API of residents' own programs: a token in the header, JSON in and out, no cookies; one blueprint."""

from __future__ import annotations

from flask import Blueprint, request

bp = Blueprint("api", __name__, url_prefix="/api")

MOST_BYTES = 64 * 1024  # of a body: a modem sends less than two thousand


@bp.before_request
def take_little() -> None:
    request.max_content_length = MOST_BYTES
