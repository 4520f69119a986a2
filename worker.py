"""The loop behind the pages: sends the outbox, tidies up; a thread of the embedded start, a process in production.

Every job may run twice, at once in two workers, or be killed in the middle: rows are claimed by conditional UPDATE,
and what was claimed by a dead worker is free again after a while.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import SystemRandom
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import clock
from config import Settings
from gateways.acquirer import Acquirer
from gateways.mail import CapturedMailer, Mail, Mailer, SmtpMailer, Undeliverable
from gateways.sms import CapturedSms
from models import Attempt, Captcha, Code, Device, ImportRun, Outbox, Session, db
from services import (
    appeals,
    applications,
    autopay_rounds,
    calls,
    cards,
    imports,
    invitations,
    letters,
    matching,
    orders,
    outbox,
    reading_photos,
    reconciliation,
    refund_requests,
    registration,
    registry_intake,
    requests,
    uploads,
)
from services.autopay_rounds import Counter
from services.challenges import EMAIL, SMS
from services.letters import Desk, Letter
from views import format, journal
from views import gateways as gateways_of

log = logging.getLogger("abonent.worker")

ROOT = Path(__file__).resolve().parent
TEMPLATES = ROOT / "templates" / "mail"
ROUND = timedelta(seconds=2)
BATCH, BATCH_LASTS = 20, timedelta(minutes=5)  # letters a round; a slow mail server must not keep the other jobs
STOPS_WITHIN = 40.0  # seconds: a letter that is on its way is waited for

# How long what is of no more use is kept; a picture that has expired is of none.
CODES, ATTEMPTS, LETTERS = timedelta(days=30), timedelta(days=30), timedelta(days=90)
SESSIONS = timedelta(days=180)


@dataclass
class Job:
    """Something to be done every so often; `last` is when this process did it."""

    every: timedelta
    do: Callable[[datetime], object]
    last: datetime | None = None

    def __call__(self, now: datetime) -> None:
        self.last = now
        self.do(now)

    def is_due(self, now: datetime) -> bool:
        """A clock that was set back must not stop the job until it has caught up."""
        return self.last is None or not timedelta(0) <= now - self.last < self.every


class Worker:
    """Runs its jobs in turn, each with a connection of its own; a job that fails is logged and tried again."""

    def __init__(self, jobs: dict[str, Job]) -> None:
        self.jobs = jobs

    def run_once(self, now: datetime) -> None:
        """One round: every job that is due."""
        for name, job in self.jobs.items():
            if job.is_due(now):
                self._do(name, job, now)

    def _do(self, name: str, job: Job, now: datetime) -> None:
        try:
            with db.connection_context():
                job(now)
        except Exception as fault:  # noqa: BLE001 - a failing job must not stop the others, nor the loop
            journal.write(log, f"job {name} failed", fault)

    def run(self, stopped: Event) -> None:
        """Round after round until it is told to stop."""
        while not stopped.is_set():
            self.run_once(clock.now())
            stopped.wait(ROUND.total_seconds())

    @contextmanager
    def thread(self) -> Iterator[None]:
        """The loop beside the server in one process; leaving waits for the letter that is on its way."""
        stopped = Event()
        thread = Thread(target=self.run, args=(stopped,), name="worker", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(STOPS_WITHIN)


class Imports:
    """Loads what was uploaded in the console, in a process of its own: pages and letters keep their pace.

    The process stands where this one does: paths in the settings may be relative.
    """

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None

    def __call__(self, now: datetime) -> None:
        if self.child is not None and self.child.poll() is None:
            return
        if ImportRun.next_waiting():
            app = str(ROOT / "app.py")
            self.child = subprocess.Popen([sys.executable, "-m", "flask", "--app", app, "import-waiting"])


def build(settings: Settings, gateways: Mapping[str, Acquirer] | None = None) -> Worker:
    """The worker of a portal; without a mail channel letters wait in their rows."""
    jobs = {
        "tidy": Job(timedelta(hours=1), tidy),
        "orders": Job(timedelta(seconds=10), partial(orders.settle_orders, gateways or {})),
        "refunds": Job(timedelta(seconds=10), partial(refund_requests.carry_out_all, gateways or {})),
        "autopay": Job(timedelta(minutes=1), partial(autopay_round, _counter(settings, gateways or {}))),
        "cards": Job(timedelta(minutes=1), partial(cards.forget_removed, gateways or {})),
        "match": Job(timedelta(minutes=10), match_payments),
        "recheck": Job(timedelta(days=1), recheck_payments),
    }
    jobs["imports"] = Job(ROUND, Imports())
    jobs["uploads"] = Job(timedelta(hours=1), partial(uploads.sweep, settings.data_dir / "uploads"))
    jobs["documents"] = Job(timedelta(hours=1), partial(requests.sweep, settings.data_dir / requests.FOLDER))
    jobs["photos"] = Job(timedelta(hours=1), partial(reading_photos.sweep, settings.data_dir / reading_photos.FOLDER))
    jobs["appeals"] = Job(timedelta(hours=1), partial(appeals.sweep, settings.data_dir / appeals.FOLDER))
    applied = settings.data_dir / applications.FOLDER
    jobs["applications"] = Job(timedelta(hours=1), partial(applications.sweep, applied))
    jobs["calls"] = Job(timedelta(days=1), calls.sweep)
    jobs["invitations"] = Job(timedelta(minutes=2), invitations.invite)
    desk = desk_of(settings)
    for name, channel, carrier in (
        ("letters", EMAIL, mailer_of(settings)),
        ("messages", SMS, CapturedSms() if settings.demo else None),
    ):
        if carrier is not None:
            jobs[name] = Job(ROUND, partial(_carry, carrier, desk, settings.demo, channel))
    return Worker(jobs)


def _carry(carrier: Mailer, desk: Desk, keeps_body: bool, channel: str, _now: datetime) -> None:
    send_letters(carrier, desk, keeps_body, clock.now, channel)


def mailer_of(settings: Settings) -> Mailer | None:
    if settings.mail_url:
        host = urlsplit(settings.base_url).hostname or "localhost"
        return SmtpMailer(settings.mail_url, settings.mail_from or f"no-reply@{host}")
    return CapturedMailer() if settings.demo else None


def desk_of(settings: Settings) -> Desk:
    return Desk(render(settings), settings.base_url, settings.name, settings.secret_key, SystemRandom())


def render(settings: Settings) -> letters.Render:
    """Templates of letters are plain text: nothing is escaped, and a name that is missing is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rub=format.rub, day=format.day, moment_words=format.moment_words)
    environment.globals.update(word=settings.word)

    def fill(template: str, /, **context: Any) -> str:
        return environment.get_template(template).render(**context)

    return fill


