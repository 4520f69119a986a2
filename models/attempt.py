"""Tries that are counted: the only memory of who has guessed how often, shared by all processes."""

from __future__ import annotations

from datetime import datetime

from peewee import BooleanField, TextField

from models.base import Base, UtcField


class Attempt(Base):
    """A try that is counted: `kind` (sign-in, link, recovery…) by `subject` (a keyed hash or an id as text)."""

    kind = TextField()
    subject = TextField()
    at = UtcField(index=True)
    succeeded = BooleanField(default=False)

    class Meta:
        indexes = ((("kind", "subject", "at"), False),)

    @classmethod
    def nth_failure(cls, kind: str, subject: str, n: int, since: datetime) -> datetime | None:
        """When the n-th failure, counted back from the newest, was made, if after `since`: one step in the index."""
        query = (
            cls.select(cls.at)
            .where(cls.kind == kind, cls.subject == subject, cls.at > since, cls.succeeded == False)  # noqa: E712
            .order_by(cls.at.desc())
            .offset(n - 1)
            .limit(1)
        )
        found = query.first()
        return found.at if found else None

    @classmethod
    def failures(cls, kind: str, subject: str, since: datetime) -> int:
        where = (cls.kind == kind, cls.subject == subject, cls.at > since, cls.succeeded == False)  # noqa: E712
        return int(cls.select().where(*where).count())

    @classmethod
    def forgive(cls, kind: str, subject: str) -> None:
        """The failures count no more: the person has shown by other means that it was he."""
        cls.update(succeeded=True).where(
            cls.kind == kind,
            cls.subject == subject,
            cls.succeeded == False,  # noqa: E712
        ).execute()

    @classmethod
    def forget(cls, before: datetime) -> int:
        return int(cls.delete().where(cls.at < before).execute())
