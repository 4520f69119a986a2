"""Portal A in a browser, with scripts and without: an appeal with a file, its answer, an application."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import papers
from tests.browser.conftest import HEIGHTS, SCREENS, cookies
from tests.browser.portal import Portal, started

SUBTOPIC = (
    "INSERT INTO topic (parent_id, name, position, is_closed) SELECT id, 'Поверка', 0, 0 FROM topic WHERE name = ?"
)
PAPER = {"name": "акт.pdf", "mimeType": "application/pdf", "buffer": papers.PDF}


@pytest.fixture(scope="module")
def portal_a(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("appeals"), "metallenergo") as running:
        connection = sqlite3.connect(running.database, timeout=10)
        connection.execute(SUBTOPIC, ["Приборы учета"])
        connection.commit()
        connection.close()
        yield running


def opened(browser: Browser, portal: Portal, email: str, scripts: bool, width: int) -> BrowserContext:
    return browser.new_context(
        base_url=portal.url,
        viewport={"width": width, "height": HEIGHTS[width]},
        java_script_enabled=scripts,
        storage_state=cookies(browser, portal, email),  # type: ignore[arg-type]
    )


def shoot(page: Page, name: str, width: int) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize(("scripts", "width"), [(True, 360), (False, 1280)])
def test_an_appeal_goes_there_and_its_answer_comes_back(
    browser: Browser, portal_a: Portal, scripts: bool, width: int
) -> None:
    anna = opened(browser, portal_a, "anna@example.org", scripts, width)
    page = anna.new_page()
    page.goto("/appeals/new")
    page.fill("[name=text]", "Счётчик пора поверить")
    page.set_input_files("[name=files]", files=[PAPER])  # type: ignore[list-item]
    page.select_option("[name=topic]", label="Приборы учета")
    if not scripts:
        page.locator("button", has_text="Выбрать").last.click()
    page.select_option("[name=subtopic]", label="Поверка")
    expect(page.locator("[name=text]")).to_have_value("Счётчик пора поверить")
    shoot(page, "appeal-new", width)
    page.locator("#appeals-new .actions button", has_text="Отправить обращение").click()
    page.wait_for_url(re.compile(r"/appeals/[0-9]+$"))
    number = page.url.rpartition("/")[2]
    expect(page.locator("main")).to_contain_text("Приборы учета: Поверка")
    expect(page.locator("main")).to_contain_text("акт.pdf")

    olga = opened(browser, portal_a, "olga@example.org", scripts, 1280)
    desk = olga.new_page()
    desk.goto("/admin/appeals")
    shoot(desk, "admin-appeals", 1280)
    desk.locator("main a", has_text=f"№\u00a0{number}").click()
    desk.fill("[name=text]", "Мастер придёт в среду")
    desk.locator("button", has_text="Отправить ответ").click()
    expect(desk.locator("main")).to_contain_text(re.compile(rf"Ответ\sна\sобращение\s№\s{number}\sотправлен"))
    shoot(desk, "admin-appeal", 1280)
    olga.close()

    page.goto("/appeals/received")
    expect(page.locator("main")).to_contain_text("Есть ответ, новое")
    shoot(page, "appeals-received", width)
    page.locator("main a", has_text=f"№\u00a0{number}").click()
    expect(page.locator("main")).to_contain_text("Мастер придёт в среду")
    shoot(page, "appeal", width)
    anna.close()


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 360)])
def test_an_application_is_begun_left_and_sent(browser: Browser, portal_a: Portal, scripts: bool, width: int) -> None:
    boris = opened(browser, portal_a, "boris@example.org", scripts, width)
    page = boris.new_page()
    page.goto("/applications")
    page.select_option("[name=supplier]", index=1)
    page.select_option("[name=buyer]", label="Физ. лицо")
    page.fill("[name=objects]", "Дом, ул. Лесная, 5")
    shoot(page, "application", width)
    page.locator("button", has_text="Вперед").click()
    page.wait_for_url("**/documents")
    page.set_input_files("[name=passport]", files=[PAPER])  # type: ignore[list-item]
    page.locator("button", has_text="Сохранить").click()
    expect(page.locator("main")).to_contain_text("Черновик сохранён")
    boris.close()

    again = opened(browser, portal_a, "boris@example.org", scripts, width)
    page = again.new_page()
    page.goto("/applications")
    expect(page.locator("[name=objects]")).to_have_value("Дом, ул. Лесная, 5")
    page.locator("main .tabs a", has_text="Документы").click()
    page.set_input_files("[name=ownership]", files=[PAPER])  # type: ignore[list-item]
    shoot(page, "application-documents", width)
    page.locator("button", has_text="Отправить заявку").click()
    expect(page.locator("main")).to_contain_text("Отправлена")
    again.close()
