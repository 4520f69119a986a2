"""A new clerk's way by docs/operator.md: from an empty database, in earnest, to the first readings exported."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from python_calamine import CalamineWorkbook

from exchange.town import write_town
from tests import smtp
from tests.browser.conftest import HEIGHTS, SCREENS
from tests.browser.portal import ROOT, Portal, environ, flask, placed, serving

OLGA, PETR, ANNA = "olga@voda.example", "petr@voda.example", "anna@mail.example"
PASSWORD = "Bereza!2026"
REQUISITES = {
    "inn": "7707083893", "kpp": "773643001", "bank": "ПАО СБЕРБАНК", "bik": "044525225",
    "bank_account": "40702810138250123017", "corr_account": "30101810400000000225",
}  # fmt: skip
ONE_SCALE = """
    SELECT account.id, account.number, supplier.name AS supplier, meter.number AS meter
    FROM account JOIN supplier ON supplier.id = account.supplier_id JOIN meter ON meter.account_id = account.id
    WHERE supplier.code = 'VODA' AND meter.removed_on IS NULL AND NOT meter.is_automatic AND account.closed_on IS NULL
    ORDER BY account.id LIMIT 1
"""


@dataclass
class Office:
    """The clerk's desk: the portal, its post, and the screen she looks at."""

    portal: Portal
    post: smtp.Server
    page: Page
    turn: str
    secret: str = ""

    def press(self, words: str | re.Pattern[str]) -> None:
        self.page.locator("main").get_by_role("button", name=words).first.click()

    def says(self, *words: str) -> None:
        for word in words:
            expect(self.page.locator("main")).to_contain_text(word, timeout=30_000)

    def shoot(self, picture: str) -> None:
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"clerk-{self.turn}-{picture}.png", full_page=True, caret="initial")

    def letter(self, to: str, pattern: str) -> str:
        """What the pattern finds in the newest letter that the mail server has taken for the address."""
        end = monotonic() + 20
        while monotonic() < end:
            for letter in reversed(self.post.letters):
                if letter["To"] == to and (found := re.search(pattern, _text(letter))):
                    return found[1]
            sleep(0.1)
        raise AssertionError(f"no letter to {to} holds {pattern}")

    def code(self) -> str:
        return pyotp.TOTP(self.secret).now()


@contextmanager
def opened(browser: Browser, portal: Portal, width: int, scripts: bool) -> Iterator[Page]:
    size = {"width": width, "height": HEIGHTS[width]}
    context = browser.new_context(base_url=portal.url, viewport=size, java_script_enabled=scripts, locale="ru-RU")  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (768, False)], ids=["desk", "tablet no script"])
def test_a_new_clerk_comes_to_the_first_readings_exported(
    browser: Browser, tmp_path: Path, width: int, scripts: bool
) -> None:
    portal = placed(tmp_path, 'name = "Водоканал Светлоречья"\n')
    with smtp.server() as post:
        settings = environ(portal, "default")
        del settings["ABONENT_DEMO"]
        settings |= {"ABONENT_MAIL_URL": post.url, "ABONENT_MAIL_FROM": "kabinet@voda.example"}
        link = _prepared(settings)
        with serving(portal, settings), opened(browser, portal, width, scripts) as page:
            office = Office(portal, post, page, f"{width}{'' if scripts else '-plain'}")
            come_in(office, link)
            take_first_steps(office)
            load_what_the_billing_gave(office, tmp_path)
            invite_a_colleague(office, browser, width, scripts)
            let_a_resident_in(office, browser, scripts)
            export(office, tmp_path)


def _prepared(settings: dict[str, str]) -> str:
    """Part 1 of the manual, at the server: the tables, the first operator; his link."""
    for words in (("migrate",), ("create-operator", OLGA, "--administrator")):
        done = subprocess.run(flask(*words), cwd=ROOT, env=settings, capture_output=True, text=True, check=True)
    found = re.search(r"https?://[^/]+(/\S+)", done.stdout)
    assert found, done.stdout
    return found[1]


def come_in(office: Office, link: str) -> None:
    """Parts 2: the password by the link, the sign-in, the second step that a real portal demands."""
    page = office.page
    page.goto(link)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=password_again]", PASSWORD)
    office.shoot("1-password")
    office.press("Сохранить")
    page.wait_for_url("**/sign-in**")
    _sign_in(page, OLGA)
    page.wait_for_url("**/admin/second-factor**")
    office.secret = _connected(page)
    office.shoot("2-spares")
    page.get_by_role("link", name="Готово").click()


