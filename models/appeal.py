"""Appeals («обращение»): a thread of a resident and a supplier, its messages, the files that came with them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from peewee import (
    JOIN,
    SQL,
    BooleanField,
    Expression,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    ModelSelect,
    TextField,
    fn,
)

from models.account import Account
from models.base import Base, UtcField, db
from models.resident import Resident
from models.search import fold
from models.supplier import Supplier
from models.topic import Topic

NEW, WORKING, ANSWERED, CLOSED = "new", "working", "answered", "closed"


class Appeal(Base):
    """A thread. `state`: new, working (an operator took it), answered, closed.

    `subject` is the heading of what an operator wrote first; a resident's has a topic instead. `waits_since` is when
    the resident wrote what nobody has answered yet (NULL = nothing waits), `answered_at` when an operator wrote last,
    `unread` how many of the operator's messages the resident has not opened.
    """

    resident_id: int | None
    supplier_id: int
    account_id: int | None

    resident = ForeignKeyField(Resident, null=True, backref="appeals", on_delete="SET NULL")
    supplier = ForeignKeyField(Supplier, backref="appeals")
    account = ForeignKeyField(Account, null=True, backref="appeals")
    topic = ForeignKeyField(Topic, null=True, backref="appeals")
    subtopic = ForeignKeyField(Topic, null=True, backref="narrower")
    subject = TextField(default="")
    contact = TextField(default="")
    other_contact = TextField(default="")
    is_from_operator = BooleanField(default=False)
    state = TextField(default=NEW)
    unread = IntegerField(default=0)
    once = TextField(unique=True)
    created_at = UtcField()
    waits_since = UtcField(null=True)
    answered_at = UtcField(null=True)
    closed_at = UtcField(null=True)
    taken_by = ForeignKeyField(Resident, null=True, backref="taken", on_delete="SET NULL")

    class Meta:
        indexes = ((("resident", "id"), False), (("state", "id"), False))

    @property
    def title(self) -> str:
        """What it is about, in a line."""
        if self.topic is None:
            return str(self.subject) or "Обращение"
        return f"{self.topic.name}: {self.subtopic.name}" if self.subtopic else str(self.topic.name)

    @classmethod
    def with_all(cls) -> ModelSelect[Appeal]:
        """Appeals with supplier, account, topics and resident."""
        narrower = Topic.alias()
        return (
            cls.select(cls, Supplier, Account, Topic, narrower, Resident)
            .join(Supplier)
            .switch(cls)
            .join(Account, JOIN.LEFT_OUTER, on=cls.account)
            .switch(cls)
            .join(Topic, JOIN.LEFT_OUTER, on=cls.topic)
            .switch(cls)
            .join(narrower, JOIN.LEFT_OUTER, on=(cls.subtopic == narrower.id), attr="subtopic")
            .switch(cls)
            .join(Resident, JOIN.LEFT_OUTER, on=cls.resident)
        )

    @classmethod
    def enter(cls, **facts: object) -> Appeal | None:
        """A new thread; None where the same form made one before."""
        try:
            with db.atomic():
                made: Appeal = cls.create(**facts)
        except IntegrityError:
            return None
        return made

    @classmethod
    def by_once(cls, once: str) -> Appeal | None:
        found: Appeal | None = cls.select().where(cls.once == once).first()
        return found

    @classmethod
    def same(cls, resident: Resident, since: datetime, text: str, **about: int | None) -> Appeal | None:
        """What the resident wrote since then in these very words, about the same."""
        alike = [getattr(cls, name) == value for name, value in about.items()]
        rows = cls.select().join(AppealMessage).where(AppealMessage.text == text, *alike)
        found: Appeal | None = rows.where(cls.resident == resident, cls.created_at >= since).first()
        return found

    @classmethod
    def of_resident(cls, resident: Resident, appeal_id: int) -> Appeal | None:
        found: Appeal | None = cls.with_all().where(cls.resident == resident, cls.id == appeal_id).first()
        return found

    @classmethod
    def sent(cls, resident: Resident, most: int, before: int | None = None) -> list[Appeal]:
        """So many of what the resident began himself, newest first; `before`: only those before this one."""
        rows = cls.with_all().where(cls.resident == resident, cls.is_from_operator == False)  # noqa: E712
        rows = rows if before is None else rows.where(cls.id < before)
        return list(rows.order_by(cls.id.desc()).limit(most))

    @classmethod
    def received(cls, resident: Resident, most: int, before: int | None = None) -> list[Appeal]:
        """So many of those in which an operator wrote, the newest answer first; `before`: only those after it."""
        rows = cls.with_all().where(cls.resident == resident, cls.answered_at.is_null(False))
        last = cls.of_resident(resident, before) if before is not None else None
        if last is not None:
            at = last.answered_at
            rows = rows.where((cls.answered_at < at) | ((cls.answered_at == at) & (cls.id < last.id)))
        return list(rows.order_by(cls.answered_at.desc(), cls.id.desc()).limit(most))

    @classmethod
    def count_unread(cls, resident: Resident) -> int:
        """How many answers the resident has not opened."""
        return int(cls.select(fn.COALESCE(fn.SUM(cls.unread), 0)).where(cls.resident == resident).scalar())

    @classmethod
    def of_operator(cls, appeal_id: int, suppliers: Collection[int] | None) -> Appeal | None:
        """The appeal, if one who works for these suppliers (None = all) may see it."""
        found: Appeal | None = cls.with_all().where(cls.id == appeal_id, *cls._seen_by(suppliers)).first()
        return found

    @classmethod
    def queue(
        cls, suppliers: Collection[int] | None, most: int, states: Collection[str], supplier: int | None = None
    ) -> list[Appeal]:
        """So many in these states: who has waited longest first, then what waits for nothing, newest first."""
        rows = cls.with_all().where(cls.state.in_(list(states)), *cls._seen_by(suppliers))
        if supplier is not None:
            rows = rows.where(cls.supplier == supplier)
        return list(rows.order_by(cls.waits_since.is_null(), cls.waits_since, cls.id.desc()).limit(most))

    @classmethod
    def count_waiting(cls, suppliers: Collection[int] | None) -> int:
        return int(cls.select().where(cls.waits_since.is_null(False), *cls._seen_by(suppliers)).count())

    @classmethod
    def _seen_by(cls, suppliers: Collection[int] | None) -> tuple[Expression, ...]:
        return () if suppliers is None else (cls.supplier.in_(list(suppliers)),)

    @classmethod
    def forget(cls, before: datetime) -> int:
        """Retention: what was closed earlier goes, with its messages and the rows of its files."""
        return int(cls.delete().where(cls.closed_at < before).execute())

    @classmethod
    def forget_of(cls, resident: Resident) -> None:
        """The resident leaves: what he wrote, to whom he asked to answer and all files go, the threads are closed."""
        own = cls.select(cls.id).where(cls.resident == resident)
        AppealMessage.delete().where(AppealMessage.appeal.in_(own)).execute()
        wiped = {"contact": "", "other_contact": "", "subject": "", "unread": 0, "waits_since": None}
        cls.update(**wiped, state=CLOSED).where(cls.resident == resident).execute()
        cls.update(closed_at=cls.created_at).where(cls.resident == resident, cls.closed_at.is_null()).execute()


Appeal.add_index(
    Appeal.index(Appeal.waits_since, where=SQL("waits_since IS NOT NULL"), name="appeal_waiting"),
)


class AppealMessage(Base):
    """What one of the two wrote; `author` is the operator or the resident, as long as he has a login.

    `folded` is the text as it is looked for; it follows the text by itself.
    """

    appeal_id: int
    appeal = ForeignKeyField(Appeal, backref="messages", on_delete="CASCADE")
    author = ForeignKeyField(Resident, null=True, backref="messages", on_delete="SET NULL")
    is_from_operator = BooleanField(default=False)
    text = TextField()
    folded = TextField(default="")
    at = UtcField()
    once = TextField(unique=True)

    def save(self, *args: Any, **facts: Any) -> Any:
        self.folded = fold(str(self.text))
        return super().save(*args, **facts)

    @classmethod
    def enter(cls, **facts: object) -> AppealMessage | None:
        """A new message; None where the same form brought it before."""
        try:
            with db.atomic():
                made: AppealMessage = cls.create(**facts)
        except IntegrityError:
            return None
        return made

    @classmethod
    def is_there(cls, once: str) -> bool:
        return bool(cls.select().where(cls.once == once).exists())

    @classmethod
    def thread(cls, appeal: Appeal) -> list[AppealMessage]:
        """The messages, oldest first, each with its author."""
        rows = cls.select(cls, Resident).join(Resident, JOIN.LEFT_OUTER, on=cls.author)
        return list(rows.where(cls.appeal == appeal).order_by(cls.id))

    @classmethod
    def of_resident(cls, resident: Resident) -> list[tuple[AppealMessage, list[AppealFile]]]:
        """All messages of the resident's threads with their files, oldest first."""
        rows = cls.select(cls, Appeal).join(Appeal).where(Appeal.resident == resident).order_by(cls.id)
        files: dict[int, list[AppealFile]] = {}
        for file in AppealFile.held_by(resident).order_by(AppealFile.id):
            files.setdefault(file.message_id, []).append(file)
        return [(row, files.get(row.id, [])) for row in rows]


