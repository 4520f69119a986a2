"""The pages of recovery: the login, the code, the new password."""

from __future__ import annotations

import re
from random import Random

import pytest
from flask import Flask

import clock
from models import Captcha, Code, Outbox, Resident
from services import codes, letters, passwords
from services.letters import Desk
from tests import factories
from tests.client import Page, PageClient
from tests.solving import solved

EMAIL, NEW = "anna@example.org", "Bereza-u-0kna"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email=EMAIL, password_hash=passwords.hashed("Previous-0ne"))


def ask(client: PageClient, login: str = EMAIL, **more: str) -> Page:
    return client.post("/recovery", {"login": login, **more})


def written(app: Flask) -> tuple[str, str]:
    """(code, address of the link) of the letter that waits."""
    desk = Desk(lambda name, /, **facts: f"{name}\n{facts}", "", "", app.extensions["settings"].secret_key, Random(7))
    letter = letters.compose(Outbox.get(), desk, clock.now())
    assert letter is not None
    found = re.search(r"'code': '(\d{6})'.*'link': '([^']+)'", letter.body)
    assert found
    return found[1], found[2]


def link_of(who: Resident) -> str:
    return "/recovery/" + codes.new_link(who, "recovery", clock.now(), letters.RECOVERY_LIVES)


def save(client: PageClient, url: str, status: int = 303, again: str = NEW, **more: str) -> Page:
    return client.post(url, {"password": NEW, "password_again": again, **more}, status=status)


def test_a_forgotten_password_is_replaced_by_the_code(app: Flask, client: PageClient, anna: Resident) -> None:
    assert "Восстановление доступа" in client.get("/recovery")
    page = ask(client).location
    assert "Если такой кабинет есть" in client.get(page)
    digits, _link = written(app)
    url = client.post(page, {"code": f"{digits[:3]} {digits[3:]}"}).location
    form = client.get(url)
    assert all(words in form for words in ("Новый пароль", "Повтор пароля", "Отменить", "Сохранить"))
    assert save(client, url).location == "/sign-in"
    assert "Пароль изменён" in client.get("/sign-in")
    assert client.post("/sign-in", {"login": EMAIL, "password": NEW}).location == "/"


def test_a_forgotten_password_is_replaced_by_the_link(app: Flask, client: PageClient, anna: Resident) -> None:
    ask(client)
    _digits, url = written(app)
    client.get(url)
    assert save(client, url).location == "/sign-in"


def test_an_unknown_login_sees_the_same(client: PageClient, anna: Resident) -> None:
    pages = []
    for login in (EMAIL, "nobody@example.org"):
        answer = ask(client, login)
        assert re.fullmatch(r"/recovery/code/[\w-]{43}", answer.location)
        pages.append(client.get(answer.location).words)
        refused = client.post(answer.location, {"code": "000000"}, status=422)
        pages.append(refused.words)
    assert pages[0] == pages[2] and pages[1] == pages[3]


def test_the_address_does_not_name_the_person(client: PageClient, anna: Resident) -> None:
    assert "anna" not in ask(client).location


@pytest.mark.parametrize("htmx", [False, True])
def test_an_empty_login_is_named(client: PageClient, anna: Resident, htmx: bool) -> None:
    assert "Заполните поле" in client.post("/recovery", {"login": ""}, status=422, htmx=htmx)


def test_a_second_letter_must_wait_a_minute(client: PageClient, anna: Resident) -> None:
    page = ask(client).location
    assert client.post(f"{page}/again").location == page
    assert "Подождите" in client.get(page)
    assert "Слишком много попыток. Подождите" in client.post("/recovery", {"login": EMAIL}, status=422)


def test_after_three_requests_a_picture_is_asked_for(client: PageClient, anna: Resident) -> None:
    for n in range(3):
        ask(client, f"nobody{n}@example.org")
    page = client.get("/recovery")
    assert "Код с картинки" in page
    assert "Не совпало" in client.post("/recovery", {"login": EMAIL}, status=422)
    kept = client.post("/recovery", {"login": EMAIL, "refresh": "captcha"}, status=200)
    assert kept.value("login") == EMAIL
    assert ask(client, **solved(kept)).location.startswith("/recovery/code/")
    assert Captcha.select().where(Captcha.form != "recovery").count() == 0


def test_a_wrong_code_is_refused_as_a_fragment_to_htmx(client: PageClient, anna: Resident) -> None:
    page = client.post(ask(client).location, {"code": "000000"}, status=422, htmx=True)
    assert "Код не подошёл. Осталось попыток: 4." in page and "<html" not in page.text


@pytest.mark.parametrize("code", ["", "abc", "12345", "0" * 10_000, "\0", "１２３４５６"])
def test_what_is_no_code_is_refused(client: PageClient, anna: Resident, code: str) -> None:
    client.post(ask(client).location, {"code": code}, status=422)


def test_passwords_that_differ_or_are_weak_are_refused(client: PageClient, anna: Resident) -> None:
    url = link_of(anna)
    assert "Пароли не совпали" in save(client, url, 422, again="Bereza-u-0kna2")
    weak = client.post(url, {"password": "bereza", "password_again": "bereza"}, status=422, htmx=True)
    assert "Не выполнено" in weak and 'id="recovery-password"' in weak.text
    assert "Заполните поле" in client.post(url, {}, status=422)
    assert "Previous-0ne" not in weak.text and 'value="bereza"' not in weak.text
    assert passwords.matches(Resident.get().password_hash, "Previous-0ne")


def test_cancelling_ends_the_link(client: PageClient, anna: Resident) -> None:
    url = link_of(anna)
    assert client.post(url, {"cancel": "yes"}).location == "/sign-in"
    client.get(url, status=410)


def test_a_used_link_says_what_to_do(client: PageClient, anna: Resident) -> None:
    url = link_of(anna)
    save(client, url)
    for page in (client.get(url, status=410), save(client, url, 410)):
        assert "Ссылка уже не действует" in page and "/recovery" in page.tree.links
    gone = client.post(url, {"password": NEW, "password_again": NEW}, htmx=True)
    assert gone.location == "/recovery/over"
    client.get(gone.location, status=410)


@pytest.mark.parametrize("token", ["x", "x" * 3000, "'%20OR%201=1", "%F0%9F%8C%B8"])
def test_an_invented_link_is_gone(client: PageClient, token: str) -> None:
    for url in (f"/recovery/{token}", f"/recovery/code/{token}"):
        client.get(url, status=410)
        client.post(url, {"code": "1"}, status=410)
    client.post(f"/recovery/code/{token}/again", status=410)


def test_reading_the_pages_changes_nothing(client: PageClient, anna: Resident) -> None:
    url, page = link_of(anna), ask(client).location
    before = [(row.id, row.used_at, row.tries) for row in Code.select()]
    for address in (url, page):
        client.get(address)
        client.http.head(address)
    assert [(row.id, row.used_at, row.tries) for row in Code.select()] == before


def test_the_own_session_stays_and_others_end(app: Flask, client: PageClient, anna: Resident) -> None:
    other = PageClient(app).sign_in(anna)
    client.sign_in(anna)
    save(client, link_of(anna))
    assert client.get("/sign-out", status=200)
    assert other.get("/sign-out", status=303).location == "/sign-in"


def test_the_forms_demand_their_token(client: PageClient, anna: Resident) -> None:
    assert client.http.post("/recovery", data={"login": EMAIL}).status_code == 400
    assert Outbox.select().count() == 0
