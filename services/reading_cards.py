"""What an account's meters look like today: scales with their last values, obstacles, the state of the card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from models import Account, Meter, Reading, Register, Service
from models.reading import ACCEPTED, BY_BILLING, LOOKED_AT, REJECTED, USED, VALID, Declared
from services.dial import MICRO, Dial, Past, months_since, season, usual
from services.settings import REFUSE, Book, SupplierSettings
from services.windows import Windows, reopened, windows

AUTOMATIC, REMOVED, EXPIRED = "automatic", "removed", "expired"
REMOVED_IS_SHOWN_FOR = timedelta(days=366)


@dataclass(frozen=True)
class Scale:
    """A register with what was declared: `last` of all, `own` in the window of today, `refused` after that."""

    register: Register
    dial: Dial
    last: Declared | None
    own: Declared | None
    refused: Declared | None


@dataclass(frozen=True)
class MeterCard:
    """A meter with its scales. `obstacle` says why no reading can be sent ("" = it can).

    `is_expired` and `is_expiring` (its verification) only warn.
    """

    meter: Meter
    scales: tuple[Scale, ...]
    obstacle: str
    is_expired: bool
    is_expiring: bool = False

    @property
    def service(self) -> Service:
        return self.meter.service

    @property
    def is_sent(self) -> bool:
        return all(scale.own is not None for scale in self.scales)

    @property
    def last(self) -> Declared | None:
        """The newest value of any scale."""
        return max((scale.last for scale in self.scales if scale.last), key=lambda last: last.taken_on, default=None)


@dataclass(frozen=True)
class Card:
    """An account on «Показания».

    `state`: todo, partly, done (sent for the window), closed (no window today), automatic, expired (every meter past
    its verification), none (no meters), shut (the account is closed).
    """

    account: Account
    state: str
    meters: tuple[MeterCard, ...]
    windows: Windows

    @property
    def is_open(self) -> bool:
        """Can something be sent now?"""
        return self.windows.now is not None and self.state in ("todo", "partly", "done")

    @property
    def dials(self) -> list[Dial]:
        """The scales that take readings, as the rules see them."""
        return [scale.dial for meter in self.meters if not meter.obstacle for scale in meter.scales]

    @property
    def shape(self) -> str:
        """Which meters a form was made for: a new meter may get the id of one that is gone."""
        scales = [scale for meter in self.meters if not meter.obstacle for scale in meter.scales]
        told = [
            f"{scale.register.id}:{scale.register.meter.number}:{scale.register.scale}:{scale.register.digits}"
            for scale in scales
        ]
        return sha256("\n".join(told).encode()).hexdigest()[:12]

    @property
    def own(self) -> list[Declared]:
        """What was declared for today's window, or for the one that has closed."""
        return [scale.own for meter in self.meters for scale in meter.scales if scale.own is not None]

    @property
    def unbilled(self) -> list[int]:
        """The acts that declared it and that no bill has used yet."""
        return [row.submission for row in self.own if row.submission is not None and row.state != USED]

    @property
    def can_withdraw(self) -> bool:
        """Is there something to take back, and has the billing got none of it?"""
        own = [row for row in self.own if is_replaceable(row, self.windows)]
        return bool(own) and all(row.state == ACCEPTED for row in own)

    @property
    def sent_on(self) -> date | None:
        return max((own.taken_on for own in self.own), default=None)

    @property
    def missing(self) -> int:
        """How many meters are waited for."""
        return sum(1 for meter in self.meters if not meter.obstacle and not meter.is_sent)


def cards(
    accounts: Sequence[Account],
    today: date,
    book: Book,
    zero_padded: bool = True,
    back: int = LOOKED_AT,
    is_late: bool = False,
) -> dict[int, Card]:
    """The card of each account by its id: two queries whatever their number.

    `back`: how many readings the checks look back; 0 where only the states are shown. `is_late`: the window that has
    closed takes readings still.
    """
    ids = [account.id for account in accounts]
    registers: dict[int, list[Register]] = defaultdict(list)
    for register in Register.of_accounts(ids):
        registers[register.meter.account_id].append(register)
    declared: dict[int, list[Declared]] = defaultdict(list)
    for row in Reading.recent(ids, back):
        declared[row.register].append(row)
    return {
        account.id: _card(
            account, registers[account.id], declared, today, book.of(account.supplier_id), zero_padded, is_late
        )
        for account in accounts
    }


