"""The console's letters: queues by channel, what never went out, «Отправить ещё раз», who may look."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Outbox
from services import letters, outbox
from tests import factories
from tests.client import PageClient
from tests.post import put
from tests.queries import counted
from views.admin.letter_words import ABOUT
from views.admin.letters import SHOWN


@pytest.fixture
def olga(client: PageClient, database: Flask) -> PageClient:
    return client.sign_in(factories.operator())


def dead(key: str, **facts: object) -> Outbox:
    row = put(key, destination=f"{key}@example.org")
    Outbox.update(state="dead", error="адрес не принят (550)", **facts).where(Outbox.id == row.id).execute()
    return row


def test_an_empty_queue_is_good_news(olga: PageClient) -> None:
    page = olga.get("/admin/letters")
    assert "Очередь пуста" in page and "Все сообщения ушли" in page


def test_the_operator_sees_what_waits_and_what_never_went_out(olga: PageClient) -> None:
    put("waiting")
    put("sms", "known-phone", channel="sms", destination="+79123456789")
    dead("gone")
    page = olga.get("/admin/letters")
    assert "E-mail 1 20 ноября 2026, 12:00" in page or "E-mail 1 20 ноября, 12:00" in page
    assert "СМС 1" in page and "gone@example.org" in page and "адрес не принят (550)" in page
    assert "waiting@example.org" not in page


def test_every_letter_is_told_of_in_russian_words(olga: PageClient) -> None:
    assert set(ABOUT) == set(letters.KINDS)
    dead("gone", kind="account-linked")
    page = olga.get("/admin/letters")
    assert "подключён лицевой счёт" in page and "account-linked" not in page


def test_one_press_puts_it_back_into_the_queue(olga: PageClient) -> None:
    row = dead("gone", attempts=7)
    assert olga.post(f"/admin/letters/{row.id}").location == "/admin/letters"
    stored = Outbox.get_by_id(row.id)
    assert (stored.state, stored.attempts, stored.error) == ("waiting", 0, "")
    assert outbox.lease(stored.not_before) == stored
    olga.post(f"/admin/letters/{row.id}")
    assert Outbox.get_by_id(row.id).state == "waiting" and "уже не ждёт решения" in olga.get("/admin/letters")


def test_a_clerk_of_one_supplier_sees_no_letters_of_others(client: PageClient, database: Flask) -> None:
    row = dead("gone")
    client.sign_in(factories.operator(factories.supplier()))
    client.get("/admin/letters", status=404)
    client.post(f"/admin/letters/{row.id}", status=404)
    assert Outbox.get_by_id(row.id).state == "dead"


def test_a_resident_finds_no_such_page(client: PageClient, database: Flask) -> None:
    client.sign_in(factories.resident()).get("/admin/letters", status=404)


def test_a_letter_that_is_none_is_not_there(olga: PageClient) -> None:
    olga.post("/admin/letters/999999", status=404)


def test_pages_follow_one_another_and_ask_as_often(olga: PageClient) -> None:
    dead("k0")
    with counted() as few:
        olga.get("/admin/letters")
    for number in range(1, SHOWN + 5):
        dead(f"k{number}")
    with counted() as many:
        first = olga.get("/admin/letters")
    assert len(many) == len(few) <= 8
    onward = next(link for link in first.tree.links if "after=" in link)
    second = olga.get(onward)
    for number in range(SHOWN + 5):
        assert (f" k{number}@example.org" in first.words) != (f" k{number}@example.org" in second.words)
    olga.get("/admin/letters?after=nonsense")
