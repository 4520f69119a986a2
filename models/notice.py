"""Notices («уведомление»), who has read them, and the chats of messengers that residents have opened."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN, SQL, BooleanField, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.base import Base, UtcField
from models.prepared import Prepared
from models.resident import Resident
from models.supplier import Supplier

BELL, MODAL, TOP = "bell", "modal", "top"
EVERYBODY, SUPPLIER, HOUSE, ACCOUNT, CHOSEN = "everybody", "supplier", "house", "account", "chosen"


class Notice(Base):
    """A text for one or many residents; `kind` is bell, modal (blocks until confirmed) or top (stacked).

    `audience` (everybody; supplier, house, account with `audience_id`; chosen, of the conditions in `whom`, see
    models/audience.py) is for the worker to spread once it is published; "" = whoever wrote it has named the
    residents himself. `spread_to` is the last resident reached, `spread_at` when all were, `reached` how many.
    `channels`: by which ways it goes out besides, a list with commas. A draft (`changed_at`, `once` of its form)
    waits for an operator; one that was withdrawn is spread once more: it is taken back from those who have it.
    `reminder`: the key of what many are reminded of by this one notice, whenever it comes to each of them.
    """

    supplier_id: int | None

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
    reached = IntegerField(default=0)
    whom = TextField(default="")
    is_draft = BooleanField(default=False)
    changed_at = UtcField(null=True)
    withdrawn_at = UtcField(null=True)
    once = TextField(null=True, unique=True)
    reminder = TextField(null=True, unique=True)

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

    @classmethod
    def remind(cls, key: str, residents: Iterable[Resident], now: datetime, **facts: object) -> None:
        """The notice of the key, made by whoever is first, in the bell of each resident, once."""
        addressed = list(residents)
        if addressed:
            cls.insert(reminder=key, published_at=now, **facts).on_conflict_ignore().execute()
            NoticeReceipt.give(cls.get(cls.reminder == key), addressed)

    @property
    def is_pressing(self) -> bool:
        """Does it stand before the pages or above them, not only in the list?"""
        return self.kind in (MODAL, TOP)

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now

    @classmethod
    def to_spread(cls, now: datetime) -> Notice | None:
        """The one published first of those that have not reached everybody they are for, or not left them."""
        waiting = (SQL("audience <> ''"), cls.spread_at.is_null(), cls.published_at <= now)
        rows = cls.select().where(*waiting, cls.is_draft == False)  # noqa: E712
        found: Notice | None = rows.order_by(cls.published_at, cls.id).first()
        return found

    @classmethod
    def written(cls, suppliers: Collection[int] | None) -> ModelSelect[Notice]:
        """What operators have written for many, newest first, with supplier; of these suppliers (None = of all)."""
        rows = cls.select(cls, Supplier).join(Supplier, JOIN.LEFT_OUTER).where(SQL("audience <> ''"))
        rows = rows.order_by(cls.id.desc())
        return rows if suppliers is None else rows.where(cls.supplier.in_(list(suppliers)))

    @classmethod
    def of_form(cls, once: str) -> Notice | None:
        """The draft that a form has written already."""
        found: Notice | None = cls.select().where(cls.once == once).first()
        return found

    def changed(self, seen: datetime, now: datetime, **facts: object) -> bool:
        """Writes the facts of a draft; False where it is not as it was seen, or a draft no more."""
        table = type(self)
        unchanged = (table.id == self.id, table.is_draft == True, table.changed_at == seen)  # noqa: E712
        return bool(table.update(changed_at=now, **facts).where(*unchanged).execute())

    def discard(self) -> bool:
        """Deletes a draft; False where it is none any more."""
        table = type(self)
        return bool(table.delete().where(table.id == self.id, table.is_draft == True).execute())  # noqa: E712

    @classmethod
    def lasting(cls, resident: Resident, now: datetime) -> list[Notice]:
        """Those that have reached everybody they are for, last still, and that the resident has not, oldest first."""
        has = NoticeReceipt.select(SQL("1")).where(NoticeReceipt.notice == cls.id, NoticeReceipt.resident == resident)
        rows = cls.select().where(
            SQL("audience <> ''"),
            cls.until > now,
            cls.spread_at.is_null(False),
            cls.withdrawn_at.is_null(),
            ~fn.EXISTS(has),
        )
        return list(rows.order_by(cls.published_at, cls.id))


Notice.add_index(
    Notice.index(Notice.until, where=SQL("audience <> '' AND until IS NOT NULL"), name="notice_lasting"),
)
Notice.add_index(
    Notice.index(Notice.published_at, where=SQL("audience <> '' AND spread_at IS NULL"), name="notice_to_spread"),
)
Notice.add_index(Notice.index(Notice.id, where=SQL("audience <> ''"), name="notice_written"))


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
            .where(
                cls.resident == resident,
                SQL("stands"),
                Notice.until.is_null() | (Notice.until > now),
                Notice.withdrawn_at.is_null(),
            )
        )
        return list(rows.order_by(cls.id))

    @classmethod
    def sit_down(cls, now: datetime) -> int:
        """What is over is from now on only in the list; how many stood."""
        over = Notice.select(Notice.id).where(Notice.until <= now)
        return int(cls.update(stands=False).where(SQL("stands"), cls.notice.in_(over)).execute())

    @classmethod
    def take_back(cls, notice: Notice, most: int) -> list[int]:
        """The next residents no longer have it before them; who read it stays known. Whom it was taken from."""
        rows = cls.select(cls.resident).where(cls.notice == notice, cls.resident > notice.spread_to)
        ids = [row.resident_id for row in rows.order_by(cls.resident).limit(most)]
        cls.update(is_read=True, stands=False).where(cls.notice == notice, cls.resident.in_(ids)).execute()
        return ids

    @classmethod
    def tally(cls, notice: Notice) -> tuple[int, int, int]:
        """(how many have it, have read it, have confirmed it)."""
        counts = (fn.COUNT(cls.id), fn.COUNT(cls.read_at), fn.COUNT(cls.confirmed_at))
        row: Any = cls.select(*counts).where(cls.notice == notice).tuples().get()
        have, read, confirmed = row
        return int(have), int(read), int(confirmed)

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
        """So many of them but what was withdrawn, after the one with this (is read, id)."""
        rows = cls.held_by(resident).where(Notice.withdrawn_at.is_null()).limit(limit)
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
