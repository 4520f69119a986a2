"""Letters as a person sees them: sent by the worker to a real mail server, read back, opened."""

from __future__ import annotations

import re
from email.message import EmailMessage

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import Browser

from config import Settings
from tests import smtp
from tests.browser.conftest import SCREENS
from tests.browser.test_pages import WIDER
from tests.every_letter import put_every_kind
from tests.test_letters import by_smtp


@pytest.fixture
def delivered(database: Flask, settings: Settings) -> list[EmailMessage]:
    put_every_kind()
    with smtp.server() as server:
        while by_smtp(settings, server.url):
            pass
        return list(server.letters)


def test_every_letter_is_read_on_a_phone_and_on_a_desk(browser: Browser, delivered: list[EmailMessage]) -> None:
    """The HTML part says what the text says, is no wider than the screen, and asks nobody for anything."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    assert len({letter["Subject"] for letter in delivered}) > 20
    for width in (360, 700):
        context = browser.new_context(viewport={"width": width, "height": 740}, java_script_enabled=True)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))  # type: ignore[misc]
        for place, letter in enumerate(delivered):
            plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
            assert plain is not None and rich is not None
            page.set_content(rich.get_content())
            assert not page.evaluate(WIDER), letter["Subject"]
            seen = _words(page.locator("body").inner_text())
            missing = [line for line in _said(plain.get_content()) if line not in seen]
            assert not missing, f"{letter['Subject']}: {missing}"
            page.screenshot(path=SCREENS / f"letter-{place:02d}-{width}.png", full_page=True)
        context.close()
        assert not asked, asked


def test_the_bill_comes_as_a_picture_of_paper(delivered: list[EmailMessage]) -> None:
    [bill] = [part for letter in delivered for part in letter.iter_attachments()]
    assert bill.get_content_type() == "application/pdf" and str(bill.get_filename()).endswith(".pdf")
    paper = pypdfium2.PdfDocument(bill.get_content())
    assert "1 485,33" in paper[0].get_textpage().get_text_range().replace("\N{NO-BREAK SPACE}", " ")
    SCREENS.mkdir(parents=True, exist_ok=True)
    paper[0].render(scale=2).to_pil().save(SCREENS / "letter-bill.png")


def _words(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def _said(text: str) -> list[str]:
    """What the text part says: without marks of lists and without addresses, which are links in the other."""
    parts = (_words(part).strip(" :()") for part in re.split(r"\n(?:[-–•] )?|https?://\S+", text))
    return [part for part in parts if len(part) > 2]
