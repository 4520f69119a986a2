"""The console's texts: versions, what each changed, from which day, who agrees anew; two clerks, other operators."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from models import Audit, Consent, Resident, Text
from services import editions, passwords, texts
from services.refusal import Refused
from tests import factories as make
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")
URL = "/admin/texts"
AGREEMENT = f"{URL}/agreement"
PASSWORD = "Bereza-u-0kna"


@pytest.fixture(autouse=True)
def seeded(database: Flask) -> None:
    texts.seed(NOW - timedelta(days=9))


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(make.operator(email="olga@example.org"))


@pytest.fixture
def anna(database: Flask) -> Resident:
    who = make.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD))
    texts.agree(who, texts.in_force(["agreement", "personal-data"]), NOW, "")
    return who


def publish(client: PageClient, url: str = AGREEMENT, status: int = 303, **given: Any) -> Page:
    known = {"title": "Соглашение", "body": "# Предмет\nНовые слова", "asks": "y", "seen": "1", **given}
    return client.post(f"{url}/new", known, status=status)


def entering(client: PageClient) -> str:
    """Where a sign-in leads."""
    client.post("/sign-out")
    return client.post("/sign-in", {"login": "anna@example.org", "password": PASSWORD}).location


def notes() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    rows = Audit.select().order_by(Audit.id)
    return [(str(row.action), json.loads(row.before), json.loads(row.after)) for row in rows]


def test_every_text_stands_under_its_heading_with_its_version(clerk: PageClient) -> None:
    page = clerk.get(URL)
    for words in ("Соглашения", "Оплата", "Бланки заявок на договор", "Остальное"):
        assert words in page
    assert {AGREEMENT, f"{URL}/blank-passport", f"{URL}/manual", f"{URL}/requisites"} <= set(page.tree.links)
    assert set(page.tree.links) >= {f"{URL}/{row.slug}" for row in Text.newest()}


def test_a_new_version_is_looked_at_then_published(clerk: PageClient, anna: Resident) -> None:
    form = clerk.get(f"{AGREEMENT}/new")
    old = Text.latest(["agreement"])["agreement"]
    assert form.value("title") == old.title and form.value("seen") == "1"
    body = str(old.body).replace("# ", "# Новый ", 1) + "\n\nПоследний абзац."
    page = publish(clerk, body=body, preview="yes", status=200)
    assert "Добавлено: Последний абзац." in page and "Убрано: " in page and "Как увидит житель" in page
    assert "попросим 1 жителя" in page and Text.history("agreement")[0].version == 1
    publish(clerk, body=body)
    page = clerk.get(AGREEMENT)
    assert "Редакция 2, действует с 20 ноября, 12:00" in page and "Добавлено: Последний абзац." in page
    assert "больше не действует" in clerk.get(f"{AGREEMENT}/1")
    assert "Последний абзац" in clerk.get("/texts/agreement")
    action, before, after = notes()[0]
    assert action == "text-published" and (before["version"], after["version"], after["asks"]) == (1, 2, True)


def test_who_agreed_is_asked_anew_where_it_is_wanted(client: PageClient, clerk: PageClient, anna: Resident) -> None:
    publish(clerk, asks="")
    assert entering(client) == "/", "a slip of the pen asks nobody"
    editions.publish("agreement", "Т", "Смысл другой", since=NOW, asks=True, seen=2, by=anna, now=NOW)
    editions.publish("agreement", "Т", "Опечатка", since=NOW, asks=False, seen=3, by=anna, now=NOW)
    location = entering(client)
    assert location.startswith("/consents"), "what asked stays asked after a slip was mended"
    text = Text.latest(["agreement"])["agreement"]
    client.post("/consents", {f"text-{text.id}": "y"})
    assert Consent.newest(anna)["agreement"] == 4 and entering(client) == "/"


def test_a_version_waits_for_its_day(client: PageClient, clerk: PageClient, anna: Resident) -> None:
    publish(clerk, since="2026-12-01T00:00")
    page = clerk.get(AGREEMENT)
    assert "ждёт" in page and "Новая редакция" not in page and "1 декабря, 00:00" in page
    assert "вступит в силу 1 декабря" in clerk.get(f"{AGREEMENT}/2") and "ждёт этого дня" in clerk.get(URL)
    assert "Новые слова" not in clerk.get("/texts/agreement")
    assert "Уже есть редакция" in publish(clerk, status=422, seen="2", body="Ещё")
    begins = datetime(2026, 11, 30, 21, tzinfo=UTC)
    assert editions.begin(begins - timedelta(seconds=1)) == 0
    assert entering(client) == "/"
    assert editions.begin(begins) == 1 and editions.begin(begins) == 0
    assert entering(client).startswith("/consents") and "Новые слова" in client.get("/texts/agreement")


def test_a_version_that_waits_can_be_taken_back_and_one_in_force_cannot(clerk: PageClient, anna: Resident) -> None:
    publish(clerk, since="2026-12-01T00:00")
    assert "отменена" in clerk.get(clerk.post(f"{AGREEMENT}/2/removal").location)
    clerk.post(f"{AGREEMENT}/2/removal", status=404)
    assert "уже действует" in clerk.get(clerk.post(f"{AGREEMENT}/1/removal").location)
    assert [action for action, _, _ in notes()] == ["text-published", "text-taken-back"]
    publish(clerk)
    assert Text.latest(["agreement"])["agreement"].version == 2, "its number is free again"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"title": " "}, "Заполните поле"),
        ({"body": " "}, "Заполните поле"),
        ({"title": "я" * 201}, "Не больше 200 знаков"),
        ({"body": "я" * 60_001}, "не длиннее 60000"),
        ({"since": "завтра"}, "Введите дату так"),
        ({"body": "Срок: {payment.postng}"}, "Такой вставки нет: {payment.postng}"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(clerk: PageClient, given: dict[str, Any], sentence: str) -> None:
    page = publish(clerk, status=422, **given)
    assert sentence in page and str(next(iter(given.values()))).strip() in page.text
    assert Text.history("agreement")[0].version == 1


def test_the_same_words_are_no_new_version(clerk: PageClient) -> None:
    old = Text.latest(["agreement"])["agreement"]
    body = f"{str(old.body).replace(chr(10), '  ' + chr(10))}\n"
    assert "менять нечего" in publish(clerk, status=422, title=old.title, body=body)


@pytest.mark.parametrize("seen", ["0", "", "один", "9" * 30, "²"])
def test_another_clerks_version_is_not_overtaken(clerk: PageClient, seen: str) -> None:
    page = publish(clerk, status=422, seen=seen)
    assert "вышла другая редакция" in page and "Новые слова" in page.text and page.value("seen") == "1"
    publish(clerk)
    assert "вышла другая редакция" in publish(clerk, status=422), "a double click publishes one"


def test_two_who_publish_at_once_make_one_version(database: Flask, anna: Resident) -> None:
    """The number is unique: what came second between looking and writing is refused."""
    Text.publish("agreement", 2, "Т", "Другого", NOW)
    assert Text.add(slug="agreement", version=2, title="Т", body="Мой", published_at=NOW) is None
    with pytest.raises(Refused):
        editions.publish("agreement", "Т", "Мой", since=NOW, asks=True, seen=1, by=anna, now=NOW)


def test_markup_is_the_safe_few_signs(clerk: PageClient) -> None:
    page = publish(clerk, body="# Часть\n- раз\n- два\n<script>alert(1)</script>", preview="yes", status=200)
    assert "<h2>Часть</h2>" in page.text and "<li>раз</li>" in page.text
    assert "<script>alert" not in page.text and "<script>alert(1)</script>" in page.words


def test_a_blank_and_the_manual_follow_their_text(clerk: PageClient) -> None:
    publish(clerk, f"{URL}/blank-passport", title="Бланк паспорта", body="Подпись")
    publish(clerk, f"{URL}/manual", title="Инструкция", body="# Вход\nНовая")
    assert clerk.get("/manual.pdf").data.startswith(b"%PDF-")
    assert "согласиться" not in clerk.get(f"{URL}/manual/new")


def test_one_suppliers_operator_and_a_resident_know_no_texts(client: PageClient) -> None:
    for who in (make.operator(make.supplier()), make.operator(make.supplier(), "administrator"), make.resident()):
        client.sign_in(who)
        for url in (URL, AGREEMENT, f"{AGREEMENT}/1", f"{AGREEMENT}/new"):
            client.get(url, status=404)
        publish(client, status=404)
        client.post(f"{AGREEMENT}/1/removal", status=404)


def test_what_is_no_text_is_not_there(clerk: PageClient) -> None:
    for url in (f"{URL}/nothing", f"{URL}/НЕТ", f"{AGREEMENT}/77", f"{URL}/nothing/new"):
        clerk.get(url, status=404)


def test_twenty_versions_cost_the_queries_of_one(clerk: PageClient, anna: Resident) -> None:
    clerk.get(AGREEMENT), clerk.get(URL)
    with counted() as few:
        clerk.get(AGREEMENT), clerk.get(URL)
    for number in range(1, 20):
        editions.publish("agreement", "Т", f"Слова {number}", since=NOW, asks=True, seen=number, by=anna, now=NOW)
    with counted() as many:
        clerk.get(AGREEMENT), clerk.get(URL)
    assert len(few) == len(many) <= 12


def test_a_difference_names_lines_with_their_neighbours() -> None:
    old, new = "один\nдва\nтри\nчетыре\nпять", "один\nдва\n3\nчетыре \nпять\nшесть"
    assert list(editions.difference(old, new)) == [
        ("kept", "два"), ("left", "три"), ("added", "3"), ("kept", "четыре"), ("kept", "пять"), ("added", "шесть"),
    ]  # fmt: skip
    assert list(editions.difference(old, old)) == []
