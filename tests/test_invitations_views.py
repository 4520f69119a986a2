"""The pages behind a mailed invitation."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import Account, Code, Consent, Link, Outbox, Resident
from services import codes, invitations, texts
from tests import factories
from tests.client import PageClient

FIELDS = {"password": "Bereza-u-0kna", "terms": "y", "consent": "y"}


@pytest.fixture(autouse=True)
def published(database: Flask) -> None:
    texts.seed(clock.now())


@pytest.fixture
def account(database: Flask) -> Account:
    return factories.account(number="0000007890")


@pytest.fixture
def url(account: Account) -> str:
    return link_to(account)


def link_to(account: Account, ago: timedelta = timedelta(), email: str = "anna@example.org") -> str:
    row, token = factories.invitation(account, email=email), codes.new_token()
    invitations.keep_link({"invitation1": row.id}, email, token, clock.now() - ago)
    return f"/invitation/{token}"


def test_the_page_shows_suppliers_and_the_ends_of_numbers(client: PageClient, url: str, account: Account) -> None:
    page = client.get(url)
    for words in (account.supplier.title, "№ •••7890", "anna@example.org", "Не менее 8 символов", "Открыть кабинет"):
        assert words in page
    assert "0000007890" not in page.text and account.address not in page


def test_looking_changes_nothing(client: PageClient, url: str) -> None:
    for _ in range(3):
        client.http.head(url)
        client.get(url)
    assert Code.get().used_at is None and not Resident.select().exists() and not Link.select().exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_a_new_resident_chooses_a_password_and_signs_in(
    client: PageClient, url: str, account: Account, htmx: bool
) -> None:
    assert client.post(url, FIELDS, htmx=htmx).location == "/sign-in"
    assert "Кабинет открыт" in client.get("/sign-in")
    assert client.http.get("/accounts").status_code == 303, "nobody is signed in by a link"
    assert client.post("/sign-in", {"login": "anna@example.org", "password": FIELDS["password"]}).location == "/"
    assert "№ 0000007890" in client.get("/accounts")
    assert Consent.select().count() == 2


@pytest.mark.parametrize("htmx", [False, True])
def test_every_mistake_is_named_at_once(client: PageClient, url: str, htmx: bool) -> None:
    page = client.post(url, {"password": "bereza"}, status=422, htmx=htmx)
    for words in ("Не выполнено: не менее 8 символов", "Без соглашения", "Без согласия"):
        assert words in page
    assert page.value("password") == "bereza" and ("<html" in page.text) != htmx
    assert "логина или e-mail" in client.post(url, {**FIELDS, "password": "Anna@example.org1"}, status=422)
    assert not Resident.select().exists() and Code.get().used_at is None


def test_a_login_that_is_there_gets_one_button(client: PageClient, url: str, account: Account) -> None:
    factories.resident(email="anna@example.org", password_hash="old")
    page = client.get(url)
    assert "Добавить счета в мой кабинет" in page and "password" not in page.tree.values
    assert client.post(url).location == "/sign-in"
    assert "Лицевые счета добавлены" in client.get("/sign-in")
    assert Resident.get().password_hash == "old" and Link.get().account == account


def test_a_blocked_login_is_told_whom_to_call(client: PageClient, url: str) -> None:
    factories.resident(email="anna@example.org", state="blocked")
    assert "Кабинет с этой почтой заблокирован" in client.post(url, status=422)
    assert not Link.select().exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_a_link_opened_twice_leads_to_the_sign_in(client: PageClient, url: str, htmx: bool) -> None:
    client.get(client.post(url, FIELDS).location)
    page = client.get(url, status=410)
    assert "Ссылка уже использована" in page and "/sign-in" in page.tree.links
    if htmx:
        assert client.post(url, FIELDS, htmx=True).location == url
    else:
        assert client.post(url, FIELDS, status=410).words == page.words
    client.post(f"{url}/again", status=410)
    assert Resident.select().count() == 1


def test_an_expired_link_is_exchanged_for_a_letter(client: PageClient, account: Account) -> None:
    url = link_to(account, ago=invitations.LIVES)
    page = client.get(url, status=410)
    assert "Срок ссылки истёк" in page and "Прислать новую ссылку" in page and "7890" not in page
    client.post(url, FIELDS, status=410)
    for _ in range(3):
        assert client.post(f"{url}/again").location == "/invitation/sent"
    assert "14 дней" in client.get("/invitation/sent")
    location = client.post(f"{url}/again").location
    assert "Слишком много попыток" in client.get(location, status=410)
    assert Outbox.select().where(Outbox.destination == "anna@example.org").count() == 3
    assert json.loads(Outbox.select().first().ids)


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%D1%8F", "..", "'%20OR%201=1"])
def test_an_invented_link_is_none(client: PageClient, token: str) -> None:
    url = f"/invitation/{token}"
    assert "Ссылка не подходит" in client.get(url, status=410)
    client.post(url, FIELDS, status=410)
    client.post(f"{url}/again", status=410)


def test_an_invitation_tells_nobody_else_who_has_a_login(client: PageClient, account: Account) -> None:
    """Whoever has no link learns nothing: a token is all that is looked at."""
    factories.resident(email="anna@example.org")
    known, unknown = client.get("/invitation/aaaa", status=410), client.get("/invitation/bbbb", status=410)
    assert known.words == unknown.words


def test_the_form_demands_its_token(client: PageClient, url: str) -> None:
    assert client.http.post(url, data=FIELDS).status_code == 400
    assert Code.get().used_at is None
