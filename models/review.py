"""The operator's queue: readings that were confirmed against a warning, until somebody has looked at them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, ForeignKeyField, ModelSelect

from models.account import Account
from models.base import Base, UtcField
from models.meter import Meter, Register
from models.photo import Photo
from models.reading import ACCEPTED, EXPORTED, Reading, Submission
from models.resident import Resident
from models.supplier import Service, Supplier

# What was replaced or withdrawn asks nothing of anybody, and what a bill has used is settled.
OPEN = (ACCEPTED, EXPORTED)


class Doubted(NamedTuple):
    """A reading with what made it doubtful; values in millionths, `photo` an id or None; whom to call or write to."""

    id: int
    supplier: str
    account: str
    service: str
    unit: str
    meter: str
    scale: str
    digits: int
    decimals: int
    ratio: int
    value: int
    before: int | None
    has_rolled: bool
    taken_on: date
    origin: str
    source: str
    doubts: str
    state: str
    photo: int | None
    phone: str | None
    email: str | None


class Review(Base):
    """An operator has looked at a doubted reading."""

    reading = ForeignKeyField(Reading, unique=True, on_delete="CASCADE")
    resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
    at = UtcField()

    @classmethod
    def note(cls, reading: int, who: Resident, now: datetime) -> bool:
        """Did this press settle it? Of two at once one does."""
        row = cls.insert(reading=reading, resident=who, at=now)
        return bool(row.on_conflict_ignore().as_rowcount().execute())

    @classmethod
    def waiting(cls, suppliers: Iterable[int] | None, limit: int) -> list[Doubted]:
        """What nobody has looked at, newest first; `suppliers` None = of all."""
        rows = _waiting(suppliers).select(
            Reading.id, Supplier.name, Account.number, Service.name, Service.unit, Meter.number, Register.scale,
            Register.digits, Register.decimals, Meter.ratio, Reading.value, Reading.before, Reading.has_rolled,
            Reading.taken_on, Reading.origin, Reading.source, Reading.doubts, Reading.state, Photo.id,
            Resident.phone, Resident.email,
        )  # fmt: skip
        rows = rows.switch(Reading).join(Submission, JOIN.LEFT_OUTER).join(Resident, JOIN.LEFT_OUTER)
        newest = rows.order_by(Reading.id.desc()).limit(limit).tuples()
        return [Doubted(*row) for row in cast(Iterable[tuple[Any, ...]], newest)]

    @classmethod
    def count_waiting(cls, suppliers: Iterable[int] | None) -> int:
        return int(_waiting(suppliers).count())

    @classmethod
    def is_of(cls, reading: int, suppliers: Iterable[int] | None) -> bool:
        """Is it a doubted reading of an account of these suppliers, looked at or not?"""
        return bool(_doubted(suppliers).where(Reading.id == reading).exists())


def _waiting(suppliers: Iterable[int] | None) -> ModelSelect[Reading]:
    return (
        _doubted(suppliers)
        .switch(Reading)
        .join(Review, JOIN.LEFT_OUTER)
        .switch(Reading)
        .join(Photo, JOIN.LEFT_OUTER, on=(Photo.submission == Reading.submission))
        .where(Reading.state.in_(OPEN), Review.id.is_null())
    )


def _doubted(suppliers: Iterable[int] | None) -> ModelSelect[Reading]:
    found = (
        Reading.select(Reading.id)
        .join(Register)
        .join(Meter)
        .join(Account)
        .join(Supplier)
        .switch(Meter)
        .join(Service)
        .where(Reading.doubts != "")
    )
    return found if suppliers is None else found.where(Account.supplier.in_(list(suppliers)))
