"""«Токены для программ»: made once with the password, shown once, listed, revoked; what ends them."""

from __future__ import annotations

import re

import pytest
from flask import Flask

import clock
from models import Outbox, Resident, Token
from services import codes, new_password, tokens
from services.limits import Visitor
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch
from tests.profiles import NEW, PASSWORD, again, kinds, somebody

URL = "/profile/tokens"
HERE = Visitor("k" * 40, "192.0.2.7")
SECRET = re.compile(r"\b[A-Za-z0-9]{22}\b")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return somebody(email="anna@example.org")


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def make(client: PageClient, status: int = 200, htmx: bool = False, **fields: str) -> Page:
    form = {"name": "Ватериус", "readings": "y", "password": PASSWORD, "once": "form", **fields}
    return client.post(URL, form, status=status, htmx=htmx)


def secret_on(page: Page) -> str:
    found = SECRET.search(page.words)
    assert found, page.words
    return found[0]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_token_is_made_and_shown_once(signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    page = make(signed_in, htmx=htmx, balance="y")
    secret, row = secret_on(page), Token.get()
    assert (row.resident, row.name, row.scopes) == (anna, "Ватериус", "balance,readings")
    assert row.token_hash == codes.token_hash(secret) and row.prefix == secret[:6]
    assert page.response.headers["Cache-Control"] == "no-store"
    listed = signed_in.get(URL)
    assert secret not in listed.text and f"{secret[:6]}…" in listed and "Ещё не использован" in listed
    assert "Разрешено: читать баланс, передавать показания" in listed


def test_the_secret_is_nowhere_in_the_database(signed_in: PageClient, anna: Resident) -> None:
    secret = secret_on(make(signed_in))
    row = Token.select().dicts().get()
    assert all(secret not in str(value) for value in row.values())


def test_a_double_click_makes_one_token_and_shows_it_both_times(signed_in: PageClient, anna: Resident) -> None:
    first, second = (secret_on(make(signed_in)) for _ in range(2))
    assert first == second and Token.select().count() == 1
    assert secret_on(make(signed_in, once="another form")) != first


def test_the_address_for_a_modem_fits_its_settings(signed_in: PageClient, app: Flask) -> None:
    page = make(signed_in)
    secret = secret_on(page)
    scheme, _, host = app.extensions["settings"].base_url.partition("://")
    assert f"{scheme}://{secret}@{host}/api/w" in page
    assert len(f"https://{secret}@lk.metallenergofinans.ru/api/w") <= 63
    assert "Ватериус»" not in make(signed_in, readings="", balance="y", name="Дом", once="2").words


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "Заполните поле"),
        ({"name": "я" * 61}, "Не больше 60 знаков"),
        ({"readings": ""}, "Отметьте, что разрешено программе"),
        ({"password": "Wrong-0ne"}, "Пароль не подошёл"),
        ({"password": ""}, "Заполните поле"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    signed_in: PageClient, fields: dict[str, str], sentence: str, htmx: bool
) -> None:
    page = make(signed_in, status=422, htmx=htmx, **fields)
    assert sentence in page and Token.select().count() == 0
    if "name" not in fields:
        assert page.value("name") == "Ватериус"


def test_a_session_left_open_makes_no_token_by_guessing(signed_in: PageClient, anna: Resident) -> None:
    for number in range(10):
        make(signed_in, status=422, password=f"Wrong-{number}")
    assert "Слишком много попыток" in make(signed_in, status=422) and Token.select().count() == 0


def test_ten_tokens_are_the_most(signed_in: PageClient, anna: Resident) -> None:
    for _ in range(tokens.MOST):
        factories.token(anna)
    factories.token(somebody())
    assert "Новый токен" not in signed_in.get(URL)
    assert "Токенов уже 10" in make(signed_in, status=422)
    assert Token.count_of(anna) == tokens.MOST


