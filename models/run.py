"""The record of what came in and went out: import runs, refused rows, export batches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from datetime import datetime

from peewee import SQL, BlobField, BooleanField, ForeignKeyField, IntegerField, TextField, fn

from models.base import Base, UtcField, db, on_postgresql
from models.supplier import Supplier

KEPT, ASKED, UNDONE, EXPIRED = "kept", "asked", "undone", "expired"


class ImportRun(Base):
    """One run of `flask import` or of the console: who, when, which file, what came of it.

    `state`: uploading, waiting (a file for the worker), staging, publishing, cancelling (asked to stop), done,
    refused (strict), failed, dropped (its process died), cancelled.
    `counts` is JSON by table:
    ``{"bills": {"new": 1, "changed": 0, "same": 2, "refused": 0}}``; `messages` is JSON, a list of Russian sentences.
    `once` is the key of the form that brought it.
    `suppliers`: JSON, the codes of those whose rows the package holds. `undo`: "" (wrote nothing that is kept), kept
    (its journal is there), asked (the worker will undo it), undone, expired (the journal is no longer kept);
    `undo_told` is why it was asked for in vain.
    """

    who = TextField()
    file_name = TextField()
    sha256 = TextField()
    started_at = UtcField()
    finished_at = UtcField(null=True)
    state = TextField()
    is_dry = BooleanField(default=False)
    is_strict = BooleanField(default=False)
    table = TextField(default="")
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    counts = TextField(default="{}")
    messages = TextField(default="[]")
    suppliers = TextField(default="[]")
    once = TextField(default="")
    undo = TextField(default="")
    undone_at = UtcField(null=True)
    undone_by = TextField(default="")
    undo_told = TextField(default="")

    @property
    def codes(self) -> set[str]:
        """Whose rows the package holds."""
        return set(json.loads(str(self.suppliers)))

    @classmethod
    def of_once(cls, who: str, once: str) -> ImportRun | None:
        """What the same form has brought before."""
        found: ImportRun | None = cls.get_or_none(cls.who == who, cls.once == once) if once else None
        return found

    @classmethod
    def of_undo(cls, *undo: str) -> list[ImportRun]:
        """Runs that stand so with their undoing, newest first."""
        return list(cls.select().where(cls.undo != SQL("''"), cls.undo.in_(undo)).order_by(cls.id.desc()))

    def move_undo(self, out_of: str, **facts: object) -> bool:
        """The same as `move` for the undoing."""
        table = type(self)
        done = bool(table.update(**facts).where(table.id == self.id, table.undo == out_of).execute())
        if done:
            for name, value in facts.items():
                setattr(self, name, value)
            self.dirty_fields.clear()
        return done

    @property
    def refused(self) -> int:
        """How many rows were not taken, of all tables."""
        return sum(table.get("refused", 0) for table in json.loads(str(self.counts)).values())

    @classmethod
    def latest(cls, limit: int, before: int | None = None) -> list[ImportRun]:
        """The newest runs, for the console's list; `before` is the id of the last one shown."""
        rows = cls.select().order_by(cls.id.desc()).limit(limit)
        return list(rows if before is None else rows.where(cls.id < before))

    @classmethod
    def ended_since(cls, moment: datetime) -> list[ImportRun]:
        """Runs that ended after the moment."""
        return list(cls.select().where(cls.finished_at >= moment))

    def move(self, states: Collection[str], **facts: object) -> bool:
        """Writes the facts if the run still is in one of the states: another process may have moved it on."""
        table = type(self)
        done = bool(table.update(**facts).where(table.id == self.id, table.state.in_(states)).execute())
        if done:
            for name, value in facts.items():
                setattr(self, name, value)
            self.dirty_fields.clear()
        return done

    @classmethod
    def next_waiting(cls) -> ImportRun | None:
        """The oldest uploaded file that nobody has begun with."""
        found: ImportRun | None = cls.select().where(cls.state == "waiting").order_by(cls.id).first()
        return found

    @classmethod
    def uploading(cls, since_before: datetime) -> list[ImportRun]:
        """Runs whose file has been on its way since before the moment."""
        return list(cls.select().where(cls.state == "uploading", cls.started_at < since_before))

    @classmethod
    def unfinished(cls) -> set[int]:
        """The ids of runs that have not ended."""
        return {row.id for row in cls.select(cls.id).where(cls.finished_at.is_null())}


