"""/api/v1/readings: a program sends readings under the same checks as the page, and follows their life."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from flask import Response, request

import clock
from models import Link, Reading, Register, Submission
from models.reading import Declared
from models.token import READINGS
from services import programs, readings
from services.preliminary import from_json
from services.reading_rules import Finding
from services.readings import Act
from services.refusal import Refused
from views import portal
from views.access import public
from views.api import bp, figures
from views.api.answers import Fault, answer, invalid
from views.api.body import Fields, flag_of, key_of, list_of, number_of, only, read, text_of, value_of
from views.api.caller import asking, bearer, held_link, sending

FIELDS = {"account", "readings", "confirm", "warned", "rolled", "once"}
MOST = 100  # scales of an account
Part = dict[str, object]


@bp.get("/v1/readings")
@public
def life() -> Response:
    """The last year of each scale, newest first: accepted, exported to the billing, used in a bill or rejected."""
    token = asking(READINGS)
    wanted = request.args.get("account", "")
    if wanted and not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 10):
        raise invalid("account", "Нужно целое число.")
    links = [held_link(token, int(wanted))] if wanted else Link.held_by(token.resident)
    ids = [link.account_id for link in links]
    registers = {register.id: register for register in Register.of_accounts(ids)}
    return answer({"readings": [_declared(row, registers[row.register]) for row in Reading.recent(ids)]})


@bp.post("/v1/readings")
@public
def send() -> Response:
    token = sending(bearer(), READINGS)
    fields = read()
    only(fields, FIELDS)
    link, act = held_link(token, number_of(fields, "account")), _act(fields)
    now, today = clock.now(), clock.today()
    try:
        sent = programs.send_registers(link.account, token.resident, act, now, today)
    except programs.UnknownRegister as refusal:
        raise Fault(422, refusal.code, refusal.sentence, register=refusal.register)
    except readings.NotTaken as refusal:
        raise _not_taken(refusal)
    except Refused as refusal:
        raise Fault(422, "window_closed", refusal.sentence)
    return answer(_sent(link, sent))


def _act(fields: Fields) -> Act:
    """Doubts are confirmed by their signature alone: «confirm» by itself would confirm what nobody has seen."""
    typed: dict[int, str] = {}
    for place, entry in enumerate(list_of(fields, "readings", MOST)):
        where = f"readings[{place}]."
        if not isinstance(entry, dict):
            raise invalid(where[:-1], "Нужен объект с полями register и value.")
        only(entry, {"register", "value"}, where)
        register = number_of(entry, "register", where)
        if register in typed:
            raise invalid(where + "register", "Эта шкала стоит в списке дважды.")
        typed[register] = value_of(entry, "value", where)
    warned = text_of(fields, "warned")
    return Act(
        typed=typed,
        once=key_of(fields) or secrets.token_urlsafe(16),
        rolled={number_of({"rolled": item}, "rolled") for item in list_of(fields, "rolled", MOST)},
        is_confirmed=flag_of(fields, "confirm") and warned != "",
        warned=warned,
        zero_padded=portal.preset().zero_padded,
    )


def _not_taken(refusal: readings.NotTaken) -> Fault:
    """What must be mended comes before what may be confirmed: `code` says which of them is the first."""
    checked = refusal.checked
    code = "wrong_value" if checked.mistakes else "rolled" if checked.questions else "doubts"
    warned = checked.signature if code == "doubts" else ""
    return Fault(
        422,
        code,
        refusal.sentence,
        mistakes=_findings(checked.mistakes),
        questions=_findings(checked.questions),
        doubts=_findings(checked.doubts),
        warned=warned,
    )


def _findings(found: Iterable[Finding]) -> list[Part]:
    return [{"register": it.register or None, "kind": it.kind, "message": it.sentence} for it in found]


def _sent(link: Link, sent: Submission) -> Part:
    registers = {register.id: register for register in Register.of_account(link.account)}
    calculation = from_json(str(sent.preliminary))
    return {
        "account": link.account_id,
        "submission": sent.id,
        "sent_at": _moment(sent.sent_at),
        "readings": [
            {
                "register": row.register_id,
                "value": figures.reading(row.value, registers[row.register_id].decimals),
                "date": row.taken_on.isoformat(),
                "state": row.state,
                "doubts": [kind for kind in row.doubts.split(",") if kind],
            }
            for row in Reading.of_submission(sent)
        ],
        "preliminary": figures.money(calculation.total) if calculation else None,
    }


def _declared(row: Declared, register: Register) -> Part:
    return {
        "id": row.id,
        "account": register.meter.account_id,
        "meter": register.meter.number,
        "register": row.register,
        "scale": register.scale,
        "value": figures.reading(row.value, min(register.decimals, 6)),
        "date": row.taken_on.isoformat(),
        "state": row.state,
        "origin": row.origin,
        "bill": row.bill,
        "reason": row.reason,
        "sent_at": _moment(row.sent_at),
    }


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(clock.zone()).isoformat(timespec="seconds") if value is not None else None
