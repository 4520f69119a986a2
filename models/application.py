"""Applications for a contract («Заявка на заключение договора»): the draft, its documents, what became of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from peewee import JOIN, SQL, Expression, ForeignKeyField, IntegerField, IntegrityError, ModelSelect, TextField

from models.base import Base, UtcField, db
from models.resident import Resident
from models.supplier import Supplier

DRAFT, SENT, WORKING, RETURNED, ACCEPTED, REFUSED = "draft", "sent", "working", "returned", "accepted", "refused"
OPEN = (SENT, WORKING)  # these wait for the operator
EDITED = (DRAFT, RETURNED)  # these the resident may change


class Application(Base):
    """Who wants a contract for which objects. `state`: draft, sent, working, returned (to be mended), accepted,
    refused; `buyer`: person, organisation. One draft a resident.
    """

    resident_id: int | None
    supplier_id: int
    resident = ForeignKeyField(Resident, null=True, backref="applications", on_delete="SET NULL")
    supplier = ForeignKeyField(Supplier, backref="applications")
    buyer = TextField(default="person")
    objects = TextField(default="")
    state = TextField(default=DRAFT)
    reason = TextField(default="")
    created_at = UtcField()
    changed_at = UtcField()
    sent_at = UtcField(null=True)
    decided_at = UtcField(null=True)
    decided_by = ForeignKeyField(Resident, null=True, backref="reviewed", on_delete="SET NULL")

    class Meta:
        indexes = ((("state", "id"), False),)

    @classmethod
    def with_all(cls) -> ModelSelect[Application]:
        """Applications with supplier and resident."""
        return (
            cls.select(cls, Supplier, Resident)
            .join(Supplier)
            .switch(cls)
            .join(Resident, JOIN.LEFT_OUTER, on=cls.resident)
        )

    @classmethod
    def draft_of(cls, resident: Resident) -> Application | None:
        found: Application | None = cls.with_all().where(cls.resident == resident, cls.state == DRAFT).first()
        return found

    @classmethod
    def begin(cls, resident: Resident, supplier: int, buyer: str, objects: str, now: datetime) -> Application | None:
        """A new draft; None where the resident has one."""
        try:
            with db.atomic():
                made: Application = cls.create(
                    resident=resident, supplier=supplier, buyer=buyer, objects=objects, created_at=now, changed_at=now
                )
        except IntegrityError:
            return None
        return made

    @classmethod
    def of_resident(cls, resident: Resident) -> list[Application]:
        """The resident's applications, newest first."""
        return list(cls.with_all().where(cls.resident == resident).order_by(cls.id.desc()))

    @classmethod
    def held(cls, resident: Resident, application_id: int) -> Application | None:
        found: Application | None = cls.with_all().where(cls.resident == resident, cls.id == application_id).first()
        return found

    @classmethod
    def of_operator(cls, application_id: int, suppliers: Collection[int] | None) -> Application | None:
        """The application, if it was sent to one of these suppliers (None = all): a draft is the resident's alone."""
        seen = (cls.id == application_id, cls.state != DRAFT, *cls._seen_by(suppliers))
        found: Application | None = cls.with_all().where(*seen).first()
        return found

    @classmethod
    def queue(cls, suppliers: Collection[int] | None, most: int) -> list[Application]:
        """What waits for the operator, oldest first."""
        rows = cls.with_all().where(cls.state.in_(OPEN), *cls._seen_by(suppliers))
        return list(rows.order_by(cls.sent_at, cls.id).limit(most))

    @classmethod
    def decided(cls, suppliers: Collection[int] | None, most: int) -> list[Application]:
        """What was decided or given back, newest first."""
        order = cls.decided_at.desc(), cls.id.desc()
        over = cls.select(cls.id).where(cls.state.in_((RETURNED, ACCEPTED, REFUSED)), *cls._seen_by(suppliers))
        last = over.order_by(*order).limit(most)
        return list(cls.with_all().where(cls.id.in_(last)).order_by(*order))  # joined when few are left

    @classmethod
    def next_waiting(cls, suppliers: Collection[int] | None, but: int) -> int | None:
        """The one to go on with: the oldest that waits for the operator."""
        rows = cls.select(cls.id).where(cls.state.in_(OPEN), cls.id != but, *cls._seen_by(suppliers))
        found = rows.order_by(cls.sent_at, cls.id).first()
        return found.id if found is not None else None

    @classmethod
    def count_waiting(cls, suppliers: Collection[int] | None) -> int:
        return int(cls.select().where(cls.state.in_(OPEN), *cls._seen_by(suppliers)).count())

    @classmethod
    def decide(cls, application: Application, state: str, by: Resident, now: datetime, reason: str) -> bool:
        """Writes the decision; False where it waits for none: another operator was faster."""
        query = cls.update(state=state, reason=reason, decided_by=by, decided_at=now)
        return bool(query.where(cls.id == application.id, cls.state.in_(OPEN)).execute())

    @classmethod
    def forget(cls, before: datetime) -> int:
        """Retention: drafts, and what was given back to be mended, that nobody has touched for so long."""
        return int(cls.delete().where(cls.state.in_(EDITED), cls.changed_at < before).execute())

    @classmethod
    def forget_of(cls, resident: Resident) -> None:
        """The resident leaves: his drafts and documents go, what he sent keeps its row without what he wrote."""
        own = cls.select(cls.id).where(cls.resident == resident)
        ApplicationPaper.delete().where(ApplicationPaper.application.in_(own)).execute()
        cls.delete().where(cls.resident == resident, cls.state.in_(EDITED)).execute()
        cls.update(objects="").where(cls.resident == resident).execute()
        cls.update(state=REFUSED).where(cls.resident == resident, cls.state.in_(OPEN)).execute()

    @classmethod
    def _seen_by(cls, suppliers: Collection[int] | None) -> tuple[Expression, ...]:
        return () if suppliers is None else (cls.supplier.in_(list(suppliers)),)


