"""«Посмотреть как житель»: an operator sees the portal as a resident does, for a while, and can change nothing.

A look is a session of the resident's own: it stands in his log of sign-ins and ends where he ends it. No cookie leads
to it; the operator's session names it (docs/decisions/0021).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from models import Operator, Resident, Session, transaction
from models.resident import ACTIVE
from services import audit, codes
from services.refusal import Refused

LIVES = timedelta(minutes=15)

NOT_OPEN = "Кабинет не открыт: его не видит и сам житель."
COLLEAGUE = "Это кабинет оператора: смотреть за коллег нельзя."
BUSY = "Вы уже смотрите кабинет жителя в другом окне. Закончите там."


@transaction
def begin(own: Session, resident: Resident, by: Resident, place: str, now: datetime) -> Session:
    """From now on the operator's session shows the resident's portal; `place`: for whom the operator works."""
    if resident.state != ACTIVE:
        raise Refused(NOT_OPEN)
    if Operator.is_one(resident):
        raise Refused(COLLEAGUE)
    look: Session = Session.create(
        resident=resident,
        token_hash=codes.token_hash(codes.new_token()),
        created_at=now,
        seen_at=now,
        expires_at=now + LIVES,
        device=f"Смотрел оператор: {place}",
    )
    if not Session.begin_look(own, look):
        raise Refused(BUSY)
    audit.note("look-begin", "resident", resident.id, by, now, after={"session": look.id, "until": f"{now + LIVES}"})
    return look


def seen(own: Session, now: datetime) -> Session | None:
    """The look of the operator's session; None where it is over, or where he or the resident may not any more."""
    look = Session.seen(own.look_id, now) if own.look_id is not None else None
    if look is None or look.resident.state != ACTIVE:
        return None
    return look if Operator.serves_all(own.resident) and not Operator.is_one(look.resident) else None


@transaction
def end(own: Session, by: Resident, now: datetime) -> int | None:
    """«Закончить», or its time is over: whose portal it was (an id); None where there was no look."""
    look: Session | None = Session.get_or_none(Session.id == own.look_id) if own.look_id is not None else None
    if not Session.end_look(own, now) or look is None:
        return None
    after = {"session": look.id, "in_time": look.ended_at is None and look.expires_at > now}
    audit.note("look-end", "resident", look.resident_id, by, now, after=after)
    return int(look.resident_id)
