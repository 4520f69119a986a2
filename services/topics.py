"""«Тема» and «Подтема» of appeals and calls: the list that a new portal begins with, what a choice comes to."""

from __future__ import annotations

from collections.abc import Sequence

from models import Topic, transaction
from services.refusal import Refused

FIRST = (  # of manual A, §6
    "Внесение изменений в лицевой счет",
    "Другие тематики",
    "Качество услуги",
    "Обращение",
    "Общие вопросы",
    "Платные услуги",
    "Предложения",
    "Приборы учета",
    "Противодействие коррупции",
    "Расчеты и задолженность",
)
CHOOSE = "Выберите из списка."


@transaction
def seed() -> None:
    """The first list where there is none; what the operator made of it stays his."""
    if not Topic.select().exists():
        Topic.put(FIRST)


def top(topics: Sequence[Topic]) -> list[Topic]:
    return [topic for topic in topics if topic.parent_id is None]


def below(topics: Sequence[Topic], parent: int | None) -> list[Topic]:
    """The subtopics of a topic; none of one that was not chosen."""
    return [topic for topic in topics if parent is not None and topic.parent_id == parent]


def check(topic: int | None, subtopic: int | None) -> None:
    """A topic is named where there are any, a subtopic where the topic has some."""
    topics = Topic.offered()
    _check(topic, top(topics), "topic")
    _check(subtopic, below(topics, topic), "subtopic")


def check_top(topic: int | None) -> None:
    """A topic alone."""
    _check(topic, top(Topic.offered()), "topic")


def _check(chosen: int | None, offered: Sequence[Topic], field: str) -> None:
    known = {row.id for row in offered}
    if (chosen is None and known) or (chosen is not None and chosen not in known):
        raise Refused(CHOOSE, field=field)
