"""A line in the log of what operators do: ids and states only, since the log outlives the personal data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from models import Audit, Resident


def note(
    action: str,
    what: str,
    row_id: int,
    by: Resident,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """In the caller's transaction: who did what to which row."""
    Audit.create(
        at=now,
        actor=by,
        actor_name=str(by.email),
        action=action,
        object=what,
        object_id=str(row_id),
        before=json.dumps(before or {}),
        after=json.dumps(after or {}),
    )
