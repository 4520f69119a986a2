"""Switches and settings of another portal, for one test or a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from presets import load_preset

READING_KEY = "l" * 40  # what links for readings are signed with in the tests


def switch(app: Flask, monkeypatch: pytest.MonkeyPatch, preset: str = "default", **switches: Any) -> None:
    """The application runs with this preset and these switches until the test ends."""
    chosen = load_preset(preset, switches, {})
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], preset=chosen))


def without_sms(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real portal that sends letters and no messages."""
    settings = replace(app.extensions["settings"], demo=False, mail_url="smtp://mail.example.org")
    monkeypatch.setitem(app.extensions, "settings", settings)


@contextmanager
def switched(app: Flask, switches: dict[str, Any], **settings: Any) -> Iterator[None]:
    """The portal with other switches of the preset, or other settings, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        switch(app, patch, **switches)
        patch.setitem(app.extensions, "settings", replace(app.extensions["settings"], **settings))
        yield