def test_a_letter_tells_of_a_new_token(signed_in: PageClient, anna: Resident) -> None:
    make(signed_in)
    make(signed_in)
    assert kinds("anna@example.org") == ["token-made"]
    assert "Ватериус" not in str(Outbox.get().ids)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_token_is_revoked(signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    row, secret = factories.token(anna)
    other, _ = factories.token(anna)
    assert signed_in.post(f"{URL}/{row.id}", htmx=htmx).location == URL
    assert "Токен «Модем» отозван" in signed_in.get(URL)
    assert [left.id for left in Token.select()] == [other.id]
    with pytest.raises(tokens.Unknown):
        tokens.known(secret, lambda: HERE, clock.now())


def test_a_strangers_token_does_not_exist(signed_in: PageClient, client: PageClient) -> None:
    theirs, _ = factories.token(somebody())
    signed_in.post(f"{URL}/{theirs.id}", status=404)
    assert Token.select().count() == 1 and "Модем" not in signed_in.get(URL)


def test_the_profile_leads_to_the_page(signed_in: PageClient) -> None:
    assert URL in signed_in.get("/profile").tree.links
    assert URL in signed_in.get("/profile/devices").tree.links


@pytest.mark.parametrize("preset", ["default", "metallenergo", "zhkh", "client-online", "consumer"])
def test_programs_come_into_every_portal(
    app: Flask, signed_in: PageClient, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    assert URL in signed_in.get("/profile").tree.links
    make(signed_in)
    assert Token.select().count() == 1


def test_a_portal_without_programs_has_no_such_page(
    app: Flask, signed_in: PageClient, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _ = factories.token(anna)
    switch(app, monkeypatch, api=False)
    assert URL not in signed_in.get("/profile").tree.links
    signed_in.get(URL, status=404)
    make(signed_in, status=404)
    assert signed_in.post(f"{URL}/{row.id}").location == "/profile"
    assert not Token.select().exists()


# What ends a token


def test_a_new_password_ends_every_token(signed_in: PageClient, anna: Resident) -> None:
    """Whoever knew the old one could have made them."""
    factories.token(anna)
    theirs, _ = factories.token(somebody())
    form = {"old_password": PASSWORD, "password": NEW, "password_again": NEW}
    signed_in.post("/profile/password", form)
    assert [row.id for row in Token.select()] == [theirs.id]


def test_a_recovered_password_ends_them_too(database: Flask, anna: Resident) -> None:
    factories.token(anna)
    new_password.put(anna, "hash", HERE, clock.now(), None)
    assert not Token.select().exists()


@pytest.mark.parametrize("which", ["others", "all"])
def test_signing_out_everywhere_leaves_them(signed_in: PageClient, anna: Resident, which: str) -> None:
    """Browsers are signed out; a modem goes on: a browser alone could not have made its token."""
    row, secret = factories.token(anna)
    signed_in.post("/profile/devices", {"which": which})
    assert tokens.known(secret, lambda: HERE, clock.now()) == row


def test_a_deleted_account_leaves_none(signed_in: PageClient, anna: Resident) -> None:
    factories.token(anna)
    signed_in.post("/profile/deletion", {"password": PASSWORD, "sure": "y"})
    assert not Token.select().exists()


@pytest.mark.parametrize("state", ["blocked", "waiting", "deleted"])
def test_who_may_not_come_in_has_no_programs_that_may(database: Flask, anna: Resident, state: str) -> None:
    row, secret = factories.token(anna)
    Resident.update(state=state).where(Resident.id == anna.id).execute()
    with pytest.raises(tokens.Unknown):
        tokens.known(secret, lambda: HERE, clock.now())
    Resident.update(state="active").where(Resident.id == anna.id).execute()
    assert tokens.known(secret, lambda: HERE, clock.now()) == row


def test_what_a_modem_was_told_stands_beside_its_token(signed_in: PageClient, anna: Resident) -> None:
    row, _ = factories.token(anna)
    tokens.note(row, clock.now(), "Счётчик с номером 77 не найден.")
    page = signed_in.get(URL)
    assert "Счётчик с номером 77 не найден" in page and "Последний раз использован" in page
    tokens.note(Token.get_by_id(row.id), clock.now(), "")
    assert "не найден" not in signed_in.get(URL)


def test_tokens_stand_in_ones_own_data(signed_in: PageClient, anna: Resident) -> None:
    factories.token(anna, name="Умный дом", scopes="balance")
    data = signed_in.http.get("/profile/data.json").get_json()
    told = data["Токены для программ"][0]
    assert (told["Название"], told["Разрешено"]) == ("Умный дом", ["читать баланс"])
    assert again(anna).state == "active"
