"""«Тема» and «Подтема» of appeals and calls: the list that a new portal begins with, what a choice comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import Resident, Topic, transaction
from services import audit
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
EMPTY = "Напишите название."
TAKEN = "Такое название в этом списке уже есть."
LONGEST = 100


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


@transaction
def add(name: str, parent: int | None, by: Resident, now: datetime) -> Topic:
    """A new topic at the end of the list, or a subtopic of one that is offered."""
    if parent is not None:
        _check(parent, top(Topic.offered()), "parent")
    beside = Topic.beside(parent)
    _check_name(name, beside)
    made: Topic = Topic.create(
        name=name, parent=parent, position=max((row.position for row in beside), default=0) + 1
    )
    audit.note("topic-added", "topic", made.id, by, now, None, {"name": name, "parent": parent})
    return made


@transaction
def rename(topic: Topic, name: str, by: Resident, now: datetime) -> None:
    """Its new name stands on what was written under it, too."""
    _check_name(name, [row for row in Topic.beside(topic.parent_id) if row.id != topic.id])
    before, topic.name = str(topic.name), name
    topic.save()
    audit.note("topic-renamed", "topic", topic.id, by, now, {"name": before}, {"name": name})


@transaction
def turn(topic: Topic, is_closed: bool, by: Resident, now: datetime) -> None:
    """Offered no more, or again."""
    topic.is_closed = is_closed
    topic.save()
    audit.note("topic-closed" if is_closed else "topic-opened", "topic", topic.id, by, now)


def _check_name(name: str, beside: Sequence[Topic]) -> None:
    if not name:
        raise Refused(EMPTY, field="name")
    if name.casefold() in {str(row.name).casefold() for row in beside}:
        raise Refused(TAKEN, field="name")
