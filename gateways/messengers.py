"""Telegram and MAX: messages out by their bots, and what their webhooks tell of residents who come and go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from gateways.mail import Mail, Undeliverable
from gateways.web import Reply, ask

TELEGRAM_URL, MAX_URL = "https://api.telegram.org", "https://platform-api2.max.ru"
LONGEST_TELEGRAM, LONGEST_MAX = 4096, 3999
TROUBLE = timedelta(minutes=15)
TELEGRAM_SECRET, MAX_SECRET = "X-Telegram-Bot-Api-Secret-Token", "X-Max-Bot-Api-Secret"  # noqa: S105 - headers' names


@dataclass(frozen=True)
class Came:
    """Somebody opened the bot by a deep link: the chat, and the token of the link ("" = he found it himself)."""

    address: str
    token: str


@dataclass(frozen=True)
class Left:
    """Somebody blocked the bot: nothing is to be written to the chat."""

    address: str


@dataclass(frozen=True)
class Telegram:
    token: str = field(repr=False)
    base: str = TELEGRAM_URL

    def send(self, mail: Mail, now: datetime) -> str:
        content = {"chat_id": mail.to, "text": _cut(mail.text, LONGEST_TELEGRAM)}
        reply = ask(f"{self.base}/bot{self.token}/sendMessage", content=content)
        sent = reply.body.get("result")
        if reply.status == 200 and reply.body.get("ok") is True and isinstance(sent, dict):
            return str(sent.get("message_id", ""))
        raise self._refusal(reply)

    def probe(self) -> str:
        """The name of the bot whose token it is."""
        reply = ask(f"{self.base}/bot{self.token}/getMe")
        if reply.body.get("ok") is not True:
            raise self._refusal(reply)
        return str(_within(reply.body, "result").get("username", ""))

    def listen(self, url: str, secret: str) -> None:
        """From now on Telegram tells `url` who came and who left, with the secret beside it."""
        content = {"url": url, "secret_token": secret, "allowed_updates": ["message", "my_chat_member"]}
        reply = ask(f"{self.base}/bot{self.token}/setWebhook", content=content)
        if reply.body.get("ok") is not True:
            raise self._refusal(reply)

    @staticmethod
    def _refusal(reply: Reply) -> Undeliverable:
        said = str(reply.body.get("description", "")).lower()
        if reply.status == 403 or (reply.status == 400 and "chat not found" in said):
            return Undeliverable("Telegram: бот заблокирован", permanent=True, gone=True)
        if reply.status == 429:
            asked = reply.body.get("parameters")
            return _too_often("Telegram", asked.get("retry_after") if isinstance(asked, dict) else None)
        if reply.status in (401, 404):
            return Undeliverable("Telegram: проверьте ABONENT_TELEGRAM_TOKEN", permanent=False, wait=TROUBLE)
        if reply.status == 400:
            return Undeliverable("Telegram: сообщение не принято", permanent=True)
        return Undeliverable(f"Telegram: сервис не работает ({reply.status})", permanent=False)


@dataclass(frozen=True)
class Max:
    token: str = field(repr=False)
    base: str = MAX_URL

    def send(self, mail: Mail, now: datetime) -> str:
        url = f"{self.base}/messages?chat_id={quote(mail.to, safe='-')}"
        reply = ask(url, content={"text": _cut(mail.text, LONGEST_MAX)}, headers={"Authorization": self.token})
        if reply.status == 200:
            return _mid(reply.body)
        raise self._refusal(reply)

    def probe(self) -> str:
        """The name of the bot whose token it is."""
        reply = ask(f"{self.base}/me", headers={"Authorization": self.token})
        if reply.status != 200:
            raise self._refusal(reply)
        return str(reply.body.get("username") or "")

    def listen(self, url: str, secret: str) -> None:
        content = {"url": url, "secret": secret, "update_types": ["bot_started", "bot_stopped"]}
        reply = ask(f"{self.base}/subscriptions", content=content, headers={"Authorization": self.token})
        if reply.status != 200:
            raise self._refusal(reply)

    @staticmethod
    def _refusal(reply: Reply) -> Undeliverable:
        if reply.status in (403, 404):
            return Undeliverable("MAX: бот остановлен", permanent=True, gone=True)
        if reply.status == 429:
            return _too_often("MAX", reply.headers.get("Retry-After"))
        if reply.status == 401:
            return Undeliverable("MAX: проверьте ABONENT_MAX_TOKEN", permanent=False, wait=TROUBLE)
        if reply.status == 400:
            return Undeliverable("MAX: сообщение не принято", permanent=True)
        return Undeliverable(f"MAX: сервис не работает ({reply.status})", permanent=False)


def read_telegram(update: Mapping[str, Any]) -> Came | Left | None:
    """What an update says; None for whatever is none of ours: other talk, groups."""
    message, member = _within(update, "message"), _within(update, "my_chat_member")
    if _within(message, "chat").get("type") == "private":
        command, _, token = str(message.get("text", "")).partition(" ")
        return Came(str(_within(message, "chat").get("id", "")), token.strip()) if command == "/start" else None
    if _within(member, "new_chat_member").get("status") == "kicked":
        return Left(str(_within(member, "chat").get("id", "")))
    return None


def read_max(update: Mapping[str, Any]) -> Came | Left | None:
    chat = str(update.get("chat_id", ""))
    if update.get("update_type") == "bot_started":
        return Came(chat, str(update.get("payload") or ""))
    return Left(chat) if update.get("update_type") == "bot_stopped" else None


def telegram_link(bot: str, token: str) -> str:
    return f"https://t.me/{quote(bot, safe='')}?start={token}"


def max_link(bot: str, token: str) -> str:
    return f"https://max.ru/{quote(bot, safe='')}?start={token}"


def _within(update: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = update.get(name)
    return found if isinstance(found, dict) else {}


def _mid(body: Mapping[str, Any]) -> str:
    return str(_within(_within(body, "message"), "body").get("mid", ""))


def _too_often(who: str, seconds: object) -> Undeliverable:
    asked = int(str(seconds)) if re.fullmatch(r"\d{1,5}", str(seconds)) else 60
    return Undeliverable(f"{who}: слишком часто", permanent=False, wait=timedelta(seconds=max(asked, 1)))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
