"""Appeals, calls and applications in unsteady hands: pressed twice, gone back, two tabs, a session that ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.portal import PASSWORD, Portal, started
from tests.browser.walking import TURNS, Walk, walking
from views.sessions import COOKIE


@dataclass(frozen=True)
class Case:
    """A form: where it stands, how it is filled with a text, its button, what is said then, and what is held."""

    address: str
    field: str
    button: str
    done: str
    query: str
    fill: Callable[[Page], None] = lambda _page: None

    def typed(self, page: Page, text: str) -> None:
        page.goto(self.address)
        self.fill(page)
        page.fill(f"main [name={self.field}]", text)

    def press(self, page: Page, times: int = 1) -> None:
        page.locator("main").get_by_role("button", name=self.button, exact=True).first.click(click_count=times)

    def kept(self, portal: Portal, text: str) -> int:
        return sum(row["text"] == text for row in portal.rows(self.query))


def who(page: Page) -> None:
    """Whom to ask and of what; where one may be asked there is no list."""
    for name in ("supplier", "topic"):
        if page.locator(f"main select[name={name}]").count():
            page.select_option(f"main select[name={name}]", index=1)
        page.wait_for_load_state("networkidle")


def buyer(page: Page) -> None:
    page.select_option("main [name=supplier]", index=1)
    page.select_option("main [name=buyer]", label="Физ. лицо")


APPEAL = Case("/appeals/new", "text", "Отправить обращение", "отправлено", "SELECT text FROM appeal_message", who)
CALL = Case("/callbacks-wanted", "comment", "Заказать звонок", "принята", "SELECT comment AS text FROM call", who)
APPLICATION = Case("/applications", "objects", "Вперед", "Паспорт", "SELECT objects AS text FROM application", buyer)
CASES = pytest.mark.parametrize("case", [APPEAL, CALL, APPLICATION], ids=["appeal", "call", "application"])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp("twice")) as running:
        yield running


@pytest.fixture(params=TURNS, ids=["phone", "desk no script"])
def walk(request: pytest.FixtureRequest, browser: Browser, town: Portal, complaints: list[str]) -> Iterator[Walk]:
    with walking(browser, town, "default", request.param, "twice", complaints) as begun:
        begun.sign_in()
        begun.pass_notices()
        yield begun


@CASES
def test_pressed_twice_and_sent_again_from_the_page_before_it_is_one(walk: Walk, case: Case) -> None:
    page, text = walk.page, f"Дважды {walk.scripts}"
    case.typed(page, text)
    case.press(page, times=2)
    expect(page.locator("main")).to_contain_text(case.done)
    page.wait_for_load_state("networkidle")
    assert case.kept(walk.portal, text) == 1
    page.go_back()
    page.wait_for_load_state("networkidle")
    walk.shoot(f"{case.field}-back")
    if page.locator(f"main [name={case.field}]").count() and page.input_value(f"main [name={case.field}]") == text:
        case.press(page)
        page.wait_for_load_state("networkidle")
    walk.shoot(f"{case.field}-again")
    assert case.kept(walk.portal, text) == 1


@pytest.mark.parametrize("case", [APPEAL, APPLICATION], ids=["appeal", "application"])  # five calls a day are enough
def test_two_tabs_keep_what_was_sent_last_and_of_two_letters_both(walk: Walk, case: Case) -> None:
    first, second = walk.page, walk.page.context.new_page()
    texts = [f"Вкладка {number} {walk.scripts}" for number in (1, 2)]
    for page, text in zip((first, second), texts, strict=True):
        case.typed(page, text)
    for page in (first, second):
        case.press(page)
        expect(page.locator("main")).to_contain_text(case.done)
    walk.page = second
    walk.shoot(f"{case.field}-tabs")
    drafts = 0 if case is APPLICATION else 1  # there is one draft of an application
    assert [case.kept(walk.portal, text) for text in texts] == [drafts, 1]


@CASES
def test_a_session_that_ended_loses_no_text(walk: Walk, case: Case, complaints: list[str]) -> None:
    page, text = walk.page, f"Сессия {walk.scripts}"
    case.typed(page, text)
    page.context.clear_cookies(name=COOKIE)
    case.press(page)
    expect(page.locator("main")).to_contain_text("Войдите")
    walk.shoot(f"{case.field}-ended")
    assert case.kept(walk.portal, text) == 0
    page.fill("[name=login]", "anna@example.org")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.locator("main")).to_contain_text("Вы вошли")
    walk.shoot(f"{case.field}-returned")
    page.locator("main form button.button").first.click()
    expect(page.locator("main")).to_contain_text(case.done)
    walk.shoot(f"{case.field}-sent")
    assert case.kept(walk.portal, text) == 1
    complaints.clear()  # the 401 that was asked for
