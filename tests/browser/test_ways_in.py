"""The ways in of every portal, as its manual tells them: register, sign in, link, sign out, recover, sign in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import HEIGHTS, SCREENS, note
from tests.browser.portal import PASSWORD, Portal, started

OLD, NEW = "Svetlo!2026", "Bereza!2027"
PRESETS = ("default", "metallenergo", "zhkh", "client-online", "consumer")
TURNS = [(360, True), (1280, False)]  # a phone with scripts, a desk without

# The demo's newcomer: nobody has linked his accounts yet.
HOME = {"settlement": "г. Светлоречье", "street": "ул. Лесная", "house": "14", "flat": "3"}
PASSPORT = {
    "passport_series": "0016", "passport_number": "960130", "passport_issuer": "УМВД", "passport_date": "02.03.2016",
    "passport_code": "000-002", "birth_date": "30.01.1996",
}  # fmt: skip
POWER = """
    SELECT account.id, account.number, account.surname, account.name, account.patronymic, supplier.id AS supplier,
           house.id AS house, account.flat
    FROM account JOIN supplier ON supplier.id = account.supplier_id JOIN house ON house.id = account.house_id
    WHERE supplier.code = 'ENERGO' AND account.kind = 'person' AND account.closed_on IS NULL
      AND account.id NOT IN (SELECT account_id FROM link) ORDER BY account.id
