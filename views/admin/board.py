"""The console's board: what waits for the operator now, how readings and payments go, whether all is well behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import render_template

import clock
from documents import charts
from models import ImportRun, Order, Pulse, ReadingProgress, appeal_desk
from models.run import UNDONE
from services.course import Course, courses
from services.health import Health, health
from views import portal
from views.access import own_frozen, own_suppliers, served_suppliers
from views.admin import bp, menu
from views.admin.home import STATES
from views.format import form_of, grouped, month_start

RUNS = 3
MOST = 999  # more than that is «много»
KEPT = timedelta(days=100)  # the window of today, and the one before it, began no earlier
AGES = (("до суток", 1), ("от 1 до 3 дней", 3), ("от 3 до 10 дней", 10), ("больше 10 дней", None))
START = "/admin/start"

# Each queue of `Waiting`: where one press leads, and its words for one, few and many.
QUEUES = {
    "appeals": ("/admin/appeals", "обращение ждёт ответа", "обращения ждут ответа", "обращений ждут ответа"),
    "readings": ("/admin/readings", "показание ждёт проверки", "показания ждут проверки", "показаний ждут проверки"),
    "requests": ("/admin/requests", "заявка ждёт решения", "заявки ждут решения", "заявок ждут решения"),
    "applications": (
        "/admin/applications",
        "заявка на договор ждёт решения",
        "заявки на договор ждут решения",
        "заявок на договор ждут решения",
    ),
    "calls": ("/admin/calls", "житель ждёт звонка", "жителя ждут звонка", "жителей ждут звонка"),
    "lines": (
        "/admin/registries/unknown",
        "платёж из реестра без лицевого счёта",
        "платежа из реестра без лицевого счёта",
        "платежей из реестра без лицевого счёта",
    ),
    "events": (
        "/admin/payments#events",
        "сообщение банка ждёт решения",
        "сообщения банка ждут решения",
        "сообщений банка ждут решения",
    ),
    "orders": (
        "/admin/orders/waiting",
        "платёж больше часа ждёт ответа банка",
        "платежа больше часа ждут ответа банка",
        "платежей больше часа ждут ответа банка",
    ),
    "letters": (
        "/admin/letters",
        "сообщение не доставлено",
        "сообщения не доставлены",
        "сообщений не доставлено",
    ),
}


class Task(NamedTuple):
    """What waits: how many, in what words, where one press leads; `late`: words about the one that waits longest."""

    number: str
    words: str
    url: str
    late: str = ""


@dataclass(frozen=True)
class Figure:
    """A window's course and its chart."""

    course: Course
    svg: str


@bp.get("/")
def board() -> str:
    now, today, serves_all = clock.now(), clock.today(), own_suppliers() is None
    ages, oldest = appeal_desk.ages(own_suppliers(), [now - timedelta(days=days) for _, days in AGES if days])
    runs = ImportRun.latest(RUNS) if serves_all else None
    figures = [Figure(one, _chart(one)) for one in _courses(today)]
    return render_template(
        "admin/board.html",
        tasks=[*_queues(now, oldest), *_refused(runs)],
        figures=figures,
        paid=Order.paid_since(own_suppliers(), _midnight(month_start(today)), _midnight(today)),
        ages=[(words, count) for (words, _), count in zip(AGES, ages, strict=True)] if any(ages) else [],
        runs=runs,
        states=STATES,
        health=_health(now) if serves_all else None,
        is_empty=not figures and not served_suppliers(),
        start=START if menu.exists(START) else "/admin/exchange",
    )


def _queues(now: datetime, oldest: datetime | None) -> Iterator[Task]:
    """What waits in the queues of the menu, as tasks; the oldest appeal is told where it waits for days."""
    counts = menu.counts(MOST)
    for queue, (url, *words) in QUEUES.items():
        count = getattr(counts, queue)
        if count:
            days = (now - oldest).days if oldest and queue == "appeals" else 0
            late = f"старшему {days} {form_of(days, 'день', 'дня', 'дней')}" if days else ""
            yield Task(f"{MOST}+" if count > MOST else grouped(count), form_of(count, *words), url, late)


def _refused(runs: list[ImportRun] | None) -> Iterator[Task]:
    """Rows that the last import did not take."""
    if runs and runs[0].refused and runs[0].undo != UNDONE:
        words = ("строка не принята при загрузке", "строки не приняты при загрузке", "строк не принято при загрузке")
        count = runs[0].refused
        yield Task(grouped(count), form_of(count, *words), f"/admin/imports/{runs[0].id}")


def _courses(today: date) -> list[Course]:
    return courses(ReadingProgress.of_windows(own_frozen(), today - KEPT), today)


def _chart(one: Course) -> str:
    bars = [charts.Bar(str(day.day.day), day.sent, day.before) for day in one.days]
    label = "Сколько лицевых счетов передали все показания к концу дня: этот раз и прошлый. Те же числа в таблице."
    return charts.bars(bars, label, divisor=1)


def _midnight(day: date) -> datetime:
    """When the day began in the utility's zone."""
    return datetime.combine(day, time(), clock.zone())


def _health(now: datetime) -> Health:
    place: Path = portal.settings().data_dir
    while not place.exists():
        place = place.parent
    disk = shutil.disk_usage(place)
    return health(Pulse.every(), disk.free, disk.total, _database(), now)


def _database() -> int | None:
    """Bytes of the database's file; None where it is a server's."""
    url = str(portal.settings().database_url)
    file = Path(url.removeprefix("sqlite:///"))
    return file.stat().st_size if url.startswith("sqlite:") and file.exists() else None
