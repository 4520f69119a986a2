"""First steps of a new portal: what is done, what was passed over, what comes of it; `is_over` for the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models import Account, Resident, StartStep, Supplier, SupplierSetting, transaction
from services import audit, limits, requisites
from services.limits import Limit, Visitor
from services.refusal import Refused
from services.suppliers import facts_of

NAME, SUPPLIER, REQUISITES, WINDOW, MAIL, BANK, IMPORT = (
    "name", "supplier", "requisites", "window", "mail", "bank", "import",
)  # fmt: skip
DONE, SKIPPED, OPEN = "done", "skipped", "open"
TRIES = Limit("channel-tried", 20)


@dataclass(frozen=True)
class Step:
    """A step as the page tells it; `loss`: what comes of passing it over."""

    name: str
    title: str
    why: str
    loss: str


@dataclass(frozen=True)
class Stand:
    """A step and how it stands; `is_next`: the first that is open."""

    step: Step
    state: str
    is_next: bool = False


STEPS = (
    Step(
        NAME,
        "Название кабинета",
        "Это имя стоит в шапке каждой страницы и в подписи писем.",
        "Останется имя, которое стоит сейчас.",
    ),
    Step(
        SUPPLIER,
        "Поставщик",
        "Организация, чьи лицевые счета будут в кабинете. Можно добавить самим или загрузить из расчётной программы.",
        "Без поставщика некому передавать показания: добавьте его позже или загрузите первым пакетом.",
    ),
    Step(
        REQUISITES,
        "Реквизиты",
        "По ним печатается квитанция с кодом для оплаты.",
        "В квитанциях не будет кода для оплаты, и платить жителям придётся по реквизитам со стенда.",
    ),
    Step(
        WINDOW,
        "Дни приёма показаний",
        "С какого по какое число жители передают показания.",
        "Показания будут приниматься весь месяц.",
    ),
    Step(
        MAIL,
        "Почта",
        "Письмами приходят подтверждение регистрации и ссылка для нового пароля.",
        "Если почта не работает, жители не смогут зарегистрироваться и вернуть забытый пароль.",
    ),
    Step(
        BANK,
        "Банк",
        "Через него жители платят картой прямо в кабинете.",
        "Кнопки «Оплатить» не будет; остаётся оплата по коду с квитанции.",
    ),
    Step(
        IMPORT,
        "Первая загрузка",
        "Лицевые счета, счётчики и счета приходят файлами из расчётной программы.",
        "Пока счетов нет, жителю нечего подключить.",
    ),
)
BY_NAME = {step.name: step for step in STEPS}


def stands() -> list[Stand]:
    """All steps in order. What the portal's own rows show is done without anybody's saying so."""
    marks = StartStep.marks()
    states = [_state(step.name, marks) for step in STEPS]
    following = next((place for place, state in enumerate(states) if state == OPEN), None)
    return [
        Stand(step, state, place == following) for place, (step, state) in enumerate(zip(STEPS, states, strict=True))
    ]


def is_over() -> bool:
    """Is there nothing left to offer? One query as soon as every step has its mark."""
    if StartStep.marks().keys() >= BY_NAME.keys():
        return True
    return all(stand.state != OPEN for stand in stands())


@transaction
def turn(name: str, state: str, by: Resident, now: datetime) -> None:
    """An operator says that the step is done, passes it over, or takes it up again."""
    if name not in BY_NAME or state not in (DONE, SKIPPED, OPEN):
        raise Refused("Такого шага нет.")
    known = StartStep.marks().get(name)
    before = OPEN if known is None else SKIPPED if known else DONE
    if before == state:
        return
    if state == OPEN:
        StartStep.unmark(name)
    else:
        StartStep.mark(name, state == SKIPPED, now)
    told = [{"step": name, "state": of} for of in (before, state)]
    audit.note("start-step", "start_step", 0, by, now, *told)


@transaction
def allow_try(visitor: Visitor, by: Resident, now: datetime) -> None:
    """Letters and messages cost, and a key held down is no reason to pay for many."""
    limits.spend([(TRIES, visitor.subject("channel", str(by.id)))], now)


@transaction
def tried(name: str, what: str, is_good: bool, by: Resident, now: datetime) -> None:
    """A button of «Проверка связи»: what answered is a step done."""
    told = {"channel": what, "state": "done" if is_good else "failed"}
    audit.note("channel-tried", "channel", 0, by, now, None, told)
    if is_good and name in BY_NAME:
        StartStep.mark(name, False, now)


@transaction
def finish(now: datetime) -> None:
    """Nothing is asked of a portal that was set up otherwise (the demo)."""
    for step in STEPS:
        StartStep.mark(step.name, False, now)


def _state(name: str, marks: dict[str, bool]) -> str:
    if _is_done(name) or marks.get(name) is False:
        return DONE
    return SKIPPED if marks.get(name) else OPEN


def _is_done(name: str) -> bool:
    if name == SUPPLIER:
        return bool(Supplier.select().exists())
    if name == REQUISITES:
        rows = list(Supplier.by_name())
        return bool(rows) and all(requisites.is_whole(facts_of(row, requisites.FIELDS)) for row in rows)
    if name == WINDOW:
        return SupplierSetting.has("reading_from_day")
    return name == IMPORT and bool(Account.select().exists())