class RefusedRow(Base):
    """A refused row of a run: physical line, its cells as JSON by heading (private ones blanked), where and why.

    `heading` is the column that is wrong, "" where the whole row is; `reason` is a Russian sentence.
    """

    run = ForeignKeyField(ImportRun, backref="refused_rows", on_delete="CASCADE")
    table = TextField()
    line = IntegerField()
    cells = TextField()
    heading = TextField(default="")
    reason = TextField()

    @classmethod
    def batches(cls, run: int, table: str, size: int) -> Iterator[list[RefusedRow]]:
        """The rows of a table in the order of lines, some at a time, each time with a query of its own."""
        last = 0
        query = cls.select().where(cls.run == run, cls.table == table).order_by(cls.id).limit(size)
        while rows := list(query.where(cls.id > last)):
            yield rows
            last = rows[-1].id


class ExportBatch(Base):
    """A numbered export; the bytes are kept, so that a second download is identical."""

    kind = TextField()
    number = IntegerField()
    created_at = UtcField()
    who = TextField()
    supplier = ForeignKeyField(Supplier, null=True)
    file_name = TextField()
    rows = IntegerField()
    sha256 = TextField()
    content = BlobField()

    class Meta:
        indexes = ((("kind", "number"), True),)

    @classmethod
    def open_next(cls, kind: str, now: datetime, who: str, supplier: Supplier | None) -> ExportBatch:
        """The batch with the kind's next number, still empty; two exports at once wait for each other."""
        if on_postgresql():
            db.execute_sql("LOCK TABLE export_batch IN SHARE ROW EXCLUSIVE MODE")
        last = cls.select(fn.MAX(cls.number)).where(cls.kind == kind).scalar() or 0
        made: ExportBatch = cls.create(
            kind=kind, number=last + 1, created_at=now, who=who, supplier=supplier, file_name="", rows=0, sha256="",
            content=b"",
        )  # fmt: skip
        return made

    @classmethod
    def latest(cls, limit: int, suppliers: set[int] | None, before: int | None = None) -> list[ExportBatch]:
        """The newest batches, of these suppliers (None = of all), without their files."""
        listed = [field for field in cls._meta.sorted_fields if field is not cls.content]
        rows = cls.select(*listed).order_by(cls.id.desc()).limit(limit)
        rows = rows if before is None else rows.where(cls.id < before)
        return list(rows if suppliers is None else rows.where(cls.supplier.in_(suppliers)))

    @classmethod
    def has_same(cls, kind: str, supplier: Supplier, content: bytes) -> bool:
        """Is the supplier's last batch of the kind these very bytes?"""
        rows = cls.select(cls.sha256).where(cls.kind == kind, cls.supplier == supplier)
        last = rows.order_by(cls.id.desc()).first()
        return last is not None and last.sha256 == hashlib.sha256(content).hexdigest()

    def fill(self, file_name: str, rows: int, content: bytes) -> None:
        """Keeps the bytes as they are handed out."""
        self.file_name, self.rows, self.content = file_name, rows, content
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.save()


# Few of many: runs that can be undone, those being undone, those that were.
ImportRun.add_index(
    ImportRun.index(ImportRun.who, ImportRun.once, unique=True, where=SQL("once <> ''"), name="import_run_once")
)
ImportRun.add_index(ImportRun.index(ImportRun.undo, where=SQL("undo <> ''"), name="import_run_undo"))