def take_first_steps(office: Office) -> None:
    """Parts 3 to 5: seven steps, the requisites wrong at first, the mail tried."""
    page = office.page
    page.goto("/admin/start")
    office.shoot("3-start")
    office.press("Всё верно")
    page.get_by_role("link", name="Добавить поставщика").click()
    page.fill("[name=code]", "VODA")
    page.fill("[name=name]", "МУП «Водоканал»")
    office.press("Добавить")
    page.wait_for_url("**/admin/start**")
    page.get_by_role("link", name="Заполнить реквизиты").click()
    for name, text in {**REQUISITES, "inn": "7707083894"}.items():
        page.fill(f"[name={name}]", text)
    office.press("Сохранить")
    office.says("последняя цифра 4, а по остальным выходит 3")
    office.shoot("4-requisites-wrong")
    expect(page.locator("[name=bank]")).to_have_value(REQUISITES["bank"])
    page.fill("[name=inn]", REQUISITES["inn"])
    office.press("Сохранить")
    page.wait_for_url("**/admin/start**")
    page.get_by_role("link", name="Задать дни").click()
    page.fill("[name=reading_from_day]", "1")
    page.fill("[name=reading_to_day]", "31")
    office.press("Сохранить")
    page.wait_for_url("**/admin/start**")
    office.press("Отправить пробное письмо")
    office.says(f"Письмо ушло на {OLGA}")
    assert office.letter(OLGA, "(пробное письмо)")
    page.locator("#bank").get_by_role("button", name="Пропустить").click()
    office.shoot("5-start-almost")


def load_what_the_billing_gave(office: Office, folder: Path) -> None:
    """Part 6: the sample is tried and taken back; then the billing's own package, checked, with a bad row, loaded."""
    page = office.page
    page.goto("/admin/start")
    sample = folder / "sample.zip"
    address = str(page.get_by_role("link", name="Скачать образец").get_attribute("href"))
    sample.write_bytes(page.request.get(address).body())
    _checked_and_loaded(office, sample)
    page.get_by_role("link", name="Отменить загрузку").click()
    office.press(re.compile("Отменить"))
    office.says("Загрузка отменена")
    assert office.portal.rows("SELECT count(*) AS n FROM account") == [{"n": 0}]
    package = _package(folder)
    _checked_and_loaded(office, package, refused="такого вида услуги нет|нет в списке|Не принят")
    office.shoot("6-loaded")
    assert office.portal.rows("SELECT count(*) AS n FROM account")[0]["n"] == 24
    page.goto("/admin/start")
    office.says("Все шаги позади")


def _checked_and_loaded(office: Office, file: Path, refused: str = "") -> None:
    page = office.page
    page.goto("/admin/exchange")
    page.set_input_files("[name=files]", [file])
    office.press("Загрузить")
    page.wait_for_url("**/admin/imports/*")
    checked = page.url
    office.says("Что было бы загружено", "в базу ничего не записано")
    if refused:
        office.says("Не приняты")
        expect(page.locator("main table").last).to_contain_text(re.compile("VODA|1,5х"))
        office.shoot("6-checked")
    office.press("Загрузить")
    page.wait_for_url(lambda url: "/imports/" in url and url != checked)
    office.says("Что загружено")


def _package(folder: Path) -> Path:
    """What the billing gives, with one sum that is none."""
    town = folder / "town"
    town.mkdir()
    write_town(town, seed=5, month=date(2026, 11, 1), accounts=24, months=3)
    payments = town / "payments.csv"
    heading, first, *others = payments.read_text("utf-8-sig").splitlines()
    cells = first.split(";")
    cells[heading.split(";").index("Сумма")] = "1,5х"
    payments.write_text("\n".join([heading, ";".join(cells), *others]), "utf-8")
    with zipfile.ZipFile(folder / "ноябрь.zip", "w") as archive:
        for table in sorted(town.iterdir()):
            archive.write(table, table.name)
    return folder / "ноябрь.zip"


def invite_a_colleague(office: Office, browser: Browser, width: int, scripts: bool) -> None:
    """Part 10: a clerk of one supplier, by his own letter, with his own second step; he sees no other supplier."""
    page = office.page
    page.goto("/admin/operators")
    page.fill("[name=email]", PETR)
    supplier = office.portal.rows("SELECT id FROM supplier WHERE code = 'VODA'")[0]["id"]
    page.locator(f"select[name$='{supplier}']").first.select_option(label="оператор")
    office.press("Пригласить")
    office.says(PETR)
    office.shoot("7-operators")
    with opened(browser, office.portal, width, scripts) as his:
        his.goto(office.letter(PETR, r"(/recovery/\S+)"))
        his.fill("[name=password]", PASSWORD)
        his.fill("[name=password_again]", PASSWORD)
        his.get_by_role("button", name="Сохранить").click()
        his.wait_for_url("**/sign-in**")
        _sign_in(his, PETR)
        his.wait_for_url("**/admin/second-factor**")
        _connected(his)
        his.goto("/admin/accounts?q=1")
        expect(his.locator("main")).to_contain_text("Лицевые счета")
        other = office.portal.rows("SELECT id FROM account WHERE supplier_id <> ? LIMIT 1", supplier)[0]["id"]
        answer = his.goto(f"/admin/accounts/{other}")
        assert answer is not None and answer.status == 404


