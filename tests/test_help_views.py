"""Help before signing in: questions, the manual as a PDF, the links of the sign-in page."""

from __future__ import annotations

from dataclasses import replace

import pypdfium2
import pytest
from flask import Flask

import clock
from models import Question, QuestionGroup, Text
from services import questions, texts
from tests import factories
from tests.client import PageClient
from tests.portal import switch

PRESETS = ("default", "metallenergo", "zhkh", "client-online", "consumer")
FIRST_MANUAL = (texts.FIRST / "manual.txt").read_text("utf-8")


@pytest.fixture(autouse=True)
def published(database: Flask) -> None:
    texts.seed(clock.now())
    questions.seed(clock.now())


def test_the_sign_in_page_leads_to_help_and_the_manual(client: PageClient) -> None:
    page = client.get("/sign-in")
    assert {"/help", "/manual.pdf", "/texts/agreement", "/registration", "/recovery"} <= set(page.tree.links)
    assert "Нужна помощь?" in page and "Инструкция пользователя" in page and "Видео" not in page


def test_a_video_is_linked_where_the_portal_has_one(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.extensions["settings"], video="https://video.example.org/42")
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert "https://video.example.org/42" in client.get("/sign-in").tree.links


def test_questions_fold_and_suppliers_can_be_called(client: PageClient) -> None:
    factories.supplier(short_name="Водоканал", phone="+7 800 555-00-00")
    page = client.get("/help")
    assert "Забыл пароль" in page and "Водоканал: +7 800 555-00-00" in page
    assert page.text.count("<summary>") >= 5


def test_who_is_signed_in_is_shown_the_phones_of_his_own_suppliers(client: PageClient) -> None:
    anna = factories.resident()
    own = factories.supplier(short_name="Водоканал", phone="+7 800 555-00-00")
    factories.supplier(short_name="Теплосеть", phone="+7 800 555-00-01")
    factories.link(anna, factories.account(own))
    page = client.sign_in(anna).get("/help")
    assert "Водоканал: +7 800 555-00-00" in page and "Теплосеть" not in page


def test_without_questions_there_is_a_word_and_a_phone(client: PageClient) -> None:
    Text.delete().execute(), QuestionGroup.delete().execute()
    assert "Вопросов и ответов пока нет" in client.get("/help")
    client.get("/manual.pdf", status=404)


def test_the_manual_is_a_pdf_whose_text_can_be_read(client: PageClient) -> None:
    Text.publish("manual", 2, "Инструкция", "# Вход\n" + "Строка. " * 900 + "\n- раз\n- два", clock.now())
    answer = client.get("/manual.pdf").response
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-")
    pages = pypdfium2.PdfDocument(answer.data)
    text = pages[0].get_textpage().get_text_range()
    assert "Инструкция" in text and "Редакция 2" in text and "Вход" in text and len(pages) > 1
    assert pages.get_metadata_value("Title") == "Инструкция"


