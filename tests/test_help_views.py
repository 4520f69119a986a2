"""Help before signing in: questions, the manual as a PDF, the links of the sign-in page."""

from __future__ import annotations

from dataclasses import replace

import pypdfium2
import pytest
from flask import Flask

import clock
from models import Text
from services import texts
from tests import factories
from tests.client import PageClient


@pytest.fixture(autouse=True)
def published(database: Flask) -> None:
    texts.seed(clock.now())


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


def test_without_questions_there_is_a_word_and_a_phone(client: PageClient) -> None:
    Text.delete().execute()
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
