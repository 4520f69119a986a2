"""What the demo town has said already: appeals new, answered and closed, a letter of the operator, a call."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from models import Account, Appeal, Resident, Topic
from services import appeals, calls, topics
from services.limits import Visitor

HERE = Visitor("demo")
NOWHERE = Path()  # nobody has attached a file
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def talk(
    anna: Resident, boris: Resident, olga: Resident, power: Account, water: Account, his: Account, now: datetime
) -> None:
    """`power`, `water`: accounts of Anna's, `his` of Boris; the supplier of water rings back."""
    asked = _write(
        anna, power, "Приборы учета", "Счётчику в этом году шестнадцать лет. Поверить его или менять?", now - 3 * HOUR
    )
    told = "Счётчик пора менять: этот тип не поверяют. Мастер свободен в среду и пятницу, выберите день."
    appeals.answer(asked, olga, told, [], NOWHERE, now - HOUR, "demo")
    _write(anna, water, "Качество услуги", "Второй день из крана идёт ржавая вода, стирать нельзя.", now - 2 * HOUR)
    settled = _write(boris, his, "Общие вопросы", "Как получать счёт на почту?", now - 3 * DAY)
    told = "Включите «Ежемесячный счёт» в профиле, в «Моих подписках»."
    appeals.answer(settled, olga, told, [], NOWHERE, now - 2 * DAY, "demo-closing", closes=True)
    wish = calls.Wish(
        water.supplier_id, str(anna.phone), "evening", _topic("Расчеты и задолженность"), "О перерасчёте"
    )
    calls.ask(anna, wish, HERE, now - HOUR, now.date(), "demo")


def _write(by: Resident, about: Account, topic: str, text: str, at: datetime) -> Appeal:
    typed = appeals.Typed(
        supplier=about.supplier_id, text=text, account=about.id, topic=_topic(topic), contact=str(by.email)
    )
    return appeals.send(by, typed, [], NOWHERE, HERE, at, at.date(), f"demo-{topic}")


def _topic(name: str) -> int | None:
    """The topic of that name; none where the operator's list has none."""
    return next((row.id for row in topics.top(Topic.offered()) if row.name == name), None)
