"""Is what works behind the pages well: the worker, the backup, the disk. Pure: moments and bytes are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import Pulse
from models.pulse import BACKUP, WORKER

SILENT = timedelta(minutes=15)  # a worker beats every minute, but letters to a slow server may take five
STALE = timedelta(days=2)  # of a backup that is made every night
SCANT = 1 << 30  # free bytes: below a gigabyte the database of a town does not live long


@dataclass(frozen=True)
class Health:
    """`worker_at`, `backup_at` None = never heard of; `failing`: jobs that failed when they ran last."""

    worker_at: datetime | None
    is_silent: bool
    failing: str
    backup_at: datetime | None
    is_backup_stale: bool
    free: int
    total: int
    database: int | None

    @property
    def is_disk_scant(self) -> bool:
        return self.free < SCANT

    @property
    def is_well(self) -> bool:
        """Nothing to do at once; that no backup was heard of may be somebody else's business."""
        is_stale = self.backup_at is not None and self.is_backup_stale
        return not (self.is_silent or self.failing or is_stale or self.is_disk_scant)


def health(pulses: Mapping[str, Pulse], free: int, total: int, database: int | None, now: datetime) -> Health:
    """`free`, `total`: bytes of the disk with the data; `database`: of the database's file, None = elsewhere."""
    worker, backup = pulses.get(WORKER), pulses.get(BACKUP)
    return Health(
        worker_at=worker.at if worker else None,
        is_silent=worker is None or now - worker.at > SILENT,
        failing=str(worker.note) if worker else "",
        backup_at=backup.at if backup else None,
        is_backup_stale=backup is None or now - backup.at > STALE,
        free=free,
        total=total,
        database=database,
    )
