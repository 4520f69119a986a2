"""The banks of this portal, by name: built once from the settings, handed to services as arguments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from config import Settings
from gateways.acquirer import (
    Acquirer,
    Answer,
    Callback,
    Event,
    NewOrder,
    Refund,
    SavedCard,
    Started,
    Told,
    Verdict,
)
from gateways.engines import ENGINES
from gateways.testbank import TestBank
from views import portal
from views.turns import paused

TESTBANK = "testbank"


def build(settings: Settings) -> dict[str, Acquirer]:
    """Every gateway that has its settings; one that has none is not offered."""
    found = {one.name: ENGINES[one.engine].build(one.name, one.values) for one in settings.gateways}
    if settings.testbank_url and settings.testbank_secret:
        found[TESTBANK] = TestBank(settings.testbank_url, settings.testbank_secret)
    return found


def usual() -> str:
    """The preset's gateway, for suppliers that name none; in demo the test bank stands in for one not set up."""
    return usual_of(portal.settings(), current_app.extensions["gateways"])


def usual_of(settings: Settings, known: Collection[str]) -> str:
    """The same for the worker, which serves no request."""
    name = str(settings.preset.gateway)
    return TESTBANK if settings.demo and name not in known else name


@dataclass(frozen=True)
class Patient:
    """A bank whose answers may take long: while it is waited for, other requests have the turn."""

    bank: Acquirer

    @property
    def name(self) -> str:
        return self.bank.name

    @property
    def origin(self) -> str:
        return self.bank.origin

    @property
    def keeps_cards(self) -> bool:
        return self.bank.keeps_cards

    @property
    def charges_once(self) -> bool:
        return self.bank.charges_once

    def create(self, order: NewOrder) -> Started:
        with paused():
            return self.bank.create(order)

    def status(self, number: str, provider_id: str | None) -> Event | None:
        with paused():
            return self.bank.status(number, provider_id)

    def refund(self, refund: Refund) -> Event:
        with paused():
            return self.bank.refund(refund)

    def read_callback(self, callback: Callback) -> Told:
        return self.bank.read_callback(callback)

    def acknowledge(self, told: Told, verdict: Verdict) -> Answer:
        return self.bank.acknowledge(told, verdict)

    def saved_cards(self, client: str) -> Sequence[SavedCard]:
        with paused():
            return self.bank.saved_cards(client)

    def forget_card(self, client: str, card: str) -> None:
        with paused():
            self.bank.forget_card(client, card)

    def charge(self, order: NewOrder, card: str) -> Event:
        with paused():
            return self.bank.charge(order, card)


def install(app: Flask) -> None:
    gateways = {name: Patient(bank) for name, bank in build(app.extensions["settings"]).items()}
    app.extensions["gateways"] = gateways
    app.extensions["gateway_origins"] = sorted({gateway.origin for gateway in gateways.values()})
