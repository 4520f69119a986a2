"""POST /api/v1/waterius: the JSON of a Waterius modem, which knows no token of ours but that of its address.

Its firmware sends ch0 and ch1 (what the meters show, cubic metres), serial0 and serial1 (their numbers) and much of
its own. It takes 200 for done and tries thrice otherwise, so what another try would not mend is answered with 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from flask import Response

import clock
from models import Link
from models.token import READINGS
from services import programs, tokens
from services.programs import Channel, Outcome
from views.access import public
from views.api import bp, figures
from views.api.answers import Fault, answer
from views.api.body import MOST_SIGNS, Fields, read, text_of
from views.api.caller import basic, bearer, sending

CHANNELS = (0, 1)
LONGEST_SERIAL = 40
Part = dict[str, object]


@bp.post("/v1/waterius")
@bp.post("/w", endpoint="waterius_short")
@public
def waterius() -> Response:
    fields = read()
    token = sending(bearer() or basic() or text_of(fields, "key"), READINGS)
    channels = list(_channels(fields))
    if not channels:
        raise Fault(
            422, "no_channels", "Нет ни одного канала с номером счётчика: впишите номера в настройках модема."
        )
    now, today = clock.now(), clock.today()
    links = Link.held_by(token.resident)
    told = programs.send_channels(
        [link.account for link in links], token.resident, channels, f"modem:{token.id}:{today}", now, today
    )
    tokens.note(
        token, now, " ".join(dict.fromkeys(it.sentence for it in told if it.code not in ("", programs.CLOSED)))
    )
    return answer({"channels": [_told(outcome) for outcome in told]})


def _channels(fields: Fields) -> Iterator[Channel]:
    """The inputs with a meter on them: one without a number is not used, or not set up yet."""
    for place in CHANNELS:
        serial = text_of(fields, f"serial{place}")[:LONGEST_SERIAL]
        if serial and f"ch{place}" in fields:
            yield Channel(place, serial, _value(fields[f"ch{place}"], f"ch{place}"))


def _value(value: object, name: str) -> Decimal:
    """A number as it was written; `Decimal` reads words too («NaN»), which no meter shows."""
    fault = Fault(422, "invalid", "Нужно число.", field=name)
    if not isinstance(value, str) or len(value) > MOST_SIGNS:
        raise fault
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise fault
    if not found.is_finite() or abs(found.adjusted()) > 12:
        raise fault
    return found


def _told(outcome: Outcome) -> Part:
    channel = outcome.channel
    part: Part = {"channel": channel.place, "serial": channel.serial, "is_accepted": not outcome.code}
    if outcome.code:
        return {**part, "code": outcome.code, "message": outcome.sentence}
    return {
        **part,
        "register": outcome.register,
        "value": figures.reading(outcome.value, outcome.decimals),
        "doubts": list(outcome.doubts),
    }
