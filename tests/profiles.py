"""What the tests of the profile share: a resident with a password, letters that wait, codes that were sent."""

from __future__ import annotations

from typing import Any

from flask import Flask

import clock
from models import Outbox, Resident
from services import passwords
from tests import factories
from tests.post import newest_code

PASSWORD, NEW = "Previous-0ne", "Bereza-u-0kna"
HASHED = passwords.hashed(PASSWORD)


def somebody(**facts: Any) -> Resident:
    return factories.resident(**{"password_hash": HASHED, **facts})


def again(row: Resident) -> Resident:
    return Resident.get_by_id(row.id)


def kinds(to: str = "") -> list[str]:
    """The letters that wait, oldest first; `to` an address, or to anybody."""
    rows = Outbox.select().order_by(Outbox.id)
    return [row.kind for row in rows if to in ("", row.destination)]


def sent_code(app: Flask) -> str:
    """The digits of the newest letter or message, read where a person reads them."""
    return newest_code(app.extensions["settings"], clock.now())
