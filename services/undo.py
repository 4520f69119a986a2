"""«Отменить загрузку»: what a run has added goes, what it has changed or removed is as it was.

An operator asks, the worker carries it out in one transaction: killed half-way, it is as if it had not begun, and is
begun again. docs/decisions/0020-undo.md says what is refused and for how long a run can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from peewee import IntegrityError

from models import ImportRun, Resident, transaction
from models.run import ASKED, EXPIRED, KEPT, UNDONE
from models.staging import Busy, alone
from models.undoing import Extent, Undoing, forget, kept_in_vain
from services import audit, matching, reconciliation
from services.refusal import Refused

KEPT_RUNS, KEPT_FOR = 3, timedelta(days=62)
AT_ONCE = 10_000  # rows of a journal that are removed together
TITLES = {
    "supplier": "Поставщики", "service": "Услуги", "tariff": "Тарифы", "house": "Дома", "account": "Лицевые счета",
    "invitation": "Приглашения жителей", "meter": "Приборы учёта", "register": "Шкалы приборов", "bill": "Счета",
    "balance": "Сальдо", "payment": "Платежи", "charge": "Начисления", "reading": "Показания",
}  # fmt: skip
PEOPLE = {
    "link": "привязки жителей", "payment_order": "заказы на оплату", "order_line": "заказы на оплату",
    "reading": "показания", "submission": "показания", "reading_links": "ссылки для показаний",
    "review": "разобранные показания", "appeal": "обращения", "call": "звонки", "application": "заявки на договор",
    "link_request": "заявки на привязку", "remark": "заметки", "autopay": "автоплатежи", "autopay_run": "автоплатежи",
    "registry": "реестры банка", "registry_line": "строки реестров банка", "bank_operation": "операции банка",
    "operator": "права операторов", "supplier_setting": "настройки поставщика", "text": "тексты",
    "notice": "уведомления", "answer_template": "заготовки ответов", "export_batch": "выгрузки",
    "supplier": "сведения о поставщике", "account": "привязки по коду активации",
    "invitation": "принятые приглашения",
}  # fmt: skip
GONE = {
    "": "Эта загрузка ничего не записала или прошла до того, как портал научился отменять: отменить её нельзя.",
    ASKED: "Загрузка уже отменяется.",
    UNDONE: "Загрузка уже отменена.",
    EXPIRED: "Отменить уже нельзя: портал помнит прежние значения трёх последних загрузок поставщика и не дольше 62 "
    "дней. Загрузите исправленный пакет.",
}
UNDER_WAY = "Загрузка ещё идёт: остановите её или дождитесь конца."
MEND = "Исправьте данные в расчётной программе и загрузите исправленный пакет."
MEANWHILE = f"Отменить не получилось: пока шла отмена, на данные загрузки сослались. Ничего не изменилось. {MEND}"

Clock = Callable[[], datetime]


def is_offered(run: ImportRun) -> bool:
    """May the page of the run offer it? Whether it can be done `why_not` says."""
    return run.undo == KEPT and run.finished_at is not None


def extent(run: ImportRun) -> dict[str, Extent]:
    """What goes and comes back, by the titles of tables."""
    return {TITLES[name]: rows for name, rows in Undoing(run).extent().items()}


def why_not(run: ImportRun) -> str:
    """A sentence for the clerk, or "" where the run can be undone."""
    if run.undo != KEPT:
        return GONE[str(run.undo)]
    if run.finished_at is None:
        return UNDER_WAY
    return _later(run) or _people(Undoing(run))


def _later(run: ImportRun) -> str:
    """Runs of the same suppliers are undone from the last one back."""
    for other in ImportRun.of_undo(KEPT, ASKED):
        if other.id > run.id and other.codes & run.codes:
            return f"Позже загружен ещё один пакет этого поставщика: сначала отмените загрузку № {other.id}."
    return ""


def _people(undoing: Undoing) -> str:
    counted: Counter[str] = Counter()
    for name, rows in undoing.hindrances().items():
        counted[PEOPLE[name]] += rows
    if not counted:
        return ""
    told = ", ".join(f"{words} ({rows})" for words, rows in sorted(counted.items()))
    return f"Отменить нельзя: с данными загрузки уже работали — {told}. Отмена испортила бы это. {MEND}"


@transaction
def ask(run: ImportRun, by: Resident, now: datetime) -> None:
    """Puts the run before the worker, once."""
    if told := why_not(run):
        raise Refused(told)
    if not run.move_undo(KEPT, undo=ASKED, undone_by=audit.name_of(by), undo_told="", done=0, total=0):
        raise Refused(GONE[ASKED])
    audit.note("import.undo", "ImportRun", run.id, by, now, before={"state": run.state}, after={"state": ASKED})


def carry_out_asked(now: Clock) -> int:
    """Undoes what was asked for, the last run first; returns how many. While another import works, none."""
    count = 0
    for run in ImportRun.of_undo(ASKED):
        try:
            with alone():
                count += _carried_out(run, now())
        except Busy:
            break
    return count


def _carried_out(run: ImportRun, now: datetime) -> bool:
    try:
        touches_payments = _undone(run, now)
    except (Refused, IntegrityError) as fault:
        _kept(run, fault.sentence if isinstance(fault, Refused) else MEANWHILE)
        return False
    if touches_payments:
        matching.recheck()
        reconciliation.reconcile(now)
    return True


@transaction
def _undone(run: ImportRun, now: datetime) -> bool:
    """Does it; are payments among it? Refuses what has come between the asking and now."""
    undoing = Undoing(run)
    undoing.hold()
    if not run.move_undo(ASKED, undo=UNDONE, undone_at=now):
        raise Refused(GONE[UNDONE])
    if told := _later(run) or _people(undoing):
        raise Refused(told)
    tables = undoing.extent()
    undoing.carry_out()
    rows = sum(table.added + table.changed + table.removed for table in tables.values())
    audit.note(
        "import.undone", "ImportRun", run.id, str(run.undone_by), now, {"state": ASKED},
        {"state": UNDONE, "rows": rows},
    )  # fmt: skip
    return "payment" in tables


@transaction
def _kept(run: ImportRun, told: str) -> None:
    run.move_undo(ASKED, undo=KEPT, undo_told=told)


def settle(run: ImportRun) -> None:
    """At the end of a run: one that wrote nothing offers nothing to undo."""
    if run.undo == KEPT and Undoing(run).is_empty:
        _leave(run, "")


def prune(now: datetime) -> int:
    """Lets journals go that are too old, or of which each supplier has so many newer ones; how many.

    With a journal those of the same suppliers before it go: it could no longer be undone after them.
    """
    seen: Counter[str] = Counter()
    gone = 0
    for run in ImportRun.of_undo(KEPT, ASKED):
        is_old = run.finished_at is not None and run.finished_at < now - KEPT_FOR
        if run.undo == KEPT and (is_old or any(seen[code] >= KEPT_RUNS for code in run.codes)):
            _leave(run, EXPIRED)
            gone += 1
        seen.update(run.codes)
    for run in kept_in_vain():
        while _forget(run):
            pass
    return gone


@transaction
def _leave(run: ImportRun, undo: str) -> None:
    run.move_undo(KEPT, undo=undo)


@transaction
def _forget(run: ImportRun) -> bool:
    return forget(run, AT_ONCE)
