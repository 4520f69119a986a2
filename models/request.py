"""Requests to the operator: what the portal cannot decide by itself (product R3.6, R3.7)."""

from __future__ import annotations

from datetime import datetime

from peewee import JOIN, ForeignKeyField, IntegerField, ModelSelect, TextField

from models.account import Account
from models.base import Base, UtcField
from models.resident import Resident
from models.supplier import Supplier

WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"
LINK, ACCESS, SECOND, OBJECTION = "link", "access", "second", "objection"


class LinkRequest(Base):
    """«Прошу подключить лицевой счёт»: who asks, for which account, with which document; what the operator decided.

    `kind`: link (a resident whose facts did not fit), access (nobody has signed in), second (another registers an
    account that has its login), objection (a holder does not know another). `number` is what was typed; `account` is
    what was found by it. The document lies under a random name (`file_key`) outside the web root.
    """

    kind = TextField()
    resident = ForeignKeyField(Resident, null=True, backref="requests", on_delete="SET NULL")
    supplier = ForeignKeyField(Supplier, null=True, backref="requests")
    account = ForeignKeyField(Account, null=True, backref="requests")
    number = TextField(default="")
    full_name = TextField(default="")
    email = TextField(default="")
    phone = TextField(default="")
    comment = TextField(default="")
    file_key = TextField(default="")
    file_name = TextField(default="")
    file_kind = TextField(default="")
    file_size = IntegerField(default=0)
    once = TextField(unique=True)
    state = TextField(default=WAITING)
    reason = TextField(default="")
    created_at = UtcField()
    decided_at = UtcField(null=True)
    decided_by = ForeignKeyField(Resident, null=True, backref="decisions", on_delete="SET NULL")

    class Meta:
        indexes = ((("state", "id"), False),)

    @classmethod
    def ask(cls, **facts: object) -> bool:
        """Adds a request; False where its `once` is there already."""
        return bool(cls.insert(**facts).on_conflict_ignore().as_rowcount().execute())

    @classmethod
    def with_all(cls) -> ModelSelect[LinkRequest]:
        """Requests with supplier and resident, newest first."""
        return (
            cls.select(cls, Supplier, Resident)
            .join(Supplier, JOIN.LEFT_OUTER)
            .switch(cls)
            .join(Resident, JOIN.LEFT_OUTER, on=cls.resident)
            .order_by(cls.id.desc())
        )

    @classmethod
    def of_resident(cls, resident: Resident) -> list[LinkRequest]:
        return list(cls.with_all().where(cls.resident == resident))

    @classmethod
    def decide(cls, request: LinkRequest, state: str, reason: str, by: Resident, now: datetime) -> bool:
        """Writes the decision; False where another operator was faster."""
        query = cls.update(state=state, reason=reason, decided_by=by, decided_at=now).where(
            cls.id == request.id, cls.state == WAITING
        )
        return bool(query.execute())
