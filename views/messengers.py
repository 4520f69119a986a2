"""The webhooks of messengers: public, without a form token, believed only by the secret beside each call."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

import clock
from services import messengers
from services.telling import MAX, TELEGRAM
from views import portal
from views.access import public

bp = Blueprint("messengers", __name__)


@bp.post("/callbacks/telegram")
@public
def telegram() -> Response:
    return _heard(TELEGRAM)


@bp.post("/callbacks/max")
@public
def max_() -> Response:
    return _heard(MAX)


def _heard(channel: str) -> Response:
    given = request.headers.get(messengers.SECRETS[channel], "")
    if not messengers.is_genuine(portal.settings().secret_key, channel, given):
        abort(404)
    messengers.hear(channel, request.get_data(), clock.now())
    return Response("{}", content_type="application/json")
