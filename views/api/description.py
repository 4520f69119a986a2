"""GET /api/openapi.json: the description that programs and checkers read; what it promises is tested."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response

from services.limits import TooMany
from views import portal
from views.access import public
from views.api import (
    accounts,  # noqa: F401 - an address of this blueprint
    bp,
    readings,  # noqa: F401
    waterius,  # noqa: F401
)
from views.api.answers import Fault, answer, refusal

FILE = Path(__file__).parent / "openapi.json"

bp.register_error_handler(Fault, refusal)


@bp.errorhandler(TooMany)
def too_many(limit: TooMany) -> Response:
    response = refusal(Fault(429, message=limit.sentence))
    response.headers["Retry-After"] = str(max(1, round(limit.left.total_seconds())))
    return response


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    if not portal.preset().api:
        raise Fault(404, "off", "В этом кабинете доступ программ выключен.")
    return answer({**_description(), "servers": [{"url": portal.settings().base_url}]})


@cache
def _description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
