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


def local_now() -> datetime:
    """The same moment as the utility's clocks show it, for work that compares its days."""
    return now().astimezone(_zone)


def today() -> date:
    """The utility's day: the date of a reading sent at 00:30 in Omsk is Omsk's."""
    return local_now().date()
