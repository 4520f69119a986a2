"""What the board says of the worker, the backup and the disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from models import Pulse
from models.pulse import BACKUP, WORKER
from services.health import SCANT, SILENT, STALE, Health, health
from worker import Job, Worker

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LITTLE = timedelta(seconds=1)


def of(free: int = SCANT) -> Health:
    return health(Pulse.every(), free, 10 * SCANT, None, NOW)


def test_a_worker_that_was_never_heard_of_is_silent(database: Flask) -> None:
    assert of().is_silent and not of().is_well and of().worker_at is None


@pytest.mark.parametrize(("since", "is_silent"), [(SILENT, False), (SILENT + LITTLE, True)])
def test_a_worker_is_silent_when_it_has_not_beaten_for_a_quarter_of_an_hour(
    database: Flask, since: timedelta, is_silent: bool
) -> None:
    Pulse.beat(WORKER, NOW - since)
    assert of().is_silent == is_silent and of().is_well != is_silent


@pytest.mark.parametrize(("since", "is_stale"), [(STALE, False), (STALE + LITTLE, True)])
def test_a_backup_grows_stale_in_two_days(database: Flask, since: timedelta, is_stale: bool) -> None:
    Pulse.beat(WORKER, NOW)
    Pulse.beat(BACKUP, NOW - since)
    assert of().is_backup_stale == is_stale and of().is_well != is_stale


def test_backups_that_nobody_told_of_are_no_alarm(database: Flask) -> None:
    Pulse.beat(WORKER, NOW)
    assert of().is_well and of().backup_at is None


def test_less_than_a_gigabyte_is_scant(database: Flask) -> None:
    Pulse.beat(WORKER, NOW)
    assert of(SCANT - 1).is_disk_scant and not of(SCANT - 1).is_well


def test_the_worker_tells_which_jobs_fail_until_they_do_their_work_again(database: Flask) -> None:
    faults = [ZeroDivisionError]

    def letters(_now: datetime) -> None:
        if faults:
            raise faults.pop()

    loop = Worker({"letters": Job(timedelta(0), letters)})
    loop.run_once(NOW)
    loop.beat(NOW)
    assert of().failing == "letters (ZeroDivisionError)" and not of().is_well
    loop.run_once(NOW + timedelta(minutes=1))
    loop.beat(NOW)
    assert of().failing == "" and of().is_well
    assert Pulse.select().count() == 1
