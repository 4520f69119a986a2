"""A reading by a signed link: nobody signs in, with scripts and without, a photo beside it."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page

from tests import papers
from tests.browser.conftest import Opener
from tests.browser.portal import Portal
from tests.browser.test_pages import shoot, walk

PHOTO = FilePayload(name="IMG 0001.jpg", mimeType="image/jpeg", buffer=papers.picture(size=(600, 400)))
METERED = """
    SELECT link.account_id AS id FROM link JOIN resident ON resident.id = link.resident_id
    JOIN meter ON meter.account_id = link.account_id JOIN register ON register.meter_id = meter.id
    JOIN supplier_setting ON key = 'reading_from_day'
    JOIN account ON account.id = link.account_id AND account.supplier_id != supplier_setting.supplier_id
    WHERE resident.email = 'anna@example.org' AND NOT meter.is_automatic AND meter.removed_on IS NULL
    GROUP BY link.account_id ORDER BY link.account_id
"""


@pytest.fixture
def link(open_page: Opener, portal: Portal, anna: dict[str, object]) -> str:
    """The link of Anna's first account that takes readings on any day."""
    page = open_page(1280, storage_state=anna)
    for row in portal.rows(METERED):
        page.goto(f"/accounts/{row['id']}/reading-links")
        link = page.get_by_label("Ссылка").input_value()
        page.goto(link)
        if page.locator("input[name^=reading-]").count():
            return link
    raise AssertionError("no account of Anna's waits for readings")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_a_doubted_reading_goes_with_its_photo_by_the_second_press(
    open_page: Opener, link: str, scripts: bool
) -> None:
    page = open_page(360, scripts)
    page.goto(link)
    if page.get_by_role("link", name="Исправить").count():
        page.get_by_role("link", name="Исправить").click()
    for field in page.locator("input[name^=reading-]").all():
        field.fill("99999" if scripts else "99998")
    page.get_by_text("Приложить фото").click()
    page.set_input_files("[name=photo]", [PHOTO])
    press(page, "Передать показания")
    page.get_by_text("Показания ещё не переданы").wait_for()
    assert page.get_by_text("Фото приложено").is_visible()
    press(page, "Да, всё верно, передать")
    page.get_by_text("Показания приняты").wait_for()
    assert page.url.endswith(link.rpartition("/")[2])
    shoot(page, "/r/link-done", 360)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_of_a_link_fits(open_page: Opener, link: str, width: int) -> None:
    assert not walk(open_page(width), [link], width)


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).click()
