"""The console's queue of calls: whom to ring up and when, «Позвонили», «Не дозвонились»."""

from __future__ import annotations

from functools import partial

from flask import Response, abort, flash, render_template, url_for

import clock
from models import Call
from models.call import DONE, MISSED
from services import calls, contacts
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident
from views.admin import appeals, queues
from views.calls import state_of
from views.forms import typed

bp = appeals.bp  # of the whole console

DECIDED_SHOWN = 20


@bp.get("/calls")
def calls_wanted() -> str:
    allowed = own_suppliers()
    return render_template(
        "admin/calls.html",
        waiting=queues.first(partial(Call.waiting, allowed)),
        decided=Call.decided(allowed, DECIDED_SHOWN),
        state_of=state_of,
        times=calls.CONVENIENT,
        phone_of=contacts.shown_phone,
    )


@bp.post("/calls/<int:call_id>")
def decide_call(call_id: int) -> Response:
    call, outcome = Call.of_operator(call_id, own_suppliers()) or abort(404), typed("outcome")
    if outcome not in (DONE, MISSED):
        abort(400)
    try:
        calls.decide(call, outcome, resident(), clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash(f"Звонок № {call_id}: {calls.WORDS[outcome]}.", "done")
    following = Call.next_after(call_id, own_suppliers())
    return hx.go(url_for(".calls_wanted", _anchor=f"call-{following}" if following else None))
