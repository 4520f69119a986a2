"""Why an operator did what he did to a person's login or to an account: words, which the log of ids does not hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import JOIN, ForeignKeyField, ModelSelect, TextField

from models.account import Account
from models.base import Base, UtcField
from models.resident import Resident


class Remark(Base):
    """A reason in an operator's words; of a resident it goes with him, since it may tell of him.

    `action` is the same word as in the log.
    """

    resident = ForeignKeyField(Resident, null=True, backref="remarks", on_delete="CASCADE")
    account = ForeignKeyField(Account, null=True, backref="remarks")
    action = TextField()
    text = TextField()
    by = ForeignKeyField(Resident, null=True, on_delete="SET NULL", backref="written")
    at = UtcField()

    @classmethod
    def note(
        cls,
        action: str,
        text: str,
        by: Resident,
        now: datetime,
        *,
        resident: Resident | None = None,
        account: Account | None = None,
    ) -> None:
        cls.create(action=action, text=text, by=by, at=now, resident=resident, account=account)

    @classmethod
    def of_resident(cls, resident: Resident, suppliers: Iterable[int] | None, limit: int) -> list[Remark]:
        """The newest about the resident, each with account and author; `suppliers` None = all, else of theirs."""
        rows = cls._with_all().where(cls.resident == resident)
        return list((rows if suppliers is None else rows.where(Account.supplier.in_(list(suppliers)))).limit(limit))

    @classmethod
    def of_account(cls, account: Account, limit: int) -> list[Remark]:
        """The newest about the account."""
        return list(cls._with_all().where(cls.account == account).limit(limit))

    @classmethod
    def _with_all(cls) -> ModelSelect[Remark]:
        author = Resident.alias()
        return (
            cls.select(cls, Account, author)
            .join(Account, JOIN.LEFT_OUTER)
            .switch(cls)
            .join(author, JOIN.LEFT_OUTER, on=(cls.by == author.id), attr="by")
            .order_by(cls.id.desc())
        )
