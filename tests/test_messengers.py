"""Telegram and MAX: linking by a one-time address, the webhook's secret, messages, whoever blocks the bot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

import clock
import worker
from config import Settings
from gateways.mail import Mail, Undeliverable
from gateways.messengers import Max, Telegram
from models import Chat, NoticeReceipt, Outbox, Resident
from services import messengers, telling
from tests import factories, web
from tests.client import PageClient
from tests.factories import NOW
from tests.post import again

BOTS = {"telegram_token": "T:1", "telegram_bot": "svet_bot", "max_token": "M1", "max_bot": "svet_max"}
LINKS = {
    "telegram": r"https://t\.me/svet_bot\?start=([\w-]{43})",
    "max": r"https://max\.ru/svet_max\?start=([\w-]{43})",
}
MESSAGE = Mail(to="77", subject="", text="Передайте показания", key="outbox-7")


@pytest.fixture
def bots(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings: Settings = replace(app.extensions["settings"], **BOTS)
    monkeypatch.setitem(app.extensions, "settings", settings)
    return settings


@pytest.fixture
def resident(bots: Settings) -> Resident:
    return factories.resident()


@pytest.fixture
def server() -> Iterator[web.Server]:
    with web.server() as running:
        yield running


def came(channel: str, token: str, chat: int = 77) -> dict[str, Any]:
    if channel == "telegram":
        return {"update_id": 1, "message": {"chat": {"id": chat, "type": "private"}, "text": f"/start {token}"}}
    return {"update_type": "bot_started", "chat_id": chat, "user": {"user_id": 5}, "payload": token}


def left(channel: str, chat: int = 77) -> dict[str, Any]:
    if channel == "telegram":
        member = {"chat": {"id": chat}, "new_chat_member": {"status": "kicked"}}
        return {"update_id": 2, "my_chat_member": member}
    return {"update_type": "bot_stopped", "chat_id": chat}


def hook(app: Flask, channel: str, update: Any, secret: str | None = None) -> int:
    given = messengers.secret("s" * 40, channel) if secret is None else secret
    headers = {messengers.SECRETS[channel]: given}
    return app.test_client().post(f"/callbacks/{channel}", json=update, headers=headers).status_code


def token_of(client: PageClient, channel: str) -> str:
    page = client.post("/profile/messengers", {"messenger": channel}, status=200)
    found = [match[1] for link in page.tree.links if (match := re.fullmatch(LINKS[channel], link))]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("channel", ["telegram", "max"])
def test_a_resident_links_his_chat_by_an_address_that_works_once(
    app: Flask, client: PageClient, resident: Resident, channel: str
) -> None:
    token = token_of(client.sign_in(resident), channel)
    assert hook(app, channel, came(channel, token)) == 200
    chat = Chat.get()
    assert (chat.resident, chat.channel, chat.address) == (resident, channel, "77")
    assert Outbox.get().kind == "messenger-linked" and Outbox.get().destination == "77"
    assert "подключён" in client.get("/profile/messengers")
    hook(app, channel, came(channel, token, chat=88))
    assert Chat.get().address == "77"


def test_an_address_that_is_over_or_another_messengers_links_nobody(
    app: Flask, client: PageClient, resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = token_of(client.sign_in(resident), "telegram")
    fresh = token_of(client, "telegram")
    for token in (old, "", "x" * 43, "'; DROP TABLE chat"):
        hook(app, "telegram", came("telegram", token))
    hook(app, "max", came("max", fresh))
    late = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: late)
    hook(app, "telegram", came("telegram", fresh))
    assert not Chat.select().exists()


def test_a_chat_is_of_one_resident_and_he_has_one_in_a_messenger(database: Flask) -> None:
    anna, boris = factories.resident(), factories.resident()
    Chat.link(anna, "telegram", "1", NOW)
    Chat.link(anna, "telegram", "2", NOW)
    Chat.link(boris, "telegram", "2", NOW)
    Chat.link(anna, "max", "2", NOW)
    held = {(chat.resident_id, chat.channel, chat.address) for chat in Chat.select()}
    assert held == {(boris.id, "telegram", "2"), (anna.id, "max", "2")}


@pytest.mark.parametrize("channel", ["telegram", "max"])
def test_a_call_without_the_secret_is_none(app: Flask, resident: Resident, channel: str) -> None:
    Chat.link(resident, channel, "77", NOW)
    other = messengers.secret("s" * 40, "max" if channel == "telegram" else "telegram")
    for secret in ("", "x", "я" * 64, other):
        assert hook(app, channel, left(channel), secret.encode().decode("latin-1")) == 404
    assert Chat.select().exists()


@pytest.mark.parametrize("channel", ["telegram", "max"])
def test_who_blocks_the_bot_is_written_to_no_more(app: Flask, resident: Resident, channel: str) -> None:
    Chat.link(resident, channel, "77", NOW)
    assert hook(app, channel, left(channel)) == 200
    assert not Chat.select().exists()


@pytest.mark.parametrize(
    "update", [None, [], 1, "x", {}, {"message": None}, {"message": {"chat": [], "text": 5}}, {"update_type": []},
               {"message": {"chat": {"type": "group", "id": 1}, "text": "/start x"}},
               {"message": {"chat": {"type": "private", "id": 1}, "text": "Здравствуйте"}}]
)  # fmt: skip
@pytest.mark.parametrize("channel", ["telegram", "max"])
def test_other_talk_is_taken_and_left_alone(app: Flask, bots: Settings, channel: str, update: Any) -> None:
    assert hook(app, channel, update) == 200
    assert not Chat.select().exists() and not Outbox.select().exists()


def test_a_neighbours_chat_is_not_turned_off(client: PageClient, resident: Resident) -> None:
    Chat.link(factories.resident(), "telegram", "88", NOW)
    Chat.link(resident, "telegram", "77", NOW)
    client.sign_in(resident).post("/profile/messengers", {"messenger": "telegram", "turn": "off"})
    assert [chat.address for chat in Chat.select()] == ["88"]
    client.post("/profile/messengers", {"messenger": "icq"}, status=404)


def test_without_bots_the_page_says_so(client: PageClient, database: Flask) -> None:
    client.sign_in(factories.resident())
    assert "пока не подключены" in client.get("/profile/messengers")
    client.post("/profile/messengers", {"messenger": "telegram"}, status=404)


# Messages out


def test_telegram_is_given_the_chat_and_the_text(server: web.Server) -> None:
    server.says({"ok": True, "result": {"message_id": 5}})
    assert Telegram("T:1", server.url).send(MESSAGE, NOW) == "5"
    assert (server.asked[0].path, server.asked[0].body) == (
        "/botT:1/sendMessage", {"chat_id": "77", "text": "Передайте показания"},
    )  # fmt: skip
    Telegram("T:1", server.url).send(replace(MESSAGE, text="я" * 5000), NOW)
    assert len(server.asked[1].body["text"]) == 4096


def test_max_is_shown_the_token_without_a_word_before_it(server: web.Server) -> None:
    server.says({"message": {"body": {"mid": "mid.1"}}})
    assert Max("M1", server.url).send(MESSAGE, NOW) == "mid.1"
    [asked] = server.asked
    assert (asked.path, asked.headers["Authorization"]) == ("/messages?chat_id=77", "M1")


@pytest.mark.parametrize("kind", [Telegram, Max])
@pytest.mark.parametrize(
    ("status", "is_permanent", "is_gone"),
    [(400, True, False), (401, False, False), (403, True, True), (429, False, False), (500, False, False)],
)
def test_each_refusal_says_whether_to_come_again(
    server: web.Server, kind: Any, status: int, is_permanent: bool, is_gone: bool
) -> None:
    server.says({"ok": False, "description": "Forbidden"}, status=status)
    with pytest.raises(Undeliverable) as refusal:
        kind("T:1", server.url).send(MESSAGE, NOW)
    assert (refusal.value.permanent, refusal.value.gone) == (is_permanent, is_gone)
    assert "T:1" not in str(refusal.value)


@pytest.mark.parametrize("asked", [7, "x", -1, 10**9, None])
def test_a_messenger_that_is_asked_too_often_names_the_time(server: web.Server, asked: object) -> None:
    server.says({"ok": False, "parameters": {"retry_after": asked}}, status=429)
    with pytest.raises(Undeliverable) as refusal:
        Telegram("T:1", server.url).send(MESSAGE, NOW)
    assert refusal.value.wait == timedelta(seconds=7 if asked == 7 else 60)


def told(*residents: Resident, channel: str = "telegram") -> list[Outbox]:
    for number, who in enumerate(residents):
        Chat.link(who, channel, str(77 + number), NOW)
    notice = factories.notice("Отключение воды", *residents)
    telling.tell_many("notice", "n", residents, NOW, ways=("messenger",), notice=notice.id)
    return list(Outbox.select().order_by(Outbox.id))


def send(settings: Settings, server: web.Server, now: Any = NOW) -> int:
    return worker.send_letters(
        Telegram("T:1", server.url), worker.desk_of(settings), False, lambda: now, telling.TELEGRAM
    )


def test_after_429_the_whole_channel_waits_as_long_as_it_was_told(
    settings: Settings, server: web.Server, resident: Resident
) -> None:
    first, second = told(resident, factories.resident())
    server.says({"ok": False, "parameters": {"retry_after": 40}}, status=429)
    assert send(settings, server) == 0 and len(server.asked) == 1
    assert again(first).not_before == NOW + timedelta(seconds=40) and again(second).state == "waiting"
    server.says({"ok": True, "result": {"message_id": 5}})
    assert send(settings, server, NOW + timedelta(seconds=41)) == 2
    assert send(settings, server, NOW + timedelta(days=1)) == 0


def test_one_who_blocked_the_bot_holds_up_nobody_and_is_told_in_the_portal(
    settings: Settings, server: web.Server, resident: Resident
) -> None:
    blocked, other = told(resident, factories.resident())
    server.says({"ok": True, "result": {"message_id": 5}})
    server.answers[:0] = [(403, {"ok": False, "description": "Forbidden: bot was blocked by the user"})]
    assert send(settings, server) == 1
    assert (again(blocked).state, again(other).state) == ("dead", "sent")
    assert [chat.resident for chat in Chat.select()] == [other.resident]
    subjects = [row.notice.subject for row in NoticeReceipt.held_by(resident)]
    assert "Сообщения в мессенджер больше не доходят" in subjects


def test_the_operator_subscribes_the_portal_to_its_bots(
    app: Flask, bots: Settings, server: web.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = replace(bots, telegram_url=server.url, max_url=server.url)
    monkeypatch.setitem(app.extensions, "settings", both)
    server.says({"ok": True, "result": True})
    done = app.test_cli_runner().invoke(args=["listen"])
    assert done.exit_code == 0, done.output
    telegram, max_ = server.asked
    assert telegram.body["url"] == "http://127.0.0.1:8000/callbacks/telegram"
    assert telegram.body["secret_token"] == messengers.secret("s" * 40, "telegram")
    assert (max_.path, max_.body["secret"]) == ("/subscriptions", messengers.secret("s" * 40, "max"))
    server.says({"ok": False}, status=401)
    assert "✗ Telegram: проверьте ABONENT_TELEGRAM_TOKEN" in app.test_cli_runner().invoke(args=["listen"]).output
