"""The frame of the house: what every page brings, and what stands before closed ones."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import waitress
from peewee import IntegrityError, OperationalError

from commands.serve import SERVER
from models import Link, NoticeReceipt, Session
from tests import factories as make
from tests.client import PageClient
from views.assets import ASSETS


def test_an_unknown_address_says_so_in_russian(client: PageClient) -> None:
    assert "Такой страницы нет" in client.get("/nowhere", status=404)


def test_every_answer_carries_the_policy(client: PageClient) -> None:
    headers = client.get("/contacts").response.headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_contacts_of_all_suppliers_stand_before_one_who_has_no_account_yet(client: PageClient) -> None:
    own, other = make.supplier(phone="8 800 100"), make.supplier(phone="8 800 200")
    client.sign_in(newcomer := make.resident())
    page = client.get("/contacts")
    assert "8 800 100" in page and "8 800 200" in page
    make.link(newcomer, make.account(own))
    page = client.get("/contacts")
    assert str(own.phone) in page and str(other.phone) not in page


def test_the_page_of_a_fault_does_not_need_the_database(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.sign_in(make.resident())

    def down(*_: object) -> None:
        raise OperationalError("server closed the connection, password=secret")

    monkeypatch.setattr(Session, "alive", down)
    monkeypatch.setattr(NoticeReceipt, "unread", down)
    page = client.get("/", status=503)
    assert "Кабинет занят" in page
    assert "default-src 'self'" in page.response.headers["Content-Security-Policy"]


def test_a_fault_is_told_without_values_of_the_person(
    client: PageClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client.sign_in(make.resident())
    detail = "DETAIL: Key (email_key)=(anna@example.org) already exists"

    def broken(*_: object) -> None:
        raise IntegrityError(detail)

    monkeypatch.setattr(Link, "held_by", broken)
    page = client.get("/", status=500)
    assert "Страница не открылась" in page
    assert "IntegrityError" in caplog.text
    assert "anna@" not in caplog.text
    assert "anna@" not in page.text


@pytest.mark.parametrize("address", ["http://[", "//[", "//evil.example", "/\\evil.example", "https://evil.example/"])
def test_an_address_from_outside_leads_nowhere(client: PageClient, address: str) -> None:
    page = client.get("/view", environ_overrides={"HTTP_REFERER": address})
    assert page.value("back") == "/"
    signed_in = client.sign_in(make.resident())
    assert signed_in.get(f"/sign-in?{urlencode({'next': address})}", status=303).location == "/"


def test_behind_a_proxy_its_word_about_the_client_counts() -> None:
    """Through the real server: waitress drops the header unless it is told not to."""
    seen: list[str] = []

    def application(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        seen.append(environ.get("HTTP_X_FORWARDED_FOR", ""))
        start_response("200 OK", [])
        return [b""]

    server = waitress.create_server(application, host="127.0.0.1", port=0, **SERVER)

    def serve() -> None:
        with suppress(OSError):  # closing the socket is how this server is stopped
            server.run()

    threading.Thread(target=serve, daemon=True).start()
    request = Request(f"http://127.0.0.1:{server.effective_port}/", headers={"X-Forwarded-For": "203.0.113.7"})
    urlopen(request, timeout=10).close()
    server.close()
    assert seen == ["203.0.113.7"]


def test_each_page_brings_only_the_sheets_it_needs(client: PageClient) -> None:
    """P2: what every phone fetches stays within 5.5 KB; the console and the enlarged view have more of their own."""
    assert len(ASSETS["app.css"].packed) <= 5.5 * 1024
    sheets = re.compile(r"/static/([a-z-]+\.css)")
    assert sheets.findall(client.get("/sign-in").text) == ["app.css"]
    client.sign_in(make.operator())
    assert sheets.findall(client.get("/admin/").text) == ["app.css", "console.css"]
    client.http.set_cookie("view", "inverse")
    assert sheets.findall(client.get("/admin/").text) == ["app.css", "console.css", "low-vision.css"]
