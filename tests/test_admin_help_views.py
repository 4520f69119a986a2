"""The console's questions and answers: groups, order, hiding, two clerks; what residents then see and find."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from models import Audit, Question, QuestionGroup
from services import questions
from tests import factories as make
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")
URL = "/admin/help"


@pytest.fixture(autouse=True)
def seeded(database: Flask) -> None:
    questions.seed(NOW)


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(make.operator(email="olga@example.org"))


def group(name: str = "Вход в кабинет") -> QuestionGroup:
    return QuestionGroup.get(QuestionGroup.name == name)


def named(title: str = "Забыл пароль") -> Question:
    return Question.get(Question.title == title)


def save(client: PageClient, url: str = f"{URL}/new", status: int = 303, **given: Any) -> Page:
    known = {"group": group().id, "title": "Где касса?", "answer": "На Лесной.", "seen": NOW.isoformat(), **given}
    return client.post(url, known, status=status)


def place(client: PageClient, question: Question, act: str) -> None:
    client.post(f"{URL}/{question.id}/place", {"act": act})


def shown(client: PageClient) -> list[str]:
    """The questions that residents see, in their order."""
    return re.findall(
        r'<details class="fold"[^>]*><summary>(.*?)</summary>',
        client.get("/help").text.replace("\N{NO-BREAK SPACE}", " "),
    )


def actions() -> list[str]:
    return [str(row.action) for row in Audit.select().order_by(Audit.id)]


def test_a_question_is_added_looked_at_changed_and_removed(clerk: PageClient) -> None:
    assert "Вход в кабинет" in clerk.get(URL) and f"{URL}/new?group={group().id}" in clerk.get(URL).tree.links
    page = save(clerk, preview="yes", status=200, answer="На Лесной.\n- пн\n- вт\n<b>x</b>")
    assert "Как увидит житель" in page and "<li>пн</li>" in page.text and "<b>x</b>" in page.words
    save(clerk)
    assert shown(clerk).index("Где касса?") == Question.select().where(Question.group == group()).count() - 1
    url = f"{URL}/{named('Где касса?').id}"
    form = clerk.get(url)
    save(clerk, url, seen=form.value("seen"), group=group("Безопасность").id)
    assert shown(clerk)[-1] == "Где касса?", "in another group it is the last"
    place(clerk, named("Где касса?"), "remove")
    assert "Где касса?" not in shown(clerk)
    clerk.post(f"{url}/place", {"act": "remove"}, status=404)
    assert actions() == ["question-added", "question-changed", "question-removed"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"title": " "}, "Заполните поле"),
        ({"answer": " "}, "Заполните поле"),
        ({"title": "я" * 201}, "Не больше 200 знаков"),
        ({"answer": "я" * 10_001}, "не длиннее 10000"),
        ({"group": "999999"}, "Выберите группу"),
        ({"group": ""}, "Выберите группу"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(clerk: PageClient, given: dict[str, Any], sentence: str) -> None:
    page = save(clerk, status=422, **given)
    assert sentence in page and ("На Лесной." in page.text or "answer" in given)
    assert not Question.select().where(Question.title == "Где касса?").exists()


@pytest.mark.parametrize("seen", ["2020-01-01T00:00:00+00:00", "2020-01-01", "никогда", ""])
def test_another_clerks_change_is_not_lost(clerk: PageClient, seen: str) -> None:
    url = f"{URL}/{named().id}"
    page = save(clerk, url, status=422, seen=seen)
    assert "изменили в другом окне" in page and "На Лесной." in page.text and named().answer
    save(clerk, url, seen=page.value("seen"))
    assert named("Где касса?").answer == "На Лесной."


def test_questions_and_groups_move_and_stop_at_the_ends(clerk: PageClient) -> None:
    first, second = shown(clerk)[:2]
    place(clerk, named(first), "up")
    assert not actions() and "Дальше двигать некуда" in clerk.get(URL), "the first goes no higher"
    place(clerk, named(first), "down")
    assert shown(clerk)[:2] == [second, first]
    place(clerk, named(first), "up")
    assert shown(clerk)[:2] == [first, second]
    clerk.post(f"{URL}/groups/{group().id}", {"act": "down"})
    assert shown(clerk)[0] == "Где взять номер лицевого счёта"
    assert actions() == ["question-moved", "question-moved", "question-group-moved"]


def test_a_hidden_question_is_gone_for_residents_until_it_is_shown(clerk: PageClient) -> None:
    for _ in range(2):
        place(clerk, named(), "hide")
    assert "Забыл пароль" not in shown(clerk) and "Забыл пароль (скрыт)" in clerk.get(URL)
    assert "Забыл пароль" not in clerk.get("/help?q=пароль+задайте+новый+почту")
    place(clerk, named(), "show")
    assert "Забыл пароль" in shown(clerk)
    assert actions() == ["question-turned", "question-turned"], "two presses hide once"
    clerk.post(f"{URL}/{named().id}/place", {"act": "burn"}, status=400)


def test_search_follows_what_was_written(clerk: PageClient) -> None:
    save(clerk, answer="Касса на ул. Лесной, вход со двора.")
    page = clerk.get("/help?q=ДВОРА+касса")
    assert "Где касса?" in page and page.text.count('<details class="fold"') == 1
    save(clerk, f"{URL}/{named('Где касса?').id}", answer="Переехала.")
    assert "Ничего не нашли" in clerk.get("/help?q=двора")


def test_a_group_is_added_renamed_and_removed_when_it_is_empty(clerk: PageClient) -> None:
    clerk.post(URL, {"name": "Касса"})
    assert "Вопросов пока нет" in clerk.get(URL) and "Касса" not in clerk.get("/help")
    for name, sentence in ((" ", "Заполните поле"), ("КАССА", "уже есть"), ("я" * 101, "Не больше 100 знаков")):
        assert sentence in clerk.post(URL, {"name": name}, status=422)
    own = f"{URL}/groups/{group('Касса').id}"
    assert "уже есть" in clerk.get(clerk.post(own, {"name": "безопасность"}).location.partition("#")[0])
    assert "Напишите название" in clerk.get(clerk.post(own, {"name": "я" * 101}).location.partition("#")[0])
    clerk.post(own, {"name": "Платежи"})
    save(clerk, group=group("Платежи").id)
    assert "В группе есть вопросы" in clerk.get(clerk.post(own, {"act": "remove"}).location)
    place(clerk, named("Где касса?"), "remove")
    clerk.post(own, {"act": "remove"})
    clerk.post(own, {"act": "remove"}, status=404)
    assert not QuestionGroup.select().where(QuestionGroup.name == "Платежи").exists()


def test_one_suppliers_operator_and_a_resident_know_no_questions(client: PageClient) -> None:
    for who in (make.operator(make.supplier()), make.resident()):
        client.sign_in(who)
        url = f"{URL}/{named().id}"
        for page in (URL, f"{URL}/new", url):
            client.get(page, status=404)
        for page in (URL, f"{URL}/new", url, f"{url}/place", f"{URL}/groups/{group().id}"):
            client.post(page, {"act": "remove"}, status=404)


def test_the_first_list_is_written_once(database: Flask) -> None:
    known = Question.select().count()
    named().delete_instance()
    questions.seed(NOW + timedelta(days=1))
    assert Question.select().count() == known - 1


def test_many_questions_cost_the_queries_of_few(clerk: PageClient) -> None:
    for url in (URL, "/help", "/help?q=пароль"):
        clerk.get(url)
        with counted() as few:
            clerk.get(url)
        for number in range(30):
            Question.create(group=group(), title=f"{url}{number}", answer="пароль", position=number, changed_at=NOW)
        with counted() as many:
            clerk.get(url)
        assert len(few) == len(many) <= 10, url
