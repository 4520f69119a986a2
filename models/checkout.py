"""Checkout: one press of «Оплатить», from which an order for each merchant comes."""

from __future__ import annotations

from typing import Any

from peewee import ForeignKeyField, TextField

from models.base import Base, UtcField
from models.resident import Resident


class Checkout(Base):
    """One press of «Оплатить»: `once` is the form's key, so a double click makes one."""

    resident = ForeignKeyField(Resident, null=True, backref="checkouts", on_delete="SET NULL")
    resident_id: int | None
    once = TextField()
    created_at = UtcField()
    payer_name = TextField(default="")
    email = TextField(default="")
    phone = TextField(default="")

    class Meta:
        indexes = ((("resident", "once"), True),)

    @classmethod
    def begun(cls, resident: Resident, once: str, **facts: Any) -> tuple[Checkout, bool]:
        """(the checkout of this key, was it made just now?): of many presses at once, one makes it."""
        fresh = cls.insert(resident=resident, once=once, **facts).on_conflict_ignore().as_rowcount().execute()
        return cls.get(cls.resident == resident, cls.once == once), bool(fresh)

    @classmethod
    def last_of(cls, resident: Resident) -> Checkout | None:
        found: Checkout | None = cls.select().where(cls.resident == resident).order_by(cls.id.desc()).first()
        return found