Application.add_index(
    Application.index(Application.resident, unique=True, where=SQL("state = 'draft'"), name="application_draft")
)


class ApplicationPaper(Base):
    """A document of an application, one of each kind: it lies under a random name outside the web root."""

    application_id: int
    application = ForeignKeyField(Application, backref="papers", on_delete="CASCADE")
    document = TextField()
    file_key = TextField()
    name = TextField()
    kind = TextField()
    size = IntegerField()
    at = UtcField()

    class Meta:
        indexes = ((("application", "document"), True),)

    @classmethod
    def of(cls, application: Application) -> dict[str, ApplicationPaper]:
        """The documents of an application by what they are."""
        return {str(row.document): row for row in cls.select().where(cls.application == application).order_by(cls.id)}

    @classmethod
    def put(cls, application: Application, document: str, **facts: object) -> None:
        """A document in place of the one of its kind; the old file goes with the next sweep."""
        cls.remove(application, document)
        cls.create(application=application, document=document, **facts)

    @classmethod
    def remove(cls, application: Application, document: str) -> bool:
        return bool(cls.delete().where(cls.application == application, cls.document == document).execute())

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[ApplicationPaper]:
        return cls.select(cls, Application).join(Application).where(Application.resident == resident)

    @classmethod
    def of_resident(cls, resident: Resident) -> dict[int, list[ApplicationPaper]]:
        """All documents of the resident's, by the application they belong to."""
        found: dict[int, list[ApplicationPaper]] = {}
        for row in cls.held_by(resident).order_by(cls.id):
            found.setdefault(row.application_id, []).append(row)
        return found

    @classmethod
    def of_operator(cls, paper_id: int, suppliers: Collection[int] | None) -> ApplicationPaper | None:
        """A document of an application that was sent to these suppliers; None = to any."""
        seen = (cls.id == paper_id, Application.state != DRAFT, *Application._seen_by(suppliers))
        found: ApplicationPaper | None = cls.select(cls, Application).join(Application).where(*seen).first()
        return found

    @classmethod
    def drop(cls, before: datetime) -> int:
        """Forgets the documents of what was decided earlier; the files go with the next sweep."""
        old = Application.select(Application.id).where(
            Application.state.in_((ACCEPTED, REFUSED)), Application.decided_at < before
        )
        return int(cls.delete().where(cls.application.in_(old)).execute())

    @classmethod
    def keys(cls) -> set[str]:
        """The names of all files that are wanted."""
        return {str(row.file_key) for row in cls.select(cls.file_key)}
