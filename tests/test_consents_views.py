"""A document that has changed: asked about after signing in, once; advertising never stands in the way."""

from __future__ import annotations

import pytest
from flask import Flask

import clock
from models import Consent, Resident, Text
from services import passwords, texts
from tests import factories
from tests.client import PageClient

PASSWORD = "Bereza-u-0kna"


@pytest.fixture
def anna(database: Flask) -> Resident:
    texts.seed(clock.now())
    who = factories.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD))
    texts.agree(who, texts.in_force(["agreement", "personal-data", "advertising"]), clock.now(), "192.0.2.7")
    return who


def enter(client: PageClient) -> str:
    return client.post("/sign-in", {"login": "anna@example.org", "password": PASSWORD}).location


def test_a_new_version_is_asked_about_once(client: PageClient, anna: Resident) -> None:
    assert enter(client) == "/"
    Text.publish("agreement", 2, "Соглашение", "Новые условия", clock.now())
    client.post("/sign-out")
    location = enter(client)
    assert location.startswith("/consents")
    page = client.get(location)
    assert "Соглашение" in page
    client.post(location, {}, status=422)
    text = Text.latest(["agreement"])["agreement"]
    client.post("/consents", {f"text-{text.id}": "y"})
    assert Consent.newest(anna)["agreement"] == 2
    client.post("/sign-out")
    assert enter(client) == "/"


def test_new_words_about_advertising_ask_nobody(client: PageClient, anna: Resident) -> None:
    Text.publish("advertising", 2, "Рассылка", "Новые условия", clock.now())
    assert enter(client) == "/"
