"""Notices («уведомление») and who has read them; the outbox of letters; the audit log."""

from __future__ import annotations

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from models.base import Base, UtcField
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
        return int(cls.select().where(cls.resident == resident, cls.is_read == False).count())  # noqa: E712


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
