"""What the tests of the profile share: a resident with a password, other switches, codes that were sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from flask import Flask

import clock
from models import Outbox, Resident
from presets import load_preset
from services import letters, passwords
from services.letters import Desk
from tests import factories

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
    desk = Desk(lambda name, /, **facts: f"{name}\n{facts}", "", "", app.extensions["settings"].secret_key, Random(7))
    letter = letters.compose(Outbox.select().order_by(Outbox.id.desc()).get(), desk, clock.now())
    assert letter is not None
    found = re.search(r"'code': '(\d+)'", letter.body)
    assert found
    return found[1]


@contextmanager
def switched(app: Flask, switches: dict[str, Any], **settings: Any) -> Iterator[None]:
    """The portal with other switches of the preset, or other settings, for a while."""
    usual = app.extensions["settings"]
    other = replace(usual, preset=load_preset("default", switches, {}), **settings)
    names = {"settings": other, "preset": other.preset, "word": other.word}
    before = {name: app.jinja_env.globals[name] for name in names}
    app.extensions["settings"] = other
    app.jinja_env.globals.update(names)
    try:
        yield
    finally:
        app.extensions["settings"] = usual
        app.jinja_env.globals.update(before)
