"""Paying in every portal, as its manual tells it: from its own page to the bank and to the truth after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bank import through_the_bank
from tests.browser.portal import Portal, started
from tests.browser.walking import PRESETS, TURNS, Walk, walking

PAID_WITHIN = 40_000  # the page asks again every 5 s with scripts, every 10 s without


@pytest.fixture(scope="module", params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def town(preset: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp(f"payment-{preset}"), preset) as running:
        yield running


@pytest.fixture(params=TURNS, ids=["phone", "desk no script"])
def walk(
    request: pytest.FixtureRequest, browser: Browser, town: Portal, preset: str, complaints: list[str]
) -> Iterator[Walk]:
    with walking(browser, town, preset, request.param, "pay", complaints) as begun:
        yield begun


def order(walk: Walk) -> dict[str, Any]:
    return walk.portal.rows("SELECT * FROM payment_order ORDER BY id DESC LIMIT 1")[0]


def test_paying_is_that_of_the_manual(walk: Walk) -> None:
    walk.sign_in()
    walk.pass_notices()
    FORM[walk.preset](walk)
    walk.page.wait_for_url("**/orders/*")
    walk.says("Подтверждение перехода на сайт онлайн-оплаты", "Код запроса", "Комиссия банка", "Назначение платежа")
    walk.says("ВНИМАНИЕ комиссия за данную операцию составляет 0,0% от суммы платежа")
    walk.shoot("2-confirmation")
    walk.press(re.compile("^Оплатить"))
    through_the_bank(walk.page)
    expect(walk.page.locator("h1")).to_have_text("Оплачено", timeout=PAID_WITHIN)
    walk.says("Деньги приняты", "Чек")
    walk.shoot("3-paid")
    walk.page.goto("/history?kind=payments")
    walk.says("Оплачено, ещё не учтено")


def of_cards(walk: Walk) -> None:
    """C: the cards, one account by services, and one press."""
    walk.page.goto("/payment")
    walk.says("К оплате (без учета комиссии)", "Комиссия за все", "Способ оплаты")
    walk.shoot("1-cards")
    walk.page.get_by_role("link", name=re.compile("^Детализация")).first.click()
    walk.says("Основные услуги", "К лицевому счёту")
    walk.shoot("1-details")
    for box in walk.page.locator("main [name^=pay-]").all()[1:]:
        box.uncheck()
    walk.page.locator("main [name^=pay-]").first.check()
    walk.page.locator("main [name^=sum-]").first.fill("421,06")
    if walk.scripts:
        expect(walk.page.locator("#total .big")).to_have_text(re.compile(r"421,06"))
        kept = walk.page.locator("#total .button").last
        kept.evaluate("one => one.dataset.same = 'yes'")
        walk.page.locator("main [name^=sum-]").first.fill("421,07")
        expect(walk.page.locator("#total .big")).to_have_text(re.compile(r"421,07"))
        expect(kept).to_have_attribute("data-same", "yes")  # else a press that began before is lost
        walk.page.locator("main [name^=sum-]").first.fill("421,06")
    else:
        walk.press("Пересчитать")
        walk.says("421,06")
    walk.press("Оплатить")


def of_cards_and_code(walk: Walk) -> None:
    """The code of all debts first, then the same by card."""
    walk.page.goto("/payment")
    walk.page.check("[name=method][value=qr]")
    walk.press("Оплатить")
    walk.page.wait_for_url("**/payment/codes*")
    expect(walk.page.locator("img.qr").first).to_be_visible()
    assert walk.page.locator("img.qr").first.evaluate("one => one.complete && one.naturalWidth > 200")
    walk.page.locator("details.fold summary").first.click()
    walk.says("БИК", "Скачать")
    if walk.scripts:
        walk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        walk.press(re.compile("Копировать.*БИК"))
        walk.says("Скопировано")
        copied = walk.page.evaluate("() => navigator.clipboard.readText()")
        assert re.fullmatch(r"\d{9}", copied)
    walk.shoot("1-codes")
    of_cards(walk)


def of_a_chosen_bill(walk: Walk) -> None:
    """A: the bill before the last, by the button of the header."""
    walk.page.goto("/bills")
    bills = walk.page.locator("main [name=chosen]")
    bills.nth(1 if bills.count() > 1 else 0).check()
    walk.shoot("1-bills")
    walk.press("Оплатить онлайн", "section.summary")


def of_a_changed_sum(walk: Walk) -> None:
    """B: the account's card, the confirmation, another sum."""
    walk.page.goto("/")
    walk.page.locator("#account").get_by_role("link", name="Оплатить").click()
    walk.says("Необязательно")
    walk.page.fill("[name=email]", "payer@example.net")
    walk.shoot("1-form")
    walk.press("Оплатить")
    walk.page.wait_for_url("**/orders/*")
    walk.press("Изменить сумму оплаты")
    walk.page.wait_for_url("**/payment/*")
    walk.page.locator("main [name^=sum-]").first.fill("417,99")
    walk.press("Оплатить")


def of_the_payers_form(walk: Walk) -> None:
    """D: who pays and what for; without the policy tick nothing goes."""
    walk.page.goto("/payment")
    walk.says("ФИО плательщика", "Оплачиваемая услуга", "С политикой конфиденциальности ознакомлен")
    walk.shoot("1-form")
    box = walk.page.locator("[name=policy]")
    if not box.is_checked():
        walk.press("Оплатить")
        walk.says("Без этого согласия заплатить здесь нельзя")
        walk.shoot("1-refused")
        walk.page.check("[name=policy]")
    walk.page.locator("main [name^=sum-]").first.fill("500")
    walk.page.locator("main [name^=pay-]").first.check()
    walk.press("Оплатить")
    walk.page.wait_for_url("**/orders/*")
    assert re.fullmatch(r"[\w-]{1,14}/\d{14}/\d\d", order(walk)["number"])


FORM: dict[str, Callable[[Walk], None]] = {
    "default": of_cards_and_code,
    "metallenergo": of_a_chosen_bill,
    "zhkh": of_a_changed_sum,
    "client-online": of_cards,
    "consumer": of_the_payers_form,
}
