"""Texts in immutable versions, and the consents that point at what was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from models.base import Base, UtcField
from models.resident import Resident
from models.supplier import Supplier


class Text(Base):
    """An immutable version of a text («Пользовательское соглашение»…); consents point at what was read."""

    slug = TextField()
    supplier = ForeignKeyField(Supplier, null=True)
    version = IntegerField()
    title = TextField()
    body = TextField()
    published_at = UtcField()

    class Meta:
        indexes = ((("slug", "supplier", "version"), True),)

    @classmethod
    def latest(cls, slugs: Iterable[str]) -> dict[str, Text]:
        """The newest version of each of the portal's own texts that exists, by its slug."""
        rows = cls.select().where(cls.slug.in_(list(slugs)), cls.supplier.is_null()).order_by(cls.version)
        return {row.slug: row for row in rows}

    @classmethod
    def by_ids(cls, ids: Iterable[int]) -> list[Text]:
        return list(cls.select().where(cls.id.in_(list(ids))))

    @classmethod
    def publish(cls, slug: str, version: int, title: str, body: str, now: datetime) -> bool:
        """Adds a version of a text of the portal's own; False where it is there already."""
        query = cls.insert(slug=slug, version=version, title=title, body=body, published_at=now)
        return bool(query.on_conflict_ignore().as_rowcount().execute())


Text.add_index(Text.index(Text.slug, Text.version, unique=True, where=Text.supplier.is_null(), name="text_common"))


class Consent(Base):
    """A tick the resident made (or took back) under a version of a text: when and from where (152-ФЗ ст. 9)."""

    resident = ForeignKeyField(Resident, backref="consents", on_delete="CASCADE")
    text = ForeignKeyField(Text, backref="consents")
    is_given = BooleanField(default=True)
    at = UtcField()
    address = TextField(default="")

    @classmethod
    def newest(cls, resident: Resident) -> dict[str, int]:
        """The newest version the resident has agreed to, by the text's slug."""
        rows = (
            Text.select(Text.slug, fn.MAX(Text.version).alias("version"))
            .join(cls)
            .where(cls.resident == resident, cls.is_given == True)  # noqa: E712
            .group_by(Text.slug)
        )
        return {row.slug: row.version for row in rows}
