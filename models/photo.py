"""Photos of meters that came with readings: which act, under which random name the file lies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import ForeignKeyField, ModelSelect, TextField

from models.account import Account
from models.base import Base, UtcField
from models.link import Link
from models.reading import Submission
from models.resident import Resident


class Photo(Base):
    """A picture beside an act of sending; the file stands outside the web root and goes after some months."""

    submission_id: int
    submission = ForeignKeyField(Submission, unique=True, on_delete="CASCADE")
    file_key = TextField(unique=True)
    kept_at = UtcField()

    @classmethod
    def put(cls, submission: Submission, file_key: str, now: datetime) -> None:
        """The first photo of an act is kept: of two presses at once one brings it."""
        cls.insert(submission=submission, file_key=file_key, kept_at=now).on_conflict_ignore().execute()

    @classmethod
    def of_act(cls, submission: Submission) -> Photo | None:
        found: Photo | None = cls.select().where(cls.submission == submission).first()
        return found

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[Photo]:
        """The photos of the accounts that the resident holds."""
        own = Link.select(Link.account).where(Link.resident == resident)
        return cls.select(cls).join(Submission).where(Submission.account.in_(own))

    @classmethod
    def of_operator(cls, photo_id: int, suppliers: Iterable[int] | None) -> Photo | None:
        """A photo of an account of these suppliers; None = of all."""
        query = cls.select(cls).join(Submission).join(Account).where(cls.id == photo_id)
        if suppliers is not None:
            query = query.where(Account.supplier.in_(list(suppliers)))
        found: Photo | None = query.first()
        return found

    @classmethod
    def forget(cls, supplier: int, before: datetime) -> int:
        """Forgets what a supplier's accounts sent earlier; the files go with the next sweep."""
        old = Submission.select(Submission.id).join(Account).where(Account.supplier == supplier)
        return int(cls.delete().where(cls.kept_at < before, cls.submission.in_(old)).execute())

    @classmethod
    def forget_of(cls, resident: Resident) -> int:
        """Forgets what the resident himself sent: he leaves."""
        own = Submission.select(Submission.id).where(Submission.resident == resident)
        return int(cls.delete().where(cls.submission.in_(own)).execute())

    @classmethod
    def keys(cls) -> set[str]:
        """The names of all files that are wanted."""
        return {str(photo.file_key) for photo in cls.select(cls.file_key)}
