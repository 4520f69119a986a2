"""Tokens of residents' own programs: a meter modem, home automation."""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import ForeignKeyField, TextField

from models.base import Base, UtcField
from models.prepared import Prepared
from models.resident import ACTIVE, Resident

BALANCE, READINGS = "balance", "readings"
NOTED = timedelta(minutes=10)  # a use is written down at most so often: reading must not cost a write


class Token(Base):
    """What a program shows in place of a password: the row holds its hash; `prefix` is how its owner knows it.

    `scopes`: balance, readings, joined by a comma. `answer`: what a modem, which shows nobody its answers, was told
    last; "" where all was well.
    """

    resident = ForeignKeyField(Resident, backref="tokens", on_delete="CASCADE")
    resident_id: int
    name = TextField()
    token_hash = TextField(unique=True)
    prefix = TextField()
    scopes = TextField()
    created_at = UtcField()
    used_at = UtcField(null=True)
    answer = TextField(default="")

    def allows(self, scope: str) -> bool:
        return scope in str(self.scopes).split(",")

    @classmethod
    def alive(cls, token_hash: str) -> Token | None:
        """The token with its resident; None if unknown, revoked, or of somebody who may not come in."""
        return _ALIVE.first(token_hash=token_hash, state=ACTIVE)

    @classmethod
    def of(cls, resident: Resident) -> list[Token]:
        """The resident's tokens, the newest first."""
        return list(cls.select().where(cls.resident == resident).order_by(cls.id.desc()))

    @classmethod
    def of_resident(cls, resident: Resident, token_id: int) -> Token | None:
        found: Token | None = cls.select().where(cls.resident == resident, cls.id == token_id).first()
        return found

    @classmethod
    def count_of(cls, resident: Resident) -> int:
        return int(cls.select().where(cls.resident == resident).count())

    @classmethod
    def revoke(cls, token_id: int) -> None:
        cls.delete().where(cls.id == token_id).execute()

    @classmethod
    def revoke_all(cls, resident: Resident) -> int:
        """No program of the resident's comes in any more; how many did."""
        return int(cls.delete().where(cls.resident == resident).execute())

    def note(self, now: datetime, answer: str | None = None) -> None:
        """Writes down the use, and what the program was told where that matters and is new."""
        facts: dict[str, object] = {}
        if self.used_at is None or not timedelta(0) <= now - self.used_at < NOTED:
            facts["used_at"] = now
        if answer is not None and answer != self.answer:
            facts["answer"] = answer
        if facts:
            Token.update(**facts).where(Token.id == self.id).execute()
            self.__data__.update(facts)


_ALIVE: Prepared[Token] = Prepared(
    lambda token_hash, state: (
        Token.select(Token, Resident).join(Resident).where(Token.token_hash == token_hash, Resident.state == state)
    )
)
