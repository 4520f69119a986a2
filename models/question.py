"""Questions and answers of «Помощь»: groups in the operator's order, questions in the order of each."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from models.base import Base, UtcField

Row = TypeVar("Row", "QuestionGroup", "Question")


class QuestionGroup(Base):
    """A heading over some questions; one without any is shown to operators alone."""

    name = TextField(unique=True)
    position = IntegerField()

    @classmethod
    def every(cls) -> list[QuestionGroup]:
        return list(cls.select().order_by(cls.position, cls.id))


class Question(Base):
    """A question with its answer, marked up as texts are; a hidden one is shown to operators alone."""

    group_id: int
    group = ForeignKeyField(QuestionGroup, backref="questions", on_delete="CASCADE")
    title = TextField()
    answer = TextField()
    position = IntegerField()
    is_hidden = BooleanField(default=False)
    changed_at = UtcField()

    @classmethod
    def every(cls) -> list[Question]:
        """All of them by group and place, each with its group: one query."""
        rows = cls.select(cls, QuestionGroup).join(QuestionGroup)
        return list(rows.order_by(QuestionGroup.position, QuestionGroup.id, cls.position, cls.id))

    @classmethod
    def shown(cls) -> list[Question]:
        """Those that residents see, in the same order."""
        return [row for row in cls.every() if not row.is_hidden]

    @classmethod
    def last_place(cls, group: int) -> int:
        """The place of the last question of a group, 0 where it has none."""
        row: Question | None = cls.select().where(cls.group == group).order_by(cls.position.desc()).first()
        return int(row.position) if row is not None else 0

    def changed(self, seen: datetime, now: datetime, **facts: object) -> bool:
        """Writes the facts; False where it is not as it was seen."""
        table = type(self)
        query = table.update(changed_at=now, **facts).where(table.id == self.id, table.changed_at == seen)
        return bool(query.execute())


def swap(rows: list[Row], row: Row, is_up: bool) -> bool:
    """Puts the row before the one above it, or after the one below; False at the end. `rows`: all of its list."""
    place = next(place for place, other in enumerate(rows) if other.id == row.id)
    other = place - 1 if is_up else place + 1
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    for position, each in enumerate(rows, 1):
        each.position = position
        each.save()
    return True
