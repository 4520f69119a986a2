"""Answers to appeals that operators keep ready («заготовка»)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from peewee import JOIN, ForeignKeyField, ModelSelect, TextField

from models.base import Base, UtcField
from models.supplier import Supplier


class AnswerTemplate(Base):
    """A text under a title, of a supplier or (NULL) of all; places in it like `{номер}` are filled by each answer."""

    supplier_id: int | None
    supplier = ForeignKeyField(Supplier, null=True, backref="answer_templates")
    title = TextField()
    text = TextField()
    changed_at = UtcField()

    @classmethod
    def of_operator(cls, suppliers: Collection[int] | None) -> list[AnswerTemplate]:
        """What one who works for these suppliers (None = all) may use, by title; those of all among them."""
        rows = cls._with_supplier()
        if suppliers is not None:
            rows = rows.where(cls.supplier.in_(list(suppliers)) | cls.supplier.is_null())
        return list(rows.order_by(cls.title, cls.id))

    @classmethod
    def for_answer(cls, supplier: int) -> list[AnswerTemplate]:
        """What an answer of the supplier may be begun with, by title."""
        rows = cls.select().where((cls.supplier == supplier) | cls.supplier.is_null())
        return list(rows.order_by(cls.title, cls.id))

    @classmethod
    def editable(cls, template_id: int, suppliers: Collection[int] | None) -> AnswerTemplate | None:
        """The template, if one who works for these suppliers may change it: who works for some, theirs alone."""
        rows = cls._with_supplier().where(cls.id == template_id)
        found: AnswerTemplate | None = (
            rows if suppliers is None else rows.where(cls.supplier.in_(list(suppliers)))
        ).first()
        return found

    @classmethod
    def is_taken(cls, supplier: int | None, title: str, but: int | None = None) -> bool:
        """Has another template of the supplier's this title?"""
        whose = cls.supplier.is_null() if supplier is None else cls.supplier == supplier
        rows = cls.select().where(whose, cls.title == title)
        return bool((rows if but is None else rows.where(cls.id != but)).exists())

    def changed(self, title: str, text: str, seen: datetime, now: datetime) -> bool:
        """Writes it, unless another operator did after the moment `seen`."""
        here = (type(self).id == self.id) & (type(self).changed_at == seen)
        return bool(type(self).update(title=title, text=text, changed_at=now).where(here).execute())

    @classmethod
    def _with_supplier(cls) -> ModelSelect[AnswerTemplate]:
        return cls.select(cls, Supplier).join(Supplier, JOIN.LEFT_OUTER)
