"""Whose an appeal is: an operator takes it, hands it to another, or lays it back."""

from __future__ import annotations

from datetime import datetime

from models import Appeal, Notice, Resident, lock, transaction
from models.appeal import CLOSED, NEW, WORKING
from models.appeal_desk import operators
from services import audit
from services.appeals import ALREADY_CLOSED
from services.refusal import Refused

NOT_SERVING = "Этот оператор не работает с поставщиком обращения. Выберите другого."
TAKEN = "Обращение уже в работе у другого оператора: {}. Обновите страницу, прежде чем передавать."


@transaction
def take(known: Appeal, by: Resident, now: datetime) -> None:
    """«Взять в работу»: the resident sees that somebody is at it; taking over from another is the same."""
    appeal = lock(known)
    if appeal.state == CLOSED:
        raise Refused(ALREADY_CLOSED)
    before = appeal.state
    appeal.taken_by = by
    appeal.state = WORKING if appeal.state == NEW else appeal.state
    appeal.save()
    audit.note("appeal-taken", "appeal", appeal.id, by, now, {"state": before}, {"state": appeal.state})


@transaction
def assign(known: Appeal, to: int | None, seen: int | None, by: Resident, now: datetime) -> Resident | None:
    """Hands it to an operator, None = to nobody; `seen`: whose it was when the page was shown. To whom it went."""
    appeal = lock(known)
    if appeal.state == CLOSED:
        raise Refused(ALREADY_CLOSED)
    before = appeal.taken_by
    if (before.id if before else None) != seen:
        raise Refused(TAKEN.format(_name(before) if before else "ни у кого"))
    chosen = next((one for one in operators([appeal.supplier_id]) if one.id == to), None) if to is not None else None
    if to is not None and chosen is None:
        raise Refused(NOT_SERVING, field="to")
    was, appeal.taken_by = str(appeal.state), chosen
    if chosen is not None:
        appeal.state = WORKING if was == NEW else was
    elif was == WORKING:
        appeal.state = NEW
    appeal.save()
    facts = {"state": was, "taken_by": seen}
    audit.note("appeal-assigned", "appeal", appeal.id, by, now, facts, {"state": appeal.state, "taken_by": to})
    if chosen is not None and chosen != by:
        _tell(appeal, chosen, by, now)
    return chosen


def _tell(appeal: Appeal, to: Resident, by: Resident, now: datetime) -> None:
    Notice.tell(
        [to],
        f"Вам передали обращение №\N{NO-BREAK SPACE}{appeal.id}",
        f"Передал оператор: {_name(by)}.",
        now,
        link_url=f"/admin/appeals/{appeal.id}",
        link_label="Открыть обращение",
    )


def _name(operator: Resident) -> str:
    return operator.full_name or str(operator.email)
