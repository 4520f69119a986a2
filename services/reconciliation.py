"""Reconciliation («сверка»): orders ↔ payments of the billing ↔ registries of a bank, each payment counted once.

By equal identifier; else by account, sum and the nearest day within three, one to one (docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from peewee import IntegrityError

from models import Payment, RegistryLine, RegistryMatch, transaction
from services import matching
from services.matching import CHUNK, NEAR, Met, Open

BEFORE = timedelta(days=60)  # how much earlier than the bank a billing may date a payment of the same number

Meet = Callable[[Sequence[RegistryLine], datetime], int]
Join = Callable[[Mapping[int, int], datetime], int]


def reconcile(now: datetime) -> int:
    """Meets all that is open; how many lines of orders and registries were met.

    `now` in the utility's zone. The bank's own numbers go first: a payment of the billing that carries one is that
    operation, however well an order's sum and day would fit it.
    """
    _mend()
    found = _each(_by_number, now)
    found += matching.match(now)
    return found + _each(_by_likeness, now)


def _each(meet: Meet, now: datetime) -> int:
    found, after = 0, 0
    while lines := RegistryLine.to_meet(after, CHUNK):
        found += meet(lines, now)
        after = lines[-1].id
    return found


@transaction
def _mend() -> None:
    RegistryMatch.mend()


def _by_number(lines: Sequence[RegistryLine], now: datetime) -> int:
    named = [line for line in lines if line.operation]
    return _with_payments(named, now, nearness=False) + _with_orders(named, now, nearness=False)


def _by_likeness(lines: Sequence[RegistryLine], now: datetime) -> int:
    found = _with_payments(lines, now, nearness=True)
    return found + _with_orders(_still_open(lines), now, nearness=True)


def _with_payments(lines: Sequence[RegistryLine], now: datetime, *, nearness: bool) -> int:
    """Lines met by payments of the billing; reversals are met by reversals."""
    if not lines:
        return 0
    since = min(line.paid_on for line in lines) - (NEAR if nearness else BEFORE)
    payments = RegistryMatch.payments(_accounts(lines), since)
    pairs: dict[int, int] = {}
    for is_reversal in (False, True):
        opens = [_opened(line) for line in lines if (line.amount < 0) is is_reversal]
        mets = [_met(row) for row in payments if (row.amount < 0) is is_reversal]
        pairs |= matching.pairs(opens, mets) if nearness else matching.named(opens, mets)
    return _joined(RegistryMatch.join_payments, pairs, now)


def _with_orders(lines: Sequence[RegistryLine], now: datetime, *, nearness: bool) -> int:
    """Lines that tell again of what was paid here, before the billing has told of it."""
    mets = list(_parts(lines, now.tzinfo))
    opens = [_opened(line, is_weak=True) for line in lines if line.amount > 0]
    pairs = matching.pairs(opens, mets) if nearness else matching.named(opens, mets)
    return _joined(RegistryMatch.join_orders, pairs, now)


def _joined(join: Join, pairs: Mapping[int, int], now: datetime) -> int:
    """Writes the pairs, the only thing that residents' writes wait for."""
    if not pairs:
        return 0
    try:
        return _write(join, pairs, now)
    except IntegrityError:  # a payment was withdrawn since it was read: the next run sees what is left
        return 0


@transaction
def _write(join: Join, pairs: Mapping[int, int], now: datetime) -> int:
    found = join(pairs, now)
    RegistryLine.meet(pairs)
    return found


def _parts(lines: Sequence[RegistryLine], zone: tzinfo | None) -> Iterator[Met]:
    """What an account was paid in an order as a whole, under each of its names; known by its first line."""
    seen: set[int] = set()
    for part in matching.opened(RegistryMatch.order_lines(_accounts(lines)), zone) if lines else ():
        if not seen & set(part.lines):
            seen.update(part.lines)
            for name in sorted(part.names):
                yield Met(part.lines[0], part.account, part.amount, part.day, name)


def _still_open(lines: Sequence[RegistryLine]) -> list[RegistryLine]:
    met = RegistryMatch.lines(line.id for line in lines)
    return [line for line in lines if line.id not in met]


def _accounts(lines: Sequence[RegistryLine]) -> set[int]:
    return {line.account_id for line in lines if line.account_id is not None}


def _opened(line: RegistryLine, *, is_weak: bool = False) -> Open:
    """The bank's number may be that of an order by chance: there it counts only with the same sum."""
    names = frozenset({line.operation} - {""})
    strong, weak = (frozenset[str](), names) if is_weak else (names, frozenset[str]())
    return Open((line.id,), line.account_id or 0, line.amount, line.paid_on, strong, weak)


def _met(row: Payment) -> Met:
    return Met(row.id, row.account_id, row.amount, row.paid_on, row.identifier)
