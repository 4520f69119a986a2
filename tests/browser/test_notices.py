"""Notices as a resident meets them, with scripts and without: before every page, above it, in the bell, by e-mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from services.letter_parts import paragraphs
from tests.browser.conftest import HEIGHTS
from tests.browser.portal import PASSWORD, Portal, started
from tests.browser.test_pages import SCREENS, TARGET, TOO_SMALL, WIDER, shoot
from worker import TEMPLATES

LETTER = """Здравствуйте!

С 10 до 16 часов не будет холодной воды: плановый ремонт.

- ул. Лесная, дома 8–14
- ул. Садовая, дом 3

http://127.0.0.1:8000/notices

--
Светлоречье
http://127.0.0.1:8000
Отписаться от таких писем: http://127.0.0.1:8000/unsubscribe/AAAAAQM-_rg5N-RvzLsGr26m6_BV
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A town whose notices nobody has read yet."""
    with started(tmp_path_factory.mktemp("notices")) as running:
        yield running


def page_of(browser: Browser, portal: Portal, width: int, scripts: bool) -> Page:
    """Anna signs in and stands before what she must confirm."""
    context = browser.new_context(
        base_url=portal.url, viewport={"width": width, "height": HEIGHTS[width]}, java_script_enabled=scripts
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=login]", "anna@example.org")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url("**/notices/confirm**")
    return page


def fits(page: Page) -> bool:
    return not page.evaluate(WIDER) and not page.evaluate(TOO_SMALL, TARGET)


def test_a_resident_confirms_closes_and_reads(browser: Browser, fresh: Portal) -> None:
    page = page_of(browser, fresh, 360, scripts=True)
    assert page.get_by_text("1 из 2").is_visible() and fits(page)
    shoot(page, "/notices/modal", 360)
    page.get_by_role("link", name="Вперед").click()
    assert page.get_by_text("2 из 2").is_visible() and page.get_by_role("link", name="Назад").is_visible()
    page.goto("/accounts")
    assert "/notices/confirm" in page.url, "no page opens before"
    page.get_by_role("button", name="Подтвердить").click()
    page.wait_for_load_state()

    plain = page_of(browser, fresh, 1280, scripts=False)
    assert plain.get_by_text("из 2").count() == 0, "one is left"
    shoot(plain, "/notices/modal", 1280)
    plain.get_by_role("button", name="Перейти в профиль").click()
    plain.wait_for_url("**/profile")
    assert plain.locator("#top-notices .note").count() == 2
    shoot(plain, "/notices/top", 1280)
    plain.get_by_role("button", name="Закрыть уведомление: Счета").click()
    plain.wait_for_load_state()
    assert plain.locator("#top-notices .note").count() == 1

    page.goto("/accounts")
    assert page.locator("#top-notices .note").count() == 1 and fits(page)
    shoot(page, "/notices/top", 360)
    count = int(page.locator("#bell .badge").inner_text())
    page.get_by_role("link", name="Подробнее").click()
    page.wait_for_url("**/notices?open=**")
    assert page.locator("details[open]").count() == 1 and fits(page)
    page.get_by_role("button", name="Закрыть уведомление").click()
    page.locator("#top-notices .note").wait_for(state="detached")
    page.locator("#bell .badge").get_by_text(str(count - 1), exact=True).wait_for()  # opening it was reading it
    page.locator("#bell").dispatch_event("seen")
    page.locator("#bell .badge").wait_for()
    shoot(page, "/notices/list", 360)
    page.context.close()
    plain.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_html_part_of_a_letter_is_the_text_for_eyes(browser: Browser, width: int) -> None:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    html = environment.get_template("letter.html").render(subject="Отключение", paragraphs=paragraphs(LETTER))
    context = browser.new_context(viewport={"width": width, "height": HEIGHTS[width]})
    page = context.new_page()
    page.set_content(html)
    assert page.get_by_role("link", name="Открыть").is_visible() and page.locator("li").count() == 2
    assert not page.evaluate(WIDER)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"letter-{width}.png", full_page=True)
    context.close()
