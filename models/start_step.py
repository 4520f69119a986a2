"""The first steps of a new portal that an operator has gone through or passed over."""

from __future__ import annotations

from datetime import datetime

from peewee import BooleanField, TextField

from models.base import Base, UtcField


class StartStep(Base):
    """A step that is over: done, or passed over for now (`is_skipped`); one row a step."""

    name = TextField(unique=True)
    is_skipped = BooleanField()
    at = UtcField()

    @classmethod
    def marks(cls) -> dict[str, bool]:
        """By the step's name: was it passed over?"""
        return {str(row.name): bool(row.is_skipped) for row in cls.select()}

    @classmethod
    def mark(cls, name: str, is_skipped: bool, at: datetime) -> None:
        """The newer word stays."""
        given = {cls.name: name, cls.is_skipped: is_skipped, cls.at: at}
        kept = {cls.is_skipped: is_skipped, cls.at: at}
        cls.insert(given).on_conflict(conflict_target=[cls.name], update=kept).execute()

    @classmethod
    def unmark(cls, name: str) -> bool:
        """Was there a mark to take away?"""
        return bool(cls.delete().where(cls.name == name).execute())