"""


@pytest.fixture(scope="module", params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def town(preset: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with started(tmp_path_factory.mktemp(preset), preset) as running:
        yield running


@dataclass
class Walk:
    """One person in one browser: the page, the portal, and what tells this walk from the others."""

    page: Page
    portal: Portal
    preset: str
    turn: int
    scripts: bool

    @property
    def name(self) -> str:
        return f"{self.preset}-{'phone' if self.scripts else 'plain'}"

    @property
    def phone(self) -> str:
        return f"+7916123450{self.turn}"

    @property
    def email(self) -> str:
        return f"new{self.turn}@example.net"

    @property
    def username(self) -> str:
        return f"Новичок-{self.turn}"

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]:visible").first.fill(value)

    def tick(self, *names: str) -> None:
        for name in names:
            box = self.page.locator(f"[name={name}]")
            if box.count():
                box.check()

    def see(self, picture: str) -> None:
        """Answers the picture by reading where a person looks, and keeps what is on the screen."""
        self.shoot(picture)
        field = self.page.locator("main [name=captcha]:visible")
        if field.count():
            number = self.page.locator("main [name=captcha_id]").first.input_value()
            field.first.fill(self.portal.captcha(number))

    def press(self, words: str) -> None:
        self.page.locator("main").get_by_role("button", name=words, exact=True).first.click()

    def goes(self, *parts: str) -> None:
        """Waits until the address holds each of the parts."""
        self.page.wait_for_url(lambda url: all(part in url for part in parts))

    def is_linked(self) -> None:
        """Waits for the page of the account that was added."""
        self.page.wait_for_url(lambda url: "/accounts/" in url and "/link" not in url)

    def choose(self, name: str, value: str) -> None:
        """Picks from a select; where it leads to another, a button beside it shows that without scripts."""
        self.page.locator(f"main [name={name}]").select_option(value)
        button = self.page.locator(f"main .field:has([name={name}]) button")
        if not self.scripts and button.count():
            button.first.click()
        self.page.wait_for_load_state("networkidle")

    def shoot(self, picture: str) -> None:
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{self.name}-{picture}.png", full_page=True)

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return self.portal.rows(statement, *values)


@pytest.fixture(params=TURNS, ids=["phone", "desk no script"])
def walk(
    request: pytest.FixtureRequest, browser: Browser, town: Portal, preset: str, complaints: list[str]
) -> Iterator[Walk]:
    width, scripts = request.param
    context: BrowserContext = browser.new_context(
        base_url=town.url, viewport={"width": width, "height": HEIGHTS[width]}, java_script_enabled=scripts,
        locale="ru-RU",
    )  # fmt: skip
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("console", lambda message: note(message, complaints))
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    yield Walk(page, town, preset, TURNS.index(request.param) + 1, scripts)
    context.close()
    assert not complaints, "\n".join(complaints)


def test_the_ways_in_are_those_of_the_manual(walk: Walk) -> None:
    login = REGISTER[walk.preset](walk)
    sign_in(walk, login, OLD)
    LINK[walk.preset](walk)
    walk.shoot("5-linked")
    walk.page.goto("/sign-out")
    walk.press("Выйти")
    walk.goes("/sign-in")
    recover(walk, login)
    sign_in(walk, login, NEW)
    walk.page.goto("/accounts")
    held = walk.rows("SELECT count(*) AS held FROM link JOIN resident ON resident.id = resident_id "
                     "WHERE resident.id = (SELECT max(id) FROM resident)")  # fmt: skip
    assert held[0]["held"] >= 1
    walk.shoot("8-accounts")


def by_letter(walk: Walk, address: str, **fields: str) -> None:
    walk.page.goto(address)
    walk.fill(**fields, email=walk.email, phone=walk.phone, password=OLD)
    walk.tick("terms", "consent")
    walk.see("1-registration")
    walk.press("Зарегистрироваться")
    walk.goes("/registration/sent")
    link = walk.portal.letter(walk.email, r"(/registration/activate/\S+)")
    walk.page.goto(link)
    walk.press("Подтвердить почту")
    walk.goes("/sign-in")


def by_email(walk: Walk) -> str:
    by_letter(walk, "/registration/email", full_name="Новосёлов Пётр Ильич")
    return walk.email


def by_username(walk: Walk) -> str:
    by_letter(walk, "/registration/name", username=walk.username, password_again=OLD)
    return walk.username


def by_phone(walk: Walk) -> str:
    """The code of the message, then the first steps; the portal is open at once, and is left again."""
    walk.page.goto("/registration/phone")
    walk.fill(phone=walk.phone, password=OLD)
    walk.tick("terms", "consent")
    walk.see("1-registration")
    walk.press("Зарегистрироваться")
    walk.goes("/registration/phone/")
    expect(walk.page.locator("main")).to_contain_text("Введите СМС-код, отправленный на номер")
    walk.shoot("2-code")
    walk.fill(code=walk.portal.letter(walk.phone, r"(\d{5}) — код"))
    walk.press("Продолжить")
    walk.goes("/first-steps/acquaintance")
    walk.shoot("3-acquaintance")
    walk.fill(surname="Новосёлов", name="Пётр")
    walk.press("Сохранить")
    walk.page.wait_for_url(lambda url: "acquaintance" not in url)
    if "/first-steps/email" in walk.page.url:
        walk.fill(email=walk.email)
        walk.shoot("4-email")
        walk.press("Продолжить")
        walk.goes("/first-steps/email/")
        walk.fill(code=walk.portal.letter(walk.email, r"Код: (\d{5})"))
        walk.press("Продолжить")
        walk.page.wait_for_url(lambda url: "first-steps" not in url)
    walk.page.goto("/sign-out")
    walk.press("Выйти")
    walk.goes("/sign-in")
    return walk.phone


def by_account(walk: Walk) -> str:
    account = walk.rows(POWER)[walk.turn]
    walk.page.goto("/registration/account")
    name = f"{account['surname']} {account['name']} {account['patronymic']}".upper().replace("Ё", "Е")
    walk.fill(account_number=account["number"], full_name=name)
    walk.see("1-registration")
    walk.press("Продолжить")
    walk.goes("/registration/account/contact/")
    walk.fill(phone=walk.phone)
    walk.shoot("2-contact")
    walk.press("Продолжить")
    walk.goes("/registration/account/code/")
    walk.fill(code=walk.portal.letter(walk.phone, r"(\d{6}) — код"))
    walk.press("Продолжить")
    walk.goes("/registration/account/password/")
    walk.fill(password=OLD, password_again=OLD)
    walk.shoot("3-password")
    walk.press("Зарегистрироваться")
    walk.goes("/sign-in")
    return str(account["number"])


def sign_in(walk: Walk, login: str, password: str) -> None:
    walk.page.goto("/sign-in")
    walk.fill(login=login, password=password)
    walk.see("4-sign-in")
    walk.press("Войти")
    walk.page.wait_for_url(lambda url: "/sign-in" not in url)


def recover(walk: Walk, login: str) -> None:
    walk.page.goto("/recovery")
    walk.fill(login=login)
    walk.see("6-recovery")
    walk.press("Восстановить")
    walk.goes("/recovery/code/")
    by_mail = walk.preset in ("metallenergo", "zhkh")
    to, pattern = (walk.email, r"Код: (\d{6})") if by_mail else (walk.phone, r"(\d{6}) — код для нового пароля")
    walk.fill(code=walk.portal.letter(to, pattern))
    walk.press("Продолжить")
    walk.page.wait_for_url(lambda url: "/recovery/code/" not in url)
    walk.fill(password=NEW, password_again=NEW)
    walk.shoot("7-new-password")
    walk.press("Сохранить")
    walk.goes("/sign-in")


def link_by_meter(walk: Walk) -> None:
    account = walk.portal.free_accounts(scales=1)[walk.turn]
    walk.page.goto("/accounts/link")
    walk.choose("supplier", str(account["supplier"]))
    walk.fill(number=account["number"], meter_number=account["meter"])
    walk.shoot("4-linking")
    walk.press("Сохранить")
    walk.is_linked()


def link_by_wizard(walk: Walk) -> None:
    account = walk.rows(
        "SELECT account.number, supplier_id, house_id FROM account JOIN house ON house.id = house_id "
        "JOIN supplier ON supplier.id = supplier_id AND supplier.code = 'ENERGO' "
        "WHERE house.street = ? AND house.number = ? AND flat = ?",
        HOME["street"], HOME["house"], HOME["flat"],
    )[0]  # fmt: skip
    walk.page.goto("/accounts/link")
    expect(walk.page.locator("main")).to_contain_text("Тип абонента")
    walk.press("Вперед")
    expect(walk.page.locator("[name=passport_number]")).to_be_visible()
    walk.choose("supplier", str(account["supplier_id"]))
    for name in ("settlement", "street"):
        walk.choose(name, HOME[name])
    walk.choose("house", str(account["house_id"]))
    walk.fill(number=account["number"], flat=HOME["flat"], **PASSPORT)
    walk.see("4-linking")
    walk.press("Вперед")
    expect(walk.page.locator("main")).to_contain_text("Убедитесь в правильности")
    walk.shoot("4-preamble")
    walk.press("Сохранить")
    walk.is_linked()


def link_by_selects(walk: Walk) -> None:
    account = walk.rows(POWER)[walk.turn + 3]
    paid = walk.rows(
        "SELECT paid_on, amount FROM payment WHERE account_id = ? ORDER BY paid_on DESC, id DESC LIMIT 1",
        account["id"],
    )[0]
    walk.page.goto("/accounts/link")
    for name, value in (("supplier", account["supplier"]), ("house", account["house"]), ("flat", account["flat"])):
        walk.choose(name, str(value))
    walk.choose("account", str(account["id"]))
    year, month, day = paid["paid_on"].split("-")
    sum_ = f"{paid['amount'] // 100},{paid['amount'] % 100:02d}"
    walk.fill(payment_date=f"{day}.{month}.{year}", payment_sum=sum_)
    walk.see("4-linking")
    walk.press("Сохранить")
    walk.is_linked()


def link_by_password(walk: Walk) -> None:
    """The account that Boris has registered, by its password."""
    number = walk.rows(
        "SELECT account.number FROM link JOIN account ON account.id = account_id "
        "JOIN resident ON resident.id = resident_id WHERE is_login AND resident.email = 'boris@example.org'"
    )[0]["number"]
    walk.page.goto("/accounts/link")
    walk.fill(number=number, password=PASSWORD)
    if walk.page.locator("main select[name=supplier]").count():
        walk.page.locator("main select[name=supplier]").select_option(index=1)
    walk.see("4-linking")
    walk.press("Привязать")
    walk.is_linked()


REGISTER: dict[str, Callable[[Walk], str]] = {
    "default": by_phone,
    "metallenergo": by_email,
    "zhkh": by_username,
    "client-online": by_phone,
    "consumer": by_account,
}
LINK: dict[str, Callable[[Walk], None]] = {
    "default": link_by_meter,
    "metallenergo": link_by_wizard,
    "zhkh": link_by_selects,
    "client-online": link_by_meter,
    "consumer": link_by_password,
}
