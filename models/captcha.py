"""Pictures that a form asks for."""

from __future__ import annotations

from datetime import datetime

from peewee import BigIntegerField, TextField

from models.base import Base, UtcField


class Captcha(Base):
    """A picture asked for by a form: bound to it, one-time, expiring. The id is random, so none can be walked.

    `network`: the keyed hash of the address it was made for.
    """

    id = BigIntegerField(primary_key=True)
    form = TextField()
    network = TextField(default="")
    answer = TextField()
    created_at = UtcField()
    expires_at = UtcField(index=True)
    used_at = UtcField(null=True)

    class Meta:
        indexes = ((("network", "form", "expires_at"), False),)

    @classmethod
    def issued(cls, form: str, network: str, now: datetime) -> int:
        """How many pictures, answered or not, the network got of late: those that have not expired."""
        return int(cls.select().where(cls.network == network, cls.form == form, cls.expires_at > now).count())

    @classmethod
    def newest(cls, form: str, network: str, now: datetime) -> Captcha | None:
        """The network's newest picture that may still be answered."""
        unanswered = (cls.network == network, cls.form == form, cls.expires_at > now, cls.used_at.is_null())
        found: Captcha | None = cls.select().where(*unanswered).order_by(cls.expires_at.desc()).first()
        return found

    @classmethod
    def alive(cls, captcha_id: int, now: datetime) -> Captcha | None:
        """A picture that may still be answered."""
        found: Captcha | None = (
            cls.select().where(cls.id == captcha_id, cls.used_at.is_null(), cls.expires_at > now).first()
        )
        return found

    @classmethod
    def take(cls, captcha_id: int, form: str, now: datetime) -> Captcha | None:
        """Uses the picture up and returns it; None where it is another form's, too old, or used already."""
        query = cls.update(used_at=now).where(
            cls.id == captcha_id, cls.form == form, cls.used_at.is_null(), cls.expires_at > now
        )
        return cls.get_by_id(captcha_id) if query.execute() else None

    @classmethod
    def forget(cls, before: datetime) -> int:
        return int(cls.delete().where(cls.expires_at < before).execute())
