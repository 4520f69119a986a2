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

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

import clock
from config import Settings
from gateways.acquirer import Acquirer
from gateways.mail import Mail, Mailer, Undeliverable
from gateways.messengers import Max, Telegram
from models import Attempt, Captcha, Code, Device, ImportRun, NoticeReceipt, Outbox, Pulse, Session, db
from models.pulse import WORKER
from models.run import ASKED
from services import (
    appeals,
    applications,
    autopay_rounds,
    bounces,
    calls,
    cards,
    editions,
    imports,
    invitations,
    letters,
    matching,
    notices,
    outbox,
    progress,
    reading_photos,
    reconciliation,
    refund_requests,
    registration,
    registry_intake,
    reminders,
    requests,
    settling,
    uploads,
)
from services.autopay_rounds import Counter
from services.challenges import EMAIL, SMS
from services.letters import Desk, Letter
from services.pace import Pace, pace
from services.telling import MAX, MESSENGER, TELEGRAM
from views import format, journal
from views import gateways as gateways_of
from views.channels import mailer_of, sms_of

log = logging.getLogger("abonent.worker")

ROOT = Path(__file__).resolve().parent
TEMPLATES = ROOT / "templates" / "mail"
ROUND = timedelta(seconds=2)
JOBS = {EMAIL: "letters", SMS: "messages", TELEGRAM: "telegram", MAX: "max"}
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
        self.failed: dict[str, str] = {}  # jobs that failed when they ran last, and by what

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
            self.failed[name] = type(fault).__name__
        else:
            self.failed.pop(name, None)

    def beat(self, now: datetime) -> None:
        """Tells the operators' board that the loop goes round, and which jobs fail."""
        Pulse.beat(WORKER, now, ", ".join(f"{name} ({fault})" for name, fault in sorted(self.failed.items())))

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
        if ImportRun.next_waiting() or ImportRun.of_undo(ASKED):
            app = str(ROOT / "app.py")
            self.child = subprocess.Popen([sys.executable, "-m", "flask", "--app", app, "import-waiting"])


def build(settings: Settings, gateways: Mapping[str, Acquirer] | None = None) -> Worker:
    """The worker of a portal; without a mail channel letters wait in their rows."""
    jobs = {
        "tidy": Job(timedelta(hours=1), tidy),
        "orders": Job(timedelta(seconds=10), partial(settle_orders, gateways or {})),
        "refunds": Job(timedelta(seconds=10), partial(carry_out_refunds, gateways or {})),
        "autopay": Job(timedelta(minutes=1), partial(autopay_round, _counter(settings, gateways or {}))),
        "cards": Job(timedelta(minutes=1), partial(cards.forget_removed, gateways or {})),
        "match": Job(timedelta(minutes=10), match_payments),
        "recheck": Job(timedelta(days=1), recheck_payments),
    }
    jobs["imports"] = Job(ROUND, Imports())
    jobs["uploads"] = Job(timedelta(hours=1), partial(uploads.sweep, settings.data_dir / "uploads"))
    jobs["documents"] = Job(timedelta(hours=1), partial(requests.sweep, settings.data_dir / requests.FOLDER))
    jobs["photos"] = Job(timedelta(hours=1), partial(reading_photos.sweep, settings.data_dir / reading_photos.FOLDER))
    jobs["progress"] = Job(timedelta(minutes=10), count_readings)
    jobs["reminders"] = Job(timedelta(hours=3), partial(remind, ways_of(settings)))
    jobs["notices"] = Job(ROUND, notices.spread)
    jobs["texts"] = Job(ROUND, editions.begin)
    jobs["appeals"] = Job(timedelta(hours=1), partial(appeals.sweep, settings.data_dir / appeals.FOLDER))
    applied = settings.data_dir / applications.FOLDER
    jobs["applications"] = Job(timedelta(hours=1), partial(applications.sweep, applied))
    jobs["calls"] = Job(timedelta(days=1), calls.sweep)
    jobs["invitations"] = Job(timedelta(minutes=2), invitations.invite)
    desk = desk_of(settings)
    night = (settings.quiet_from, settings.quiet_to)
    for channel, carrier in carriers(settings).items():
        jobs[JOBS[channel]] = Job(ROUND, partial(_carry, carrier, desk, settings.demo, channel, night))
    worker = Worker(jobs)
    jobs["pulse"] = Job(timedelta(minutes=1), worker.beat)
    return worker


def _carry(
    carrier: Mailer, desk: Desk, keeps_body: bool, channel: str, night: tuple[int, int], now: datetime
) -> None:
    allowed = pace(channel, now.astimezone(clock.zone()), *night)
    send_letters(carrier, desk, keeps_body, clock.now, channel, allowed)


