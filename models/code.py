"""One-time links and codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import JOIN, ForeignKeyField, IntegerField, TextField

from models.base import Base, UtcField
from models.resident import Resident

INVITATION = "invitation"


class Code(Base):
    """A one-time link or code: only its hash, single use, expiring, its wrong tries counted.

    A request that waits for a code also names where the code goes: `channel` (email, sms) and `destination`; a code
    names the channel that it went by.
    `facts` is what is to be done when the code is right, as JSON; it is wiped with the row's use or its end.
    """

    resident_id: int | None
    purpose = TextField()
    resident = ForeignKeyField(Resident, null=True, backref="codes", on_delete="CASCADE")
    channel = TextField(default="")
    destination = TextField(default="")
    facts = TextField(default="")
    code_hash = TextField(index=True)
    created_at = UtcField()
    expires_at = UtcField(index=True)
    used_at = UtcField(null=True)
    tries = IntegerField(default=0)

    @classmethod
    def known(cls, purpose: str, code_hash: str) -> Code | None:
        """The link or code whatever has become of it, its resident with it."""
        found: Code | None = (
            cls.select(cls, Resident)
            .join(Resident, JOIN.LEFT_OUTER)
            .where(cls.code_hash == code_hash, cls.purpose == purpose)
            .first()
        )
        return found

    @classmethod
    def open_of(cls, resident: Resident, purpose: str, now: datetime) -> Code | None:
        """The newest one of the resident that still works."""
        alive = (cls.used_at.is_null(), cls.expires_at > now)
        query = cls.select().where(cls.resident == resident, cls.purpose == purpose, *alive)
        found: Code | None = query.order_by(cls.id.desc()).first()
        return found

    def is_alive(self, now: datetime) -> bool:
        return self.used_at is None and self.expires_at > now

    @classmethod
    def redeem(cls, code: Code, now: datetime) -> bool:
        """Uses it up; False where another was faster, or it is too late."""
        query = cls.update(used_at=now, facts="").where(
            cls.id == code.id, cls.used_at.is_null(), cls.expires_at > now
        )
        return bool(query.execute())

    @classmethod
    def spend_try(cls, code: Code, most: int, now: datetime) -> bool:
        """Counts one try before it is looked at; False where none is left."""
        query = cls.update(tries=cls.tries + 1).where(
            cls.id == code.id, cls.used_at.is_null(), cls.expires_at > now, cls.tries < most
        )
        return bool(query.execute())

    @classmethod
    def end_all(cls, resident: Resident, purposes: Iterable[str], now: datetime) -> None:
        """None of the resident's open links and codes of these purposes works any more."""
        cls.update(used_at=now, facts="").where(
            cls.resident == resident, cls.purpose.in_(list(purposes)), cls.used_at.is_null()
        ).execute()

    @classmethod
    def wipe(cls, now: datetime) -> int:
        """What was to be done by codes that are over: names and contacts of people who never came.

        An invitation's facts are ids, and a new link is asked for with the old one: they stay until it is forgotten.
        """
        over = (cls.expires_at < now, cls.facts != "", cls.purpose != INVITATION)
        return int(cls.update(facts="", destination="").where(*over).execute())

    @classmethod
    def end_alike(cls, code: Code, now: datetime) -> None:
        """No other open code with the same purpose and facts works any more."""
        cls.update(used_at=now).where(
            cls.purpose == code.purpose, cls.facts == code.facts, cls.used_at.is_null()
        ).execute()

    @classmethod
    def forget(cls, before: datetime) -> int:
        return int(cls.delete().where(cls.expires_at < before).execute())
