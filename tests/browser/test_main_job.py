"""The main job, as a newcomer does it: from registration to a payment that stands in the history."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

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
    two_zone, other = portal.free_accounts(scales=2)[0], portal.free_accounts(scales=1)[0]
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
    page.goto("/registration")
    for name, value in (
        ("full_name", "Новосёлов Пётр Ильич"), ("email", email), ("phone", "+7 916 123-45-67"),
        ("password", NEW_PASSWORD), ("password_again", NEW_PASSWORD),
    ):  # fmt: skip
        if page.locator(f"[name={name}]").count():
            page.fill(f"[name={name}]", value)
    for name in ("terms", "consent"):
        page.check(f"[name={name}]")
    answer_captcha(page, portal)
    page.click("main form[method=post] button.button")
    expect(page.locator("main")).to_contain_text(re.compile("письмо", re.I))


def answer_captcha(page: Page, portal: Portal) -> None:
    if page.locator("[name=captcha]").count():
        page.fill("[name=captcha]", portal.captcha(page.input_value("[name=captcha_id]")))


def activate(page: Page, email: str) -> None:
    """The letter is sent by the worker; the page of letters is opened again until it is there."""
    letter = page.locator("main section, main li, main article").filter(has_text=email)
    link = letter.locator("a[href*='/registration/activate/']")
    expect_within(page, "/outbox", lambda: link.count() > 0)
    link.first.click()
    page.click("main form[method=post] button.button")
    page.wait_for_load_state()


def expect_within(page: Page, address: str, is_there: Callable[[], bool], seconds: float = 30) -> None:
    """Opens the page again and again, as a person who waits does."""
    end = monotonic() + seconds
    while monotonic() < end:
        page.goto(address)
        if is_there():
            return
    raise AssertionError(f"{address}: not there in time\n{page.locator('main').inner_text()}")


def link(page: Page, portal: Portal, account: dict[str, object]) -> None:
    page.goto("/accounts/link")
    page.select_option("[name=supplier]", str(account["supplier"]))
    page.fill("[name=number]", str(account["number"]))
    if page.locator("[name=fact][type=radio]").count():
        page.check("[name=fact][value=meter]")
    elif page.locator("select[name=fact]").count():
        page.select_option("[name=fact]", "meter")
    if not page.locator("[name=meter_number]").count():
        page.click("main form[method=post] button.button")
    page.fill("[name=meter_number]", str(account["meter"]))
    answer_captcha(page, portal)
    page.click("main form[method=post] button.button")
    page.wait_for_url(lambda url: "/accounts/link" not in url)
    held = portal.rows("SELECT 1 FROM link WHERE account_id = ?", account["id"])
    assert held, page.locator("main").inner_text()


def send_two_zones(page: Page, portal: Portal, account: dict[str, object]) -> None:
    page.goto(f"/readings/{account['id']}")
    fields = page.locator("form input[name^=reading-]")
    registers = [str(fields.nth(i).get_attribute("name")).partition("-")[2] for i in range(fields.count())]
    two = [it for it in registers if len(registers) <= 2 or meter_of(portal, it) == account["meter"]]
    assert len(two) == 2, f"two scales are asked for, got {registers}"
    for register in two:
        page.fill(f"[name=reading-{register}]", str(plausible(portal, register)))
    page.click("form:has(input[name^=reading-]) button.button")
    sure = page.locator("button[name=confirm]")
    main = page.locator("main")
    expect(main.or_(sure).first).to_contain_text(re.compile("Предварительный расчёт|Проверьте"))
    if sure.count():
        sure.click()
    expect(main).to_contain_text("Предварительный расчёт за показания от")
    assert re.search(r"\d,\d\d\s₽", main.inner_text()), "the sum of the preliminary calculation is shown"
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
    page.locator("main form button.button:not(.quiet)", has_text="Оплатить").last.click()
    page.wait_for_url("**/orders/*")
    orders = portal.rows(
        "SELECT id FROM payment_order WHERE checkout_id = (SELECT max(id) FROM checkout) ORDER BY id"
    )
    for order in orders:
        page.goto(f"/orders/{order['id']}")
        through_the_bank(page)
        expect_within(page, f"/orders/{order['id']}", lambda: "плачен" in page.locator("main").inner_text())
    states = portal.rows("SELECT state FROM payment_order WHERE id >= ?", orders[0]["id"])
    assert [row["state"] for row in states] == ["paid"] * len(orders)


def through_the_bank(page: Page) -> None:
    """The confirmation page, the built-in bank with a card that succeeds, its 3-D Secure page, and back."""
    page.locator("main form button.button, main a.button").filter(has_text=re.compile("плат|Перейти")).first.click()
    page.wait_for_selector("[name=card]")
    for name, value in (("card", "4111 1111 1111 1111"), ("expiry", "12/30"), ("holder", "PETR NOVOSELOV"),
                        ("cvc", "123"), ("contact", "payer@example.net")):  # fmt: skip
        if page.locator(f"[name={name}]").count():
            page.fill(f"[name={name}]", value)
    page.locator("form[method=post] button").first.click()
    page.wait_for_load_state()
    code = page.locator("[name=code]")
    if code.count():
        code.fill(str(code.get_attribute("data-right") or "1234"))
        page.locator("form[method=post] button").first.click()
    page.wait_for_url("**/orders/*")


def shoot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