def send_letters(
    mailer: Mailer, desk: Desk, keeps_body: bool, tick: Callable[[], datetime], channel: str = EMAIL
) -> int:
    """Sends what is due on a channel and says how much; a silent server is left alone until the next round.

    `tick` tells the moment anew for each letter: a lease that counts from the round's beginning is over too soon.
    """
    sent, ends = 0, tick() + BATCH_LASTS
    for _ in range(BATCH):
        now = tick()
        row = outbox.lease(now, channel) if now < ends else None
        if row is None:
            break
        try:
            letter = letters.compose(row, desk, now)
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one letter must not hold up the others
            journal.write(log, f"letter {row.id} ({row.kind}) cannot be written", fault)
            outbox.failed(row, tick(), "ошибка при составлении письма")
            continue
        if letter is None:
            outbox.bury(row, "устарело")
            continue
        try:
            _send(mailer, row, letter, keeps_body, tick)
        except Undeliverable as fault:
            log.warning("letter %s (%s) not delivered: %s", row.id, row.kind, fault)
            if not fault.permanent:
                outbox.failed(row, tick(), str(fault))
                break
            outbox.bury(row, str(fault))
        else:
            sent += 1
    return sent


def _send(mailer: Mailer, row: Outbox, letter: Letter, keeps_body: bool, tick: Callable[[], datetime]) -> None:
    """No transaction is open while the mail server is waited for."""
    message_id = mailer.send(
        Mail(to=letter.to, subject=letter.subject, text=letter.body, key=f"outbox-{row.id}"), tick()
    )
    body = letter.body if keeps_body else ""
    if not outbox.done(row, tick(), provider_id=message_id, subject=letter.subject, body=body):
        log.warning("letter %s (%s) took longer than its lease", row.id, row.kind)


def _counter(settings: Settings, gateways: Mapping[str, Acquirer]) -> Counter:
    usual = gateways_of.usual_of(settings, gateways)
    return Counter(gateways, usual, settings.preset.order_number, settings.base_url)


def autopay_round(counter: Counter, now: datetime) -> None:
    """Days and hours of autopay are the utility's."""
    autopay_rounds.run(counter, now.astimezone(clock.zone()))


def match_payments(now: datetime) -> None:
    """Meets paid orders and banks' registries with the billing's payments; days are the utility's."""
    reconciliation.reconcile(now.astimezone(clock.zone()))


def recheck_payments(_now: datetime) -> None:
    """Orders whose payment the billing withdrew wait to be met anew."""
    matching.recheck()


def tidy(now: datetime) -> None:
    """Retention: what is of no more use, and personal data of those who never came."""
    Captcha.forget(now)
    Code.wipe(now)
    Code.forget(now - CODES)
    Device.forget(now - SESSIONS)
    Attempt.forget(now - ATTEMPTS)
    Outbox.forget(now - LETTERS)
    Session.forget(now - SESSIONS)
    registration.forget_waiting(now)
    imports.drop_interrupted(now)
    registry_intake.sweep(now)
