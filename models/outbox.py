"""The outbox: letters and messages on their way, those that went out, and those that never will."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast

from peewee import SQL, Expression, ForeignKeyField, IntegerField, TextField, fn

from models.base import Base, UtcField
from models.resident import Resident


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
    def dead_of(cls, kinds: Collection[str], **ids: int) -> int:
        """How many of the letters about these ids never went out: a look through the few that did not."""
        about = (cls.kind.in_(list(kinds)), cls.ids == json.dumps(ids))
        return int(cls.select().where(SQL("\"state\" = 'dead'"), *about).count())

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
