"""The built-in bank's pages, gone through as a payer does."""

from __future__ import annotations

from playwright.sync_api import Page, expect

# What the pictures of the manuals have on the bank's page.
LABELS = (
    "Номер заказа",
    "До окончания сессии осталось",
    "Номер карты",
    "Имя владельца карты",
    "CVC2 / CVV2 код",
    "МИР",
)

# A card that asks for a code.
CARD = {
    "card": "2200 0000 0000 0012",
    "expiry": "12/29",
    "holder": "PETR NOVOSELOV",
    "cvc": "123",
    "contact": "payer@example.net",
}


def through_the_bank(page: Page) -> None:
    """A card, its code, and back to the portal."""
    page.wait_for_selector("[name=card]")
    for label in LABELS:
        expect(page.locator("main")).to_contain_text(label)
    expect(page.get_by_label("Запомнить карту")).to_be_visible()
    for name, value in CARD.items():
        page.fill(f"[name={name}]", value)
    page.locator("form:has([name=card]) button").click()
    page.fill("[name=code]", "1234")
    page.locator("form:has([name=code]) button").click()
    page.wait_for_url("**/orders/*")
