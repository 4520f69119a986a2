"""The letters of a demo portal as a page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

import clock
import worker
from config import Settings
from models import Outbox, Resident
from services import outbox, texts
from tests import factories
from tests.client import PageClient
from tests.solving import solved
from views.outbox import pieces


def put(n: int = 1, **facts: object) -> Outbox:
    outbox.put("known-email", f"k{n}", clock.now(), destination=f"anna{n}@example.org")
    if facts:
        Outbox.update(**facts).where(Outbox.key == f"k{n}").execute()
    return Outbox.get(Outbox.key == f"k{n}")


def send(settings: Settings) -> None:
    worker.build(settings).jobs["letters"](clock.now())


def test_outside_demo_mode_it_does_not_exist(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=False))
    client.get("/outbox", status=404)


def test_an_empty_one_says_so(client: PageClient) -> None:
    assert "Писем пока нет" in client.get("/outbox")


def test_what_was_not_sent_yet_asks_for_patience_and_is_not_sent_by_looking(client: PageClient) -> None:
    row = put()
    assert "Письмо готовится, обновите страницу" in client.get("/outbox")
    assert Outbox.get_by_id(row.id).state == "waiting"


def test_what_was_sent_is_shown_with_links_that_work(client: PageClient, settings: Settings) -> None:
    put()
    send(settings)
    page = client.get("/outbox")
    assert "У вас уже есть кабинет: Светлоречье" in page and "anna1@example.org" in page
    assert {"/sign-in", "/recovery"} <= set(page.tree.links)


def test_the_newest_is_on_top(client: PageClient) -> None:
    put(1)
    put(2)
    page = client.get("/outbox")
    assert page.words.index("anna2@example.org") < page.words.index("anna1@example.org")


def test_what_will_never_go_out_says_why(client: PageClient) -> None:
    put(state="dead", error="адрес не принят (550)")
    assert "Не отправлено: адрес не принят (550)" in client.get("/outbox")


def test_markup_in_a_letter_stays_text(client: PageClient) -> None:
    put(state="sent", subject="<script>1</script>", body="<img src=x>\nhttp://127.0.0.1:8000/x?<b>\nконец")
    page = client.get("/outbox")
    assert (
        "<img src=x>" not in page.text and "<script>1" not in page.text and "<b>" not in page.text.split("<main")[1]
    )


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("см. http://127.0.0.1:8000/sign-in.", ["/sign-in"]),
        ("http://127.0.0.1:8000 и http://127.0.0.1:8000/", ["/", "/"]),
        ("(http://127.0.0.1:8000/recovery)", ["/recovery"]),
        ("http://127.0.0.1:80001/ https://evil.example/ http://127.0.0.1:8000@evil.example/", []),
        ("", []),
    ],
)
def test_only_our_own_addresses_become_links(app: Flask, body: str, links: list[str]) -> None:
    with app.app_context():
        found = list(pieces(body))
    assert [link for _, link in found if link] == links
    assert "".join(text for text, _ in found) == body


def test_a_newcomer_finishes_a_registration_with_it(client: PageClient, settings: Settings) -> None:
    texts.seed(clock.now())
    page = client.get("/registration/email")
    fields = {
        "full_name": "Соколова Анна", "email": "new@example.org", "phone": "+7 912 345-67-89",
        "password": "Bereza-u-0kna", "terms": "y", "consent": "y", "once": page.value("once"),
    }  # fmt: skip
    client.post("/registration/email", {**fields, **solved(page)})
    send(settings)
    [link] = [link for link in client.get("/outbox").tree.links if link.startswith("/registration/activate/")]
    client.post(link)
    assert client.post("/sign-in", {"login": "new@example.org", "password": "Bereza-u-0kna"}).location == "/"
    assert Resident.get().state == "active"


def test_the_page_asks_one_thing_however_many_letters(client: PageClient) -> None:
    from tests.queries import counted

    for n in range(60):
        put(n)
    with counted() as seen:
        page = client.get("/outbox")
    assert len(seen) == 1 and page.words.count("Письмо готовится, обновите страницу") == 50


def test_it_is_open_to_those_who_are_in_too(client: PageClient) -> None:
    client.sign_in(factories.resident()).get("/outbox")
