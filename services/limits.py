"""How often one may try: attempts are rows, so the limits hold across processes and restarts.

Whom an attempt is counted for is a keyed hash: the table tells nobody who tried, or from where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from threading import Lock

from models import Attempt, lock_names, transaction
from services.refusal import Refused
from services.secrets import keyed

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts of a kind for one subject within the time before now."""

    kind: str
    most: int
    within: timedelta = HOUR


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from: address and device as a person reads them; `key` hides them in what is counted."""

    key: str
    address: str = ""
    device: str = ""

    def subject(self, *parts: str) -> str:
        """Whom an attempt is counted for."""
        return keyed(self.key, "attempt", *parts)

    @property
    def network(self) -> str:
        """The address as a subject: an IPv6 household owns a whole /64 and could walk through it."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.subject("address", self.address)
        place = str(address) if address.version == 4 else f"{int(address) >> 64:x}/64"
        return self.subject("address", place)


class TooMany(Refused):
    """The limit is reached; `left` is how long it lasts."""

    def __init__(self, left: timedelta) -> None:
        super().__init__(f"Слишком много попыток. Подождите {waiting_words(left)} и попробуйте ещё раз.")
        self.left = left


class Pace:
    """At most `most` questions of one subject within an hour, counted in this process alone.

    For reading, which must cost no write: it is no guess, so each process may count for itself.
    """

    def __init__(self, most: int, within: timedelta = HOUR) -> None:
        self.most, self.within = most, within
        self._lock = Lock()
        self._seen: dict[str, tuple[datetime, int]] = {}

    def wait(self, subject: str, now: datetime) -> timedelta | None:
        """Counts a question; how long until one more is allowed, None = it was."""
        with self._lock:
            began, count = self._seen.get(subject, (now, 0))
            if not timedelta(0) <= now - began < self.within:
                began, count = now, 0
                self._forget(now)
            if count >= self.most:
                return began + self.within - now
            self._seen[subject] = (began, count + 1)
            return None

    def _forget(self, now: datetime) -> None:
        """What has passed goes whenever an hour begins for somebody."""
        self._seen = {key: seen for key, seen in self._seen.items() if timedelta(0) <= now - seen[0] < self.within}


def wait(limit: Limit, subject: str, now: datetime) -> timedelta | None:
    """How long until one more attempt is allowed; None = now."""
    oldest = Attempt.nth_failure(limit.kind, subject, limit.most, now - limit.within)
    return oldest + limit.within - now if oldest else None


def failures(limit: Limit, subject: str, now: datetime) -> int:
    """How many attempts count at the moment."""
    return Attempt.failures(limit.kind, subject, now - limit.within)


def check(counted: Sequence[tuple[Limit, str]], now: datetime) -> None:
    """Refuses where an attempt would be refused, and counts nothing: before work that costs more than an attempt."""
    for limit, subject in counted:
        left = wait(limit, subject, now)
        if left:
            raise TooMany(left)


@transaction
def spend(counted: Sequence[tuple[Limit, str]], now: datetime) -> list[Attempt]:
    """Counts an attempt before it is made, or refuses and counts nothing: of ten at once none slips through."""
    lock_names(*(limit.kind + subject for limit, subject in counted))
    check(counted, now)
    pairs = dict.fromkeys((limit.kind, subject) for limit, subject in counted)
    return [Attempt.create(kind=kind, subject=subject, at=now) for kind, subject in pairs]


def succeed(attempts: Sequence[Attempt]) -> None:
    """These were no guesses: they do not count."""
    for attempt in attempts:
        attempt.succeeded = True
        attempt.save()


def waiting_words(left: timedelta) -> str:
    """«40 секунд», «12 минут», «2 часа»: in the accusative, rounded up."""
    seconds = max(1, -(-left // timedelta(seconds=1)))
    if seconds < 60:
        return _counted(seconds, "секунду", "секунды", "секунд")
    minutes = -(-seconds // 60)
    if minutes <= 60:
        return _counted(minutes, "минуту", "минуты", "минут")
    return _counted(-(-minutes // 60), "час", "часа", "часов")


def _counted(count: int, one: str, few: str, many: str) -> str:
    tens, ones = count % 100, count % 10
    if 10 < tens < 20:
        form = many
    else:
        form = one if ones == 1 else few if 1 < ones < 5 else many
    return f"{count}\N{NO-BREAK SPACE}{form}"
