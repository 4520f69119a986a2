"""The captcha's sound in a real browser: found without scripts, fetched when asked for, played to its end."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener

TARGET = 44
DURATION = """
(audio) => new Promise((resolve, reject) => {
  audio.onloadedmetadata = () => resolve(audio.duration);
  audio.onerror = () => reject(audio.error.message);
  audio.load();
  audio.preload = 'auto';
})
"""


@pytest.mark.parametrize("scripts", [True, False])
def test_the_player_fits_a_narrow_phone_and_fetches_nothing_by_itself(open_page: Opener, scripts: bool) -> None:
    page = open_page(320, scripts)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/registration/email")
    fold = page.get_by_text("Прослушать код")
    assert (fold.bounding_box() or {})["height"] >= TARGET
    fold.click()
    player = page.locator("audio").bounding_box()
    assert player is not None and player["height"] >= TARGET
    assert player["x"] >= 0 and player["x"] + player["width"] <= 320
    assert not [url for url in fetched if url.endswith(".wav")]


def test_the_browser_plays_it(open_page: Opener) -> None:
    page = open_page(320)
    page.goto("/registration/email")
    page.get_by_text("Прослушать код").click()
    assert 3 <= page.locator("audio").evaluate(DURATION) <= 8
