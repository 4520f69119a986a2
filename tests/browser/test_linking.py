"""Every form of linking on every screen, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Opener, cookies
from tests.browser.portal import Portal, started
from tests.browser.test_pages import TARGET, TOO_SMALL, WIDER

CONFIG = """
name = "Светлоречье"
[switches]
linking = ["wizard", "page", "organisation", "selects", "password", "number"]
captcha = { linking = "always" }
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("linking"), config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def newcomer(browser: Browser, portal: Portal) -> dict[str, object]:
    return cookies(browser, portal, "novichok@example.org")


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("scripts", [True, False])
def test_every_form_fits_its_screen(
    open_page: Opener, newcomer: dict[str, object], width: int, scripts: bool
) -> None:
    page = open_page(width, scripts, storage_state=newcomer)
    for way in ("wizard", "page", "organisation", "selects", "password", "number"):
        page.goto(f"/accounts/link/{way}")
        assert page.evaluate(WIDER) == 0, way
        assert not page.evaluate(TOO_SMALL, TARGET), way