def let_a_resident_in(office: Office, browser: Browser, scripts: bool) -> None:
    """Parts 7 and 8: a resident registers by her letter, links an account, sends an odd reading; it is accepted."""
    [account] = office.portal.rows(ONE_SCALE)
    with opened(browser, office.portal, 360, scripts) as hers:
        hers.goto("/registration/email")
        fields = {"full_name": "Иванова Анна", "email": ANNA, "phone": "+7 916 123-45-09", "password": PASSWORD}
        for name, text in fields.items():
            field = hers.locator(f"main [name={name}]:visible")
            if field.count():
                field.first.fill(text)
        for tick in ("terms", "consent"):
            if hers.locator(f"[name={tick}]").count():
                hers.check(f"[name={tick}]")
        if hers.locator("[name=captcha]").count():
            hers.fill("[name=captcha]", office.portal.captcha(hers.input_value("[name=captcha_id]")))
        hers.locator("main").get_by_role("button", name="Зарегистрироваться").first.click()
        hers.wait_for_url("**/registration/sent**")
        hers.goto(office.letter(ANNA, r"(/registration/activate/\S+)"))
        hers.get_by_role("button", name="Подтвердить почту").click()
        hers.wait_for_url("**/sign-in**")
        _sign_in(hers, ANNA)
        hers.goto("/accounts/link")
        hers.select_option("[name=supplier]", label=_title(office, "VODA"))
        button = hers.locator("main .field:has([name=supplier]) button")
        if not scripts and button.count():
            button.first.click()
        hers.wait_for_load_state("networkidle")
        hers.fill("[name=number]", account["number"])
        hers.fill("[name=meter_number]", account["meter"])
        hers.locator("main").get_by_role("button", name="Сохранить", exact=True).first.click()
        hers.wait_for_url(re.compile(r"/accounts/[0-9]+"))
        hers.goto(f"/readings/{account['id']}")
        readings = hers.locator("main [name^=reading-]")
        for reading in readings.all():
            reading.fill("99000")
        hers.locator("main").get_by_role("button", name=re.compile("Передать показания")).first.click()
        sure = hers.get_by_role("button", name=re.compile("Да, всё верно"))
        sure.wait_for()
        sure.first.click()
        expect(hers.locator("main")).to_contain_text(re.compile("Показания приняты|Переданы|принят"))
        hers.screenshot(path=SCREENS / f"clerk-{office.turn}-8-resident.png", full_page=True, caret="initial")
    page = office.page
    page.goto("/admin/")
    office.says("показани")
    office.shoot("9-board")
    page.goto("/admin/readings")
    office.shoot("9-doubted")
    for _ in range(page.locator("main tbody tr").count()):
        office.press("Принять")
        page.wait_for_load_state()
    office.says("Всё просмотрено")


def export(office: Office, folder: Path) -> None:
    """Part 9: the file of the billing as CSV; the same again as Excel and in the columns of ГИС ЖКХ."""
    for kind in ("csv", "xlsx", "gis"):
        page = office.page
        page.goto("/admin/exchange")
        page.fill("[name=since]", "2026-11-01")
        page.select_option("[name=kind]", kind)
        if kind != "csv":
            page.locator("[name=again]").check()
        office.press(re.compile("^Выгрузить$"))
        page.wait_for_load_state()
        link = page.locator("#batches a[href*='/exports/']").first
        content = page.request.get(str(link.get_attribute("href"))).body()
        if kind == "csv":
            rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
            assert rows and {row["Показание"] for row in rows} == {"99000,000"}
        else:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            told = [
                cell
                for name in book.sheet_names
                for line in book.get_sheet_by_name(name).to_python()
                for cell in line
            ]
            assert 99000.0 in told or "99000" in told, told[:60]
    office.shoot("10-exported")


def _title(office: Office, code: str) -> str:
    [row] = office.portal.rows("SELECT name, short_name FROM supplier WHERE code = ?", code)
    return str(row["short_name"] or row["name"])


def _sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    if "/first-steps/acquaintance" in page.url:
        page.fill("[name=surname]", "Смирнова")
        page.fill("[name=name]", "Ольга")
        page.locator("main").get_by_role("button", name="Сохранить").first.click()
        page.wait_for_url(lambda url: "/first-steps" not in url)


def _connected(page: Page) -> str:
    """The second step of whoever is signed in; the key of his telephone's application."""
    secret = "".join(page.locator("form .keep.num").all_inner_texts())
    page.fill("[name=totp]", pyotp.TOTP(secret).now())
    page.locator("main").get_by_role("button", name="Подключить").first.click()
    expect(page.locator("main")).to_contain_text("Запасные коды")
    return secret


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
