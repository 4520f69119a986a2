"""Notices («уведомление») and who has read them; the outbox of letters; the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import JOIN, SQL, BooleanField, Expression, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.base import Base, UtcField
from models.prepared import Prepared
from models.resident import Resident
from models.supplier import Supplier

BELL, MODAL, TOP = "bell", "modal", "top"


class Notice(Base):
    """A text for one or many residents; `kind` is bell, modal (blocks until confirmed) or top (stacked)."""

    supplier = ForeignKeyField(Supplier, null=True)
    kind = TextField(default=BELL)
    subject = TextField()
    body = TextField(default="")
    link_url = TextField(default="")
    link_label = TextField(default="")
    needs_confirmation = BooleanField(default=False)
    published_at = UtcField()
    until = UtcField(null=True)

    @classmethod
    def tell(
        cls, residents: Iterable[Resident], subject: str, body: str, now: datetime, **facts: object
    ) -> Notice | None:
        """A simple notice in the bell of each resident, in the caller's transaction; None where there is nobody."""
        addressed = list(residents)
        if not addressed:
            return None
        notice: Notice = cls.create(subject=subject, body=body, published_at=now, **facts)
        for resident in addressed:
            NoticeReceipt.create(notice=notice, resident=resident)
        return notice


class NoticeReceipt(Base):
    """A notice addressed to a resident: when it was read, confirmed, closed."""

    notice = ForeignKeyField(Notice, backref="receipts", on_delete="CASCADE")
    resident = ForeignKeyField(Resident, backref="notices", on_delete="CASCADE", index=False)
    is_read = BooleanField(default=False)
    read_at = UtcField(null=True)
    confirmed_at = UtcField(null=True)
    closed_at = UtcField(null=True)

    class Meta:
        indexes = ((("notice", "resident"), True), (("resident", "is_read", "id"), False))

    @classmethod
    def unread(cls, resident: Resident) -> int:
        """How many the bell counts."""
        return int(_UNREAD(resident=resident.id)[0][0])

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[NoticeReceipt]:
        """The resident's notices with their texts: the unread first, each part newest first."""
        return (
            cls.select(cls, Notice, Supplier)
            .join(Notice)
            .join(Supplier, JOIN.LEFT_OUTER)
            .where(cls.resident == resident)
            .order_by(cls.is_read, cls.id.desc())
        )

    @classmethod
    def page(cls, resident: Resident, limit: int, after: tuple[bool, int] | None = None) -> list[NoticeReceipt]:
        """So many of them, after the one with this (is read, id)."""
        rows = cls.held_by(resident).limit(limit)
        if after is not None:
            was_read, last = after
            rest = (cls.is_read == was_read) & (cls.id < last)
            rows = rows.where(rest if was_read else rest | (cls.is_read == True))  # noqa: E712
        return list(rows)

    @classmethod
    def read_of_link(cls, resident: Resident, url: str, now: datetime) -> None:
        """Who has opened a page by himself need not be called there again."""
        unread = (cls.resident == resident) & (cls.is_read == False)  # noqa: E712
        leading = [row.id for row in cls.select(cls.id).join(Notice).where(unread, Notice.link_url == url)]
        cls.update(is_read=True, read_at=now).where(cls.id.in_(leading)).execute()

    def mark(self, now: datetime, confirmed: bool) -> None:
        """Notes that it was read, and confirmed where that was done; the first time counts."""
        table = type(self)
        table.update(is_read=True, read_at=now).where(table.id == self.id, table.is_read == False).execute()  # noqa: E712
        if confirmed:
            table.update(confirmed_at=now).where(table.id == self.id, table.confirmed_at.is_null()).execute()


_UNREAD: Prepared[tuple[int]] = Prepared(
    lambda resident: (
        NoticeReceipt.select(fn.COUNT(NoticeReceipt.id))
        .where(NoticeReceipt.resident == resident, NoticeReceipt.is_read == False)  # noqa: E712
        .tuples()
    )
)


class Outbox(Base):
    """A letter or message to be sent: kind and ids, never a link, a code or a password (decisions 7).

    `key` keeps doubles out. `state`: waiting, sent, dead. The worker leases a row by a conditional UPDATE.
    `body` is what went out: wiped after delivery, kept in demo mode for `/outbox`.
    """

    key = TextField(unique=True)
    kind = TextField()
    channel = TextField(default="email")
    resident = ForeignKeyField(Resident, null=True, on_delete="CASCADE")
    destination = TextField(default="")
    ids = TextField(default="{}")
    state = TextField(default="waiting")
    attempts = IntegerField(default=0)
    not_before = UtcField()
    leased_until = UtcField(null=True)
    provider_id = TextField(default="")
    error = TextField(default="")
    subject = TextField(default="")
    body = TextField(default="")
    created_at = UtcField()
    sent_at = UtcField(null=True)

    @classmethod
    def put(cls, **facts: object) -> bool:
        """Adds a letter; False where its key is there already."""
        return bool(cls.insert(**facts).on_conflict_ignore().as_rowcount().execute())

    @classmethod
    def is_put(cls, key: str) -> bool:
        return bool(cls.select().where(cls.key == key).exists())

    @classmethod
    def sent_with(cls, key: str) -> datetime | None:
        """When the letter of this key went out; None where it did not."""
        letter: Outbox | None = cls.select().where(cls.key == key, cls.state == "sent").first()
        return letter.sent_at if letter is not None else None

    @classmethod
    def due(cls, now: datetime, channel: str) -> Outbox | None:
        """The channel's letter that has waited longest and that nobody is sending."""
        waiting = cls.select().where(cls.channel == channel, *cls._free(now))
        found: Outbox | None = waiting.order_by(cls.not_before, cls.id).first()
        return found

    @classmethod
    def claim(cls, letter: Outbox, until: datetime, now: datetime) -> Outbox | None:
        """Takes the letter for sending until that moment; None where another worker was faster."""
        query = cls.update(leased_until=until, attempts=cls.attempts + 1).where(cls.id == letter.id, *cls._free(now))
        return cls.get_by_id(letter.id) if query.execute() else None

    @classmethod
    def close(cls, letter: Outbox, **changes: object) -> bool:
        """Writes what became of a claimed letter; False where the claim had run out and is another's."""
        query = cls.update(leased_until=None, **changes).where(
            cls.id == letter.id, cls.state == "waiting", cls.leased_until == letter.leased_until
        )
        return bool(query.execute())

    @classmethod
    def newest(cls, most: int) -> list[Outbox]:
        return list(cls.select().order_by(cls.id.desc()).limit(most))

    @classmethod
    def forget(cls, before: datetime) -> int:
        """Retention: letters that went out, or never will, are of no use after a while."""
        return int(cls.delete().where(cls.state != "waiting", cls.created_at < before).execute())

    @classmethod
    def _free(cls, now: datetime) -> tuple[Expression, ...]:
        return (
            cls.state == SQL("'waiting'"),  # a literal: SQLite takes no partial index for a bound parameter
            cls.not_before <= now,
            cls.leased_until.is_null() | (cls.leased_until <= now),
        )


Outbox.add_index(
    Outbox.index(Outbox.not_before, where=Outbox.state == "waiting", name="outbox_to_send"),
)


class Audit(Base):
    """Who changed what: append-only, before and after as JSON."""

    at = UtcField(index=True)
    actor = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
    actor_name = TextField(default="")
    action = TextField()
    object = TextField(default="")
    object_id = TextField(default="")
    before = TextField(default="")
    after = TextField(default="")
