"""What is said of readings: the checks' sentences, each with its numbers and what to do; sources and states. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from models.reading import (
    ACCEPTED,
    BY_BILLING,
    BY_LINK,
    BY_OPERATOR,
    BY_PROGRAM,
    BY_RESIDENT,
    EXPORTED,
    REJECTED,
    REPLACED,
    USED,
    WITHDRAWN,
)
from services.dial import MICRO, NB, Dial, consumption

# Who gave a reading (product R5.5); the billing's own word, where it has one, is shown as it is.
SOURCES: Mapping[str, str] = {
    BY_RESIDENT: "житель",
    BY_LINK: "по ссылке",
    BY_OPERATOR: "оператор",
    "bank": "банк",
    BY_PROGRAM: "автоматически",
    BY_BILLING: "расчётный центр",
}
STATES: Mapping[str, str] = {
    ACCEPTED: "принято порталом",
    EXPORTED: "передано в расчёт",
    USED: "учтено",
    REJECTED: "отклонено",
    REPLACED: "заменено",
    WITHDRAWN: "отозвано",
}
DOUBTS: Mapping[str, str] = {
    "rolled": "переход через ноль",
    "unusual": "необычный расход",
    "zero": "нулевой расход",
    "swapped": "похоже на перепутанные шкалы",
}


def source(origin: str, told: str = "") -> str:
    return told.lower() if told and origin not in (BY_RESIDENT, BY_LINK) else SOURCES.get(origin, origin)


def state(state: str, origin: str) -> str:
    """What became of a reading; what came from the billing has never been taken by the portal."""
    return "принято" if origin == BY_BILLING and state == ACCEPTED else STATES[state]


def life(state: str, origin: str, bill: str | None) -> str:
    """How far a reading has come: «принято порталом → передано в расчёт → учтено в счёте № 5».

    What came from the billing has never been taken by the portal.
    """
    used = f"учтено в счёте №{NB}{bill}" if bill else "учтено в расчёте"
    if origin == BY_BILLING:
        return used if state == USED else "принято"
    steps = ["принято порталом", "передано в расчёт", used]
    return " → ".join(steps[: {ACCEPTED: 1, EXPORTED: 2, USED: 3}.get(state, 1)])


def doubts(kinds: str) -> str:
    """The checks that were confirmed, as the operator reads them: «необычный расход, нулевой расход»."""
    return ", ".join(DOUBTS.get(kind, kind) for kind in kinds.split(",") if kind)


def unreadable(dial: Dial) -> str:
    return f"Введите показание цифрами, например {example(dial)}."


def signed() -> str:
    return "Введите показание без знаков плюс и минус, только цифры."


def too_big(dial: Dial, digits: int) -> str:
    return (
        f"Слишком большое число: у счётчика {dial.digits}{NB}{_plural(dial.digits)} до запятой, а введено {digits}."
    )


def missing(dial: Dial) -> str:
    return f"Введите и это показание: шкалы счётчика передают вместе, не хватает «{dial.name}»."


def swapped(one: Dial, here: int, other: Dial, there: int) -> str:
    return (
        f"Похоже, «{one.name}» и «{other.name}» перепутаны местами. Посмотрите на счётчик: "
        f"«{one.name}» — это {one.shown(here)}, а «{other.name}» — {other.shown(there)}?"
    )


def below(dial: Dial, value: int, is_swapped: bool) -> str:
    """What to do: where the meter's scales look swapped, that alone explains it."""
    advice = (
        "Похоже, шкалы перепутаны местами: сверьте их со счётчиком."
        if is_swapped
        else "Проверьте цифры на счётчике. Если счётчик заменили или прошлое показание неверно, сообщите поставщику."
    )
    return f"Меньше прошлого показания: было {_past(dial)}, введено {dial.shown(value)}. {advice}"


def question(dial: Dial, value: int) -> str:
    used = consumption(dial, value) or 0
    return (
        f"Меньше прошлого показания: было {_past(dial)}, введено {dial.shown(value)}. "
        f"Если счётчик перешёл через ноль, отметьте это ниже: расход получится {dial.amount(used)}. "
        "Если нет, исправьте показание."
    )


def compared(dial: Dial, used: int | None) -> str:
    """The quiet line below an entered value: what it comes to, and what is usual."""
    if used is None:
        return ""
    usual = f", обычно около {dial.about(dial.usual)}" if dial.usual else ""
    return f"Расход {dial.amount(used)}{usual}{_a_year_ago(dial)}"


def usually(dial: Dial) -> str:
    """The quiet line below an empty field."""
    return f"Обычно около {dial.about(dial.usual)} за это время{_a_year_ago(dial)}" if dial.usual else ""


def _a_year_ago(dial: Dial) -> str:
    return f", год назад {dial.about(dial.season)}" if dial.season else ""


def zero(dial: Dial, value: int) -> str:
    return f"Показание не изменилось: было {_past(dial)}, введено {dial.shown(value)}. Расхода действительно не было?"


def above_usual(dial: Dial, value: int, used: int) -> str:
    """Compared with the season where a year is known, else with the last months; both numbers where both are."""
    return (
        f"{_how_many_times(dial, used)}: {dial.amount(used)}, {_compared_with(dial)}. Было {_past(dial)}. "
        f"Посмотрите на счётчик ещё раз: там правда {dial.shown(value)}?"
    )


def _how_many_times(dial: Dial, used: int) -> str:
    than = dial.usual if dial.season is None else dial.season
    if not than:
        return "Расход намного больше, чем год назад в эти же дни"
    times = f"{used // than}{NB}{_times(used // than)}"
    if dial.season is None:
        return f"Расход в {times} больше обычного"
    return f"Расход в {times} больше, чем год назад в эти же дни"


def _compared_with(dial: Dial) -> str:
    if dial.season is None:
        return f"а обычно около {dial.about(dial.usual or 0)}"
    season = f"а тогда было около {dial.about(dial.season)}" if dial.season else "а тогда расхода не было"
    return f"{season}, в среднем за год около {dial.about(dial.usual)}" if dial.usual else season


def above_limit(dial: Dial, value: int, used: int) -> str:
    most = dial.amount((dial.limit or 0) * dial.months * MICRO)
    return (
        f"Необычно большой расход: {dial.amount(used)}. Было {_past(dial)}. "
        f"За это время редко уходит больше {most}. Посмотрите на счётчик ещё раз: там правда {dial.shown(value)}?"
    )


def _past(dial: Dial) -> str:
    return "" if dial.base is None else f"{dial.shown(dial.base.value)} от {dial.base.on:%d.%m.%Y}"


def example(dial: Dial) -> str:
    past = dial.base.value if dial.base is not None else 0
    return dial.shown(past).replace(NB, "")


def too_fine(dial: Dial, signs: int, whole: str) -> str:
    if dial.decimals == 0:
        return f"У этого счётчика нет знаков после запятой: введите только целую часть, {whole}."
    return f"После запятой не больше {dial.decimals} {_signs(dial.decimals)}, а введено {signs}."


def _plural(count: int) -> str:
    return "цифра" if count == 1 else "цифры" if count < 5 else "цифр"


def _signs(count: int) -> str:
    return "знака" if count == 1 else "знаков"


def _times(count: int) -> str:
    return "раза" if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else "раз"
