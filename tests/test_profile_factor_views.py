"""The second factor's pages: on and off, the secret as text and picture, the spare codes shown once."""

from __future__ import annotations

import io
import re

import pyotp
import pytest
import zxingcpp
from flask import Flask
from PIL import Image

import clock
from models import Device, Resident
from services import codes, second_factor
from services.second_factor import BY_CODE, NONE, TOTP
from tests.client import Page, PageClient
from tests.portal import switched
from tests.profiles import PASSWORD, again, somebody


@pytest.fixture
def anna(database: Flask) -> Resident:
    return somebody(email="anna@example.org")


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def secret_of(page: Page) -> str:
    found = re.search(r"Ключ ((?:[A-Z2-7]{4} ?){8})", page.words)
    assert found
    return found[1].replace(" ", "")


def connect(client: PageClient) -> Page:
    """The page with the spare codes."""
    secret = secret_of(client.get("/profile/factor/totp"))
    return client.post("/profile/factor/totp", {"totp": pyotp.TOTP(secret).at(clock.now())}, status=200)


def spares_of(page: Page) -> list[str]:
    return re.findall(r"\b[2-9a-z]{5}-[2-9a-z]{5}\b", page.words)


@pytest.mark.parametrize("htmx", [False, True])
def test_codes_are_turned_on_and_this_browser_is_known(signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    assert signed_in.post("/profile/factor", {"turn": "on"}, htmx=htmx).location == "/profile"
    cookie = signed_in.http.get_cookie("abonent_device")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    who = again(anna)
    assert who.factor == BY_CODE and not second_factor.is_wanted(who, cookie.value, True)
    page = signed_in.get("/profile")
    assert "Включено" in page and "Код приходит на e-mail" in page


def test_without_a_confirmed_address_codes_are_refused(client: PageClient, database: Flask) -> None:
    who = somebody(email_confirmed_at=None)
    client.sign_in(who)
    for htmx in (False, True):
        page = client.post("/profile/factor", {"turn": "on"}, status=422, htmx=htmx)
        assert "Сначала подтвердите телефон или e-mail" in page
    assert again(who).factor == NONE


@pytest.mark.parametrize("htmx", [False, True])
def test_turning_off_asks_for_the_password(signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    signed_in.post("/profile/factor", {"turn": "on"})
    assert "введите пароль" in signed_in.get("/profile/factor")
    for wrong, said in (("", "Заполните поле"), ("Wrong-0ne", "Пароль не подошёл")):
        form = {"turn": "off", "password": wrong}
        assert said in signed_in.post("/profile/factor", form, status=422, htmx=htmx)
    assert again(anna).factor == BY_CODE
    signed_in.post("/profile/factor", {"turn": "off", "password": PASSWORD}, htmx=htmx)
    assert again(anna).factor == NONE and not Device.select().exists()


def test_an_old_page_that_says_on_turns_nothing_off(signed_in: PageClient, anna: Resident) -> None:
    for _ in range(2):
        signed_in.post("/profile/factor", {"turn": "on"})
    assert again(anna).factor == BY_CODE


def test_the_authenticator_is_connected_by_its_first_code(signed_in: PageClient, anna: Resident) -> None:
    page = connect(signed_in)
    assert len(spares_of(page)) == 10 and "Напечатайте" in page
    assert again(anna).factor == TOTP and signed_in.http.get_cookie("abonent_device")
    assert page.response.headers["Cache-Control"] == "no-store"
    again_page = signed_in.get("/profile/factor/totp")
    assert not spares_of(again_page) and "Приложение подключено" in again_page
    assert "Ключ" not in again_page.words.split()


def test_the_picture_says_what_the_page_says(signed_in: PageClient) -> None:
    secret = secret_of(signed_in.get("/profile/factor/totp"))
    answer = signed_in.get("/profile/factor/qr.png")
    assert answer.response.headers["Cache-Control"] == "no-store"
    read = zxingcpp.read_barcode(Image.open(io.BytesIO(answer.data)).convert("L"))
    assert read is not None and f"secret={secret}" in read.text and "anna%40example.org" in read.text


def test_a_connected_secret_is_shown_no_more(signed_in: PageClient) -> None:
    connect(signed_in)
    signed_in.get("/profile/factor/qr.png", status=404)


@pytest.mark.parametrize(
    ("typed", "said"), [("", "Заполните поле"), ("000000", "Код не подошёл"), ("я", "Код не подошёл")]
)
def test_a_wrong_first_code_keeps_the_secret(signed_in: PageClient, anna: Resident, typed: str, said: str) -> None:
    secret = secret_of(signed_in.get("/profile/factor/totp"))
    for htmx in (False, True):
        page = signed_in.post("/profile/factor/totp", {"totp": typed}, status=422, htmx=htmx)
        assert said in page and secret_of(page) == secret and page.value("totp") == ""
    assert again(anna).factor == NONE


def test_a_second_press_leads_to_what_is_connected(signed_in: PageClient) -> None:
    connect(signed_in)
    assert signed_in.post("/profile/factor/totp", {"totp": "000000"}).location == "/profile/factor/totp"


def test_two_residents_have_secrets_of_their_own(app: Flask, signed_in: PageClient) -> None:
    other = PageClient(app).sign_in(somebody())
    secrets = {secret_of(one.get("/profile/factor/totp")) for one in (signed_in, other)}
    assert len(secrets) == 2


def test_new_spare_codes_ask_for_the_password(signed_in: PageClient) -> None:
    old = spares_of(connect(signed_in))
    assert "Пароль не подошёл" in signed_in.post("/profile/factor/spares", {"password": "Wrong-0ne"}, status=422)
    fresh = spares_of(signed_in.post("/profile/factor/spares", {"password": PASSWORD}, status=200))
    assert len(fresh) == 10 and not set(fresh) & set(old)


def test_spare_codes_belong_to_an_authenticator(signed_in: PageClient) -> None:
    signed_in.post("/profile/factor/spares", {"password": PASSWORD}, status=404)


def test_where_the_preset_offers_no_factor_there_is_none(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    with switched(app, {"second_factor": False}):
        assert "Двухфакторная" not in signed_in.get("/profile")
        for url in ("/profile/factor", "/profile/factor/totp", "/profile/factor/qr.png"):
            signed_in.get(url, status=404)
        signed_in.post("/profile/factor", {"turn": "on"}, status=404)
        Resident.update(factor=BY_CODE).where(Resident.id == anna.id).execute()
        assert "Двухфакторная" in signed_in.get("/profile"), "who has one from before may turn it off"


def test_the_cookie_of_a_browser_is_kept_as_a_hash(signed_in: PageClient) -> None:
    signed_in.post("/profile/factor", {"turn": "on"})
    cookie = signed_in.http.get_cookie("abonent_device")
    assert cookie is not None
    assert Device.get().token_hash == codes.token_hash(cookie.value) != cookie.value


def test_an_open_session_alone_makes_no_browser_a_known_one(signed_in: PageClient, anna: Resident) -> None:
    Resident.update(factor=TOTP).where(Resident.id == anna.id).execute()
    signed_in.post("/profile/factor", {"turn": "on"})
    assert Device.select().count() == 0 and not signed_in.http.get_cookie("abonent_device")