class AppealFile(Base):
    """A file that came with a message: it lies under a random name outside the web root, "" once its term is over."""

    message_id: int
    message = ForeignKeyField(AppealMessage, backref="files", on_delete="CASCADE")
    file_key = TextField()
    name = TextField()
    kind = TextField()
    size = IntegerField()

    @classmethod
    def of_appeal(cls, appeal: Appeal) -> dict[int, list[AppealFile]]:
        """The files of a thread by the message they came with."""
        found: dict[int, list[AppealFile]] = {}
        for row in cls.select().join(AppealMessage).where(AppealMessage.appeal == appeal).order_by(cls.id):
            found.setdefault(row.message_id, []).append(row)
        return found

    @classmethod
    def names_of(cls, message: AppealMessage) -> list[str]:
        return [str(file.name) for file in cls.select(cls.name).where(cls.message == message).order_by(cls.id)]

    @classmethod
    def _with_appeal(cls) -> ModelSelect[AppealFile]:
        return cls.select(cls, AppealMessage, Appeal).join(AppealMessage).join(Appeal)

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[AppealFile]:
        """The files of the resident's threads, whoever brought them."""
        return cls._with_appeal().where(Appeal.resident == resident)

    @classmethod
    def of_operator(cls, file_id: int, suppliers: Collection[int] | None) -> AppealFile | None:
        """A file of a thread of these suppliers; None = of all."""
        found: AppealFile | None = cls._with_appeal().where(cls.id == file_id, *Appeal._seen_by(suppliers)).first()
        return found

    @classmethod
    def drop(cls, before: datetime) -> int:
        """Forgets the files of what was closed earlier; they go with the next sweep."""
        old = AppealMessage.select(AppealMessage.id).join(Appeal).where(Appeal.closed_at < before)
        return int(cls.update(file_key="").where(cls.message.in_(old), cls.file_key != "").execute())

    @classmethod
    def keys(cls) -> set[str]:
        """The names of all files that are wanted."""
        return {str(row.file_key) for row in cls.select(cls.file_key).where(cls.file_key != "")}
