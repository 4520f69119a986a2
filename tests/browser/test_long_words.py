"""Names, numbers and banks as long as billings have them: still nothing to scroll sideways."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import HEIGHTS, cookies
from tests.browser.portal import Portal, started
from tests.browser.test_pages import WIDER

LONG = (
    "UPDATE supplier SET short_name = '', name = 'ООО «' || code || 'межрайонэлектроэнергосбыткомпания»', "
    "phone = '8 (3812) 79-00-10, 8 (3812) 79-00-11 (круглосуточно)'",
    "UPDATE bill SET number = '2018/10-0000131-1234567890' || number, adds_up = 0, to_pay = 100 * to_pay",
    "UPDATE payment SET source = 'МЕЖРЕГИОНАЛЬНЫЙБАНКРЕКОНСТРУКЦИИ, ДО № 8598/0123'",
)
PAGES = (
    "/bills", "/bills?all=1", "/help", "/contacts", "/charges", "/statement", "/history", "/history?kind=readings",
    "/history?kind=bills",
)  # fmt: skip


@pytest.fixture(scope="module")
def lengthened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("long")) as running:
        connection = sqlite3.connect(running.database, timeout=10)
        for statement in LONG:
            connection.execute(statement)
        connection.commit()
        connection.close()
        yield running


@pytest.fixture(scope="module")
def anna(browser: Browser, lengthened: Portal) -> dict[str, object]:
    return cookies(browser, lengthened, "anna@example.org")


@pytest.mark.parametrize("width", [320, 360, 768])
def test_long_words_fit(browser: Browser, lengthened: Portal, anna: dict[str, object], width: int) -> None:
    context = browser.new_context(
        base_url=lengthened.url,
        viewport={"width": width, "height": HEIGHTS[width]},
        storage_state=anna,  # type: ignore[arg-type]
    )
    page, wrong = context.new_page(), []
    for address in PAGES:
        page.goto(address)
        if over := page.evaluate(WIDER):
            wrong.append(f"{address}: {over} px wider than the screen")
    context.close()
    assert not wrong, "\n".join(wrong)
