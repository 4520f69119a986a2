"""The settings of this portal and its preset, as every view asks for them."""

from __future__ import annotations

from typing import Any

from flask import current_app

from presets import Preset


def settings() -> Any:
    """What `config.Settings` holds; the type is above the views and cannot be named here."""
    return current_app.extensions["settings"]


def preset() -> Preset:
    chosen: Preset = settings().preset
    return chosen
