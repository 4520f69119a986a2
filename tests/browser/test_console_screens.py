"""Every screen of the console with work on it: at 1280 and 768 px nothing hangs over the edge."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import HEIGHTS, cookies
from tests.browser.filled import filled
from tests.browser.portal import Portal, started
from tests.browser.test_pages import WIDER

FILES = re.compile(r"\.(pdf|csv|png|jpg|zip|xlsx)\b|/file$|/document$|/exports/[0-9]+$|/photos/|/papers/|/files/")
FROM = ("/admin/", "/admin/start", "/admin/second-factor", "/admin/accounts?q=лесная", "/admin/residents?q=анна")
LEAST = 60  # screens there are at the least: a walk that finds fewer has lost its way
# What reaches over the right edge and cannot be scrolled to within a part of the page.
CUT = """
() => [...document.querySelectorAll('main *')].filter(it => {
  const box = it.getBoundingClientRect();
  return box.width > 1 && box.right > innerWidth + 1 && !it.closest('.hidden, .sheet');
}).map(it => it.outerHTML.slice(0, 80))
"""
# A table of the console that has to be scrolled sideways on a screen it is meant for.
SCROLLED = "() => [...document.querySelectorAll('.sheet')].filter(it => it.scrollWidth > it.clientWidth).length"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("screens")) as running:
        filled(running)
        yield running


def screens(page: Page) -> dict[str, str]:
    """The first address of each kind of screen that the links of the console lead to, and where it was found."""
    found: dict[str, str] = {}
    waiting = deque((address, "") for address in FROM)
    while waiting:
        address, source = waiting.popleft()
        kind = re.sub("[0-9]+", "N", address.partition("?")[0])
        if kind in found and "?q=" not in address:
            continue
        answer = page.goto(address)
        assert answer is not None and answer.status == 200, f"{address} from {source}"
        found[kind] = address
        for link in page.locator("a[href^='/admin']").evaluate_all("all => all.map(it => it.getAttribute('href'))"):
            if not FILES.search(link):
                waiting.append((link.partition("#")[0], address))
    return found


@pytest.mark.parametrize("width", [1280, 768])
def test_no_screen_of_the_console_hangs_over(browser: Browser, full: Portal, width: int) -> None:
    kept = cookies(browser, full, "admin@example.org")
    context = browser.new_context(
        base_url=full.url,
        viewport={"width": width, "height": HEIGHTS[width]},
        storage_state=kept,  # type: ignore[arg-type]
    )
    page = context.new_page()
    addresses = screens(page)
    assert len(addresses) >= LEAST
    wrong = []
    for address in addresses.values():
        page.goto(address)
        if over := page.evaluate(WIDER):
            wrong.append(f"{address}: {over} px wider than the screen")
        wrong += [f"{address}: cut: {it}" for it in page.evaluate(CUT)]
        if page.evaluate(SCROLLED):
            wrong.append(f"{address}: a table is scrolled sideways")
    context.close()
    assert not wrong, "\n".join(wrong)
