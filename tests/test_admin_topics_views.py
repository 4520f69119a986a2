"""The console's topics of appeals: what residents choose from."""

from __future__ import annotations

import pytest

from models import Audit, Topic
from services import topics
from tests import factories
from tests.client import PageClient

URL = "/admin/topics"


@pytest.fixture(autouse=True)
def clerk(client: PageClient) -> PageClient:
    topics.seed()
    return client.sign_in(factories.operator())


def named(name: str) -> Topic:
    return Topic.get(Topic.name == name)


def test_a_subtopic_is_added_and_offered_under_its_topic(client: PageClient) -> None:
    assert "/admin/topics" in client.get("/admin/appeals").tree.links
    client.post(URL, {"name": "Поверка", "parent": str(named("Приборы учета").id)})
    assert "Добавлено: Поверка." in client.get(URL)
    made = named("Поверка")
    assert topics.below(Topic.offered(), named("Приборы учета").id) == [made]
    client.post(URL, {"name": "Уличный свет", "parent": ""})
    assert Topic.beside(None)[-1].name == "Уличный свет"
    assert [row.action for row in Audit.select()] == ["topic-added", "topic-added"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": " "}, "Заполните поле"),
        ({"name": "предложения"}, "уже есть"),
        ({"name": "x" * 101}, "Не больше 100 знаков"),
        ({"name": "Поверка", "parent": "99999999999999999999"}, "Выберите из списка"),
    ],
)
def test_what_cannot_be_added_is_said(client: PageClient, fields: dict[str, str], says: str) -> None:
    assert says in client.post(URL, fields, status=422) and Topic.select().count() == 10


def test_a_topic_is_renamed_taken_away_and_brought_back(client: PageClient) -> None:
    topic = named("Предложения")
    client.post(f"{URL}/{topic.id}", {"name": "Идеи"})
    assert "Идеи" in client.get(URL) and named("Идеи") == topic
    client.post(f"{URL}/{topic.id}", {"turn": "off"})
    assert "Идеи (убрана)" in client.get(URL) and topic not in Topic.offered()
    client.post(f"{URL}/{topic.id}", {"turn": "on"})
    assert topic in Topic.offered()
    assert "уже есть" in client.get(
        client.post(f"{URL}/{topic.id}", {"name": "Обращение"}).location.partition("#")[0]
    )
    assert [row.action for row in Audit.select()] == ["topic-renamed", "topic-closed", "topic-opened"]


def test_one_suppliers_clerk_does_not_change_the_list_of_all(client: PageClient) -> None:
    client.sign_in(factories.operator(factories.supplier()))
    assert "Темы обращений" not in client.get("/admin/appeals")
    client.get(URL, status=404)
    client.post(URL, {"name": "x"}, status=404)
    client.post(f"{URL}/{Topic.get().id}", {"turn": "off"}, status=404)
