"""Which order line is which payment of the billing: so that nothing is counted twice (exchange.md, finer point 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from models import Match, Order, OrderLine, Payment, RegistryMatch, transaction
from services import refunds

NEAR = timedelta(days=3)
CHUNK = 500  # orders a transaction: residents' writes must not wait


@dataclass(frozen=True)
class Open:
    """What the billing has not met: a line, or all lines of an account in one order (`lines` ids together).

    `names` are the identifiers by which the billing may call it, whatever sum it writes; `weak` those that count
    only with the same sum, since a billing's own numbering may meet them by chance. Sums in kopecks.
    """

    lines: tuple[int, ...]
    account: int
    amount: int
    day: date
    names: frozenset[str]
    weak: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Met:
    """A payment of the billing that no line has met."""

    id: int
    account: int
    amount: int
    day: date
    identifier: str


def pairs(opens: Sequence[Open], payments: Sequence[Met]) -> dict[int, int]:
    """Line → payment, one to one: by identifier, else by account, sum and the nearest day within three.

    A payment that pays several lines of an order stands at each of them, one after another.
    """
    return _one_to_one((*_named(opens, payments), *_near(opens, payments)))


def named(opens: Sequence[Open], payments: Sequence[Met]) -> dict[int, int]:
    """The same by identifier alone."""
    return _one_to_one(_named(opens, payments))


def _one_to_one(found: Iterable[tuple[Open, Met]]) -> dict[int, int]:
    met: dict[int, int] = {}
    taken: set[int] = set()
    for open_, payment in found:
        if payment.id not in taken and not any(line in met for line in open_.lines):
            taken.add(payment.id)
            met.update(dict.fromkeys(open_.lines, payment.id))
    return met


def _named(opens: Sequence[Open], payments: Sequence[Met]) -> Iterator[tuple[Open, Met]]:
    by_name: dict[tuple[int, str], list[Met]] = {}
    for payment in payments:
        by_name.setdefault((payment.account, payment.identifier), []).append(payment)
    for open_ in opens:
        for name in sorted(open_.names):
            yield from ((open_, payment) for payment in by_name.get((open_.account, name), ()))
        for name in sorted(open_.weak):
            for payment in by_name.get((open_.account, name), ()):
                if payment.amount == open_.amount:
                    yield open_, payment


def _near(opens: Sequence[Open], payments: Sequence[Met]) -> list[tuple[Open, Met]]:
    by_sum: dict[tuple[int, int], list[Met]] = {}
    for payment in payments:
        by_sum.setdefault((payment.account, payment.amount), []).append(payment)
    found = [
        (abs(payment.day - open_.day), -len(open_.lines), open_.lines, payment.id, open_, payment)
        for open_ in opens
        for payment in by_sum.get((open_.account, open_.amount), ())
        if abs(payment.day - open_.day) <= NEAR
    ]
    return [(open_, payment) for *_, open_, payment in sorted(found, key=lambda one: one[:4])]


def match(now: datetime) -> int:
    """Meets paid orders with the billing's payments, and posts those met in full; how many lines were met.

    `now` in the utility's zone: days are compared there. Called after payments were imported, and by the worker.
    """
    found, after = 0, 0
    while orders := Order.to_post(after, CHUNK):
        found += _match(orders, now)
        after = orders[-1].id
    refunds.meet(now.tzinfo)
    return found


@transaction
def _match(orders: Sequence[Order], now: datetime) -> int:
    opens = list(opened(Match.unmatched(orders), now.tzinfo))
    if opens:
        since = min(open_.day for open_ in opens) - NEAR
        rows = Match.candidates({open_.account for open_ in opens}, since)
        by_banks = RegistryMatch.taken(row.id for row in rows)
        payments = [_met(row) for row in rows if row.id not in by_banks]
        found = _joined(pairs(opens, payments), now)
    else:
        found = 0
    Match.post([order.id for order in orders])
    return found


def _joined(met: Mapping[int, int], now: datetime) -> int:
    """Stores the pairs; where another run was faster with a payment, the lines it would have paid stay open."""
    found = 0
    for payment, group in groupby(met.items(), key=lambda pair: pair[1]):
        first, *others = (line for line, _ in group)
        if Match.made(first, payment, 0, now):
            found += 1 + sum(Match.made(line, payment, position, now) for position, line in enumerate(others, 1))
    return found


def recheck() -> int:
    """Once a day: orders whose payment the billing withdrew wait to be met anew; how many."""
    lost = Match.unmet()
    return _unpost(lost) if lost else 0


@transaction
def _unpost(ids: Sequence[int]) -> int:
    return Order.unpost(ids)


def opened(lines: Iterable[OrderLine], zone: tzinfo | None) -> Iterator[Open]:
    """The lines, and before them what an account was paid in one order as a whole."""
    by_part = sorted(lines, key=lambda line: (line.order_id, line.account_id, line.id))
    for (_, account), group in groupby(by_part, key=lambda line: (line.order_id, line.account_id)):
        part = list(group)
        order = part[0].order
        day = (order.paid_at or order.created_at).astimezone(zone).date()
        names = frozenset(name for name in (order.number, order.provider_id) if name)
        ids = tuple(line.id for line in part)
        if len(part) > 1:
            yield Open(ids, account, sum(line.amount for line in part), day, names)
        for line in part:
            own = names if len(part) == 1 else frozenset[str]()
            yield Open((line.id,), account, line.amount, day, own, names | {str(line.id)})


def _met(row: Payment) -> Met:
    return Met(row.id, row.account_id, row.amount, row.paid_on, row.identifier)
