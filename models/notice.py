"""Notices («уведомление») and who has read them; the outbox of letters; the audit log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast

from peewee import JOIN, SQL, BooleanField, Expression, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.account import Account
from models.base import Base, UtcField
from models.link import Link
from models.prepared import Prepared
from models.resident import ACTIVE, Resident
from models.supplier import Supplier

BELL, MODAL, TOP = "bell", "modal", "top"
EVERYBODY, SUPPLIER, HOUSE, ACCOUNT = "everybody", "supplier", "house", "account"


class Notice(Base):
    """A text for one or many residents; `kind` is bell, modal (blocks until confirmed) or top (stacked).

    `audience` (everybody, supplier, house, account, with `audience_id`) is for the worker to spread once it is
    published; "" = whoever wrote it has named the residents himself. `spread_to` is the last resident reached,
    `spread_at` when all were. `channels`: by which ways it goes out besides, a list with commas.
    """

    supplier = ForeignKeyField(Supplier, null=True)
    kind = TextField(default=BELL)
    subject = TextField()
    body = TextField(default="")
    link_url = TextField(default="")
    link_label = TextField(default="")
    needs_confirmation = BooleanField(default=False)
    published_at = UtcField()
    until = UtcField(null=True)
    audience = TextField(default="")
    audience_id = IntegerField(default=0)
    channels = TextField(default="")
    is_advertising = BooleanField(default=False)
    spread_to = IntegerField(default=0)
    spread_at = UtcField(null=True)

    @classmethod
    def tell(
        cls, residents: Iterable[Resident], subject: str, body: str, now: datetime, **facts: object
    ) -> Notice | None:
        """A simple notice in the bell of each resident, in the caller's transaction; None where there is nobody."""
        addressed = list(residents)
        if not addressed:
            return None
        notice: Notice = cls.create(subject=subject, body=body, published_at=now, **facts)
        NoticeReceipt.give(notice, addressed)
        return notice

    @property
    def is_pressing(self) -> bool:
        """Does it stand before the pages or above them, not only in the list?"""
        return self.kind in (MODAL, TOP)

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now

    @classmethod
    def to_spread(cls, now: datetime) -> Notice | None:
        """The one published first of those that have not reached everybody they are for."""
        waiting = (SQL("audience <> ''"), cls.spread_at.is_null(), cls.published_at <= now)
        found: Notice | None = cls.select().where(*waiting).order_by(cls.published_at, cls.id).first()
        return found

    def next_readers(self, most: int) -> list[Resident]:
        """So many of those it is for, after the last that was reached; each once, in the order of ids."""
        rows = Resident.select().where(Resident.id > self.spread_to, Resident.state == ACTIVE)
        if self.is_advertising:
            rows = rows.where(Resident.advertising == True)  # noqa: E712
        if self.audience != EVERYBODY:
            column = {SUPPLIER: Account.supplier, HOUSE: Account.house, ACCOUNT: Account.id}[str(self.audience)]
            held = Link.select(SQL("1")).join(Account).where(Link.resident == Resident.id, column == self.audience_id)
            rows = rows.where(fn.EXISTS(held))
        return list(rows.order_by(Resident.id).limit(most))


Notice.add_index(
    Notice.index(Notice.published_at, where=SQL("audience <> '' AND spread_at IS NULL"), name="notice_to_spread"),
)


class NoticeReceipt(Base):
    """A notice addressed to a resident: when it was read, confirmed, closed.

    `stands`: it is shown before or above every page: a modal until it is confirmed, a top one until it is closed.
    """

    resident_id: int
    notice_id: int

    notice = ForeignKeyField(Notice, backref="receipts", on_delete="CASCADE")
    resident = ForeignKeyField(Resident, backref="notices", on_delete="CASCADE", index=False)
    is_read = BooleanField(default=False)
    read_at = UtcField(null=True)
    confirmed_at = UtcField(null=True)
    closed_at = UtcField(null=True)
    stands = BooleanField(default=False)

    class Meta:
        indexes = ((("notice", "resident"), True), (("resident", "is_read", "id"), False))

    @classmethod
    def give(cls, notice: Notice, residents: Iterable[Resident]) -> None:
        """Addresses the notice to the residents; whoever has it keeps what he did with it."""
        rows = [{"notice": notice.id, "resident": who.id, "stands": notice.is_pressing} for who in residents]
        if rows:
            cls.insert_many(rows).on_conflict_ignore().execute()

    @classmethod
    def standing(cls, resident: Resident, now: datetime) -> list[NoticeReceipt]:
        """The resident's notices that stand before or above the pages, oldest first; those over are left out."""
        rows = (
            cls.select(cls, Notice, Supplier)
            .join(Notice)
            .join(Supplier, JOIN.LEFT_OUTER)
            .where(cls.resident == resident, SQL("stands"), Notice.until.is_null() | (Notice.until > now))
        )
        return list(rows.order_by(cls.id))

    @classmethod
    def sit_down(cls, now: datetime) -> int:
        """What is over is from now on only in the list; how many stood."""
        over = Notice.select(Notice.id).where(Notice.until <= now)
        return int(cls.update(stands=False).where(SQL("stands"), cls.notice.in_(over)).execute())

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
            table.update(confirmed_at=now, stands=False).where(
                table.id == self.id, table.confirmed_at.is_null()
            ).execute()

    def close(self, now: datetime) -> None:
        """Notes that it was taken off the top; the first time counts."""
        table = type(self)
        query = table.update(closed_at=now, stands=False).where(table.id == self.id, table.closed_at.is_null())
        query.execute()


