"""Chromium over the real portal: with scripts and without, on a phone and on a desk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser import chromium
from tests.browser.portal import PASSWORD, Portal, started

SCREENS = Path(__file__).resolve().parent.parent.parent / "var" / "screens"
HEIGHTS = {320: 640, 360: 740, 768: 1024, 1280: 800, 1920: 1080}
Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or chromium.find()
    if path is None:
        pytest.fail(chromium.ADVICE, pytrace=False)
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=path, args=list(chromium.SWITCHES))
        yield launched
        launched.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console and its own faults said; empty at the end of every test."""
    return []


@pytest.fixture
def open_page(browser: Browser, portal: Portal, complaints: list[str]) -> Iterator[Opener]:
    """`open_page(width, scripts, …)`: a page of a fresh browser; nothing may have been complained of in the end."""
    contexts: list[BrowserContext] = []

    def opened(width: int = 1280, scripts: bool = True, **options: object) -> Page:
        context = browser.new_context(
            base_url=portal.url,
            viewport={"width": width, "height": HEIGHTS[width]},
            java_script_enabled=scripts,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture(scope="session")
def anna(browser: Browser, portal: Portal) -> dict[str, object]:
    """The cookies of Anna's session, gained once by the form."""
    return cookies(browser, portal, "anna@example.org")


@pytest.fixture(scope="session")
def administrator(browser: Browser, portal: Portal) -> dict[str, object]:
    return cookies(browser, portal, "admin@example.org")


def cookies(browser: Browser, portal: Portal, login: str) -> dict[str, object]:
    context = browser.new_context(base_url=portal.url)
    sign_in(context.new_page(), login, PASSWORD)
    kept = context.storage_state()
    context.close()
    return dict(kept)


def note(message: ConsoleMessage, complaints: list[str]) -> None:
    """An answer of 422 is how a form says no; the console calls it an error."""
    if message.type in ("error", "warning") and "status of 422" not in message.text:
        complaints.append(f"{message.location.get('url')}: {message.text}")


def sign_in(page: Page, login: str, password: str) -> None:
    """Through the form, and past the notices that must be confirmed first."""
    page.goto("/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    while page.locator("body.curtain").count():
        page.locator("body.curtain form button.button").first.click()
        page.wait_for_load_state()
