"""What banks said and no rule could decide: an operator has looked at it."""

from __future__ import annotations

from datetime import datetime

from models import GatewayEvent, Resident, transaction
from services import audit


@transaction
def see(event: GatewayEvent, by: Resident, now: datetime) -> bool:
    """«Разобрано»; False where another operator was faster: who was first stays."""
    is_first = event.seen(str(by.email), now)
    if is_first:
        audit.note("event-seen", "gateway_event", event.id, by, now)
    return is_first