NoticeReceipt.add_index(
    NoticeReceipt.index(NoticeReceipt.resident, where=SQL("stands"), name="notice_receipt_standing"),
)


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
    `priority`: 0 for what somebody waits for, 1 for what may wait: reminders, bills, notices for many.
    `body` is what went out: wiped after delivery, kept in demo mode for `/outbox`.
    """

    key = TextField(unique=True)
    kind = TextField()
    channel = TextField(default="email")
    resident_id: int | None
    resident = ForeignKeyField(Resident, null=True, on_delete="CASCADE")
    destination = TextField(default="")
    ids = TextField(default="{}")
    priority = IntegerField(default=0)
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
    def put_many(cls, rows: Collection[dict[str, Any]]) -> None:
        """Adds letters; those whose key is there already are left alone."""
        if rows:
            cls.insert_many(rows).on_conflict_ignore().execute()

    @classmethod
    def sent_with(cls, key: str) -> datetime | None:
        """When the letter of this key went out; None where it did not."""
        letter: Outbox | None = cls.select().where(cls.key == key, cls.state == "sent").first()
        return letter.sent_at if letter is not None else None

    @classmethod
    def due(cls, now: datetime, channel: str, urgent: bool = False) -> Outbox | None:
        """The channel's letter that nobody is sending: the urgent first, each kind in the order of its time."""
        waiting = cls.select().where(cls.channel == channel, *cls._free(now))
        if urgent:
            waiting = waiting.where(cls.priority == 0)
        found: Outbox | None = waiting.order_by(cls.priority, cls.not_before, cls.id).first()
        return found

    @classmethod
    def received(cls, channel: str, destination: str, since: datetime) -> int:
        """How many that might have waited went to the address since then."""
        rows = cls.select().where(cls.destination == destination, SQL("priority > 0"), cls.sent_at >= since)
        return int(rows.where(cls.channel == channel).count())

    @classmethod
    def postpone(cls, letter: Outbox, until: datetime) -> None:
        """Back into the queue as if it had not been taken."""
        cls.close(letter, not_before=until, attempts=cls.attempts - 1)

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
    def queues(cls, now: datetime) -> list[tuple[str, int, datetime | None]]:
        """(channel, how many wait, since when the oldest could have gone) of all channels that have any."""
        rows = (
            cls.select(cls.channel, fn.COUNT(cls.id), fn.MIN(cls.not_before))
            .where(SQL("\"state\" = 'waiting'"), cls.not_before <= now)
            .group_by(cls.channel)
            .order_by(cls.channel)
        )
        found = cast(Iterable[tuple[str, int, Any]], rows.tuples())  # peewee's types know only rows of models
        return [(channel, count, cls.not_before.python_value(oldest)) for channel, count, oldest in found]

    @classmethod
    def dead(cls, most: int, before: int | None = None) -> list[Outbox]:
        """What never went out, newest first; `before`: only those before this one."""
        rows = cls.select().where(SQL("\"state\" = 'dead'")).order_by(cls.id.desc()).limit(most)
        return list(rows if before is None else rows.where(cls.id < before))

    @classmethod
    def revive(cls, letter: Outbox, now: datetime) -> bool:
        """Out of the dead ones, back into the queue; False where it is none of them."""
        query = cls.update(state="waiting", attempts=0, not_before=now, error="")
        return bool(query.where(cls.id == letter.id, cls.state == "dead").execute())

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
    Outbox.index(
        Outbox.channel,
        Outbox.priority,
        Outbox.not_before,
        where=SQL("\"state\" = 'waiting'"),
        name="outbox_to_send",
    ),
)
Outbox.add_index(
    Outbox.index(Outbox.destination, Outbox.sent_at, where=SQL("priority > 0"), name="outbox_received"),
)
# What never went out: few of many, for the operator.
Outbox.add_index(Outbox.index(Outbox.id, where=SQL("\"state\" = 'dead'"), name="outbox_dead"))


class Chat(Base):
    """A conversation of a messenger (`channel`: telegram, max) that the resident has opened for the portal."""

    resident_id: int
    resident = ForeignKeyField(Resident, backref="chats", on_delete="CASCADE", index=False)
    channel = TextField()
    address = TextField()
    linked_at = UtcField()

    class Meta:
        indexes = ((("resident", "channel"), True), (("channel", "address"), True))

    @classmethod
    def of(cls, residents: Collection[Resident]) -> dict[tuple[int, str], str]:
        """(resident's id, channel) → where to write, for all of them in one query."""
        rows = cls.select().where(cls.resident.in_(list(residents)))
        return {(row.resident_id, str(row.channel)): str(row.address) for row in rows}

    @classmethod
    def link(cls, resident: Resident, channel: str, address: str, now: datetime) -> None:
        """The chat is this resident's from now on, and the only one he has in that messenger."""
        cls.delete().where(cls.channel == channel, (cls.resident == resident) | (cls.address == address)).execute()
        cls.create(resident=resident, channel=channel, address=address, linked_at=now)

    @classmethod
    def unlink(cls, channel: str, address: str) -> Resident | None:
        """Nothing is written there any more; whose it was."""
        found: Chat | None = (
            cls.select(cls, Resident).join(Resident).where(cls.channel == channel, cls.address == address).first()
        )
        if found is None:
            return None
        found.delete_instance()
        return found.resident


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
