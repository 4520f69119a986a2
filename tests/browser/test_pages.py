"""Every page at every width: nothing to scroll sideways, nothing too small to press, nothing to complain of."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import HEIGHTS, SCREENS, Opener
from tests.browser.portal import Portal

OPEN = (
    "/sign-in",
    "/registration",
    "/recovery",
    "/registration/email",
    "/registration/phone",
    "/registration/account",
    "/requests/access",
    "/help",
    "/contacts",
    "/view",
    "/nowhere",
    "/texts/agreement",
    "/texts/payment-terms",
    "/requisites",
)
CLOSED = (
    "/", "/accounts", "/accounts/{account}", "/accounts/{account}/reading-links", "/accounts/link",
    "/accounts/link/organisation", "/groups", "/readings", "/readings/{account}", "/payment/codes",
    "/payment", "/payment/{account}", "/bills", "/charges", "/tariffs", "/history", "/history?kind=readings",
    "/charges?account={account}&period=2026-10",
    "/history?kind=bills", "/history?kind=readings&account={account}",
    "/statement", "/notices", "/outbox", "/profile", "/profile/personal", "/profile/contacts/email",
    "/profile/email", "/profile/password", "/profile/factor/totp", "/profile/subscriptions", "/profile/devices",
    "/profile/consents", "/profile/tokens", "/profile/deletion", "/profile/cache",
    "/appeals", "/appeals/received", "/appeals/new", "/callbacks-wanted", "/applications",
)  # fmt: skip
CONSOLE = (
    "/admin/", "/admin/readings", "/admin/appeals", "/admin/appeals/new", "/admin/calls", "/admin/applications",
)  # fmt: skip
TARGET = 44

# What can be pressed and is smaller than a finger; links within text, table cells and value lists may be (design).
TOO_SMALL = """
(least) => [...document.querySelectorAll('a, button, input, select, textarea, summary')].filter(it => {
  if (it.type === 'hidden' || it.disabled || !it.checkVisibility()) return false;
  if (it.closest('td, th, dd, p, .skip, .hidden, .note li')) return false;
  if (it.tagName === 'A' && getComputedStyle(it).display === 'inline' && it.closest('li, label, legend, h2, h3')) {
    if (!it.closest('.links, .tabs, .nav, .foot')) return false;
  }
  const box = (['checkbox', 'radio'].includes(it.type) ? it.closest('.check') || it : it).getBoundingClientRect();
  return box.width && (box.height < least - 0.5 || box.width < least - 0.5);
}).map(it => {
  const box = it.getBoundingClientRect();
  return `${it.tagName} ${Math.round(box.width)}×${Math.round(box.height)} ${(it.textContent || it.name).trim()}`;
})
"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def account(portal: Portal) -> int:
    """An account of Anna's with a meter of several scales: the fullest page."""
    return int(portal.rows(
        "SELECT link.account_id AS id FROM link JOIN resident ON resident.id = link.resident_id "
        "JOIN meter ON meter.account_id = link.account_id JOIN register ON register.meter_id = meter.id "
        "WHERE resident.email = 'anna@example.org' GROUP BY link.account_id ORDER BY count(*) DESC"
    )[0]["id"])  # fmt: skip


def walk(page: Page, addresses: list[str], width: int) -> list[str]:
    """What is wrong with the pages at this width, one line each."""
    wrong = []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        if answer.status != (404 if address == "/nowhere" else 200):
            wrong.append(f"{address}: {answer.status}")
        if over := page.evaluate(WIDER):
            wrong.append(f"{address}: {over} px wider than the screen")
        wrong += [f"{address}: too small: {it}" for it in page.evaluate(TOO_SMALL, TARGET)]
        if width in (360, 1280):
            shoot(page, address, width)
    return wrong


def shoot(page: Page, address: str, width: int) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    name = "".join(sign if sign.isalnum() else "-" for sign in address).strip("-") or "home"
    page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("width", HEIGHTS)
def test_pages_of_a_resident_fit_every_width(
    open_page: Opener, anna: dict[str, object], account: int, width: int
) -> None:
    page = open_page(width, storage_state=anna)
    wrong = walk(page, [address.format(account=account) for address in CLOSED], width)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", HEIGHTS)
def test_open_pages_fit_every_width(open_page: Opener, complaints: list[str], width: int) -> None:
    wrong = walk(open_page(width), list(OPEN), width)
    complaints[:] = [line for line in complaints if "/nowhere" not in line]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", HEIGHTS)
def test_the_console_fits_every_width(open_page: Opener, administrator: dict[str, object], width: int) -> None:
    wrong = walk(open_page(width, storage_state=administrator), list(CONSOLE), width)
    assert not wrong, "\n".join(wrong)


def test_large_type_fits_a_narrow_phone(
    open_page: Opener, portal: Portal, anna: dict[str, object], account: int
) -> None:
    """«Версия для слабовидящих» at 320 px, the narrowest there is."""
    page = open_page(320, storage_state=anna)
    page.context.add_cookies([{"name": "view", "value": "large", "url": portal.url}])
    wrong = walk(page, [address.format(account=account) for address in CLOSED], 320)
    assert not wrong, "\n".join(wrong)
