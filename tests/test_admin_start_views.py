"""The wizard's page and «Проверка связи»: buttons, what they say, who may press; nothing secret is shown."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from gateways.testbank import TestBank
from models import Audit, StartStep, Supplier
from services import start
from tests import factories
from tests.client import PageClient
from tests.smtp import server as post_office

URL, CHECKS = "/admin/start", "/admin/checks"


@pytest.fixture(autouse=True)
def boss(client: PageClient) -> PageClient:
    who = factories.operator(role="administrator", email="boss@example.org", factor="code", phone="")
    return client.sign_in(who)


@contextmanager
def portal(app: Flask, **changed: Any) -> Iterator[None]:
    """The portal with other settings."""
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, **changed)
    try:
        yield
    finally:
        app.extensions["settings"] = before


def press(client: PageClient, what: str) -> Any:
    return client.get(client.post(f"{CHECKS}/{what}").location)


def test_the_wizard_goes_from_the_name_to_the_first_package(client: PageClient) -> None:
    page = client.get(URL)
    assert "Сейчас кабинет называется «Светлоречье»" in page and "Сначала добавьте поставщика" in page
    client.post(f"{URL}/name", {"turn": "done"})
    done = client.post("/admin/suppliers?start=start", {"code": "VODA", "name": "Водоканал"})
    assert done.location == URL
    page, voda = client.get(URL), Supplier.get()
    requisites = f"/admin/suppliers/{voda.id}/requisites?start=start"
    assert requisites in page.tree.links and "/admin/exchange" in page.tree.links
    form = client.get(requisites)
    fields = {
        "inn": "7707083893", "bank": "ПАО СБЕРБАНК", "bik": "044525225", "bank_account": "40702810138250123017",
        "seen": form.value("seen"),
    }  # fmt: skip
    assert client.post(requisites, fields).location == URL
    sample = client.get("/admin/start/sample.zip")
    assert sample.response.mimetype == "application/zip" and sample.data.startswith(b"PK")
    for step in ("window", "mail", "bank", "import"):
        client.post(f"{URL}/{step}", {"turn": "skipped"})
    assert "Все шаги позади" in client.get(URL) and start.is_over()


def test_what_is_passed_over_says_what_comes_of_it_and_can_be_taken_up(client: PageClient) -> None:
    assert "Если пропустить: если почта не работает" in client.get(URL)
    client.post(f"{URL}/mail", {"turn": "skipped"})
    assert "Вернуться к шагу" in client.get(URL)
    client.post(f"{URL}/mail", {"turn": "open"})
    assert "Вернуться к шагу" not in client.get(URL)


@pytest.mark.parametrize(("step", "turn"), [("nonsense", "done"), ("name", "perhaps"), ("name", "")])
def test_a_step_that_is_none_is_not_there(client: PageClient, step: str, turn: str) -> None:
    client.post(f"{URL}/{step}", {"turn": turn}, status=404)
    assert not StartStep.select().exists()


def test_a_test_letter_goes_to_the_operator_and_the_step_is_done(app: Flask, client: PageClient) -> None:
    with post_office() as office, portal(app, mail_url=office.url, mail_from="kabinet@example.org"):
        page = press(client, "mail")
        [letter] = office.letters
    assert "Письмо ушло на boss@example.org" in page and "secret" not in page.text
    assert letter["To"] == "boss@example.org" and "пробное письмо" in letter.get_content()
    assert start.BY_NAME["mail"] and StartStep.get().name == "mail"
    assert Audit.get().action == "channel-tried" and "boss" not in str(Audit.get().after)


@pytest.mark.parametrize(
    ("command", "answer", "says"),
    [
        ("AUTH", "535 no", "Неверные имя или пароль"),
        ("MAIL", "550 5.7.1 no", "не пустил"),
        ("DATA", "554 spam", "не принял письмо"),
    ],
)
def test_a_letter_that_does_not_go_out_says_what_to_do(
    app: Flask, client: PageClient, command: str, answer: str, says: str
) -> None:
    with post_office() as office, portal(app, mail_url=office.url, mail_from="kabinet@example.org"):
        office.answers[command] = answer
        page = press(client, "mail")
    assert "Письмо не ушло" in page and says in page and "secret" not in page.text
    assert not StartStep.select().exists()


def test_mail_that_is_not_there_is_said_with_what_to_set(app: Flask, client: PageClient) -> None:
    with portal(app, demo=False):
        assert "Почта не настроена" in press(client, "mail") and "ABONENT_MAIL_URL" in press(client, "mail")
        assert "СМС не настроены" in press(client, "sms")
    with portal(app, mail_url="smtp://user:secret@127.0.0.1:1", mail_from="x@example.org"):
        page = press(client, "mail")
    assert "Проверьте имя сервера и порт" in page and "secret" not in page.text


def test_a_message_needs_a_phone_and_the_demo_says_where_it_is_seen(client: PageClient) -> None:
    assert "нет телефона" in press(client, "sms")
    client.sign_in(factories.operator(role="administrator", phone="+79120000000"))
    assert "видны на странице /outbox" in press(client, "sms")


def test_a_bank_that_answers_and_one_that_does_not(app: Flask, client: PageClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    banks = app.extensions["gateways"]
    app.extensions["gateways"] = {"mybank": TestBank(f"http://127.0.0.1:{port}", "t" * 40)}
    try:
        page = press(client, "bank-mybank")
        assert "«mybank» не отвечает" in page and "выход в интернет" in page
        client.post(f"{CHECKS}/bank-other", status=404)
        client.post(f"{CHECKS}/mybank", status=404)
    finally:
        app.extensions["gateways"] = banks
    assert not StartStep.select().exists()


def test_a_key_held_down_is_stopped(client: PageClient) -> None:
    said = [press(client, "mail").words for _ in range(21)]
    assert "Слишком много попыток" in said[-1] and "Слишком" not in said[-2]


def test_the_wizard_and_the_checks_are_an_administrators_of_all(client: PageClient) -> None:
    for who in (factories.operator(), factories.operator(factories.supplier(), "administrator")):
        client.sign_in(who)
        for url in (URL, CHECKS, f"{URL}/sample.zip"):
            client.get(url, status=403)
        client.post(f"{URL}/name", {"turn": "done"}, status=403)
        client.post(f"{CHECKS}/mail", status=403)
    client.sign_in(factories.resident())
    client.get(URL, status=404)
    client.get(CHECKS, status=404)
