"""Calls that were asked for («Заказать звонок»): whom, when and about what the operator rings up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from peewee import JOIN, SQL, Expression, ForeignKeyField, IntegrityError, ModelSelect, TextField

from models.base import Base, UtcField, db
from models.resident import Resident
from models.supplier import Supplier
from models.topic import Topic

WAITING, DONE, MISSED = "waiting", "done", "missed"


class Call(Base):
    """A call that a resident asked a supplier for. `state`: waiting, done, missed (nobody answered the phone)."""

    resident_id: int | None
    supplier_id: int
    resident = ForeignKeyField(Resident, null=True, backref="calls", on_delete="SET NULL")
    supplier = ForeignKeyField(Supplier, backref="calls")
    topic = ForeignKeyField(Topic, null=True, backref="calls")
    phone = TextField()
    convenient = TextField(default="")
    comment = TextField(default="")
    state = TextField(default=WAITING)
    once = TextField(unique=True)
    created_at = UtcField()
    decided_at = UtcField(null=True)
    decided_by = ForeignKeyField(Resident, null=True, backref="rung", on_delete="SET NULL")

    @classmethod
    def with_all(cls) -> ModelSelect[Call]:
        """Calls with supplier, topic and resident."""
        return (
            cls.select(cls, Supplier, Topic, Resident)
            .join(Supplier)
            .switch(cls)
            .join(Topic, JOIN.LEFT_OUTER)
            .switch(cls)
            .join(Resident, JOIN.LEFT_OUTER, on=cls.resident)
        )

    @classmethod
    def enter(cls, **facts: object) -> Call | None:
        """A new call; None where the same form asked for it before."""
        try:
            with db.atomic():
                made: Call = cls.create(**facts)
        except IntegrityError:
            return None
        return made

    @classmethod
    def same(cls, resident: Resident, **wish: object) -> Call | None:
        """What the resident waits for already, asked for in the same words."""
        alike = [getattr(cls, name) == value for name, value in wish.items()]
        found: Call | None = cls.select().where(cls.resident == resident, cls.state == WAITING, *alike).first()
        return found

    @classmethod
    def by_once(cls, once: str) -> Call | None:
        found: Call | None = cls.select().where(cls.once == once).first()
        return found

    @classmethod
    def of_resident(cls, resident: Resident, most: int | None = None) -> list[Call]:
        """So many calls of the resident's, newest first; all of them by default."""
        rows = cls.with_all().where(cls.resident == resident)
        return list(rows.order_by(cls.id.desc()).limit(most))

    @classmethod
    def of_operator(cls, call_id: int, suppliers: Collection[int] | None) -> Call | None:
        """The call, if one who works for these suppliers (None = all) may see it."""
        found: Call | None = cls.with_all().where(cls.id == call_id, *cls._seen_by(suppliers)).first()
        return found

    @classmethod
    def waiting(cls, suppliers: Collection[int] | None, most: int) -> list[Call]:
        """Who waits for a call, longest first."""
        rows = cls.with_all().where(cls.state == SQL("'waiting'"), *cls._seen_by(suppliers))
        return list(rows.order_by(cls.id).limit(most))

    @classmethod
    def decided(cls, suppliers: Collection[int] | None, most: int) -> list[Call]:
        """Who was rung up, newest first."""
        order = cls.decided_at.desc(), cls.id.desc()
        last = cls.select(cls.id).where(cls.state != WAITING, *cls._seen_by(suppliers)).order_by(*order).limit(most)
        return list(cls.with_all().where(cls.id.in_(last)).order_by(*order))  # joined when few are left

    @classmethod
    def next_after(cls, call: int, suppliers: Collection[int] | None) -> int | None:
        """The one to ring up when this one is done: the next that waits, from the end of the queue on to its head."""
        waiting = cls.select(cls.id).where(cls.state == SQL("'waiting'"), *cls._seen_by(suppliers)).order_by(cls.id)
        found = waiting.where(cls.id > call).first() or waiting.where(cls.id != call).first()
        return found.id if found is not None else None

    @classmethod
    def count_waiting(cls, suppliers: Collection[int] | None) -> int:
        return int(cls.select().where(cls.state == SQL("'waiting'"), *cls._seen_by(suppliers)).count())

    @classmethod
    def decide(cls, call: Call, state: str, by: Resident, now: datetime) -> bool:
        """Writes how it went; False where another operator was faster."""
        query = cls.update(state=state, decided_by=by, decided_at=now)
        return bool(query.where(cls.id == call.id, cls.state == WAITING).execute())

    @classmethod
    def forget(cls, before: datetime) -> int:
        """Retention: phones of those who were rung up earlier."""
        return int(cls.delete().where(cls.decided_at < before).execute())

    @classmethod
    def _seen_by(cls, suppliers: Collection[int] | None) -> tuple[Expression, ...]:
        return () if suppliers is None else (cls.supplier.in_(list(suppliers)),)


Call.add_index(Call.index(Call.id, where=SQL("state = 'waiting'"), name="call_waiting"))
