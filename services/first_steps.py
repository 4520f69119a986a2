"""What a newcomer tells before the portal opens to him: a name, a confirmed e-mail, as the preset wants (R1.3)."""

from __future__ import annotations

from collections.abc import Sequence

from models import Resident

ACQUAINTANCE, EMAIL = "acquaintance", "email"


def next_step(resident: Resident, steps: Sequence[str]) -> str:
    """The first of the steps that the resident still owes, "" where he owes none."""
    owed = {ACQUAINTANCE: not resident.name, EMAIL: resident.email_confirmed_at is None}
    return next((step for step in steps if owed[step]), "")
