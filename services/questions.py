"""Questions and answers of «Помощь»: the first list, groups and their order, two clerks at one question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from models import Question, QuestionGroup, Resident, Text, transaction
from models.question import swap
from models.search import fold, stem
from services import audit
from services.refusal import Refused

WORD = re.compile(r"\w+")
FIRST = Path(__file__).parent / "first_questions.txt"
OLDER = "help"  # the text that held all questions before they were rows
COMMON = "О кабинете"
SHORTEST, MOST_ALIKE = 4, 5
LONGEST_NAME, LONGEST_TITLE, LONGEST_ANSWER = 100, 200, 10_000

CHANGED = "Вопрос только что изменили в другом окне. Ваш текст ниже: сверьте его с новым и сохраните ещё раз."
TAKEN = "Такая группа уже есть."
NO_NAME = "Напишите название группы."
NO_GROUP = "Выберите группу."
EDGE = "Дальше двигать некуда: обновите страницу."
IN_USE = "В группе есть вопросы: перенесите их в другую или удалите."


@transaction
def seed(now: datetime) -> None:
    """The first list where there is none: of the operator's own text where he has written one."""
    if QuestionGroup.select().exists():
        return
    older = Text.latest([OLDER]).get(OLDER)
    for place, (name, questions) in enumerate(parsed(str(older.body) if older else FIRST.read_text("utf-8")), 1):
        group = QuestionGroup.create(name=name, position=place)
        for position, (title, answer) in enumerate(questions, 1):
            Question.create(group=group, title=title, answer=answer, position=position, changed_at=now)


