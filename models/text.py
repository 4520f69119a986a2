"""Texts in immutable versions, and the consents that point at what was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import BooleanField, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.base import Base, UtcField
from models.resident import Resident
from models.supplier import Supplier


class Text(Base):
    """An immutable version of a text («Пользовательское соглашение»…); consents point at what was read.

    A pending one waits for `published_at`: until the worker has put it in force it does not exist for residents.
    `asks_from`: who has agreed to this version or a later one need not agree anew.
    """

    slug = TextField()
    supplier = ForeignKeyField(Supplier, null=True)
    version = IntegerField()
    title = TextField()
    body = TextField()
    published_at = UtcField()
    is_pending = BooleanField(default=False)
    asks_from = IntegerField(default=0)

    class Meta:
        indexes = ((("slug", "supplier", "version"), True),)

    @classmethod
    def latest(cls, slugs: Iterable[str]) -> dict[str, Text]:
        """The newest version in force of each of the portal's own texts that exists, by its slug."""
        own = (cls.slug.in_(list(slugs)), cls.supplier.is_null(), cls.is_pending == False)  # noqa: E712
        rows = cls.select().where(*own).order_by(cls.version)
        return {row.slug: row for row in rows}

    @classmethod
    def newest(cls) -> list[Text]:
        """The newest version of each of the portal's own texts, pending ones too, by title."""
        other = cls.alias()
        last = other.select(fn.MAX(other.version)).where(other.slug == cls.slug, other.supplier.is_null())
        return list(cls.select().where(cls.supplier.is_null(), cls.version == last).order_by(cls.title, cls.slug))

    @classmethod
    def history(cls, slug: str) -> list[Text]:
        """Every version of one of the portal's own texts, the newest first."""
        return list(cls.select().where(cls.slug == slug, cls.supplier.is_null()).order_by(cls.version.desc()))

    @classmethod
    def add(cls, **facts: object) -> Text | None:
        """A version of a text of the portal's own; None where another has that number."""
        query = cls.insert(**facts).on_conflict_ignore().as_rowcount()
        return cls.history(str(facts["slug"]))[0] if query.execute() else None

    @classmethod
    def begin(cls, now: datetime) -> int:
        """Versions whose day has come are in force; how many."""
        waits = (cls.is_pending == True, cls.published_at <= now)  # noqa: E712
        return int(cls.update(is_pending=False).where(*waits).execute())

    def drop(self) -> bool:
        """Deletes a version that is pending still; False where it is not."""
        table = type(self)
        return bool(table.delete().where(table.id == self.id, table.is_pending == True).execute())  # noqa: E712

    @classmethod
    def by_ids(cls, ids: Iterable[int]) -> list[Text]:
        return list(cls.select().where(cls.id.in_(list(ids))))

    @classmethod
    def publish(cls, slug: str, version: int, title: str, body: str, now: datetime) -> bool:
        """Adds a version of a text of the portal's own; False where it is there already."""
        facts = {"slug": slug, "version": version, "title": title, "body": body, "published_at": now}
        query = cls.insert(**facts, asks_from=version)
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
    def agreeing(cls, slug: str) -> int:
        """How many residents have ever agreed to a version of the text."""
        rows = cls.select(cls.resident).join(Text).where(Text.slug == slug, Text.supplier.is_null(), cls.is_given)
        return int(rows.distinct().count())

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[Consent]:
        """Every tick and its end with the text it is about, in the order in which they were made."""
        return cls.select(cls, Text).join(Text).where(cls.resident == resident).order_by(cls.id)

    @classmethod
    def of_resident(cls, resident: Resident) -> list[Consent]:
        return list(cls.held_by(resident))
