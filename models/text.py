"""Texts in immutable versions, and the consents that point at what was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import BooleanField, ForeignKeyField, IntegerField, ModelSelect, TextField

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
        """The version the resident agrees to, by the text's slug; what was taken back is not there."""
        agreed: dict[str, int] = {}
        for consent in cls.of_resident(resident):
            if consent.is_given:
                agreed[consent.text.slug] = consent.text.version
            else:
                agreed.pop(consent.text.slug, None)
        return agreed

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[Consent]:
        """Every tick and its end with the text it is about, in the order in which they were made."""
        return cls.select(cls, Text).join(Text).where(cls.resident == resident).order_by(cls.id)

    @classmethod
    def of_resident(cls, resident: Resident) -> list[Consent]:
        return list(cls.held_by(resident))
