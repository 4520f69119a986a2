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
    by: Resident | str,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """In the caller's transaction: who did what to which row; `by`: an operator, or the name of a command."""
    Audit.create(
        at=now,
        actor=by if isinstance(by, Resident) else None,
        actor_name=name_of(by),
        action=action,
        object=what,
        object_id=str(row_id),
        before=json.dumps(before or {}),
        after=json.dumps(after or {}),
    )


def name_of(by: Resident | str) -> str:
    """As rows that outlive a login call who did it."""
    return str(by.email) if isinstance(by, Resident) else by
