"""Takes the pictures of «Инструкция пользователя» anew: each portal's own pages on a phone, small enough to print.

Run: python -m scripts.manual_pictures [preset…]; they go to static/manual/<preset>/ and are committed.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium
from tests.browser.portal import started
from tests.browser.walking import PRESETS, enter, login_of

FOLDER = Path(__file__).resolve().parent.parent / "static" / "manual"
WIDTH, HEIGHT, SCALE, COLOURS = 360, 620, 1.5, 16
PAGES = {  # name in the text → address; the first without signing in
    "sign-in": "/sign-in",
    "link": "/accounts/link",
    "readings": "/readings",
    "charges": "/charges",
    "payment": "/payment",
    "appeal": "/appeals/new",
    "profile": "/profile",
}


def main() -> None:
    path = chromium.find()
    if path is None:
        sys.exit(chromium.ADVICE)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(chromium.SWITCHES))
        for preset in sys.argv[1:] or PRESETS:
            take(browser, preset)
        browser.close()


def take(browser: Browser, preset: str) -> None:
    """The pages of one portal, as Anna sees them."""
    with TemporaryDirectory() as folder, started(Path(folder), preset) as portal:
        size = {"width": WIDTH, "height": HEIGHT}
        context = browser.new_context(base_url=portal.url, viewport=size, device_scale_factor=SCALE, locale="ru-RU")
        page = context.new_page()
        page.goto(PAGES["sign-in"])
        keep(page.screenshot(), preset, "sign-in")
        enter(page, portal, login_of(portal, preset))
        while page.locator("body.curtain").count():
            page.locator("body.curtain form button.button").first.click()
            page.wait_for_load_state()
        page.goto("/accounts")
        tops = page.locator("#top-notices .note")
        for left in reversed(range(tops.count())):
            tops.get_by_role("button").first.click()
            expect(tops).to_have_count(left)
        for name, address in list(PAGES.items())[1:]:
            answer = page.goto(address)
            assert answer is not None and answer.ok, address
            keep(page.screenshot(), preset, name)
        context.close()


def keep(png: bytes, preset: str, name: str) -> None:
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    (FOLDER / preset).mkdir(parents=True, exist_ok=True)
    image.save(FOLDER / preset / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
