"""A browser of the tests that checks every page it fetches, as the notifications-admin's client does."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from models import Operator, Resident, Session, db
from services.codes import token_hash
from views.sessions import COOKIE

# Changes of the console that are no lines of the log, and why.
NOT_NOTED = {
    "admin.upload": "an import is a row of its own: who, when, which file, what came of it",
    "admin.upload_registry": "a registry that waits is a row of its own and changes nothing until it is posted",
}


class PageClient:
    """`get` and `post` check the status and the page; `post` brings the form token by itself."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http = app.test_client()
        self.is_operator = False
        self.pressed: set[tuple[str, str]] = set()

    def sign_in(self, resident: Resident) -> PageClient:
        """Opens a session as the sign-in form would."""
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        Session.create(
            resident=resident,
            token_hash=token_hash(token),
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=1),
        )
        self.http.set_cookie(COOKIE, token)
        self.is_operator = Operator.is_one(resident)
        return self

    def get(self, url: str, status: int = 200, htmx: bool = False, **kwargs: Any) -> Page:
        return self._check(self.http.get(url, headers=_headers(htmx), **kwargs), status, url, htmx)

    def post(
        self, url: str, data: Mapping[str, Any] | None = None, status: int = 303, htmx: bool = False, **kwargs: Any
    ) -> Page:
        """Posts with a valid form token; an answer of 303 (204 for htmx) is what success looks like."""
        fields = {"csrf_token": self.csrf_token(), **(data or {})}
        expected = 204 if htmx and status == 303 else status
        noted = self._last_note() if url.startswith("/admin") else 0
        page = self._check(self.http.post(url, data=fields, headers=_headers(htmx), **kwargs), expected, url, htmx)
        if url.startswith("/admin") and status == 303:
            self._check_noted(url, data, noted)
        return page

    def _check_noted(self, url: str, data: Mapping[str, Any] | None, noted: int) -> None:
        """What an operator changes stands in the log; a refusal that is said on the next page changed nothing."""
        endpoint, _ = self.app.url_map.bind("localhost").match(url.partition("?")[0], "POST")
        press = (url, repr(data))
        with self.http.session_transaction() as own:
            said = [kind for kind, _ in own.get("_flashes", [])]
        is_refused, is_twice = "warn" in said, press in self.pressed
        self.pressed.add(press)
        if self.is_operator and not (is_refused or is_twice) and endpoint not in NOT_NOTED:
            assert self._last_note() > noted, f"{url} ({endpoint}) changed something and wrote no line in the log"

    def _last_note(self) -> int:
        """The id of the newest line; asked beside what the tests count."""
        with nullcontext() if not db.is_closed() else db.connection_context():
            cursor = db.obj.connection().cursor()
            return int(cursor.execute("SELECT COALESCE(MAX(id), 0) FROM audit").fetchone()[0])

    def csrf_token(self) -> str:
        with self.app.test_request_context():
            from flask import session
            from flask_wtf.csrf import generate_csrf

            token = generate_csrf()
            secret = session["csrf_token"]
        with self.http.session_transaction() as own:
            own["csrf_token"] = secret
        return str(token)

    def _check(self, response: TestResponse, status: int, url: str, htmx: bool) -> Page:
        page = Page(response, url)
        assert response.status_code == status, f"{url}: {response.status_code}, expected {status}\n{page.words[:600]}"
        for value in response.headers.values():
            value.encode("latin-1")  # a server sends no other signs in a header; the client of the tests does not ask
        if response.mimetype == "text/html" and response.status_code not in (303, 302, 204):
            page.check(is_fragment=htmx or "<html" not in page.text)
        return page


class Page:
    """An answer: `text` the markup, `words` what a person reads, blanks collapsed (no-break ones too)."""

    def __init__(self, response: TestResponse, url: str) -> None:
        self.response = response
        self.url = url
        self.status = response.status_code
        self.location = response.headers.get("Location") or response.headers.get("HX-Redirect") or ""
        is_text = (response.mimetype or "").startswith(("text/", "application/json", "image/svg"))
        self.text = response.get_data(as_text=True) if is_text else ""
        self.data = response.get_data()
        self.tree = Tree(self.text)
        self.words = " ".join(self.tree.words.replace("\N{NO-BREAK SPACE}", " ").split())

    def check(self, is_fragment: bool) -> None:
        """What every page owes: one h1, unique ids, labelled fields, forms with an address and a token."""
        tree = self.tree
        assert not tree.twins, f"{self.url}: ids stand twice: {tree.twins}"
        assert not tree.unlabelled(), f"{self.url}: fields without a label: {tree.unlabelled()}"
        assert not tree.bare_forms, f"{self.url}: forms without an action or a token: {tree.bare_forms}"
        assert not re.search(r"\s(?:style|on\w+)=", self.text), f"{self.url}: inline style or handler"
        assert not re.search(r"\shx-[\w-]+=", self.text), f"{self.url}: write data-hx-*"
        if not is_fragment:
            assert tree.headings == 1, f"{self.url}: {tree.headings} h1"
            assert tree.title and not tree.title.startswith(" —"), f"{self.url}: no title"
            assert "None" not in self.words.split(), f"{self.url}: None is shown"

    def __contains__(self, sentence: str) -> bool:
        return " ".join(sentence.replace("\N{NO-BREAK SPACE}", " ").split()) in self.words

    def value(self, name: str) -> str:
        """The value of the first field of that name."""
        return self.tree.values[name]


class Tree(HTMLParser):
    """The few facts of a page that the checks need."""

    VOID = {"input", "br", "img", "meta", "link", "path", "circle", "hr"}

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words, self.title, self.headings = "", "", 0
        self.ids: set[str] = set()
        self.twins: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[tuple[str, str, bool]] = []
        self.values: dict[str, str] = {}
        self.bare_forms: list[str] = []
        self.links: list[str] = []
        self._form: dict[str, Any] | None = None
        self._in_title = self._silent = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if identity := attributes.get("id"):
            (self.twins.append if identity in self.ids else self.ids.add)(identity)  # type: ignore[operator]
        if tag == "h1":
            self.headings += 1
        elif tag == "title":
            self._in_title = True
        elif tag in ("script", "style"):
            self._silent = True
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
        elif tag == "label":
            self.labels.add(attributes.get("for", ""))
        elif tag == "form":
            self._form = {**attributes, "token": False}
        elif tag in ("input", "select", "textarea"):
            self._field(tag, attributes)

    def _field(self, tag: str, attributes: dict[str, str]) -> None:
        name, kind = attributes.get("name", ""), attributes.get("type", tag)
        if self._form is not None and name == "csrf_token":
            self._form["token"] = True
        if kind not in ("radio", "checkbox") or "checked" in attributes:
            self.values.setdefault(name, attributes.get("value", ""))
        if kind not in ("hidden", "submit"):
            self.fields.append((attributes.get("id", ""), name, "aria-label" in attributes))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            posts = self._form.get("method", "get").lower() == "post"
            if not self._form.get("action") or (posts and not self._form["token"]):
                self.bare_forms.append(self._form.get("id") or self._form.get("action") or "?")
            self._form = None
        self._in_title = False if tag == "title" else self._in_title
        self._silent = False if tag in ("script", "style") else self._silent

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._silent:
            self.words += data + " "

    def unlabelled(self) -> list[str]:
        return [name for identity, name, has_label in self.fields if not has_label and identity not in self.labels]


def _headers(htmx: bool) -> dict[str, str]:
    return {"HX-Request": "true"} if htmx else {}
