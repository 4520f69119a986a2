"""The page of signing in: what is said, where it leads, what a cookie is worth."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask

import clock
from models import Captcha, Consent, Resident, Session, Text
from services import passwords, texts
from services.codes import token_hash
from tests import factories
from tests.client import Page, PageClient
from tests.queries import counted
from views.sessions import COOKIE

PASSWORD = "Bereza-u-0kna"
HASH = passwords.hashed(PASSWORD)
EMAIL = "anna@example.org"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email=EMAIL, password_hash=HASH)


def enter(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    return client.post("/sign-in", {"login": EMAIL, "password": PASSWORD, **fields}, status=status, htmx=htmx)


def fail(client: PageClient, times: int, login: str = EMAIL) -> Page:
    """So many wrong guesses, with the right picture where one is asked for."""
    page = None
    for _ in range(times):
        picture = Captcha.select().where(Captcha.used_at.is_null()).order_by(Captcha.created_at.desc()).first()
        solved = {"captcha": picture.answer, "captcha_id": str(picture.id)} if picture else {}
        page = enter(client, status=422, login=login, password="Wrong-passw0rd", **solved)
    assert page is not None
    return page


def cookie(client: PageClient) -> str:
    found = client.http.get_cookie(COOKIE)
    return found.value if found else ""


def test_the_page_asks_for_login_and_password(client: PageClient, anna: Resident) -> None:
    page = client.get("/sign-in")
    assert all(words in page for words in ("Вход в личный кабинет", "Пароль", "Запомнить?", "Забыли пароль?"))
    assert "Нужна помощь?" in page and "Пользовательское соглашение" in page


def test_the_right_password_leads_home(client: PageClient, anna: Resident) -> None:
    assert enter(client).location == "/"
    session = Session.get()
    assert session.resident == anna and session.token_hash == token_hash(cookie(client))


def test_with_htmx_it_leads_home_too(client: PageClient, anna: Resident) -> None:
    assert enter(client, htmx=True).location == "/"
    assert cookie(client)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_password_is_refused_with_advice(client: PageClient, anna: Resident, htmx: bool) -> None:
    page = enter(client, status=422, htmx=htmx, password="Wrong-passw0rd")
    assert "Логин или пароль не подошли." in page
    assert all(words in page for words in ("Caps Lock", "раскладка", "задайте новый", "обратитесь за помощью"))
    assert page.value("login") == EMAIL and page.value("password") == ""
    assert not cookie(client)


def test_an_unknown_login_reads_and_looks_the_same(client: PageClient, anna: Resident) -> None:
    known = enter(client, status=422, password="Wrong-passw0rd")
    unknown = enter(client, status=422, login="nobody@example.org")
    assert known.words == unknown.words
    assert mask(known.text) == mask(unknown.text.replace("nobody@", "anna@"))


def mask(text: str) -> str:
    """The markup without what differs between any two answers."""
    return re.sub(r'value="[^"]{40,}"', "", text)


def test_an_unknown_login_asks_the_database_as_much(client: PageClient, anna: Resident) -> None:
    with counted() as known:
        enter(client, status=422, password="Wrong-passw0rd")
    with counted() as unknown:
        enter(client, status=422, login="nobody@example.org")
    assert [sql.split()[0] for sql in known] == [sql.split()[0] for sql in unknown]


def test_empty_fields_are_named(client: PageClient, anna: Resident) -> None:
    page = enter(client, status=422, login="", password="")
    assert page.words.count("Заполните поле") == 4  # at each field and above the form


def test_ten_thousand_signs_and_nul_are_only_wrong(client: PageClient, anna: Resident) -> None:
    enter(client, status=422, password="я" * 10_000)
    enter(client, status=422, login="anna\0@example.org\0", password="a\0b")
    enter(client, status=422, login="x" * 10_000)


def test_a_session_is_remembered_only_when_asked(client: PageClient, anna: Resident) -> None:
    enter(client)
    found = client.http.get_cookie(COOKIE)
    assert found and found.max_age is None and found.http_only and found.same_site == "Lax"
    enter(client, remember="y")
    found = client.http.get_cookie(COOKIE)
    assert found and found.max_age == 30 * 24 * 3600


def test_signing_in_makes_a_new_token_and_ends_the_session_before(client: PageClient, anna: Resident) -> None:
    client.http.set_cookie(COOKIE, "chosen-by-somebody-else")
    enter(client)
    first = cookie(client)
    assert first != "chosen-by-somebody-else"
    enter(client)
    assert cookie(client) != first
    assert Session.get(Session.token_hash == token_hash(first)).ended_at is not None


def test_the_form_session_of_before_is_gone_after_signing_in(client: PageClient, anna: Resident) -> None:
    client.get("/sign-in")
    client.csrf_token()
    with client.http.session_transaction() as before:
        secret = before["csrf_token"]
    client.http.post("/sign-in", data={"login": EMAIL, "password": PASSWORD, "csrf_token": token_of(client, secret)})
    with client.http.session_transaction() as after:
        assert after.get("csrf_token") != secret


def token_of(client: PageClient, secret: str) -> str:
    with client.app.test_request_context():
        from flask import session
        from flask_wtf.csrf import generate_csrf

        session["csrf_token"] = secret
        return str(generate_csrf())


@pytest.mark.parametrize("wanted", ["/contacts", "/view?x=1"])
def test_it_leads_back_to_the_wanted_page(client: PageClient, anna: Resident, wanted: str) -> None:
    assert client.get("/sign-in", query_string={"next": wanted}).value("next") == wanted
    assert enter(client, next=wanted).location == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "///evil.example",
        "/\t/evil.example", "http:evil.example", "\\\\evil.example", "evil.example", "/%0d%0aSet-Cookie:x",
    ],
)  # fmt: skip
def test_it_never_leads_elsewhere(client: PageClient, anna: Resident, wanted: str) -> None:
    location = enter(client, next=wanted).location
    assert urlsplit(urljoin("http://localhost/sign-in", location)).netloc == "localhost"
    assert not location.startswith(("//", "/\\", "/\t"))


def test_who_is_in_already_goes_on(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    assert client.get("/sign-in?next=/contacts", status=303).location == "/contacts"
    assert client.get("/sign-in?next=//evil.example", status=303).location == "/"


def test_after_three_failures_a_picture_is_asked_for(client: PageClient, anna: Resident) -> None:
    assert "Введите проверочный код" not in fail(client, 2)
    assert "Введите проверочный код" in fail(client, 1)
    page = enter(client, status=422)
    assert "Не совпало с картинкой" in page
    picture = Captcha.get_by_id(int(page.value("captcha_id")))
    assert enter(client, captcha=picture.answer, captcha_id=str(picture.id)).location == "/"


def test_control_signs_in_hidden_fields_are_forgotten(client: PageClient, anna: Resident) -> None:
    assert enter(client, by="email\0", next="/contacts\0", kept="\0").location == "/contacts"


def test_a_picture_is_asked_for_an_unknown_login_too(client: PageClient, anna: Resident) -> None:
    assert "Введите проверочный код" in fail(client, 3, login="nobody@example.org")


def test_a_picture_of_another_form_is_worth_nothing(client: PageClient, anna: Resident) -> None:
    page = fail(client, 3)
    client.post("/captcha?form=registration", status=200, htmx=True)
    other = Captcha.get(Captcha.form == "registration")
    page = enter(client, status=422, captcha=other.answer, captcha_id=str(other.id))
    assert "Не совпало с картинкой" in page


def test_after_ten_failures_the_time_left_is_told(client: PageClient, anna: Resident) -> None:
    page = fail(client, 11)
    assert "Слишком много попыток входа. Подождите 60 минут" in page
    solved = Captcha.get_by_id(int(page.value("captcha_id")))
    page = enter(client, status=422, captcha=solved.answer, captcha_id=str(solved.id))
    assert "Слишком много попыток входа" in page and not cookie(client)


def test_a_refreshed_picture_keeps_the_login(client: PageClient, anna: Resident) -> None:
    page = fail(client, 3)
    before = page.value("captcha_id")
    page = enter(client, status=200, refresh="captcha", captcha_id=before)
    assert page.value("login") == EMAIL and page.value("captcha_id") != before
    assert not cookie(client)


def test_an_unconfirmed_mailbox_is_told_how_to_go_on(client: PageClient) -> None:
    factories.resident(email=EMAIL, password_hash=HASH, state="waiting")
    page = enter(client, status=422)
    assert "Почта ещё не подтверждена" in page and "/registration/again" in page.text
    assert "Почта ещё не подтверждена" not in enter(client, status=422, password="Wrong-passw0rd")


def test_signing_out_takes_a_button(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    assert "Выйти из кабинета?" in client.get("/sign-out")
    assert Session.get().ended_at is None
    token = cookie(client)
    assert client.post("/sign-out").location == "/sign-in"
    assert Session.get().ended_at is not None and not cookie(client)
    client.http.set_cookie(COOKIE, token)
    assert client.get("/", status=303).location == "/sign-in"


def test_signing_out_twice_is_no_fault(client: PageClient, anna: Resident) -> None:
    assert client.get("/sign-out", status=303).location == "/sign-in"
    assert client.post("/sign-out").location == "/sign-in"


def test_a_session_of_one_who_was_blocked_is_worth_nothing(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    anna.state = "blocked"
    anna.save()
    assert client.get("/sign-out", status=303).location == "/sign-in"


def test_the_form_demands_its_token(client: PageClient, anna: Resident) -> None:
    answer = client.http.post("/sign-in", data={"login": EMAIL, "password": PASSWORD})
    assert answer.status_code == 400 and not cookie(client)


def test_a_changed_agreement_is_asked_for_before_anything_else(client: PageClient, anna: Resident) -> None:
    texts.seed(factories.NOW)
    texts.agree(anna, texts.in_force(["agreement", "personal-data"]), factories.NOW, "")
    assert enter(client, next="/contacts").location == "/contacts"
    facts = {"title": "Соглашение", "body": "Новое", "published_at": factories.NOW}
    newer = Text.create(slug="agreement", version=2, asks_from=2, **facts)
    page = client.get(enter(client, next="/contacts").location)
    assert "Условия изменились" in page and page.value("next") == "/contacts"
    client.post("/consents", {"next": "/contacts"}, status=422)
    done = client.post("/consents", {"next": "/contacts", f"text-{newer.id}": "yes"})
    assert done.location == "/contacts"
    assert Consent.get(Consent.text == newer).address == "127.0.0.1"
    assert enter(client, next="/view").location == "/view"


def test_the_page_asks_little_of_the_database(client: PageClient, anna: Resident) -> None:
    with counted() as page:
        client.get("/sign-in")
    with counted() as entered:
        enter(client)
    assert len(page) <= 1 and len(entered) <= 17  # one of them looks for notices of before this person came


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.2", "nonsense, <script>", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("::ffff:10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9:51234", "203.0.113.9"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
    ],
)
def test_a_header_is_believed_from_our_own_proxies_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch, peer: str, header: str, address: str
) -> None:
    from dataclasses import replace

    from views.address import client_address

    trusting = replace(app.extensions["settings"], trusted_proxies=(ip_network("10.0.0.0/8"),))
    monkeypatch.setitem(app.extensions, "settings", trusting)
    headers = {"X-Forwarded-For": header} if header else {}
    with app.test_request_context(environ_base={"REMOTE_ADDR": peer}, headers=headers):
        assert client_address() == address


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 YaBrowser/24.6 Safari/537.36", "Яндекс Браузер, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox, Linux"),
        ("curl/8", "Неизвестный браузер"),
        ("", "Неизвестный браузер"),
    ],
)  # fmt: skip
def test_a_device_is_said_in_two_words(app: Flask, agent: str, device: str) -> None:
    from views.address import device as said

    with app.test_request_context(headers={"User-Agent": agent}):
        assert said() == device


def test_a_session_is_over_at_its_time(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    Session.update(expires_at=clock.now() - timedelta(seconds=1)).execute()
    assert client.get("/sign-out", status=303).location == "/sign-in"
