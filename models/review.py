"""The operator's queue: readings that were confirmed against a warning, until somebody has looked at them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, SQL, ForeignKeyField, ModelSelect

from models.account import Account
from models.base import Base, UtcField
from models.meter import Meter, Register
from models.photo import Photo
from models.reading import Reading, Submission
from models.resident import Resident
from models.supplier import Service, Supplier


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
    resident: int | None
    account_id: int
    register: int


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
    def is_noted(cls, reading: int) -> bool:
        """Has an operator looked at it?"""
        return bool(cls.select().where(cls.reading == reading).exists())

    @classmethod
    def waiting(cls, suppliers: Iterable[int] | None, limit: int, before: int | None = None) -> list[Doubted]:
        """What nobody has looked at, newest first; `suppliers` None = of all; `before`: those before this one."""
        rows = _told(_waiting(suppliers)).order_by(Reading.id.desc()).limit(limit)
        rows = rows if before is None else rows.where(Reading.id < before)
        return [Doubted(*row) for row in cast(Iterable[tuple[Any, ...]], rows.tuples())]

    @classmethod
    def next_after(cls, reading: int, suppliers: Iterable[int] | None) -> int | None:
        """The one to look at when this one is done: the next in the queue, from its end on to its head."""
        newest = _waiting(suppliers).order_by(Reading.id.desc())
        found = newest.where(Reading.id < reading).first() or newest.where(Reading.id != reading).first()
        return found.id if found is not None else None

    @classmethod
    def of_operator(cls, reading: int, suppliers: Iterable[int] | None) -> Doubted | None:
        """A doubted reading of an account of these suppliers, looked at or not."""
        rows = _told(_doubted(suppliers)).where(Reading.id == reading)
        return next((Doubted(*row) for row in cast(Iterable[tuple[Any, ...]], rows.tuples())), None)


def _told(rows: ModelSelect[Reading]) -> ModelSelect[Reading]:
    """The rows with all that is told of them."""
    return (
        rows.select(
            Reading.id, Supplier.name, Account.number, Service.name, Service.unit, Meter.number, Register.scale,
            Register.digits, Register.decimals, Meter.ratio, Reading.value, Reading.before, Reading.has_rolled,
            Reading.taken_on, Reading.origin, Reading.source, Reading.doubts, Reading.state, Photo.id,
            Resident.phone, Resident.email, Resident.id, Account.id, Register.id,
        )
        .switch(Reading)
        .join(Photo, JOIN.LEFT_OUTER, on=(Photo.submission == Reading.submission))
        .switch(Reading)
        .join(Submission, JOIN.LEFT_OUTER)
        .join(Resident, JOIN.LEFT_OUTER)
    )  # fmt: skip


def _waiting(suppliers: Iterable[int] | None) -> ModelSelect[Reading]:
    rows = _doubted(suppliers).switch(Reading).join(Review, JOIN.LEFT_OUTER)
    return rows.where(Reading.is_doubted(), Review.id.is_null())


def _doubted(suppliers: Iterable[int] | None) -> ModelSelect[Reading]:
    found = (
        Reading.select(Reading.id)
        .join(Register)
        .join(Meter)
        .join(Account)
        .join(Supplier)
        .switch(Meter)
        .join(Service)
        .where(Reading.doubts != SQL("''"))
    )
    return found if suppliers is None else found.where(Account.supplier.in_(list(suppliers)))
