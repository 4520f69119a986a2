"""What a registry holds, in figures; and the sorts of its lines that its page may be narrowed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from peewee import JOIN, SQL, Case, Expression, fn

from models.account import Account, House
from models.registry import (
    DUPLICATE,
    FLAWED,
    MET,
    NEW,
    OPEN,
    REJECTED,
    TRANSFER,
    WAITING,
    BankOperation,
    Registry,
    RegistryLine,
)
from models.supplier import Supplier


@dataclass(frozen=True)
class Part:
    """How many lines of a registry are of a sort, and their sum in kopecks."""

    count: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Totals:
    """What a registry holds. `told` counts all operations that were read; a new line is in one of the next three.

    `known` of an account, `unknown` of none, `doubled` by an operation that was taken in before or stands twice in
    the file. `altered` are the doubled ones whose account, sum or day differs from what was taken in.
    """

    told: Part
    states: dict[str, Part]
    transferred: int
    fee: int
    known: Part
    unknown: Part
    doubled: Part
    altered: int
    reversed: Part
    uneven: int
    alike: int


def totals(registry: Registry) -> Totals:
    """The figures of a registry as it stands now: three queries whatever its size."""
    line = RegistryLine
    parts: dict[tuple[str, bool, bool], Part] = {}
    told = transferred = fee = uneven = amount = back = back_amount = 0
    for row in cast(Iterable[tuple[Any, ...]], _grouped(registry).tuples()):
        state, is_known, is_doubled = str(row[0]), bool(row[1]), bool(row[2])
        parts[state, is_known, is_doubled] = Part(int(row[3]), int(row[4] or 0))
        if state != FLAWED:
            told, amount = told + int(row[3]), amount + int(row[4] or 0)
            transferred, fee, uneven = transferred + int(row[5]), fee + int(row[6]), uneven + int(row[7])
            back, back_amount = back + int(row[8]), back_amount + int(row[9])
    states: dict[str, Part] = {}
    for (state, _, _), part in parts.items():
        before = states.get(state, Part())
        states[state] = Part(before.count + part.count, before.amount + part.amount)
    is_new = states.get(NEW, Part()).count > 0
    doubled = parts.get((NEW, True, True), Part()), parts.get((NEW, False, True), Part())
    return Totals(
        told=Part(told, amount),
        states=states,
        transferred=transferred,
        fee=fee,
        known=parts.get((NEW, True, False), Part()),
        unknown=parts.get((NEW, False, False), Part()),
        doubled=Part(sum(part.count for part in doubled), sum(part.amount for part in doubled)),
        altered=line.select().where(line.registry == registry, _altered()).count() if is_new else 0,
        reversed=Part(back, back_amount),
        uneven=uneven,
        alike=line.select().where(line.registry == registry, _alike()).count() if is_new else 0,
    )


def _grouped(registry: Registry) -> Any:
    line = RegistryLine
    is_known, is_doubled = _flag(line.account.is_null(False)), _flag(_doubled())
    uneven, back = _flag(_uneven()), _flag(line.amount < 0)
    return (
        line.select(
            line.state, is_known, is_doubled, fn.COUNT(line.id), fn.SUM(line.amount),
            fn.COALESCE(fn.SUM(line.transferred), 0), fn.COALESCE(fn.SUM(line.fee), 0), fn.SUM(uneven), fn.SUM(back),
            fn.SUM(back * line.amount),
        )
        .where(line.registry == registry)
        .group_by(line.state, SQL("2"), SQL("3"))  # by place: PostgreSQL takes equal parameters for different ones
    )  # fmt: skip


def _flag(condition: Any) -> Any:
    """1 where the condition holds, else 0: both engines can add those up."""
    return Case(None, ((condition, 1),), 0)


def _doubled() -> Expression:
    """An operation that was taken in before, or an earlier line of the same file has its number."""
    line, twin = RegistryLine, RegistryLine.alias()
    before = (
        BankOperation.select(SQL("1"))
        .join(Registry, on=(Registry.supplier == BankOperation.supplier))
        .where(Registry.id == line.registry, BankOperation.key == line.key, BankOperation.line != line.id)
    )
    earlier = twin.select(SQL("1")).where(
        twin.registry == line.registry, twin.key == line.key, twin.line < line.line, twin.key != ""
    )
    return (line.state == NEW) & (fn.EXISTS(before) | fn.EXISTS(earlier))


def _altered() -> Expression:
    """A new line whose operation was taken in before with another account, sum or day."""
    line, other = RegistryLine, RegistryLine.alias()
    before = (
        BankOperation.select(SQL("1"))
        .join(Registry, on=(Registry.supplier == BankOperation.supplier))
        .join(other, on=(other.id == BankOperation.line))
        .where(
            Registry.id == line.registry,
            BankOperation.key == line.key,
            BankOperation.line != line.id,
            (other.amount != line.amount)
            | (other.account_number != line.account_number)
            | (other.paid_on != line.paid_on),
        )
    )
    return (line.state == NEW) & fn.EXISTS(before)


def _alike() -> Expression:
    """A new line without a number of its own, and another registry has one of the same account, sum and day."""
    line, other, theirs, own = RegistryLine, RegistryLine.alias(), Registry.alias(), Registry.alias()
    same = (
        other.select(SQL("1"))
        .join(theirs, on=(theirs.id == other.registry))
        .join(own, on=(own.supplier == theirs.supplier))
        .where(
            own.id == line.registry,
            other.registry != line.registry,
            other.account == line.account,
            other.amount == line.amount,
            other.paid_on == line.paid_on,
            other.state.in_((OPEN, MET)),
        )
    )
    return (line.state == NEW) & (line.operation == "") & line.account.is_null(False) & fn.EXISTS(same)


def _uneven() -> Expression:
    """What was paid less the fee is not what was transferred."""
    line = RegistryLine
    return line.transferred.is_null(False) & line.fee.is_null(False) & (line.amount - line.fee != line.transferred)


# What the page of a registry may be narrowed to.
KINDS: dict[str, Callable[[], Any]] = {
    "known": lambda: RegistryLine.state.in_((NEW, OPEN, MET)) & RegistryLine.account.is_null(False) & ~_doubled(),
    "unknown": lambda: RegistryLine.state.in_((NEW, WAITING)) & RegistryLine.account.is_null() & ~_doubled(),
    "doubled": lambda: (RegistryLine.state == DUPLICATE) | _doubled(),
    "altered": lambda: _altered(),
    "reversed": lambda: (RegistryLine.state != FLAWED) & (RegistryLine.amount < 0),
    "uneven": lambda: _uneven(),
    "alike": lambda: _alike(),
    "flawed": lambda: RegistryLine.state == FLAWED,
    "rejected": lambda: RegistryLine.state == REJECTED,
    "transfer": lambda: RegistryLine.state == TRANSFER,
}


def lines(registry: Registry, kind: str, after: int, limit: int) -> list[RegistryLine]:
    """Lines of a kind by their place in the file, each with its account; an unknown kind is all of them.

    `is_doubled` of a new line: its operation was taken in before, or stands above it.
    """
    rows = (
        RegistryLine.select(RegistryLine, Account, Supplier, House, _flag(_doubled()).alias("is_doubled"))
        .join(Account, JOIN.LEFT_OUTER)
        .join(Supplier, JOIN.LEFT_OUTER)
        .switch(Account)
        .join(House, JOIN.LEFT_OUTER)
        .where(RegistryLine.registry == registry, RegistryLine.line > after)
    )
    condition = KINDS.get(kind)
    rows = rows.where(condition()) if condition else rows
    return list(rows.order_by(RegistryLine.line).limit(limit))
