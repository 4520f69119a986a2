"""The log of what operators do: append-only, and found by who, what, which row and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import Expression, ForeignKeyField, ModelSelect, TextField

from models.base import Base, UtcField
from models.resident import Resident

AT_ONCE = 1000  # rows of a file that are read together
SLACK = timedelta(days=1)  # no transaction is longer


class Audit(Base):
    """Who did what to which row, before and after as JSON.

    Triggers keep every row as it was written (migration 0018): only `actor` may become NULL, with its resident.
    """

    at = UtcField(index=True)
    actor = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
    actor_name = TextField(default="")
    action = TextField()
    object = TextField(default="")
    object_id = TextField(default="")
    before = TextField(default="")
    after = TextField(default="")

    class Meta:
        indexes = (
            (("action", "id"), False),  # with the id behind, what nobody did is found without walking the log
            (("object", "id"), False),
            (("actor_name", "id"), False),
            (("actor", "action"), False),
            (("actor_name", "actor"), False),
            (("object", "object_id"), False),
        )

    @classmethod
    def found(cls, sought: Sought, limit: int, behind: int = 0) -> list[Audit]:
        """So many rows, newest first, those before the row `behind` (0 = from the newest)."""
        rows: list[Audit] = []
        for query in sought.queries():
            here = query.where(cls.id < behind) if behind else query
            rows.extend(here.order_by(cls.id.desc()).limit(limit))
        return sorted(rows, key=lambda row: row.id, reverse=True)[:limit]

    @classmethod
    def all_found(cls, sought: Sought) -> Iterator[Audit]:
        """All of them, newest first, some at a time: the log may be larger than the memory."""
        last = 0
        while rows := cls.found(sought, AT_ONCE, last):
            yield from rows
            last = rows[-1].id


@dataclass(frozen=True)
class Sought:
    """What of the log is wanted; "" and None ask for everything. `until` is the first moment that is not."""

    who: Resident | str = ""
    action: str = ""
    object: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def queries(self) -> list[ModelSelect[Audit]]:
        """Each by an index of its own, no row in two: SQLite sorts all that an OR of them finds."""
        known = [*self._facts(), *self._period()]
        rows = Audit.select().where(*known) if known else Audit.select()
        if not self.who:
            return [rows]
        if not isinstance(self.who, Resident):
            return [rows.where(Audit.actor_name == self.who)]
        named = rows.where(Audit.actor.is_null(), Audit.actor_name == str(self.who.email))
        return [rows.where(Audit.actor == self.who), named]

    def _facts(self) -> Iterator[Expression]:
        columns = ((Audit.action, self.action), (Audit.object, self.object), (Audit.object_id, self.object_id))
        return (column == value for column, value in columns if value)

    def _period(self) -> Iterator[Expression]:
        """Ids follow the moments but for a transaction's length: they bound the period beside any other index."""
        near = Audit.alias()
        if self.since:
            first = near.select(near.id).where(near.at >= self.since - SLACK).order_by(near.at).limit(1)
            yield from (Audit.at >= self.since, Audit.id >= first)
        if self.until:
            last = near.select(near.id).where(near.at < self.until + SLACK).order_by(near.at.desc()).limit(1)
            yield from (Audit.at < self.until, Audit.id <= last)
