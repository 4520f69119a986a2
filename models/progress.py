"""How the window of readings goes, written down by the worker: figures by day, and which accounts owe a reading.

Counted live they would walk every register of the town at every look at the board.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import SQL, Case, DateField, ForeignKeyField, IntegerField, Select, TextField, fn

from models.account import Account
from models.base import Base, UtcField, db
from models.meter import Meter, Register
from models.reading import VALID, Reading
from models.supplier import Supplier


class ReadingProgress(Base):
    """A window of a supplier's: how many accounts people read meters of, and how many of them sent all on which day.

    `days` is JSON: ``{"2026-11-16": 12}``. `ends` is the window's last day; what came later stands in `days`, too.
    """

    supplier_id: int
    supplier = ForeignKeyField(Supplier, backref="progress", index=False, on_delete="CASCADE")
    starts = DateField()
    ends = DateField()
    expected = IntegerField()
    days = TextField(default="{}")
    counted_at = UtcField()

    class Meta:
        indexes = ((("supplier", "starts"), True),)

    @property
    def by_day(self) -> dict[date, int]:
        return {date.fromisoformat(day): count for day, count in json.loads(str(self.days)).items()}

    @classmethod
    def put(
        cls, supplier: int, starts: date, ends: date, expected: int, days: Mapping[date, int], now: datetime
    ) -> None:
        """The window's figures as they are now."""
        kept = json.dumps({f"{day}": count for day, count in sorted(days.items())})
        facts = {"ends": ends, "expected": expected, "days": kept, "counted_at": now}
        row = cls.insert(supplier=supplier, starts=starts, **facts)
        written = [cls.ends, cls.expected, cls.days, cls.counted_at]
        row.on_conflict(conflict_target=[cls.supplier, cls.starts], preserve=written).execute()

    @classmethod
    def is_there(cls, supplier: int, starts: date) -> bool:
        return bool(cls.select().where(cls.supplier == supplier, cls.starts == starts).exists())

    @classmethod
    def counted_last(cls, suppliers: Iterable[int]) -> datetime | None:
        """The moment of the newest figures of the suppliers."""
        newest = cls.select(fn.MAX(cls.counted_at)).where(cls.supplier.in_(list(suppliers))).scalar()
        return cls.counted_at.python_value(newest)

    @classmethod
    def of_windows(cls, suppliers: Collection[int] | None, since: date) -> list[ReadingProgress]:
        """The suppliers' (None = all) windows that opened on the day or later, oldest first, each with supplier."""
        rows = cls.select(cls, Supplier).join(Supplier).where(cls.starts >= since)
        rows = rows if suppliers is None else rows.where(cls.supplier.in_(list(suppliers)))
        return list(rows.order_by(cls.starts, Supplier.name))


class Counted(NamedTuple):
    """An account with registers that people read: when the last of them was sent in the window, None = one is not."""

    account: int
    house: int
    sent_on: date | None


def counted(
    supplier: int, starts: date, until: date, today: date, after: int, most: int
) -> tuple[list[Counted], int | None]:
    """So many accounts after an id, by id: what came from `starts` to before `until`; and the id to go on after.

    Accounts that have nothing to send are left out; None to go on after = these were the last.
    """
    open_ = (Account.supplier == supplier, Account.closed_on.is_null())
    ids = [
        row.id
        for row in Account.select(Account.id).where(*open_, Account.id > after).order_by(Account.id).limit(most)
    ]
    if not ids:
        return [], None
    sent = Reading.select(fn.MIN(Reading.taken_on)).where(
        Reading.register == Register.id,
        Reading.state.in_(VALID),
        Reading.taken_on >= starts,
        Reading.taken_on < until,
    )
    registers = (
        Register.select(Account.id.alias("account"), Account.house.alias("house"), sent.alias("sent"))
        .join(Meter)
        .join(Account)
        .where(*open_, Account.id.between(ids[0], ids[-1]), *Meter.by_people(today))
    ).alias("registers")
    account, house, day = (registers.c[name] for name in ("account", "house", "sent"))
    whole = Case(None, [(fn.COUNT(day) == fn.COUNT(SQL("*")), fn.MAX(day))])
    rows = Select([registers], [account, house, whole]).group_by(account, house).order_by(account).tuples()
    found = cast(Iterable[tuple[int, int, Any]], rows.bind(db))
    lines = [Counted(number, place, _day(last)) for number, place, last in found]
    return lines, ids[-1] if len(ids) == most else None


def _day(value: date | str | None) -> date | None:
    """A day that came out of a function: SQLite gives its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
