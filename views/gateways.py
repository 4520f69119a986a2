"""The banks of this portal, by name: built once from the settings, handed to services as arguments."""

from __future__ import annotations

from flask import Flask

from config import Settings
from gateways.acquirer import Acquirer
from gateways.testbank import TestBank


def build(settings: Settings) -> dict[str, Acquirer]:
    """Every gateway that has its settings; one that has none is not offered."""
    found: dict[str, Acquirer] = {}
    if settings.testbank_url and settings.testbank_secret:
        found["testbank"] = TestBank(settings.testbank_url, settings.testbank_secret)
    return found


def install(app: Flask) -> None:
    gateways = build(app.extensions["settings"])
    app.extensions["gateways"] = gateways
    app.extensions["gateway_origins"] = sorted({gateway.origin for gateway in gateways.values()})
