"""What letters say, and what a mail server makes of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

import worker
from config import Settings
from gateways.mail import CapturedMailer, compose
from models import Account, Outbox
from presets import load_preset
from services import outbox
from services.limits import Visitor
from tests import factories, smtp
from tests.every_letter import put_every_kind
from tests.factories import NOW
from tests.post import Post, again, put, send

MINUTE = timedelta(minutes=1)
HERE = Visitor(key="k" * 32)


def test_every_kind_of_letter_can_be_written(database: Flask, settings: Settings) -> None:
    from services.letters import KINDS

    put_every_kind()
    account = Account.get(Account.number == "0012-3/4")
    post, phone = Post(), Post()
    worker.send_letters(phone, worker.desk_of(settings), False, lambda: NOW, "sms")
    worker.send_letters(phone, worker.desk_of(settings), False, lambda: NOW, "telegram")
    while send(post, settings):
        pass
    assert {row.kind for row in Outbox.select().where(Outbox.state == "sent")} == set(KINDS)
    assert all(not mail.subject and 0 < len(mail.text) <= 134 for mail in phone.mails), "two parts at the most"
    letters = {mail.subject.partition(":")[0]: mail.text for mail in post.mails}
    assert "1 234,50 ₽" in letters["Оплата принята"].replace("\N{NO-BREAK SPACE}", " ")
    assert "0012-3/4" in letters["Вам добавлен лицевой счёт"]
    assert f"/accounts/{account.id}\n" in letters["К вашему лицевому счёту подключился ещё один пользователь"]
    assert re.search(r"/invitation/[\w-]{43}\n", letters["Приглашение в личный кабинет"])
    assert any("Причина: Документ не читается" in text for text in letters.values())
    assert not any("evil" in text for text in letters.values())
    assert re.search(r"Код: \d{6}\n", letters["Код для нового пароля"])
    assert all("None" not in text and "{" not in text and "Светлоречье" in text for text in letters.values())


@pytest.mark.parametrize(
    ("preset", "delay"),
    [
        ("metallenergo", "в течение трёх рабочих дней"),
        ("client-online", "в срок от 10 минут до нескольких дней"),
        ("consumer", "в срок от 1 минуты до 24 часов"),
    ],
)
def test_the_letter_of_a_payment_brings_the_receipt_and_the_manuals_delay(
    database: Flask, settings: Settings, preset: str, delay: str
) -> None:
    from models import Checkout, Order

    checkout = Checkout.create(resident=factories.resident(), once="o", created_at=NOW)
    order = Order.create(
        checkout=checkout, supplier=factories.supplier(), gateway="testbank", number="129", amount=123450,
        receipt_url="https://bank.example/r/1", created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    put("k", "payment-received", order=order.id)
    post = Post()
    send(post, replace(settings, preset=load_preset(preset, {}, {})))
    [mail] = post.mails
    assert "\nЧек: https://bank.example/r/1\n" in mail.text and f"Поставщик учтёт платёж {delay}" in mail.text


def test_a_name_that_was_typed_reaches_no_letter(database: Flask, settings: Settings) -> None:
    """Else a stranger could write to anyone in our name."""
    put(resident=factories.resident(state="waiting", surname="Выиграли-приз-http://evil"), kind="activation")
    post = Post()
    send(post, settings)
    assert "evil" not in post.mails[0].text + post.mails[0].subject


@pytest.mark.parametrize("name", ["Портал\nBcc: all@example.org", "Портал\r\n\r\nтекст"])
def test_a_subject_has_one_line(database: Flask, settings: Settings, name: str) -> None:
    put()
    post = Post()
    send(post, replace(settings, name=name))
    message = compose(post.mails[0], "Кабинет <a@example.org>", NOW)
    assert "\n" not in post.mails[0].subject and "\r" not in post.mails[0].subject and message["Bcc"] is None


def test_an_address_with_a_line_end_is_never_sent(database: Flask, settings: Settings) -> None:
    row = put(destination="anna@example.org\r\nBcc: all@example.org")
    assert worker.send_letters(CapturedMailer(), worker.desk_of(settings), True, lambda: NOW) == 0
    assert again(row).state == "dead"


def test_an_international_domain_is_sent_in_its_ascii_spelling(database: Flask, settings: Settings) -> None:
    put(destination="anna@почта.рф")
    post = Post()
    send(post, settings)
    assert post.mails[0].to == "anna@xn--80a1acny.xn--p1ai"


def by_smtp(settings: Settings, url: str, now: datetime = NOW) -> int:
    """Sends what waits as production does."""
    real = replace(settings, demo=False, mail_url=url, mail_from="Кабинет <no-reply@kabinet.example>")
    mailer = worker.mailer_of(real)
    assert mailer is not None
    return worker.send_letters(mailer, worker.desk_of(real), False, lambda: now)


def test_a_letter_arrives_as_it_was_written(database: Flask, settings: Settings) -> None:
    row = put()
    with smtp.server() as server:
        assert by_smtp(settings, server.url) == 1
    [letter] = server.letters
    assert letter["To"] == "anna@example.org" and letter["Subject"] == "У вас уже есть кабинет: Светлоречье"
    assert letter["From"] == "Кабинет <no-reply@kabinet.example>" and f"outbox-{row.id}@" in letter["Message-ID"]
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain and rich and "Кабинет с этим адресом у вас уже есть" in plain.get_content()
    assert '<a href="http://127.0.0.1:8000/sign-in"' in rich.get_content() and "<script" not in rich.get_content()
    assert letter["List-Unsubscribe"] is None  # it guards a login


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("AUTH", "535 wrong password", "waiting"),
        ("MAIL", "550 sender not allowed", "waiting"),
        ("RCPT", "450 try later", "waiting"),
        ("RCPT", "550 no such mailbox", "dead"),
        ("TAKEN", "554 looks like spam", "dead"),
        ("TAKEN", "451 try later", "waiting"),
    ],
)
def test_only_what_is_the_letters_own_fault_ends_it(
    database: Flask, settings: Settings, command: str, answer: str, state: str
) -> None:
    row = put()
    with smtp.server() as server:
        server.answers[command] = answer
        assert by_smtp(settings, server.url) == 0
        assert again(row).state == state and answer[:3] in again(row).error
        server.answers.clear()
        assert by_smtp(settings, server.url, NOW + MINUTE) == (state == "waiting")


def test_a_server_that_is_not_there_costs_no_letter(database: Flask, settings: Settings) -> None:
    row = put()
    with smtp.server() as server:
        pass
    assert by_smtp(settings, server.url) == 0
    assert again(row).state == "waiting" and "не ответил" in again(row).error


@pytest.mark.parametrize("kind", sorted(outbox.INFORMATION))
def test_who_wants_no_letters_gets_none_that_merely_inform(database: Flask, kind: str) -> None:
    silent, other = factories.resident(notify_email=False), factories.resident()
    assert not outbox.put(kind, "k1", NOW, resident=silent)
    assert not outbox.put(kind, "k2", NOW, resident=silent, destination="receipt@example.org")
    assert outbox.put(kind, "k3", NOW, resident=other)


@pytest.mark.parametrize("kind", ["password-changed", "contact-changed", "recovery", "deleted"])
def test_what_guards_the_login_reaches_everybody(database: Flask, kind: str) -> None:
    assert outbox.put(kind, "k1", NOW, resident=factories.resident(notify_email=False))
