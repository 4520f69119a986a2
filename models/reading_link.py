"""Which links for readings still count: a number that each revocation of an account's links raises."""

from __future__ import annotations

from peewee import ForeignKeyField, IntegerField

from models.account import Account
from models.base import Base


class ReadingLinks(Base):
    """The version that an account's links must carry; an account without a row has never revoked any: 0.

    A table of its own, since few revoke: the table of accounts is large, and the billing's import writes it.
    """

    account = ForeignKeyField(Account, unique=True)
    version = IntegerField(default=0)

    @classmethod
    def version_of(cls, account: Account) -> int:
        found = cls.select(cls.version).where(cls.account == account).scalar()
        return int(found or 0)

    @classmethod
    def revoke(cls, account: Account) -> None:
        """Under the account's lock: from now on only links made later count."""
        if not cls.update(version=cls.version + 1).where(cls.account == account).execute():
            cls.create(account=account, version=1)
