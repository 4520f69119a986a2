"""«Изменить пароль»: the old one is asked for and counted, other browsers are signed out."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Attempt, Captcha, Resident, Session
from services import passwords
from tests.client import Page, PageClient
from tests.portal import switched
from tests.profiles import NEW, PASSWORD, again, kinds, somebody

URL = "/profile/password"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return somebody(email="anna@example.org")


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def change(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    form = {"old_password": PASSWORD, "password": NEW, "password_again": NEW, **fields}
    return client.post(URL, form, status=status, htmx=htmx)


def is_password(who: Resident, password: str) -> bool:
    return passwords.matches(str(again(who).password_hash), password)


@pytest.mark.parametrize("htmx", [False, True])
def test_the_password_is_changed(app: Flask, signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    other = PageClient(app).sign_in(anna)
    page = signed_in.get(URL)
    for words in ("Старый пароль", "Новый пароль", "Новый пароль ещё раз", "Требования к паролю", "Сохранить"):
        assert words in page
    assert change(signed_in, htmx=htmx).location == "/profile"
    assert is_password(anna, NEW) and kinds() == ["password-changed"]
    assert "Пароль изменён" in signed_in.get("/profile"), "one's own browser stays"
    assert other.get("/profile", status=303).location.startswith("/sign-in")


@pytest.mark.parametrize("htmx", [False, True])
def test_all_mistakes_are_named_and_the_new_password_is_kept(
    signed_in: PageClient, anna: Resident, htmx: bool
) -> None:
    page = change(signed_in, 422, htmx, old_password="", password="short", password_again="other")
    assert all(words in page for words in ("Заполните поле", "Не выполнено", "Пароли не совпали"))
    assert (page.value("old_password"), page.value("password")) == ("", "short")
    assert is_password(anna, PASSWORD) and not Attempt.select().exists()


@pytest.mark.parametrize("new", [PASSWORD, "Anna@example.org1", "Password1"])
def test_a_password_that_others_would_guess_is_refused(signed_in: PageClient, anna: Resident, new: str) -> None:
    change(signed_in, 422, password=new, password_again=new)
    assert is_password(anna, PASSWORD)


def test_an_open_session_is_no_second_door_to_guess_by(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    for _ in range(10):
        assert "Пароль не подошёл" in change(signed_in, 422, old_password="Wrong-0ne")
    assert "Слишком много попыток" in change(signed_in, 422), "the right one, too, must wait"
    form = {"login": "anna@example.org", "password": PASSWORD}
    page = PageClient(app).post("/sign-in", form, status=422)
    assert "Слишком много попыток входа" in page or "Код с картинки" in page or "проверочный код" in page


def test_a_new_password_forgives_the_guesses(signed_in: PageClient, anna: Resident) -> None:
    change(signed_in, 422, old_password="Wrong-0ne")
    change(signed_in)
    left = Attempt.select().where(Attempt.succeeded == False)  # noqa: E712
    assert left.count() == 1, "the address's alone, which others share"


def test_a_second_press_of_the_old_form_is_refused(signed_in: PageClient, anna: Resident) -> None:
    change(signed_in)
    assert "Пароль не подошёл" in change(signed_in, 422)
    assert kinds() == ["password-changed"]


def test_a_picture_is_asked_for_where_the_preset_says(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    with switched(app, {"captcha": {"password-change": "always"}}):
        assert "Не совпало с картинкой" in change(signed_in, 422)
        kept = change(signed_in, 200, refresh="captcha")
        assert kept.value("password") == NEW
        picture = Captcha.get_by_id(int(kept.value("captcha_id")))
        change(signed_in, captcha_id=str(picture.id), captcha=picture.answer)
    assert is_password(anna, NEW)


def test_a_picture_is_asked_for_after_failures_where_the_preset_says(app: Flask, signed_in: PageClient) -> None:
    with switched(app, {"captcha": {"password-change": "after-failures"}}):
        assert "Код с картинки" not in signed_in.get(URL)
        for _ in range(3):
            change(signed_in, 422, old_password="Wrong-0ne")
        assert "Код с картинки" in signed_in.get(URL)


def test_a_password_does_not_travel_through_the_sign_in(client: PageClient, anna: Resident) -> None:
    page = change(client, 401)
    assert PASSWORD not in page.text and NEW not in page.text


def test_a_stranger_keeps_his_sessions(app: Flask, signed_in: PageClient) -> None:
    stranger = somebody()
    PageClient(app).sign_in(stranger)
    change(signed_in)
    assert Session.get(Session.resident == stranger).ended_at is None
