"""What was typed into a form that came too late comes back after signing in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from models import Resident, Session
from services import passwords
from tests import factories
from tests.client import Page, PageClient
from views import resume

PASSWORD = "Bereza-u-0kna"
OWN = {"Origin": "http://localhost"}
TYPED = {"name": "Дача", "text": "Течёт труба\nвторой день", "password": "secret-1", "passport_number": "123456"}


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD))


def late(client: PageClient, fields: Mapping[str, str], htmx: bool = False, **headers: str) -> Page:
    """Posts to a closed page after the session has ended."""
    token = client.csrf_token()
    found = client.http.post(
        "/consents",
        data={"csrf_token": token, **fields},
        headers={**OWN, **({"HX-Request": "true"} if htmx else {}), **headers},
    )
    return Page(found, "/consents")


def test_what_was_typed_comes_back_after_signing_in(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    Session.update(ended_at=factories.NOW).execute()
    page = late(client, TYPED)
    page.check(is_fragment=False)
    assert page.status == 401 and "Войдите ещё раз" in page
    again = client.post(
        "/sign-in", {"login": "anna@example.org", "password": PASSWORD, "kept": page.value("kept")}, status=200
    )
    assert 'action="/consents"' in again.text and "Отправить ещё раз" in again
    assert (again.value("name"), again.value("text")) == (TYPED["name"], TYPED["text"])


def test_the_form_that_comes_back_is_accepted_as_it_is(client: PageClient, anna: Resident) -> None:
    page = late(client, TYPED)
    again = client.post(
        "/sign-in", {"login": "anna@example.org", "password": PASSWORD, "kept": page.value("kept")}, status=200
    )
    sent = client.http.post("/consents", data={**TYPED, "csrf_token": again.value("csrf_token")})
    assert sent.status_code == 303


def test_a_wrong_password_on_the_way_loses_nothing(client: PageClient, anna: Resident) -> None:
    kept = late(client, TYPED).value("kept")
    page = client.post("/sign-in", {"login": "anna@example.org", "password": "wrong", "kept": kept}, status=422)
    assert page.value("kept") == kept


def test_secrets_do_not_travel(client: PageClient, anna: Resident) -> None:
    kept = late(client, TYPED).value("kept")
    with client.app.test_request_context():
        names = {name for name, _value in resume.fields(kept)["values"]}
    assert names == {"name", "text"}


def test_a_form_of_another_site_does_not_travel(client: PageClient, anna: Resident) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "", "Referer": "https://evil.example/localhost"}):
        assert late(client, TYPED, **headers).value("kept") == ""


def test_an_invented_form_is_none(client: PageClient, anna: Resident) -> None:
    for kept in ("x", "eyJ4IjoxfQ.x.y", "\0", "я" * 1000):
        fields = {"login": "anna@example.org", "password": PASSWORD, "kept": kept}
        assert client.post("/sign-in", fields).location == "/"


def test_for_htmx_the_page_takes_the_place_of_the_page(client: PageClient, anna: Resident) -> None:
    page = late(client, TYPED, htmx=True)
    assert page.status == 422 and page.response.headers["HX-Retarget"] == "body"
    assert "Войдите ещё раз" in page and page.value("kept")


def test_an_old_form_token_keeps_what_was_typed_too(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    found = client.http.post("/consents", data={**TYPED, "csrf_token": "old"}, headers=OWN)
    page = Page(found, "/consents")
    page.check(is_fragment=False)
    assert page.status == 400 and page.value("name") == "Дача" and "secret-1" not in page.text


def test_a_get_leads_to_the_sign_in_and_back(client: PageClient, anna: Resident) -> None:
    assert client.get("/consents?next=/view", status=303).location == "/sign-in?next=/consents?next%3D/view"
    page = client.get("/sign-in?next=/consents?next%3D/view")
    fields = {"login": "anna@example.org", "password": PASSWORD, "next": page.value("next")}
    assert client.post("/sign-in", fields).location == "/consents?next=/view"


def test_a_fragment_leads_to_the_sign_in_and_back_to_its_page(client: PageClient, anna: Resident) -> None:
    found = client.http.get("/consents", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/view"})
    assert found.headers["HX-Redirect"] == "/sign-in?next=/view"
    found = client.http.get("/consents", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"})
    assert found.headers["HX-Redirect"] == "/sign-in"
