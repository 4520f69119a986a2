"""The console by keyboard alone, and its menu on a tablet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import HEIGHTS, cookies
from tests.browser.filled import filled
from tests.browser.portal import Portal, started
from tests.browser.test_appeals import shoot

CALL = (
    "INSERT INTO call (resident_id, supplier_id, once, phone, convenient, comment, state, created_at)"
    " SELECT resident.id, supplier.id, ?, '+79123456789', 'soon', '', 'waiting', '2026-11-20 09:00:00'"
    " FROM resident, supplier WHERE resident.email = 'anna@example.org' LIMIT 1"
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal where three residents wait for a call."""
    with started(tmp_path_factory.mktemp("console")) as running:
        connection = sqlite3.connect(running.database, timeout=10)
        for once in ("a", "b", "c"):
            connection.execute(CALL, [once])
        connection.commit()
        connection.close()
        yield running


def console(browser: Browser, portal: Portal, width: int) -> Page:
    context = browser.new_context(
        base_url=portal.url,
        viewport={"width": width, "height": HEIGHTS[width]},
        storage_state=cookies(browser, portal, "olga@example.org"),  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto("/admin/")
    return page


def tab_to(page: Page, words: str) -> None:
    """Presses Tab until the control with these words is reached."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if words in str(page.evaluate("document.activeElement.textContent")):
            return
    raise AssertionError(f"«{words}» is not reached by Tab")


def test_calls_are_worked_off_from_the_board_by_keyboard_one_after_another(browser: Browser, busy: Portal) -> None:
    page = console(browser, busy, 1280)
    tab_to(page, "К содержанию")
    page.keyboard.press("Enter")
    tab_to(page, "ждут звонка")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/calls")
    waiting = page.locator("#waiting tbody tr").count()
    for left in (waiting - 1, waiting - 2):
        tab_to(page, "Позвонили")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/calls#call-*")
        expect(page.locator("#waiting tbody tr")).to_have_count(left)
        row = page.url.rpartition("#")[2]
        page.keyboard.press("Tab")  # from the row that the address names
        page.keyboard.press("Tab")  # past its telephone
        assert page.evaluate("document.activeElement.closest('tr')?.id") == row
        page.goto("/admin/calls")


@pytest.mark.parametrize("width", [1280, 768])
def test_the_menu_fits_and_nothing_hangs_over(browser: Browser, busy: Portal, width: int) -> None:
    page = console(browser, busy, width)
    shoot(page, "board", width)
    for url in ("/admin/", "/admin/residents", "/admin/readings/unsent", "/admin/orders/waiting", "/admin/calls"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
        for link in page.locator("header nav a, main + nav a, nav.wrap a").all():
            box = link.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 40, url


SEEN = """
() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  const place = [box.left, box.top, box.right, box.bottom];
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 1
    && place[0] >= 0 && place[1] >= 0 && place[2] <= innerWidth && place[3] <= innerHeight;
}
"""
# A queue, the control of its first row, the presses of Tab from the skip link to it at the most, what settles a row.
QUEUES = (
    ("/admin/readings", "Принять", 6, ""),
    ("/admin/calls", "Позвонили", 4, ""),
    ("/admin/requests", "№", 2, "Подключить"),
    ("/admin/applications", "№", 2, "Принять"),
    ("/admin/appeals", "№", 9, "Закрыть без ответа"),
    ("/admin/registries/unknown", "Разобрать", 3, ""),
)


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("queues")) as running:
        filled(running)
        yield running


def walk_to(page: Page, words: str, within: int = 60) -> None:
    """Tab until the control of these words within `main`, which must be seen to be focused."""
    for _ in range(within):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith(words):
            assert page.evaluate(SEEN), f"«{words}» is focused, and nobody sees it"
            return
    raise AssertionError(f"{page.url}: «{words}» is not within {within} presses of Tab")


@pytest.mark.parametrize(("url", "first", "within", "act"), QUEUES)
def test_a_queue_is_worked_off_by_tab_and_enter(
    browser: Browser, queues: Portal, url: str, first: str, within: int, act: str
) -> None:
    page = console(browser, queues, 1280)
    page.goto(url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "К содержанию" and page.evaluate(SEEN)
    page.keyboard.press("Enter")
    walk_to(page, first, within)
    enter(page)
    if act:
        opened = page.url
        walk_to(page, act)
        enter(page)
        assert page.url.startswith(f"{queues.url}{url}/") and page.url != opened, "the next that waits"
    if "unknown" not in url:
        expect(page.locator("main [role=status]")).to_be_visible()


def enter(page: Page) -> None:
    """Presses Enter and waits for where it leads."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
