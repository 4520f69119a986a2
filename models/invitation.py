"""Whom the billing moves in from an older portal, and which of them came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from peewee import ForeignKeyField, IntegerField, TextField

from models.account import Account, House
from models.base import Base, UtcField, on_postgresql
from models.supplier import Supplier


class Invitation(Base):
    """A resident of an older portal, moved in by the billing's `residents` table: waits for a one-time link."""

    account = ForeignKeyField(Account, unique=True, backref="invitations", on_delete="CASCADE")
    email = TextField(default="")
    phone = TextField(default="")
    surname = TextField(default="")
    name = TextField(default="")
    patronymic = TextField(default="")
    invited_at = UtcField(null=True)
    accepted_at = UtcField(null=True)
    run_id = IntegerField(null=True)

    @classmethod
    def uninvited(cls) -> list[tuple[int, str]]:
        """(id, e-mail) of those who were sent no letter yet and can be sent one."""
        rows = cls.select(cls.id, cls.email).where(
            cls.invited_at.is_null(), cls.accepted_at.is_null(), cls.email != ""
        )
        return [(number, email) for number, email in cast(Iterable[tuple[int, str]], rows.order_by(cls.id).tuples())]

    @classmethod
    def unaccepted(cls, suppliers: set[int] | None, before: int | None, limit: int) -> list[Invitation]:
        """Who has not come yet, newest first, each with account, supplier and house; `suppliers` None = of all."""
        rows = cls.select(cls, Account, Supplier, House).join(Account).join(Supplier).switch(Account).join(House)
        rows = rows.where(cls.accepted_at.is_null())
        rows = rows if suppliers is None else rows.where(Account.supplier.in_(suppliers))
        rows = rows if before is None else rows.where(cls.id < before)
        return list(rows.order_by(cls.id.desc()).limit(limit))

    @classmethod
    def of_operator(cls, invitation_id: int, suppliers: set[int] | None) -> Invitation | None:
        """One of them."""
        rows = cls.select(cls, Account).join(Account).where(cls.id == invitation_id)
        rows = rows if suppliers is None else rows.where(Account.supplier.in_(suppliers))
        found: Invitation | None = rows.first()
        return found

    def again(self, now: datetime, since: datetime) -> bool:
        """Notes that it is sent again; False where it was accepted, or sent after `since`."""
        table = type(self)
        query = table.update(invited_at=now).where(
            table.id == self.id, table.accepted_at.is_null(), table.invited_at.is_null() | (table.invited_at < since)
        )
        return bool(query.execute())

    @classmethod
    def claim(cls, ids: Iterable[int], now: datetime) -> list[Invitation]:
        """Notes that these are invited now and returns them; not those whom another worker has invited meanwhile."""
        rows = cls.select().where(cls.id.in_(list(ids)), cls.invited_at.is_null()).order_by(cls.id)
        found = list(rows.for_update() if on_postgresql() else rows)
        cls.update(invited_at=now).where(cls.id.in_([row.id for row in found])).execute()
        return found

    @classmethod
    def open(cls, ids: Iterable[int]) -> list[Invitation]:
        """Those of them that nobody has accepted, each with account and supplier."""
        rows = cls.select(cls, Account, Supplier).join(Account).join(Supplier)
        return list(rows.where(cls.id.in_(list(ids)), cls.accepted_at.is_null()).order_by(cls.id))

    @classmethod
    def accept(cls, ids: Iterable[int], now: datetime) -> None:
        cls.update(accepted_at=now).where(cls.id.in_(list(ids))).execute()


Invitation.add_index(Invitation.index(Invitation.id, where=Invitation.accepted_at.is_null(), name="invitation_open"))
