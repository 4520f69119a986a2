"""«История» and «Выписка» in a browser: filters, orders and pages by htmx and by plain links; files come down."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener


@pytest.fixture(params=[True, False], ids=["htmx", "no script"])
def page(request: pytest.FixtureRequest, open_page: Opener, anna: dict[str, object]) -> Page:
    return open_page(1280, scripts=request.param, storage_state=anna)


def show(page: Page) -> None:
    """Without scripts a button applies the filter; with them the change has done it."""
    button = page.locator("#filters button")
    if button.is_visible():
        button.click()


def rows(page: Page) -> list[str]:
    return page.locator("#history .card:first-child tbody tr").all_inner_texts()


def test_a_filter_narrows_the_list_and_stays_in_the_address(page: Page) -> None:
    page.goto("/history")
    before = rows(page)
    page.locator("#supplier").select_option(index=1)
    show(page)
    page.wait_for_url(lambda url: "supplier=" in url and "supplier=&" not in url)
    expect(page.locator("#history h2").first).to_be_visible()
    assert 0 < len({row.split("\t")[1] for row in rows(page)}) < len({row.split("\t")[1] for row in before})
    address = page.url
    page.reload()
    assert page.url == address and rows(page)
    # The other lists and the files keep the filter too.
    chosen = address.partition("supplier=")[2].partition("&")[0]
    assert f"supplier={chosen}" in str(page.locator("#history-kinds a").nth(1).get_attribute("href"))
    assert f"supplier={chosen}" in str(page.get_by_role("link", name="Скачать CSV").get_attribute("href"))


def test_after_a_change_by_htmx_the_tabs_keep_the_filter(open_page: Opener, anna: dict[str, object]) -> None:
    page = open_page(1280, storage_state=anna)
    page.goto("/history")
    page.locator("#supplier").select_option(index=1)
    page.wait_for_url(lambda url: "supplier=" in url and "supplier=&" not in url)
    expect(page.locator("#history-kinds a[href*='supplier=']")).to_have_count(3)


def test_orders_and_pages_follow_the_links(page: Page) -> None:
    page.goto("/history")
    page.locator("#by-sum").click()
    page.wait_for_url(lambda url: "sort=-sum" in url)
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    first = rows(page)
    page.get_by_role("link", name="Дальше").click()
    page.wait_for_url(lambda url: "after=" in url)
    expect(page.get_by_role("link", name="К началу")).to_be_visible()
    assert rows(page) and set(rows(page)).isdisjoint(first)


def test_files_come_down_under_their_names(page: Page) -> None:
    page.goto("/history?kind=bills")
    with page.expect_download() as download:
        page.get_by_role("link", name="Скачать Excel").click()
    assert download.value.suggested_filename == "Счета.xlsx"
    page.goto("/statement")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.startswith("Выписка № ")


def test_a_statement_of_other_days_is_one_step_away(page: Page) -> None:
    page.goto("/statement")
    page.locator("#from").fill("2026-09-01")
    page.locator("#from").blur()
    show(page)
    page.wait_for_url(lambda url: "from=2026-09-01" in url)
    expect(page.locator("#statement")).to_contain_text("01.09.2026")