def _card(
    account: Account,
    registers: Iterable[Register],
    declared: Mapping[int, list[Declared]],
    today: date,
    settings: SupplierSettings,
    zero_padded: bool,
    is_late: bool,
) -> Card:
    near = windows(settings.reading_from_day, settings.reading_to_day, today)
    near = reopened(near, today) if is_late else near
    by_meter: dict[int, list[Register]] = defaultdict(list)
    for register in registers:
        by_meter[register.meter_id].append(register)
    meters = tuple(
        MeterCard(
            scales[0].meter,
            tuple(_scale(scale, declared.get(scale.id, []), near, today, settings, zero_padded) for scale in scales),
            _obstacle(scales[0].meter, today, settings),
            scales[0].meter.is_expired(today),
            scales[0].meter.is_expiring(today),
        )
        for scales in by_meter.values()
        if _is_shown(scales[0].meter, today)
    )
    return Card(account, _state(account, meters, near, today), _live_first(meters), near)


def _state(account: Account, meters: Sequence[MeterCard], near: Windows, today: date) -> str:
    live = [meter for meter in meters if meter.obstacle != REMOVED]
    if account.closed_on is not None and account.closed_on <= today:
        return "shut"
    if not live:
        return "none"
    free = [meter for meter in live if not meter.obstacle]
    if not free:
        return AUTOMATIC if all(meter.obstacle == AUTOMATIC for meter in live) else EXPIRED
    if all(meter.is_sent for meter in free):
        return "done"
    if near.now is None:
        return "closed"
    return "partly" if any(meter.is_sent for meter in free) else "todo"


def _obstacle(meter: Meter, today: date, settings: SupplierSettings) -> str:
    if meter.is_removed(today):
        return REMOVED
    if meter.is_automatic:
        return AUTOMATIC
    return EXPIRED if meter.is_expired(today) and settings.expired_meters == REFUSE else ""


def _is_shown(meter: Meter, today: date) -> bool:
    """A meter taken down long ago is history; the last year's is shown with the reason."""
    return meter.removed_on is None or today - meter.removed_on < REMOVED_IS_SHOWN_FOR


def _live_first(meters: Sequence[MeterCard]) -> tuple[MeterCard, ...]:
    return tuple(sorted(meters, key=lambda meter: meter.obstacle == REMOVED))


def _scale(
    register: Register,
    declared: Sequence[Declared],
    near: Windows,
    today: date,
    settings: SupplierSettings,
    zero_padded: bool,
) -> Scale:
    """`declared` is newest first."""
    valid = [row for row in declared if row.state in VALID]
    own = next((row for row in valid if near.current.starts <= row.taken_on <= near.current.ends), None)
    refused = next((row for row in declared if row.state == REJECTED and near.current.starts <= row.taken_on), None)
    return Scale(
        register,
        _dial(register, counted(valid, near), today, settings, zero_padded),
        valid[0] if valid else None,
        own,
        refused if refused is not None and (own is None or refused.id > own.id) else None,
    )


def is_replaceable(row: Declared, near: Windows) -> bool:
    """Would a reading sent now take its place? Ours, of the window that is open, and in no bill yet."""
    return near.now is not None and near.now.holds(row.taken_on) and row.origin != BY_BILLING and row.state != USED


def counted(valid: Sequence[Declared], near: Windows) -> list[Declared]:
    """What checks may start from, newest first."""
    return [row for row in valid if not is_replaceable(row, near)]


def _dial(
    register: Register, past: Sequence[Declared], today: date, settings: SupplierSettings, zero_padded: bool
) -> Dial:
    """Checks count from the last reading used in a bill, else from the last accepted (product R5.1)."""
    meter = register.meter
    place = next((index for index, row in enumerate(past) if row.state == USED), 0)
    limit = settings.monthly_limits.get(str(meter.service.kind)) if meter.ratio == 1 else None
    base, average, of_season, months = None, None, None, 1
    if past:
        start = past[place]
        base = Past(_floored(start.value, register.decimals), start.taken_on)
        history = [Past(row.value, row.taken_on, row.has_rolled) for row in reversed(past[place:])]
        average = usual(history, register.digits, start.taken_on, today)
        of_season = season(history, start.taken_on, today, register.digits)
        months = months_since(start.taken_on, today)
    return Dial(
        register=register.id,
        meter=register.meter_id,
        name=str(register.scale),
        unit=str(meter.service.unit),
        digits=register.digits,
        decimals=min(register.decimals, 6),
        ratio=meter.ratio,
        base=base,
        usual=average,
        season=of_season,
        limit=limit,
        months=months,
        factor=settings.unusual_factor,
        near_end=settings.roll_over_from,
        zero_padded=zero_padded,
    )


def _floored(value: int, decimals: int) -> int:
    """An import may take decimals away: the old value is compared as the meter shows it now."""
    step: int = MICRO // 10 ** min(decimals, 6)
    return value - value % step
