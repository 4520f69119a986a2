"""Anna in a browser, in the portal of one preset: what the walks through whole manuals share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import HEIGHTS, SCREENS, note
from tests.browser.portal import PASSWORD, Portal

PRESETS = ("default", "metallenergo", "zhkh", "client-online", "consumer")
TURNS = [(360, True), (1280, False)]  # a phone with scripts, a desk without


@dataclass
class Walk:
    """Anna in one browser."""

    page: Page
    portal: Portal
    preset: str
    scripts: bool
    name: str

    def sign_in(self) -> None:
        enter(self.page, self.portal, login_of(self.portal, self.preset))

    def pass_notices(self) -> None:
        """Confirms whatever stands before the pages."""
        while self.page.locator("body.curtain").count():
            self.page.locator("body.curtain form button.button").first.click()
            self.page.wait_for_load_state()

    def press(self, name: str | re.Pattern[str], within: str = "main") -> None:
        self.page.locator(within).get_by_role("button", name=name).first.click()

    def says(self, *words: str) -> None:
        for word in words:
            expect(self.page.locator("main")).to_contain_text(word)

    def shoot(self, picture: str) -> None:
        """A picture of the page, which must not be wider than the screen."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size
        assert size is not None
        tall = self.page.evaluate("() => document.documentElement.scrollHeight")
        self.page.set_viewport_size({**size, "height": int(tall)})  # what sticks to the edge stands at the end
        name = f"{self.name}-{self.preset}-{'phone' if self.scripts else 'plain'}-{picture}.png"
        self.page.screenshot(path=SCREENS / name, full_page=True, caret="initial")  # hiding it sets styles
        self.page.set_viewport_size(size)
        assert self.page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]


def login_of(portal: Portal, preset: str) -> str:
    """What Anna signs in by."""
    [anna] = portal.rows("SELECT id, phone, username FROM resident WHERE email = 'anna@example.org'")
    if preset == "consumer":
        held = "SELECT number FROM link JOIN account ON account.id = account_id WHERE is_login AND resident_id = ?"
        return str(portal.rows(held, anna["id"])[0]["number"])
    logins = {"client-online": anna["phone"], "zhkh": anna["username"]}
    return str(logins.get(preset, "anna@example.org"))


def enter(page: Page, portal: Portal, login: str) -> None:
    """Through the form, and its picture where the portal shows one."""
    page.goto("/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    if page.locator("[name=captcha]").count():
        page.fill("[name=captcha]", portal.captcha(page.input_value("[name=captcha_id]")))
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@contextmanager
def walking(
    browser: Browser, portal: Portal, preset: str, turn: tuple[int, bool], name: str, complaints: list[str]
) -> Iterator[Walk]:
    """A fresh browser of the turn; its console may not have complained in the end. `name` begins the pictures'."""
    width, scripts = turn
    context: BrowserContext = browser.new_context(
        base_url=portal.url, viewport={"width": width, "height": HEIGHTS[width]}, java_script_enabled=scripts,
        locale="ru-RU",
    )  # fmt: skip
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("console", lambda message: note(message, complaints))
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    yield Walk(page, portal, preset, scripts, name)
    context.close()
    assert not complaints, "\n".join(complaints)