def carriers(settings: Settings) -> dict[str, Mailer]:
    """Each channel that can send; what is put for another waits in its rows."""
    found = {
        EMAIL: mailer_of(settings),
        SMS: sms_of(settings),
        TELEGRAM: Telegram(settings.telegram_token, settings.telegram_url) if settings.has_telegram else None,
        MAX: Max(settings.max_token, settings.max_url) if settings.has_max else None,
    }
    return {channel: carrier for channel, carrier in found.items() if carrier is not None}


def desk_of(settings: Settings) -> Desk:
    return Desk(
        render(settings),
        settings.base_url,
        settings.name,
        settings.secret_key,
        SystemRandom(),
        settings.reading_key,
        clock.zone(),
    )


def render(settings: Settings) -> letters.Render:
    """Templates of letters: in plain text nothing is escaped, and a name that is missing is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rub=format.rub, day=format.day, month=format.month, moment_words=format.moment_words)
    environment.globals.update(word=settings.word)

    def fill(template: str, /, **context: Any) -> str:
        return environment.get_template(template).render(**context)

    return fill


def send_letters(
    mailer: Mailer,
    desk: Desk,
    keeps_body: bool,
    tick: Callable[[], datetime],
    channel: str = EMAIL,
    allowed: Pace | None = None,
) -> int:
    """Sends what is due on a channel and says how much; a silent server is left alone until the next round.

    `tick` tells the moment anew for each letter: a lease that counts from the round's beginning is over too soon.
    """
    sent, ends = 0, tick() + BATCH_LASTS
    for _ in range(BATCH):
        now = tick()
        row = outbox.lease(now, channel, allowed) if now < ends else None
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
            _note_failure(row, fault, tick())
            if not fault.alone:
                break
        else:
            sent += 1
    return sent


def _note_failure(row: Outbox, fault: Undeliverable, now: datetime) -> None:
    """Again later, or never; an address where nobody is any more is not written to until its owner says otherwise."""
    if not fault.permanent:
        outbox.failed(row, now, str(fault), fault.wait)
        return
    outbox.bury(row, str(fault))
    if fault.gone:
        bounces.note(row, now)


def _send(mailer: Mailer, row: Outbox, letter: Letter, keeps_body: bool, tick: Callable[[], datetime]) -> None:
    """No transaction is open while the mail server is waited for."""
    mail = Mail(
        letter.to,
        letter.subject,
        letter.body,
        letter.html,
        letter.attachments,
        key=f"outbox-{row.id}",
        headers=_headers(letter),
        is_again=row.attempts > 1,
    )
    message_id = mailer.send(mail, tick())
    body = letter.body if keeps_body else ""
    if not outbox.done(row, tick(), provider_id=message_id, subject=letter.subject, body=body):
        log.warning("letter %s (%s) took longer than its lease", row.id, row.kind)


def _headers(letter: Letter) -> dict[str, str]:
    """One press of the mail program's own button ends letters of the kind (RFC 8058)."""
    if not letter.unsubscribe:
        return {}
    return {
        "List-Unsubscribe": f"<{letter.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def ways_of(settings: Settings) -> tuple[str, ...]:
    """By which ways this portal tells its residents what may wait."""
    has = {EMAIL: settings.has_email, SMS: settings.has_sms, MESSENGER: settings.has_telegram or settings.has_max}
    return tuple(way for way, is_there in has.items() if is_there)


def remind(ways: tuple[str, ...], now: datetime) -> None:
    """Days are the utility's."""
    reminders.remind(now.astimezone(clock.zone()), ways)


def _counter(settings: Settings, gateways: Mapping[str, Acquirer]) -> Counter:
    usual = gateways_of.usual_of(settings, gateways)
    return Counter(gateways, usual, settings.preset.order_number, settings.base_url)


def autopay_round(counter: Counter, now: datetime) -> None:
    """Days and hours of autopay are the utility's."""
    autopay_rounds.run(counter, now.astimezone(clock.zone()))


def settle_orders(gateways: Mapping[str, Acquirer], now: datetime) -> None:
    """A receipt is of the utility's day: its rate may be another from the first of the year on."""
    settling.settle_orders(gateways, now.astimezone(clock.zone()))


def carry_out_refunds(gateways: Mapping[str, Acquirer], now: datetime) -> None:
    """The same of what goes back."""
    refund_requests.carry_out_all(gateways, now.astimezone(clock.zone()))


def count_readings(now: datetime) -> None:
    """Days of readings are the utility's."""
    progress.count(now.astimezone(clock.zone()))


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
    NoticeReceipt.sit_down(now)
    Session.forget(now - SESSIONS)
    registration.forget_waiting(now)
    imports.drop_interrupted(now)
    registry_intake.sweep(now)
