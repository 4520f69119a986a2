"""A dead address: told to the resident, not written to any more, paper brought back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

import worker
from config import Settings
from models import Link, NoticeReceipt, Outbox, Resident
from services import telling
from tests import factories, smtp
from tests.factories import NOW
from tests.profiles import again

LATER = timedelta(hours=1)


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email="anna@example.org", monthly_bill=True)


def written(*residents: Resident) -> None:
    notice = factories.notice("Отключение воды")
    telling.tell_many("notice", "n", residents, NOW, ways=("email",), notice=notice.id)


def send(settings: Settings, command: str, answer: str) -> None:
    with smtp.server() as server:
        server.answers[command] = answer
        real = replace(settings, demo=False, mail_url=server.url, mail_from="Кабинет <no-reply@kabinet.example>")
        mailer = worker.mailer_of(real)
        assert mailer
        worker.send_letters(mailer, worker.desk_of(real), False, lambda: NOW)


def subjects(who: Resident) -> set[str]:
    return {row.notice.subject for row in NoticeReceipt.held_by(who)}


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 no such user", "551 user not local"])
def test_a_mailbox_that_is_not_there_loses_its_confirmation_and_paper_comes_back(
    settings: Settings, anna: Resident, answer: str
) -> None:
    link = factories.link(anna, bills_by_email=True)
    written(anna)
    send(settings, "RCPT", answer)
    stored = again(anna)
    assert stored.email_confirmed_at is None and stored.email == "anna@example.org"
    assert subjects(anna) == {"Письма на ваш e-mail не доходят", "Счета снова приходят на бумаге"}
    assert not Link.get_by_id(link.id).bills_by_email
    written(again(anna))
    assert Outbox.select().count() == 1, "nothing more goes there"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("RCPT", "550 5.7.1 blocked by policy"),
        ("RCPT", "552 5.2.2 mailbox full"),
        ("RCPT", "450 try later"),
        ("RCPT", "554 5.4.4 no route"),
        ("TAKEN", "554 looks like spam"),
        ("MAIL", "550 sender not allowed"),
    ],
)
def test_what_is_not_the_mailboxs_death_leaves_it_confirmed(
    settings: Settings, anna: Resident, command: str, answer: str
) -> None:
    written(anna)
    send(settings, command, answer)
    assert again(anna).email_confirmed_at is not None and not subjects(anna)


def test_an_address_that_was_changed_meanwhile_is_not_blamed(settings: Settings, anna: Resident) -> None:
    written(anna)
    Resident.update(email="new@example.org", email_key="new@example.org").where(Resident.id == anna.id).execute()
    send(settings, "RCPT", "550 5.1.1 no such user")
    assert again(anna).email_confirmed_at is not None and not subjects(anna)


def test_the_dead_letter_itself_says_why(settings: Settings, anna: Resident) -> None:
    written(anna)
    send(settings, "RCPT", "550 5.1.1 no such user")
    row = Outbox.get()
    assert (row.state, row.error) == ("dead", "адрес не принят (550)")
