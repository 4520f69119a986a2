"""The main job, as a newcomer does it: from registration to a payment that stands in the history."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from tests.browser.bank import through_the_bank
from tests.browser.conftest import SCREENS, Opener, sign_in
from tests.browser.portal import Portal

NEW_PASSWORD = "Svetlo2026"
TURNS = count()
WAYS = [(360, True), (1280, True), (360, False), (1280, False)]


@pytest.mark.parametrize(("width", "scripts"), WAYS, ids=["phone", "desk", "phone no script", "desk no script"])
def test_from_registration_to_a_payment_in_the_history(
    open_page: Opener, portal: Portal, width: int, scripts: bool
) -> None:
    turn = next(TURNS)
    email = f"new{turn}@example.net"
    two_zone = portal.free_accounts(scales=2)[0]
    other = next(it for it in portal.free_accounts(scales=1) if it["supplier"] != two_zone["supplier"])
    page = open_page(width, scripts)

    register(page, portal, email)
    activate(page, email)
    sign_in(page, email, NEW_PASSWORD)
    for account in (two_zone, other):
        link(page, portal, account)
    send_two_zones(page, portal, two_zone)
    download_quittance(page, portal, two_zone)
    pay_both(page, portal, [two_zone, other])
    page.goto("/history?kind=payments")
    paid = page.locator("main").inner_text()
    for sum_ in ("321,50", "150,00"):
        assert sum_ in paid, f"{sum_} is not in the history:\n{paid}"
    shoot(page, f"main-job-{width}-{'script' if scripts else 'plain'}")


def register(page: Page, portal: Portal, email: str) -> None:
    page.goto("/registration/email")
    for name, value in (
        ("full_name", "Новосёлов Пётр Ильич"), ("email", email), ("phone", "+7 916 123-45-67"),
        ("password", NEW_PASSWORD), ("password_again", NEW_PASSWORD),
    ):  # fmt: skip
        if page.locator(f"[name={name}]").count():
            page.fill(f"[name={name}]", value)
    for name in ("terms", "consent"):
        page.check(f"[name={name}]")
    answer_captcha(page, portal)
    press(page, "Зарегистрироваться")
    page.wait_for_url(lambda url: not url.endswith("/registration/email"))


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.locator("main").get_by_role("button", name=name).first.click()


def answer_captcha(page: Page, portal: Portal) -> None:
    if page.locator("[name=captcha]").count():
        page.fill("[name=captcha]", portal.captcha(page.input_value("[name=captcha_id]")))


def activate(page: Page, email: str) -> None:
    """The letter is sent by the worker; the page of letters is opened again until it is there."""
    letter = page.locator("main section").filter(has_text=email)
    link = letter.locator("a[href*='/registration/activate/']")
    expect_within(page, "/outbox", lambda: link.count() > 0)
    link.first.click()
    press(page, "Подтвердить почту")
    page.wait_for_url(lambda url: "/activate/" not in url)


def expect_within(page: Page, address: str, is_there: Callable[[], bool], seconds: float = 30) -> None:
    """Opens the page again and again, as a person who waits does."""
    end = monotonic() + seconds
    while monotonic() < end:
        page.goto(address)
        if is_there():
            return
    raise AssertionError(f"{address}: not there in time\n{page.locator('main').inner_text()}")


def link(page: Page, portal: Portal, account: dict[str, object]) -> None:
    """By the meter's number; a change of supplier or fact brings its own fields where scripts run."""
    page.goto("/accounts/link")
    page.select_option("[name=supplier]", str(account["supplier"]))
    page.wait_for_load_state("networkidle")
    page.check("[name=fact][value=meter]")
    page.wait_for_load_state("networkidle")
    page.fill("[name=number]", str(account["number"]))
    page.fill("[name=meter_number]", str(account["meter"]))
    answer_captcha(page, portal)
    press(page, "Сохранить")
    page.wait_for_url(lambda url: "/accounts/link" not in url)
    assert portal.rows("SELECT 1 FROM link WHERE account_id = ?", account["id"]), page.locator("main").inner_text()


def send_two_zones(page: Page, portal: Portal, account: dict[str, object]) -> None:
    page.goto(f"/readings/{account['id']}")
    fields = page.locator("form input[name^=reading-]")
    registers = [str(fields.nth(i).get_attribute("name")).partition("-")[2] for i in range(fields.count())]
    two = [it for it in registers if len(registers) <= 2 or meter_of(portal, it) == account["meter"]]
    assert len(two) == 2, f"two scales are asked for, got {registers}"
    for register in two:
        page.fill(f"[name=reading-{register}]", str(plausible(portal, register)))
    press(page, "Передать показания")
    sure = page.get_by_role("button", name="Да, всё верно, передать")
    sent = page.get_by_text("Предварительный расчёт за показания от").first
    expect(sent.or_(sure).first).to_be_visible()
    if sure.count():
        sure.click()
    expect(sent).to_be_visible()
    assert re.search(r"\d,\d\d\s₽", page.locator("main").inner_text()), "the preliminary sum is shown"
    stored = portal.rows(
        "SELECT reading.value FROM reading JOIN submission ON submission.id = reading.submission_id "
        "WHERE submission.account_id = ? AND reading.state = 'accepted'",
        account["id"],
    )
    assert len(stored) == 2


def meter_of(portal: Portal, register: str) -> object:
    return portal.rows(
        "SELECT meter.number FROM register JOIN meter ON meter.id = meter_id WHERE register.id = ?", register
    )[0]["number"]


def plausible(portal: Portal, register: str) -> int:
    """The last value and as much as was usual a month."""
    rows = portal.rows(
        "SELECT value FROM reading WHERE register_id = ? ORDER BY taken_on DESC, id DESC LIMIT 4", int(register)
    )
    values = [row["value"] // 10**6 for row in rows]
    usual = (values[0] - values[-1]) // max(len(values) - 1, 1) if len(values) > 1 else 10
    return int(values[0] + max(usual, 1))


def download_quittance(page: Page, portal: Portal, account: dict[str, object]) -> None:
    page.goto(f"/bills?account={account['id']}")
    address = page.locator("main a[href$='.pdf']").first.get_attribute("href")
    answer = page.request.get(str(address))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/pdf")
    assert answer.body().startswith(b"%PDF-")


def pay_both(page: Page, portal: Portal, accounts: list[dict[str, object]]) -> None:
    """One press for both; a supplier each means a trip to the bank each."""
    page.goto("/payment")
    for account, sum_ in zip(accounts, ("321,50", "150,00"), strict=True):
        page.check(f"[name=pay-{account['id']}]")
        page.fill(f"[name=sum-{account['id']}]", sum_)
    press(page, re.compile("^Оплатить"))
    page.wait_for_url("**/orders/*")
    orders = portal.rows(
        "SELECT id FROM payment_order WHERE checkout_id = (SELECT max(id) FROM checkout) ORDER BY id"
    )
    assert len(orders) == 2
    for order in orders:
        press(page, re.compile("^Оплатить"))
        through_the_bank(page)
        expect_within(page, f"/orders/{order['id']}", lambda: page.locator("h1", has_text="Оплачено").count() > 0)
    states = portal.rows("SELECT state FROM payment_order WHERE id >= ?", orders[0]["id"])
    assert [row["state"] for row in states] == ["paid"] * len(orders)


def shoot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
