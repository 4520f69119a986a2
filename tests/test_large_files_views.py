"""Files that are larger than the portal takes: a page in words, and the words beside the files are not lost."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from commands.serve import SERVER
from models import Resident
from tests import factories
from tests.client import Page, PageClient

LIMIT = 50_000


@pytest.fixture
def anna(app: Flask, monkeypatch: pytest.MonkeyPatch, database: Flask) -> Resident:
    """Of a portal that takes little, so that the test need not send much."""
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", LIMIT)
    return factories.resident()


def sent(client: PageClient, origin: str = "http://localhost", **fields: object) -> Page:
    token = client.csrf_token()
    found = client.http.post(
        "/appeals/new",
        data={"csrf_token": token, **fields},
        headers={"Origin": origin},
        environ_overrides={"wsgi.input_terminated": True},  # as waitress says of what it has read whole
    )
    return Page(found, "/appeals/new")


def large(size: int = LIMIT + 1) -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"x" * size), "video.mp4"


def test_the_words_beside_a_file_that_is_too_large_come_back(client: PageClient, anna: Resident) -> None:
    page = sent(client.sign_in(anna), text="Течёт труба", files=large())
    page.check(is_fragment=False)
    assert page.status == 413 and "Файлы слишком большие" in page and "до 64 МБ" in page
    assert page.value("text") == "Течёт труба" and 'action="/appeals/new"' in page.text


def test_a_form_of_another_site_is_not_offered_again(client: PageClient, anna: Resident) -> None:
    page = sent(client.sign_in(anna), origin="https://evil.example", text="Отдайте деньги", files=large())
    assert page.status == 413 and "Слишком большой файл или текст" in page and "Отдайте деньги" not in page


def test_words_that_are_too_many_are_named_in_russian(
    app: Flask, client: PageClient, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_FORM_MEMORY_SIZE", 1000)
    page = sent(client.sign_in(anna), text="я" * 30_000, files=large(10))
    page.check(is_fragment=False)
    assert page.status == 413 and "Слишком большой файл или текст" in page


def test_who_is_not_signed_in_gets_the_page_as_well(client: PageClient, anna: Resident) -> None:
    page = sent(client, text="Течёт труба", files=large())
    assert page.status == 413 and page.value("text") == "Течёт труба"


def test_the_servers_own_limit_is_above_the_portals(app: Flask) -> None:
    """Or the server would answer instead of it, in English and without the words."""
    assert int(str(SERVER["max_request_body_size"])) >= 4 * app.config["MAX_CONTENT_LENGTH"]
