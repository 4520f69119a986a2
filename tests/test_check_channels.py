"""`flask check` asks the services of messages and the bots whether they know us; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bench.process import free_port
from tests import web
from tests.test_sms_gateways import URLS

KNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "smsc": ({"balance": "12.30"}, "/sys/balance.php"),
    "smsru": ({"status": "OK", "status_code": 100}, "/auth/check"),
    "smsaero": ({"success": True, "data": None}, "/v2/auth"),
}
UNKNOWN: dict[str, dict[str, Any]] = {
    "smsc": {"error": "authorise error", "error_code": 2},
    "smsru": {"status": "ERROR", "status_code": 301},
    "smsaero": {"success": False, "message": "Your request was made with invalid credentials."},
}
BOTS = {"telegram_token": "T:1", "telegram_bot": "svet_bot", "max_token": "M1", "max_bot": "svet_max"}


@pytest.fixture
def server() -> Iterator[web.Server]:
    with web.server() as running:
        yield running


def checked(app: Flask, monkeypatch: pytest.MonkeyPatch, name: str, **settings: Any) -> str:
    """What is told of the channel by a real portal of these settings."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=False, **settings))
    with app.app_context():
        told = app.test_cli_runner().invoke(args=["check"]).output
    return "\n".join(line for line in told.splitlines() if f" {name}:" in line)


@pytest.mark.parametrize("kind", KNOWN)
def test_a_service_of_messages_that_knows_us_is_fine(
    app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, server: web.Server, kind: str
) -> None:
    answer, path = KNOWN[kind]
    server.says(answer)
    assert checked(app, monkeypatch, "СМС", sms_url=URLS[kind].format(host=server.host)).startswith("✓")
    assert [asked.path for asked in server.asked] == [path], "nothing is sent"


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_service_of_messages_that_does_not_know_us_is_named_without_its_key(
    app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, server: web.Server, kind: str
) -> None:
    server.says(UNKNOWN[kind], status=401 if kind == "smsaero" else 200)
    told = checked(app, monkeypatch, "СМС", sms_url=URLS[kind].format(host=server.host))
    assert told.startswith(f"✗ СМС: {kind}: ") and "KEY" not in told and "p@ss" not in told


def test_a_service_that_cannot_be_reached_is_trouble(
    app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = checked(app, monkeypatch, "СМС", sms_url=URLS["smsru"].format(host=f"127.0.0.1:{free_port()}"))
    assert "сервер не ответил" in told and told.startswith("✗")


def test_without_channels_that_is_said(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "не настроены" in checked(app, monkeypatch, "СМС")
    assert "✓ мессенджеры: ботов нет" in checked(app, monkeypatch, "мессенджеры")


def test_bots_answer_to_the_names_that_residents_are_sent_to(
    app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, server: web.Server
) -> None:
    server.says({"ok": True, "result": {"username": "Svet_bot"}}, {"user_id": 1, "username": "svet_max"})
    bots = {**BOTS, "telegram_url": server.url, "max_url": server.url}
    told = checked(app, monkeypatch, "мессенджеры", **bots)
    assert "Telegram: бот «svet_bot» отвечает" in told and "MAX: бот «svet_max» отвечает" in told
    assert [asked.path for asked in server.asked] == ["/botT:1/getMe", "/me"]
    assert server.asked[1].headers["Authorization"] == "M1"


def test_a_bot_of_another_name_or_without_a_token_is_trouble(
    app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, server: web.Server
) -> None:
    server.says({"ok": True, "result": {"username": "other_bot"}}, {"code": "verify.token"})
    told = checked(app, monkeypatch, "мессенджеры", **BOTS, telegram_url=server.url, max_url=server.url)
    assert "ключ от бота «other_bot»" in told
    server.says({"ok": False, "description": "Unauthorized"}, status=401)
    told = checked(app, monkeypatch, "мессенджеры", **BOTS, telegram_url=server.url, max_url=server.url)
    assert "ABONENT_TELEGRAM_TOKEN" in told and "ABONENT_MAX_TOKEN" in told and "T:1" not in told
