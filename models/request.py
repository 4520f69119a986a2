"""Requests to the operator: what the portal cannot decide by itself (product R3.6, R3.7)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from peewee import (
    JOIN,
    SQL,
    Expression,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    ModelSelect,
    TextField,
)

from models.account import Account
from models.base import Base, UtcField, db
from models.resident import Resident
from models.supplier import Supplier
from models.text import Text

WAITING, APPROVED, REFUSED = "waiting", "approved", "refused"
LINK, ACCESS, SECOND, OBJECTION = "link", "access", "second", "objection"


class LinkRequest(Base):
    """«Прошу подключить лицевой счёт»: who asks, for which account, with which document; what the operator decided.

    `kind`: link (a resident whose facts did not fit), access (nobody has signed in), second (another registers an
    account that has its login), objection (a holder does not know another). `number` is what was typed; `account` is
    what was found by it. The document lies under a random name (`file_key`) outside the web root. `consent` is the
    version of the text that was agreed to without a login, `address` from where.
    """

    supplier_id: int | None
    account_id: int | None
    resident_id: int | None

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
    consent = ForeignKeyField(Text, null=True, backref="requests")
    address = TextField(default="")
    once = TextField(unique=True)
    state = TextField(default=WAITING)
    reason = TextField(default="")
    created_at = UtcField()
    decided_at = UtcField(null=True)
    decided_by = ForeignKeyField(Resident, null=True, backref="decisions", on_delete="SET NULL")

    class Meta:
        indexes = ((("state", "id"), False),)

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
    def waiting_of(cls, resident: Resident) -> list[LinkRequest]:
        """What the resident has asked for and nobody has decided yet."""
        return list(cls.select().where(cls.resident == resident, cls.state == WAITING).order_by(cls.id))

    @classmethod
    def of_resident(cls, resident: Resident) -> list[LinkRequest]:
        return list(cls.with_all().where(cls.resident == resident))

    @classmethod
    def of_person(cls, resident: Resident, suppliers: Collection[int] | None, state: str) -> list[LinkRequest]:
        """The resident's requests of a state to these suppliers (None = to all), newest first."""
        rows = cls.with_all().where(cls.resident == resident, cls.state == state)
        return list(rows if suppliers is None else rows.where(cls.supplier.in_(list(suppliers))))

    @classmethod
    def enter(cls, **facts: object) -> LinkRequest | None:
        """A new request; None where the same form, or an open objection to the same account, was there before."""
        try:
            with db.atomic():
                made: LinkRequest = cls.create(**facts)
        except IntegrityError:
            return None
        return made

    @classmethod
    def by_once(cls, once: str) -> LinkRequest | None:
        found: LinkRequest | None = cls.select().where(cls.once == once).first()
        return found

    @classmethod
    def open_objection(cls, resident: Resident, account: Account) -> LinkRequest | None:
        """The resident's objection to other holders of the account, while nobody has decided it."""
        found: LinkRequest | None = (
            cls.select()
            .where(cls.resident == resident, cls.account == account, cls.kind == OBJECTION, cls.state == WAITING)
            .first()
        )
        return found

    @classmethod
    def of_operator(cls, request_id: int, suppliers: Collection[int] | None) -> LinkRequest | None:
        """The request, if one who works for these suppliers (None = all) may see it."""
        found: LinkRequest | None = cls.with_all().where(cls.id == request_id, *cls._seen_by(suppliers)).first()
        return found

    @classmethod
    def waiting(cls, suppliers: Collection[int] | None, most: int) -> list[LinkRequest]:
        """What waits for a decision, oldest first."""
        rows = cls.with_all().where(cls.state == WAITING, *cls._seen_by(suppliers))
        return list(rows.order_by(cls.id).limit(most))

    @classmethod
    def decided(cls, suppliers: Collection[int] | None, most: int) -> list[LinkRequest]:
        """What was decided, newest first."""
        return list(cls.with_all().where(cls.state != WAITING, *cls._seen_by(suppliers)).limit(most))

    @classmethod
    def next_waiting(cls, suppliers: Collection[int] | None, but: int) -> int | None:
        """The one to go on with: the oldest that waits."""
        rows = cls.select(cls.id).where(cls.state == WAITING, cls.id != but, *cls._seen_by(suppliers))
        found = rows.order_by(cls.id).first()
        return found.id if found is not None else None

    @classmethod
    def count_waiting(cls, suppliers: Collection[int] | None) -> int:
        return int(cls.select().where(cls.state == WAITING, *cls._seen_by(suppliers)).count())

    @classmethod
    def beside(cls, request: LinkRequest, suppliers: Collection[int] | None, most: int) -> list[LinkRequest]:
        """Other requests about the same account or of the same person, newest first."""
        same = [(cls.supplier == request.supplier_id) & (cls.number == request.number)]
        if request.resident_id:
            same.append(cls.resident == request.resident_id)
        same += [
            column == value for column, value in ((cls.email, request.email), (cls.phone, request.phone)) if value
        ]
        alike = same[0]
        for condition in same[1:]:
            alike |= condition
        rows = cls.with_all().where(alike, cls.id != request.id, *cls._seen_by(suppliers))
        return list(rows.limit(most))

    @classmethod
    def decide(
        cls,
        request: LinkRequest,
        state: str,
        by: Resident,
        now: datetime,
        reason: str = "",
        account: int | None = None,
    ) -> bool:
        """Writes the decision; False where another operator was faster."""
        query = cls.update(
            state=state,
            reason=reason,
            account=request.account_id if account is None else account,
            decided_by=by,
            decided_at=now,
        ).where(cls.id == request.id, cls.state == WAITING)
        return bool(query.execute())

    @classmethod
    def drop_documents(cls, before: datetime) -> int:
        """Forgets the documents of what was decided earlier; the files go with the next sweep."""
        return int(cls.update(file_key="").where(cls.decided_at < before, cls.file_key != "").execute())

    @classmethod
    def documents(cls) -> set[str]:
        """The names of all files that are still wanted."""
        return {str(row.file_key) for row in cls.select(cls.file_key).where(cls.file_key != "")}

    @classmethod
    def _seen_by(cls, suppliers: Collection[int] | None) -> tuple[Expression, ...]:
        """A request without a supplier is for those who work for all of them."""
        return () if suppliers is None else (cls.supplier.in_(list(suppliers)),)


LinkRequest.add_index(
    LinkRequest.index(
        LinkRequest.resident,
        LinkRequest.account,
        unique=True,
        where=SQL("kind = 'objection' AND state = 'waiting'"),
        name="link_request_objection",
    )
)
