"""«Отписаться»: the signed address of a letter, the page with one button, the mail program's own press."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

import worker
from config import Settings
from models import Resident
from services import telling, texts, unsubscribing
from services.unsubscribing import ADVERTISING, BILL, INFORMATION, READINGS, Pass
from tests import factories, smtp
from tests.client import PageClient
from tests.factories import NOW
from tests.profiles import again

KEY = "s" * 40
SWITCHES = {
    READINGS: "remind_readings",
    BILL: "monthly_bill",
    INFORMATION: "notify_email",
    ADVERTISING: "advertising",
}


@pytest.fixture
def anna(database: Flask) -> Resident:
    texts.seed(NOW)
    return factories.resident(advertising=True, monthly_bill=True)


def url(who: Resident, topic: int) -> str:
    return f"/unsubscribe/{unsubscribing.sign(Pass(who.id, topic), KEY)}"


@pytest.mark.parametrize("topic", SWITCHES)
def test_one_press_without_a_form_token_ends_one_kind_of_letters(app: Flask, anna: Resident, topic: int) -> None:
    answer = app.test_client().post(url(anna, topic), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    left = {name: getattr(again(anna), name) for name in SWITCHES.values()}
    assert left == {name: name != SWITCHES[topic] for name in SWITCHES.values()}


def test_looking_at_the_page_ends_nothing(client: PageClient, anna: Resident) -> None:
    page = client.get(url(anna, READINGS))
    assert "Напоминания о передаче показаний" in page and again(anna).remind_readings
    assert "Вы отписались" in client.post(url(anna, READINGS), status=200)
    assert "Вы отписались" in client.post(url(anna, READINGS), status=200)


def test_a_bill_that_comes_by_it_alone_is_not_ended(client: PageClient, anna: Resident) -> None:
    factories.link(anna, bills_by_email=True)
    assert "верните бумажные счета" in client.post(url(anna, BILL), status=422)
    assert again(anna).monthly_bill


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[::-1], lambda t: "x"]
)
def test_a_forged_address_is_a_page_that_is_not_there(client: PageClient, anna: Resident, change: object) -> None:
    path = f"/unsubscribe/{change(url(anna, BILL).rpartition('/')[2])}"  # type: ignore[operator]
    client.get(path, status=404)
    client.post(path, status=404)
    client.get(f"/unsubscribe/{unsubscribing.sign(Pass(anna.id, 9), KEY)}", status=404)
    client.get(f"/unsubscribe/{unsubscribing.sign(Pass(anna.id, BILL), 'other' * 8)}", status=404)
    assert again(anna).monthly_bill


def test_one_who_is_gone_gets_no_fault(client: PageClient, anna: Resident) -> None:
    client.post(f"/unsubscribe/{unsubscribing.sign(Pass(999_999, BILL), KEY)}", status=200)


def test_a_letter_carries_the_address_in_its_headers_and_in_its_words(
    app: Flask, settings: Settings, anna: Resident
) -> None:
    notice = factories.notice("Отключение воды", anna, body="С <b>10</b> часов.", link_url="/accounts")
    telling.tell_many("notice", "n", [anna], NOW, ways=("email",), notice=notice.id)
    with smtp.server() as server:
        real = replace(settings, demo=False, mail_url=server.url, mail_from="Кабинет <no-reply@kabinet.example>")
        mailer = worker.mailer_of(real)
        assert mailer and worker.send_letters(mailer, worker.desk_of(real), False, lambda: NOW) == 1
    [letter] = server.letters
    way_out = letter["List-Unsubscribe"].strip(" <>")
    assert way_out == f"http://127.0.0.1:8000{url(anna, INFORMATION)}"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain and rich and way_out in plain.get_content() and way_out in rich.get_content()
    assert "http://127.0.0.1:8000/accounts" in plain.get_content()
    assert "С &lt;b&gt;10&lt;/b&gt; часов." in rich.get_content() and "<b>10" not in rich.get_content()
    app.test_client().post(way_out.removeprefix("http://127.0.0.1:8000"))
    assert not again(anna).notify_email
