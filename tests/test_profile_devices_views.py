"""«Устройства и входы»: the open sessions, the log, wrong guesses, «Выйти везде»."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import Device, Resident, Session
from services import codes
from tests.client import PageClient
from tests.profiles import PASSWORD, somebody

URL = "/profile/devices"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return somebody(email="anna@example.org")


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def session(of: Resident, device: str = "Firefox, Windows", ended: bool = False, days: int = 0) -> Session:
    at = clock.now() - timedelta(days=days)
    return Session.create(
        resident=of, token_hash=codes.new_token(), created_at=at, seen_at=at, expires_at=at + timedelta(days=1),
        ended_at=at if ended else None, device=device, address="192.0.2.7",
    )  # fmt: skip


def device(of: Resident, token: str) -> None:
    now = clock.now()
    Device.create(resident=of, token_hash=codes.token_hash(token), created_at=now, seen_at=now)


def test_open_sessions_and_the_log_are_shown(signed_in: PageClient, anna: Resident) -> None:
    session(anna)
    session(anna, "Chrome, Android", ended=True)
    session(somebody(), "Opera, Linux")
    page = signed_in.get(URL)
    open_ones, _, log = page.words.partition("Входы за полгода")
    assert "это вы" in page and "Firefox, Windows" in open_ones and "192.0.2.7" in open_ones
    assert "Chrome, Android" in log and "Chrome, Android" not in open_ones and "Opera" not in page.words


def test_the_log_is_shown_a_page_at_a_time(signed_in: PageClient, anna: Resident) -> None:
    for number in range(25):
        session(anna, f"Браузер-{number}-й", ended=True, days=number)
    first = signed_in.get(URL)
    following = next(link for link in first.tree.links if "after=" in link)
    second = signed_in.get(following)
    shown = [[n for n in range(25) if f"Браузер-{n}-й" in page.words] for page in (first, second)]
    assert sorted(shown[0] + shown[1]) == list(range(25)) and len(shown[0]) == 20


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "²"])
def test_a_strange_place_in_the_log_is_its_beginning(signed_in: PageClient, after: str) -> None:
    signed_in.get(f"{URL}?after={after}")


@pytest.mark.parametrize("htmx", [False, True])
def test_one_session_is_ended(app: Flask, signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    other = session(anna)
    for _ in range(2):
        assert signed_in.post(f"{URL}/{other.id}", htmx=htmx).location == URL
    assert Session.get_by_id(other.id).ended_at is not None
    signed_in.get(URL)


def test_ending_ones_own_session_signs_out(signed_in: PageClient, anna: Resident) -> None:
    own = Session.get(Session.resident == anna)
    assert signed_in.post(f"{URL}/{own.id}").location == "/sign-in"
    assert "Вы вышли из кабинета" in signed_in.get("/sign-in")


def test_a_strangers_session_does_not_exist(signed_in: PageClient) -> None:
    theirs = session(somebody())
    signed_in.post(f"{URL}/{theirs.id}", status=404)
    assert Session.get_by_id(theirs.id).ended_at is None


def test_all_others_are_signed_out_and_must_show_the_factor_anew(signed_in: PageClient, anna: Resident) -> None:
    other, theirs = session(anna), session(somebody())
    device(anna, "here")
    device(anna, "there")
    signed_in.http.set_cookie("abonent_device", "here")
    signed_in.post(URL, {"which": "others"})
    assert "На других устройствах кабинет закрыт" in signed_in.get(URL)
    assert Session.get_by_id(other.id).ended_at and Session.get_by_id(theirs.id).ended_at is None
    assert [row.token_hash for row in Device.select()] == [codes.token_hash("here")]


def test_everywhere_means_here_too(signed_in: PageClient, anna: Resident) -> None:
    device(anna, "here")
    assert signed_in.post(URL, {"which": "all"}).location == "/sign-in"
    assert not Session.select().where(Session.ended_at.is_null()).exists() and not Device.select().exists()


def test_wrong_guesses_are_told(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    assert "неверный пароль" not in signed_in.get(URL)
    for password in ("Wrong-0ne", "Wrong-2wo", PASSWORD):
        form = {"login": "anna@example.org", "password": password}
        PageClient(app).post("/sign-in", form, status=303 if password == PASSWORD else 422)
    assert "За последние 30 дней 2 раза вводили неверный пароль" in signed_in.get(URL)
