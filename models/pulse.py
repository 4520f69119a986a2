"""The last sign of life of what works behind the pages: the worker, the backup; what failed of late."""

from __future__ import annotations

from datetime import datetime

from peewee import TextField

from models.base import Base, UtcField


class Pulse(Base):
    """When something named (`WORKER`, `BACKUP`) did its work last; `note` in its own words."""

    name = TextField(unique=True)
    at = UtcField()
    note = TextField(default="")

    @classmethod
    def beat(cls, name: str, now: datetime, note: str = "") -> None:
        """It is alive; of two at once the later word stays."""
        row = cls.insert(name=name, at=now, note=note)
        row.on_conflict(conflict_target=[cls.name], preserve=[cls.at, cls.note]).execute()

    @classmethod
    def every(cls) -> dict[str, Pulse]:
        return {str(row.name): row for row in cls.select()}


WORKER, BACKUP = "worker", "backup"
