"""The only clock: aware UTC moments, and days in the utility's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_zone = ZoneInfo("Europe/Moscow")


def set_zone(name: str) -> None:
    """Sets the utility's zone once at start (`timezone` of portal.toml)."""
    global _zone
    _zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    return _zone


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The utility's day: the date of a reading sent at 00:30 in Omsk is Omsk's."""
    return now().astimezone(_zone).date()
