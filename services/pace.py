"""When what may wait is sent: not at night, and not more than so much a day to one address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# Reminders, bills and notices for many that one address takes in a day; codes are never counted.
MOST_A_DAY: Mapping[str, int] = {"email": 20, "sms": 3, "telegram": 10, "max": 10}
SILENT = ("sms", "telegram", "max")  # a letter wakes nobody


@dataclass(frozen=True)
class Pace:
    """What holds for a channel at a moment: is it night, when the day began, when what is too much may go."""

    is_quiet: bool
    day_began: datetime
    next_day: datetime
    most: int


def pace(channel: str, local: datetime, quiet_from: int, quiet_to: int) -> Pace:
    """`local`: the moment in the utility's zone; hours equal to each other mean that there is no night."""
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return Pace(
        channel in SILENT and is_quiet(local.hour, quiet_from, quiet_to),
        day,
        (day + timedelta(days=1)).replace(hour=quiet_to % 24),
        MOST_A_DAY[channel],
    )


def is_quiet(hour: int, quiet_from: int, quiet_to: int) -> bool:
    if quiet_from <= quiet_to:
        return quiet_from <= hour < quiet_to
    return hour >= quiet_from or hour < quiet_to
