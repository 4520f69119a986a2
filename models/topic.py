"""What appeals and calls are about: «Тема» and «Подтема», lists that the operator edits."""

from __future__ import annotations

from collections.abc import Iterable

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from models.base import Base


class Topic(Base):
    """A topic, or a subtopic under its `parent`; a closed one stands on what was written and is offered no more."""

    parent_id: int | None
    parent = ForeignKeyField("self", null=True, backref="subtopics", on_delete="CASCADE")
    name = TextField()
    position = IntegerField(default=0)
    is_closed = BooleanField(default=False)

    @classmethod
    def offered(cls) -> list[Topic]:
        """All topics and subtopics that may be chosen, in the operator's order."""
        rows = cls.select().where(cls.is_closed == False)  # noqa: E712
        return list(rows.order_by(cls.position, cls.id))

    @classmethod
    def every(cls) -> list[Topic]:
        """The whole list with what is closed, in the operator's order."""
        return list(cls.select().order_by(cls.position, cls.id))

    @classmethod
    def beside(cls, parent: int | None) -> list[Topic]:
        """All topics, or all subtopics of one, closed ones too."""
        same = cls.parent.is_null() if parent is None else cls.parent == parent
        return list(cls.select().where(same).order_by(cls.position, cls.id))

    @classmethod
    def put(cls, names: Iterable[str]) -> None:
        """Topics in this order."""
        for position, name in enumerate(names):
            cls.create(name=name, position=position)
