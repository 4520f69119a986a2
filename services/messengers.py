"""Telegram and MAX of a resident: opened by a one-time link, told apart by the chat, closed by either side."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from gateways import messengers as bots
from gateways.messengers import Came, Left
from models import Chat, Code, Resident, transaction
from services import bounces, codes, outbox
from services.telling import MAX, TELEGRAM

LIVES = timedelta(minutes=15)
NAMES: Mapping[str, str] = {TELEGRAM: "Telegram", MAX: "MAX"}
READERS = {TELEGRAM: bots.read_telegram, MAX: bots.read_max}
LINKS = {TELEGRAM: bots.telegram_link, MAX: bots.max_link}
SECRETS: Mapping[str, str] = {TELEGRAM: bots.TELEGRAM_SECRET, MAX: bots.MAX_SECRET}  # headers of the webhooks
LARGEST = 1 << 16


@dataclass(frozen=True)
class Offer:
    """A messenger of the portal as the profile shows it."""

    channel: str
    name: str
    is_linked: bool


def offers(resident: Resident, bot_names: Mapping[str, str]) -> list[Offer]:
    """The messengers that have a bot, and those that are linked though the bot is gone."""
    linked = {channel for _, channel in Chat.of([resident])}
    return [
        Offer(channel, name, channel in linked)
        for channel, name in NAMES.items()
        if bot_names.get(channel) or channel in linked
    ]


@transaction
def invite(resident: Resident, channel: str, bot: str, now: datetime) -> str:
    """The address that opens the bot and, within a quarter of an hour and once, links the chat to the resident."""
    Code.end_all(resident, [_purpose(channel)], now)
    return LINKS[channel](bot, codes.new_link(resident, _purpose(channel), now, LIVES))


@transaction
def disconnect(resident: Resident, channel: str) -> None:
    chat = Chat.of([resident]).get((resident.id, channel))
    if chat is not None:
        Chat.unlink(channel, chat)


def secret(key: str, channel: str) -> str:
    """What the messenger puts beside every call of the webhook, so that nobody else can call it."""
    return hmac.new(key.encode(), f"webhook\0{channel}".encode(), sha256).hexdigest()


def is_genuine(key: str, channel: str, given: str) -> bool:
    return hmac.compare_digest(secret(key, channel).encode(), given.encode("utf-8", "replace"))


def hear(channel: str, body: bytes, now: datetime) -> None:
    """What the messenger tells: a resident came by his link, or left. Anything else is taken and left alone."""
    try:
        update = json.loads(body[:LARGEST])
    except ValueError:
        return
    event = READERS[channel](update) if isinstance(update, dict) else None
    if isinstance(event, Came) and event.address:
        _link(channel, event, now)
    elif isinstance(event, Left):
        bounces.left(channel, event.address)


@transaction
def _link(channel: str, came: Came, now: datetime) -> None:
    """A link that is over, or was used, links nobody: the chat gets no answer, the profile shows what is."""
    code = codes.alive(_purpose(channel), came.token, now)
    if code is None or code.resident is None or not Code.redeem(code, now):
        return
    Chat.link(code.resident, channel, came.address, now)
    outbox.put(
        "messenger-linked", f"messenger-linked:{code.id}", now,
        resident=code.resident, destination=came.address, channel=channel,
    )  # fmt: skip


def _purpose(channel: str) -> str:
    return f"messenger-{channel}"