def parsed(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups («## »), their questions («# ») and answers; what stands under no group is under a common one."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for line in text.splitlines():
        if line.startswith("## "):
            groups.append((line[3:].strip(), []))
        elif line.startswith("# "):
            groups = groups or [(COMMON, [])]
            groups[-1][1].append((line[2:].strip(), ""))
        elif groups and groups[-1][1]:
            title, answer = groups[-1][1][-1]
            groups[-1][1][-1] = (title, f"{answer}\n{line}".strip())
    return [(name, questions) for name, questions in groups if questions]


def found(questions: Sequence[Question], phrase: str, group: int | None) -> list[Question]:
    """Those of the group (None = of all) that hold every word of the phrase, whatever its case, ё or ending."""
    words = WORD.findall(fold(phrase))
    return [row for row in questions if group in (None, row.group_id) and _holds(row, words)]


def alike(questions: Sequence[Question], phrase: str, group: int | None) -> list[Question]:
    """For a phrase of which nothing holds every word: those with most of its words, short ones apart; few of them."""
    words = [word for word in WORD.findall(fold(phrase)) if len(word) >= SHORTEST]
    held = [(sum(_holds(row, [word]) for word in words), row) for row in questions if group in (None, row.group_id)]
    most = max((count for count, _ in held), default=0)
    return [row for count, row in held if count == most][:MOST_ALIKE] if most else []


def _holds(row: Question, words: Sequence[str]) -> bool:
    text = fold(f"{row.title} {row.answer}")
    known = set(WORD.findall(text))
    return all(word in text or any(own.startswith(stem(word)) for own in known) for word in words)


def by_group(questions: Sequence[Question]) -> Iterator[tuple[QuestionGroup, list[Question]]]:
    """The groups that have any, with theirs, in the order of the rows."""
    groups = {row.group_id: row.group for row in questions}
    for number, group in groups.items():
        yield group, [row for row in questions if row.group_id == number]


@transaction
def add_group(name: str, by: Resident, now: datetime) -> QuestionGroup:
    known = QuestionGroup.every()
    _check_name(name, known)
    made: QuestionGroup = QuestionGroup.create(
        name=name, position=max((row.position for row in known), default=0) + 1
    )
    audit.note("question-group-added", "question_group", made.id, by, now, {}, {"name": name})
    return made


@transaction
def rename_group(group: QuestionGroup, name: str, by: Resident, now: datetime) -> None:
    _check_name(name, [row for row in QuestionGroup.every() if row.id != group.id])
    before, group.name = str(group.name), name
    group.save()
    audit.note("question-group-renamed", "question_group", group.id, by, now, {"name": before}, {"name": name})


@transaction
def move_group(group: QuestionGroup, is_up: bool, by: Resident, now: datetime) -> None:
    """One place up or down; refused at the end of the list."""
    rows = QuestionGroup.every()
    before = [row.id for row in rows]
    if not swap(rows, group, is_up):
        raise Refused(EDGE)
    after = [row.id for row in rows]
    audit.note("question-group-moved", "question_group", group.id, by, now, {"order": before}, {"order": after})


@transaction
def remove_group(group: QuestionGroup, by: Resident, now: datetime) -> None:
    if Question.last_place(group.id):
        raise Refused(IN_USE)
    if group.delete_instance():
        audit.note("question-group-removed", "question_group", group.id, by, now, {"name": group.name}, {})


@transaction
def add(group: int | None, title: str, answer: str, by: Resident, now: datetime) -> Question:
    """A new one at the end of its group."""
    number = _check(group, title, answer)
    place = Question.last_place(number) + 1
    made: Question = Question.create(group=number, title=title, answer=answer, position=place, changed_at=now)
    audit.note("question-added", "question", made.id, by, now, {}, _state(made))
    return made


@transaction
def change(
    known: Question, group: int | None, title: str, answer: str, seen: datetime, by: Resident, now: datetime
) -> None:
    """`seen`: when it was changed last, as the form showed it; in another group it goes to the end."""
    number = _check(group, title, answer)
    place = known.position if number == known.group_id else Question.last_place(number) + 1
    before = _state(known)
    if not known.changed(seen, now, group=number, title=title, answer=answer, position=place):
        raise Refused(CHANGED)
    audit.note("question-changed", "question", known.id, by, now, before, _state(Question.get_by_id(known.id)))


@transaction
def move(question: Question, is_up: bool, by: Resident, now: datetime) -> None:
    """One place up or down in its group; refused at the end of the list."""
    rows = [row for row in Question.every() if row.group_id == question.group_id]
    before = [row.id for row in rows]
    if not swap(rows, question, is_up):
        raise Refused(EDGE)
    after = [row.id for row in rows]
    audit.note("question-moved", "question", question.id, by, now, {"order": before}, {"order": after})


@transaction
def turn(question: Question, is_hidden: bool, by: Resident, now: datetime) -> None:
    """Hidden from residents, or shown again; pressed twice it is said once."""
    before = bool(question.is_hidden)
    question.is_hidden = is_hidden
    question.save()
    if before != is_hidden:
        audit.note("question-turned", "question", question.id, by, now, {"hidden": before}, {"hidden": is_hidden})


@transaction
def remove(question: Question, by: Resident, now: datetime) -> None:
    """A second press finds nothing to do."""
    before = _state(question)
    if question.delete_instance():
        audit.note("question-removed", "question", question.id, by, now, before, {})


def _check(group: int | None, title: str, answer: str) -> int:
    if group is None or not QuestionGroup.select().where(QuestionGroup.id == group).exists():
        raise Refused(NO_GROUP, field="group")
    if not title or len(title) > LONGEST_TITLE:
        raise Refused(f"Напишите вопрос не длиннее {LONGEST_TITLE} знаков.", field="title")
    if not answer or len(answer) > LONGEST_ANSWER:
        raise Refused(f"Напишите ответ не длиннее {LONGEST_ANSWER} знаков.", field="answer")
    return group


def _check_name(name: str, beside: Sequence[QuestionGroup]) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise Refused(NO_NAME, field="name")
    if fold(name) in {fold(str(row.name)) for row in beside}:
        raise Refused(TAKEN, field="name")


def _state(question: Question) -> dict[str, object]:
    return {"group": question.group_id, "title": question.title, "signs": len(str(question.answer))}
