"""Notices, appeals, calls, applications, help: what each portal has of them, as a resident meets it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import papers
from tests.browser.portal import Portal, started
from tests.browser.walking import PRESETS, TURNS, Walk, enter, walking

UNREAD = """
    UPDATE notice_receipt SET is_read = 0, read_at = NULL, confirmed_at = NULL, closed_at = NULL,
           stands = (SELECT kind IN ('modal', 'top') FROM notice WHERE notice.id = notice_id)
"""
ACT = {"name": "акт.pdf", "mimeType": "application/pdf", "buffer": papers.PDF}
PHOTO = {"name": "счётчик.jpg", "mimeType": "image/jpeg", "buffer": papers.picture()}
REFUSED = {"name": "акт.pdf", "mimeType": "application/pdf", "buffer": b"MZ" + b"\0" * 200}


@pytest.fixture(scope="module", params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def town(preset: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp(f"reach-{preset}"), preset) as running:
        yield running


@pytest.fixture(params=TURNS, ids=["phone", "desk no script"])
def walk(
    request: pytest.FixtureRequest, browser: Browser, town: Portal, preset: str, complaints: list[str]
) -> Iterator[Walk]:
    """Anna, who has read no notice yet."""
    with sqlite3.connect(town.database, timeout=10) as connection:
        connection.execute(UNREAD)
    connection.close()
    with walking(browser, town, preset, request.param, "reach", complaints) as begun:
        yield begun


def test_the_portal_reaches_anna_and_is_reached(walk: Walk, browser: Browser) -> None:
    walk.sign_in()
    read_what_stands_before(walk)
    close_what_stands_above(walk)
    ring_the_bell(walk)
    for step in STEPS[walk.preset]:
        step(walk)
    be_answered(walk, browser)


# Notices, in every portal


def read_what_stands_before(walk: Walk) -> None:
    """The modal ones: «1 из 2», forth and back, no page before they are confirmed."""
    page = walk.page
    walk.says("1 из 2", "Прочитайте и подтвердите")
    walk.shoot("1-modal")
    page.get_by_role("link", name="Вперед").click()
    walk.says("2 из 2", "Перейти в профиль")
    page.get_by_role("link", name="Назад").click()
    walk.says("1 из 2")
    page.goto("/accounts")
    walk.says("1 из 2")
    walk.press("Подтвердить")
    walk.says("Проверьте свои контакты" if "Меняются" not in page.locator("h1").inner_text() else "Меняются")
    walk.press("Подтвердить")
    page.wait_for_url(lambda url: "/notices/confirm" not in url)


def close_what_stands_above(walk: Walk) -> None:
    page, tops = walk.page, walk.page.locator("#top-notices .note")
    page.goto("/accounts")
    expect(tops).to_have_count(2)
    walk.shoot("2-top")
    page.get_by_role("button", name="Закрыть уведомление: Счета").click()
    expect(tops).to_have_count(1)


def ring_the_bell(walk: Walk) -> None:
    """The count, the list, one read and one confirmed; with a script both are done where they stand."""
    page, badge = walk.page, walk.page.locator("#bell .badge")
    before = int(badge.inner_text())
    page.locator("#bell").click()
    page.wait_for_url("**/notices")
    walk.shoot("3-bell")
    simple = page.locator("li", has_text="Прочитайте правила оплаты")
    simple.locator("summary").click()
    expect(simple.locator("p", has_text="поставщик учитывает его")).to_be_visible()
    if not walk.scripts:
        simple.get_by_role("button", name="Отметить прочитанным").click()
    expect(badge).to_have_text(str(before - 1))
    marked = page.locator("li", has_text="Скоро поверка счётчика воды")
    if not marked.locator("details[open]").count():
        marked.locator("summary").click()
    marked.get_by_role("button", name="Подтвердить").click()
    confirmed = page.locator("li", has_text="Скоро поверка счётчика воды")
    if not confirmed.locator("details[open]").count():
        confirmed.locator("summary").click()
    expect(confirmed.get_by_text("Подтверждено")).to_be_visible()
    walk.shoot("3-bell-read")


# Appeals


def write_an_appeal(walk: Walk) -> None:
    """A topic, two files, one of them refused first: nothing that was typed is lost."""
    page = walk.page
    to(walk, "Отправить обращение", "/appeals/new")
    page.fill("[name=text]", "Счётчик шумит ночью.\nПосмотрите, пожалуйста.")
    choose(walk, "supplier", "Энергосбыт")
    choose(walk, "topic", "Приборы учета")
    walk.shoot("4-appeal")
    page.set_input_files("[name=files]", files=[REFUSED])  # type: ignore[list-item]
    send = page.locator("#appeals-new .actions button", has_text="Отправить обращение")
    send.click()
    expect(page.locator("main .errors, main .bad").first).to_be_visible()
    expect(page.locator("[name=text]")).to_have_value(re.compile("Счётчик шумит ночью"))
    walk.shoot("4-appeal-refused")
    page.set_input_files("[name=files]", files=[ACT, PHOTO])  # type: ignore[list-item]
    page.locator("#appeals-new .actions button", has_text="Отправить обращение").click()
    page.wait_for_url(re.compile(r"/appeals/[0-9]+$"))
    walk.says("акт.pdf", "счётчик.jpg", "Посмотрите, пожалуйста.")
    page.fill("[name=text]", "Забыла сказать: вечером дома после шести.")
    walk.press("Отправить сообщение")
    walk.says("вечером дома после шести")
    walk.shoot("4-appeal-sent")


def be_answered(walk: Walk, browser: Browser) -> None:
    """The clerk answers what was written last; the answer is new until it was opened."""
    [last] = walk.portal.rows("SELECT max(id) AS id FROM appeal WHERE resident_id IN "
                              "(SELECT id FROM resident WHERE email = 'anna@example.org')")  # fmt: skip
    context = browser.new_context(base_url=walk.portal.url, java_script_enabled=walk.scripts)
    desk = context.new_page()
    enter(desk, walk.portal, "olga@example.org")
    desk.goto(f"/admin/appeals/{last['id']}")
    desk.fill("[name=text]", "Мастер придёт в среду с 18 до 20 часов.")
    desk.locator("button", has_text="Отправить ответ").first.click()
    desk.wait_for_load_state()
    context.close()
    page = walk.page
    link = page.get_by_role("link", name=f"№\u00a0{last['id']}", exact=True)
    row = page.locator("main tr").filter(has=link)
    page.goto("/appeals/received")
    expect(row).to_contain_text("новое")
    walk.shoot("5-received")
    link.click()
    walk.says("Мастер придёт в среду с 18 до 20 часов.")
    walk.shoot("5-answer")
    page.goto("/appeals/received")
    expect(row).not_to_contain_text("новое")


# Calls, applications, help


def ask_for_a_call(walk: Walk) -> None:
    page = walk.page
    page.goto("/help")
    walk.press("Заказать звонок") if page.get_by_role("button", name="Заказать звонок").count() else page.locator(
        "main"
    ).get_by_role("link", name="Заказать звонок").first.click()
    page.wait_for_url("**/callbacks-wanted*")
    choose(walk, "topic", "Приборы учета")
    page.fill("[name=comment]", "О поверке счётчика")
    walk.shoot("6-call")
    walk.press("Заказать звонок")
    walk.says("Заявка на звонок")
    walk.shoot("6-call-asked")


def apply_for_a_contract(walk: Walk) -> None:
    """Two steps, left in between: the draft is there after the next sign-in."""
    page = walk.page
    to(walk, APPLICATION, "/applications")
    if page.locator("[name=supplier] option").count() > 1:
        page.select_option("[name=supplier]", index=1)
    page.select_option("[name=buyer]", label="Физ. лицо")
    page.fill("[name=objects]", "Дом, ул. Лесная, 5")
    walk.shoot("7-application")
    walk.press("Вперед")
    page.wait_for_url("**/documents")
    page.set_input_files("[name=passport]", files=[ACT])  # type: ignore[list-item]
    walk.press("Сохранить")
    walk.says("Черновик сохранён")
    walk.shoot("7-application-papers")
    blank = page.request.get(
        str(page.get_by_role("link", name=re.compile("Скачать бланк")).first.get_attribute("href"))
    )
    assert (blank.status, blank.body()[:5]) == (200, b"%PDF-"), (blank.status, blank.text()[:300])
    page.goto("/sign-out")
    walk.press("Выйти")
    walk.sign_in()
    page.goto("/applications")
    expect(page.locator("[name=objects]")).to_have_value("Дом, ул. Лесная, 5")
    page.locator("main .tabs").get_by_role("link", name="Документы").click()
    walk.says("акт.pdf")
    page.set_input_files("[name=ownership]", files=[ACT])  # type: ignore[list-item]
    walk.press("Отправить заявку")
    walk.says("Отправлена")
    walk.shoot("7-application-sent")


def look_for_help(walk: Walk) -> None:
    page = walk.page
    page.goto("/help")
    walk.shoot("8-help")
    page.fill("[name=q]", "показания счетчиков отклонили")
    walk.press("Найти")
    walk.says("Показание отклонили")
    walk.shoot("8-help-found")
    page.fill("[name=q]", "синхрофазотрон")
    walk.press("Найти")
    walk.says("Ничего не нашли")
    walk.shoot("8-help-nothing")
    manual = page.request.get(str(page.locator("main a[href*='manual']").first.get_attribute("href")))
    assert manual.ok and manual.body().startswith(b"%PDF-")
    page.goto("/texts/manual")
    pictures = page.locator("main img.shot")
    expect(pictures).to_have_count(7)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("one => one.naturalWidth") == 540
    walk.shoot("8-manual")


def look_up_contacts(walk: Walk) -> None:
    walk.page.goto("/contacts")
    walk.says("Телефон", "Часы работы", "ИНН")
    walk.shoot("9-contacts")


def choose_subscriptions(walk: Walk) -> None:
    """«Мои подписки»: off, kept, and on again for the next turn."""
    page = walk.page
    page.goto("/profile/subscriptions")
    walk.shoot("9-subscriptions")
    chosen = page.locator("[name=remind_readings]")
    was = chosen.input_value()
    other = str(chosen.locator(f"option:not([value='{was}'])").first.get_attribute("value"))
    for wanted in (other, was):
        chosen.select_option(wanted)
        walk.press("Сохранить")
        walk.says("Сохранено")
        page.goto("/profile/subscriptions")
        expect(chosen).to_have_value(wanted)


def choose(walk: Walk, name: str, label: str) -> None:
    """From a list, where there is one; what hangs on it comes by itself, or by the button beside it."""
    lists = walk.page.locator(f"select[name={name}]")
    if lists.count():
        lists.select_option(label=label)
        button = walk.page.locator(f"main .field:has([name={name}]) button")
        if not walk.scripts and button.count():
            button.first.click()
        walk.page.wait_for_load_state("networkidle")
        expect(lists.locator("option:checked")).to_have_text(label)


def to(walk: Walk, word: str | re.Pattern[str], address: str) -> None:
    """By the portal's menu or its pages, where one of them leads there; by the address where none does."""
    link = walk.page.locator(f"header a[href='{address}'], nav a[href='{address}']").filter(has_text=word)
    walk.page.goto(str(link.first.get_attribute("href")) if link.count() else address)


APPLICATION = re.compile("Заявка на (заключение )?договор")
Step = Callable[[Walk], None]
REACH: tuple[Step, ...] = (write_an_appeal, look_up_contacts, choose_subscriptions)
STEPS: dict[str, tuple[Step, ...]] = {
    "default": (*REACH, ask_for_a_call, apply_for_a_contract, look_for_help),
    "metallenergo": (*REACH, apply_for_a_contract),
    "zhkh": REACH,
    "client-online": (*REACH, ask_for_a_call, look_for_help),
    "consumer": REACH,
}
