"""The settings of this portal and its preset, as every view asks for them."""

from __future__ import annotations

from typing import Any

from flask import current_app

from presets import Preset
from services.challenges import SMS


def settings() -> Any:
    """What `config.Settings` holds; the type is above the views and cannot be named here."""
    return current_app.extensions["settings"]


def has_channel(channel: str) -> bool:
    """Can codes be sent by it (email, sms)?"""
    return bool(settings().has_sms if channel == SMS else settings().has_email)


def preset() -> Preset:
    chosen: Preset = settings().preset
    return chosen
