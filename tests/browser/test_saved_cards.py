"""A card kept at the first payment, used at the second, set to pay by itself, and removed: portal C's way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import HEIGHTS, SCREENS, note
from tests.browser.portal import Portal, started
from tests.browser.test_payment_walks import PAID_WITHIN, TURNS, Walk

CARD = {"card": "2200 0000 0000 0004", "expiry": "12/39", "holder": "ANNA SOKOLOVA", "cvc": "123"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("cards"), "client-online") as running:
        yield running


@pytest.mark.parametrize(("width", "scripts"), TURNS)
def test_a_card_is_kept_used_again_set_to_pay_by_itself_and_removed(
    browser: Browser, town: Portal, width: int, scripts: bool
) -> None:
    complaints: list[str] = []
    context = browser.new_context(
        base_url=town.url, viewport={"width": width, "height": HEIGHTS[width]}, java_script_enabled=scripts,
        locale="ru-RU", timezone_id="Europe/Moscow",
    )  # fmt: skip
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("console", lambda message: note(message, complaints))
    walk = Walk(page, town, "client-online", scripts, "cards")
    walk.sign_in()
    walk.pass_notices()

    def shot(name: str) -> None:
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SCREENS / f"cards-{name}-{width}.png"), full_page=True)

    def pay(sum_: str) -> None:
        page.locator("input[type=checkbox][name^=pay-]:checked").first.wait_for()
        for box in page.locator("input[type=checkbox][name^=pay-]").all()[1:]:
            box.uncheck()
        page.locator("input[name^=sum-]").first.fill(sum_)
        page.get_by_role("button", name="Оплатить", exact=True).click()
        page.wait_for_url("**/orders/*")
        page.get_by_role("button", name=re.compile("^Оплатить")).first.click()
        page.wait_for_selector("[name=card]")

    def paid() -> None:
        page.locator("form:has([name=card]) button").click()
        page.wait_for_url("**/orders/*")
        expect(page.get_by_role("heading", level=1)).to_have_text("Оплачено", timeout=PAID_WITHIN)

    page.goto("/payment")
    page.get_by_label("Добавить карту").check()
    page.get_by_label("Запомнить карту").check()
    shot("payment-first")
    pay("100")
    assert page.locator("#remember").is_checked()
    for name, value in CARD.items():
        page.fill(f"[name={name}]", value)
    paid()

    page.goto("/payment")
    assert page.get_by_label("Карта •• 0004").is_checked()
    shot("payment")
    pay("200")
    assert page.input_value("[name=card]") == CARD["card"] and page.input_value("[name=cvc]") == ""
    page.fill("[name=cvc]", "123")
    paid()

    page.goto("/profile/autopay")
    page.get_by_role("link", name=re.compile("^Включить")).first.click()
    page.get_by_label("Наибольшая сумма").fill("много")
    page.get_by_role("button", name="Включить автоплатёж").click()
    expect(page.locator("#errors")).to_contain_text("Введите сумму числом")
    shot("autopay-form")
    page.get_by_label("Наибольшая сумма").fill("3 000")
    page.get_by_role("button", name="Включить автоплатёж").click()
    page.wait_for_url("**/profile/autopay")
    expect(page.get_by_role("main")).to_contain_text("Карта •• 0004, 10-го числа")
    shot("autopay")

    page.goto("/profile/cards")
    expect(page.get_by_role("main")).to_contain_text("С неё идёт автоплатёж")
    shot("cards")
    page.get_by_role("button", name="Удалить").click()
    expect(page.get_by_role("main")).to_contain_text("ни одной карты")
    context.close()
    assert not complaints, "\n".join(complaints)