@pytest.mark.parametrize("preset", PRESETS)
def test_the_manual_shows_each_portals_own_pages(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    names = [line[2:].split()[0] for line in FIRST_MANUAL.splitlines() if line.startswith("! ")]
    assert names == ["sign-in", "link", "readings", "charges", "payment", "profile", "appeal"]
    page = client.get("/texts/manual")
    for name in names:
        png = f"/static/manual/{preset}/{name}.png"
        assert png in page.text and len(client.get(png).data) <= 30_000
    answer = client.get("/manual.pdf").response
    pictures = [
        one
        for paper in pypdfium2.PdfDocument(answer.data)
        for one in paper.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    ]
    assert len(pictures) == len(names) and len(answer.data) < 400_000


def test_a_picture_that_is_none_leaves_the_text_as_it_is(client: PageClient) -> None:
    Text.publish("manual", 2, "Инструкция", "# Вход\nСлова\n! ../../secret Нечто\nещё", clock.now())
    page = client.get("/texts/manual")
    assert "Слова" in page and "ещё" in page and "<img" not in page.text and "secret" not in page
    assert client.get("/manual.pdf").data.startswith(b"%PDF-")


def test_a_phrase_finds_by_every_word_of_it_in_question_or_answer(client: PageClient) -> None:
    page = client.get("/help?q=ЕЩЁ+вижу")
    assert "Ничего не нашли" in page and "Поисковая фраза" in page
    page = client.get("/help?q=СЧЕТ+возразить")
    assert "Кто ещё видит мой лицевой счёт" in page and page.text.count("<summary>") == 1
    assert '<details class="fold" open>' in page.text, "what alone was found stands open"


@pytest.mark.parametrize("phrase", ["паролем", "ПАРОЛИ забыли", "забыл пароль?", "«пароля»", "ПароЛЬ, забыл!"])
def test_a_phrase_finds_whatever_its_case_endings_and_signs(client: PageClient, phrase: str) -> None:
    assert "Забыл пароль" in client.get("/help", query_string={"q": phrase})


def test_a_group_narrows_the_list_and_an_unknown_one_does_not(client: PageClient) -> None:
    group = QuestionGroup.get(name="Безопасность")
    page = client.get(f"/help?group={group.id}")
    assert "чужим компьютером" in page and "Забыл пароль" not in page and "Все вопросы" in page
    for strange in ("999999", "-1", "нет", "9" * 30):
        assert "Забыл пароль" in client.get(f"/help?group={strange}")


def test_hidden_questions_are_neither_shown_nor_found(client: PageClient) -> None:
    Question.update(is_hidden=True).where(Question.title == "Забыл пароль").execute()
    assert "Забыл пароль" not in client.get("/help")
    assert "Забыл пароль" not in client.get("/help?q=забыл+пароль+придёт+почту")


def test_the_operators_own_older_text_becomes_questions(client: PageClient) -> None:
    QuestionGroup.delete().execute()
    Text.publish(
        "help", 1, "Помощь", "Вступление\n# Где касса?\nНа\u00a0Лесной\n- пн\n- вт\n# Второй\nДа", clock.now()
    )
    questions.seed(clock.now())
    page = client.get("/help")
    assert "О кабинете" in page and "Где касса?" in page and "Забыл пароль" not in page
    assert [row.answer for row in Question.every()] == ["На\u00a0Лесной\n- пн\n- вт", "Да"]


def test_contacts_show_where_when_and_how_the_residents_own_suppliers_are_reached(client: PageClient) -> None:
    own = factories.supplier(
        name="МУП «Водоканал»", phone="+7 800 555-00-00", hours="пн-пт 8:00-17:00", address="ул. Ленина, 1"
    )
    factories.supplier(name="МУП «Теплосеть»", phone="+7 800 555-00-01")
    assert "Теплосеть" in client.get("/contacts"), "who has not signed in may call any of them"
    anna = factories.resident()
    factories.link(anna, factories.account(own))
    page = client.sign_in(anna).get("/contacts")
    for word in ("МУП «Водоканал»", "+7 800 555-00-00", "пн-пт 8:00-17:00", "ул. Ленина, 1", "Отправить обращение"):
        assert word in page
    assert "Теплосеть" not in page


@pytest.mark.parametrize("preset", ["metallenergo", "zhkh", "client-online", "consumer"])
def test_every_portal_has_the_search_and_the_ways_to_ask(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    account, anna = factories.account(), factories.resident()
    factories.setting(account.supplier, "offers_calls", True)
    factories.link(anna, account)
    page = client.sign_in(anna).get("/help")
    for word in ("Поисковая фраза", "Все вопросы", "Заказать звонок", "Отправить обращение"):
        assert word in page
    assert {"/manual.pdf", "/contacts", "/texts/agreement"} <= set(page.tree.links)


def test_where_nothing_holds_every_word_the_most_alike_are_shown(client: PageClient) -> None:
    page = client.get("/help?q=почему+отклонили+моё+показание")
    assert "Вот похожие" in page and "Показание отклонили" in page and "Забыл пароль" not in page
    page = client.get("/help?q=синхрофазотрон")
    assert "Ничего не нашли" in page and "Вот похожие" not in page
