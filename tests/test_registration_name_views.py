"""Registration by a user name (manual B): the form, names that are taken or look alike."""

from __future__ import annotations

import pytest
from flask import Flask

import clock
from models import Attempt, Outbox, Resident
from services import passwords, texts
from tests import factories, portal
from tests.client import Page, PageClient
from tests.solving import solved

FIELDS = {
    "username": "Муравьёв_С-1",
    "email": "sergey@example.org",
    "password": "Zima!2014",
    "password_again": "Zima!2014",
    "phone": "8 912 345 67 89",
    "terms": "y",
    "consent": "y",
}


@pytest.fixture(autouse=True)
def of_b(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.switch(app, monkeypatch, registration=["username"], sign_in=["username"])
    texts.seed(clock.now())


def register(client: PageClient, status: int = 303, **fields: str) -> Page:
    page = client.get("/registration/name")
    once = {"once": page.value("once")}
    return client.post("/registration/name", {**FIELDS, **solved(page), **once, **fields}, status=status)


def test_a_name_is_registered_and_signs_in_after_the_letter(client: PageClient) -> None:
    assert register(client).location == "/registration/sent"
    who = Resident.get()
    assert (who.username, who.state, who.email) == ("Муравьёв_С-1", "waiting", "sergey@example.org")
    Resident.activate(who.id, clock.now())
    assert client.post("/sign-in", {"login": "муравьев_с-1", "password": FIELDS["password"]}).location == "/"


@pytest.mark.parametrize("name", ["1муравьёв", "_ab", "-ab", "а б", "а@б", "я" * 31, "имя!", "ім'я", "naïve"])
def test_a_name_against_the_manual_is_refused(client: PageClient, name: str) -> None:
    page = register(client, status=422, username=name)
    assert "начинается с буквы" in page and page.value("username") == name
    assert Resident.select().count() == 0


@pytest.mark.parametrize("name", ["муравьев_с-1", "МУРАВЬЁВ_С-1", "Mуpaвьёв_C-1"])  # noqa: RUF001 - Latin letters
def test_a_taken_name_is_said_whatever_letters_it_is_typed_with(client: PageClient, name: str) -> None:
    factories.resident(username="Муравьёв_С-1", username_key="mypabьeb_c-1", email="other@example.org")
    page = register(client, status=422, username=name)
    assert "Это имя уже занято" in page and Resident.select().count() == 1


def test_a_taken_name_is_said_only_after_the_picture(client: PageClient) -> None:
    factories.resident(username="Муравьёв_С-1", username_key="mypabьeb_c-1", email="other@example.org")
    page = register(client, status=422, captcha="00000")
    assert "Не совпало с картинкой" in page and "занято" not in page


def test_probing_for_names_is_limited(client: PageClient) -> None:
    for _ in range(100):
        Attempt.create(kind="registration", subject=_network(client), at=clock.now())
    factories.resident(username="Муравьёв_С-1", username_key="mypabьeb_c-1", email="other@example.org")
    assert "Слишком много попыток" in register(client, status=422)


def _network(client: PageClient) -> str:
    from services.limits import Visitor

    return Visitor(key=client.app.extensions["settings"].secret_key, address="127.0.0.1").network


def test_a_known_address_is_answered_as_a_new_one(client: PageClient) -> None:
    factories.resident(email="sergey@example.org")
    assert register(client).location == "/registration/sent"
    assert Resident.select().count() == 1 and Outbox.get().kind == "known-email"


def test_the_one_who_waits_may_try_again_with_his_name(client: PageClient) -> None:
    register(client)
    register(client, username="Муравьёв", password="Leto!2015", password_again="Leto!2015")
    who = Resident.get()
    assert who.username == "Муравьёв" and who.password_hash == "", "two passwords: the letter asks for a third"


def test_passwords_that_differ_are_named_at_the_second(client: PageClient) -> None:
    page = register(client, status=422, password_again="Zima!2015")
    assert "Пароли не совпали" in page
    assert page.value("password") == FIELDS["password"] and page.value("password_again") == "Zima!2015"


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("зима14", True),
        ("Zima!@#$%^_*&;14", True),
        ("зима1", False),
        ("z" * 17, False),
        ("зима 14", False),
        ("зима14<", False),
    ],
)
def test_the_password_of_the_manual(password: str, is_good: bool) -> None:
    from presets import load_preset

    rules = {
        "shortest": 6, "longest": 16, "latin_only": False, "upper": False, "lower": False, "digit": False,
        "symbols": "! @ # $ % ^ _ * & ;",
    }  # fmt: skip
    policy = load_preset("default", {"password": rules}, {}).password
    assert all(rule.is_kept for rule in passwords.rules(policy, password)) == is_good
