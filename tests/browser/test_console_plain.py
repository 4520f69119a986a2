"""The day of an operator with scripts off: a load, a reading, an appeal, a request, a notice, a block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import cookies
from tests.browser.filled import filled
from tests.browser.portal import Portal, started

TOWN = Path(__file__).resolve().parent.parent / "packages" / "town"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("plain")) as running:
        filled(running)
        yield running


@pytest.fixture
def page(browser: Browser, busy: Portal) -> Iterator[Page]:
    """An administrator's, at the width of a tablet."""
    kept = cookies(browser, busy, "admin@example.org")
    context = browser.new_context(
        base_url=busy.url,
        java_script_enabled=False,
        viewport={"width": 768, "height": 1024},
        storage_state=kept,  # type: ignore[arg-type]
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).first.click()


def test_a_package_is_checked_and_loaded(page: Page) -> None:
    page.goto("/admin/exchange")
    page.set_input_files("[name=files]", [TOWN / "suppliers.csv", TOWN / "services.csv"])
    press(page, "Загрузить")
    page.wait_for_url("**/admin/imports/*")
    checked = page.url
    expect(page.get_by_text("Что было бы загружено")).to_be_visible(timeout=30_000)
    press(page, "Загрузить")
    page.wait_for_url(lambda url: "/imports/" in url and url != checked)
    expect(page.get_by_role("heading", name="Что загружено")).to_be_visible(timeout=30_000)
    expect(page.locator("main table").first).to_contain_text("Поставщики")


def test_one_doubted_reading_is_accepted_and_the_next_is_rejected(page: Page, busy: Portal) -> None:
    page.goto("/admin/readings")
    waiting = page.locator("main tbody tr")
    count = waiting.count()
    press(page, "Принять")
    page.wait_for_url("**/admin/readings#reading-*")
    expect(waiting).to_have_count(count - 1)
    page.locator("main tbody th a").first.click()
    row = page.url.rpartition("/")[2]
    press(page, "Отклонить")
    expect(page.locator("#errors")).to_be_visible()
    page.get_by_label("Причина отказа").fill("На фото другой счётчик")
    press(page, "Отклонить")
    page.wait_for_url(lambda url: not url.endswith(f"/{row}"))
    assert busy.rows("SELECT state, reason FROM reading WHERE id = ?", int(row)) == [
        {"state": "rejected", "reason": "На фото другой счётчик"}
    ]


def test_an_appeal_is_answered_and_the_next_one_opens(page: Page, busy: Portal) -> None:
    page.goto("/admin/appeals")
    page.locator("main tbody th a").last.click()
    number = page.url.rpartition("/")[2]
    page.get_by_label("Заготовка").select_option(label="Поверка")
    press(page, "Вставить")
    expect(page.locator("[name=text]")).to_have_value(re.compile("^Здравствуйте, "))
    page.locator("[name=text]").fill("Мастер придёт в среду")
    press(page, "Ответить и закрыть")
    page.wait_for_url(lambda url: not url.endswith(f"/{number}"))
    assert busy.rows("SELECT state FROM appeal WHERE id = ?", int(number)) == [{"state": "closed"}]


def test_a_request_is_granted_and_the_next_is_refused(page: Page, busy: Portal) -> None:
    page.goto("/admin/requests")
    page.locator("#waiting tbody th a").first.click()
    first = int(page.url.rpartition("/")[2])
    press(page, "Подключить")
    page.wait_for_url(lambda url: not url.endswith(f"/{first}"))
    second = int(page.url.rpartition("/")[2])
    page.get_by_label("Причина").fill("Договор на другое имя")
    press(page, "Отказать")
    page.wait_for_url(lambda url: not url.endswith(f"/{second}"))
    states = busy.rows("SELECT state FROM link_request WHERE id IN (?, ?) ORDER BY id", first, second)
    assert [row["state"] for row in states] == ["approved", "refused"]


def test_a_notice_is_written_looked_at_and_sent(page: Page, busy: Portal) -> None:
    page.goto("/admin/notices/new")
    page.get_by_label("Тема").fill("Завтра не будет горячей воды")
    press(page, "Сохранить и посмотреть")
    page.wait_for_url("**/admin/notices/*")
    number = int(page.url.rpartition("/")[2])
    expect(page.locator("main")).to_contain_text("Как увидит житель")
    page.locator("main").get_by_role("button", name=re.compile("^Отправить")).click()
    expect(page.get_by_text("Что стало")).to_be_visible()
    assert busy.rows("SELECT is_draft FROM notice WHERE id = ?", number) == [{"is_draft": 0}]


def test_a_resident_is_blocked_with_a_reason_and_let_in_again(page: Page, busy: Portal) -> None:
    page.goto("/admin/residents?q=novichok@example.org")
    page.locator("#found tbody th a").click()
    page.get_by_role("link", name="Заблокировать кабинет").click()
    press(page, "Заблокировать")
    expect(page.locator("#errors")).to_be_visible()
    page.get_by_label("Причина").fill("Просил сам")
    press(page, "Заблокировать")
    assert state_of(busy, "novichok@example.org") == "blocked"
    page.get_by_role("link", name="Открыть кабинет").click()
    page.get_by_label("Причина").fill("Просил сам")
    press(page, "Открыть")
    assert state_of(busy, "novichok@example.org") == "active"


def test_the_contacts_that_the_operator_has_changed_stand_before_everybody(page: Page) -> None:
    page.goto("/admin/suppliers")
    page.locator("main tbody th a").first.click()
    page.get_by_role("link", name=re.compile("Изменить.*Название и контакты")).click()
    page.get_by_label("Часы работы").fill("вт 10:00–14:00")
    page.get_by_label("Адрес").fill("ул. Новая, 7, окно 3")
    press(page, "Сохранить")
    expect(page.locator("#contacts")).to_contain_text("ул. Новая, 7, окно 3")
    page.goto("/contacts")
    expect(page.locator("main")).to_contain_text("вт 10:00–14:00")


def test_requisites_with_a_wrong_figure_are_named_field_by_field(page: Page) -> None:
    page.goto("/admin/suppliers/1/requisites")
    page.get_by_label("ИНН").fill("7707083894")
    page.get_by_label("Расчётный счёт").fill("40702810638000000002")
    press(page, "Сохранить")
    wrong = page.locator("#errors .links li")
    expect(wrong.filter(has_text="ИНН")).to_have_count(1)
    expect(wrong.filter(has_text="Расчётный счёт")).to_have_count(1)
    expect(page.get_by_label("ИНН")).to_have_value("7707083894")


def state_of(portal: Portal, email: str) -> str:
    return str(portal.rows("SELECT state FROM resident WHERE email = ?", email)[0]["state"])
