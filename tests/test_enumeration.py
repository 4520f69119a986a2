"""Whether somebody has a login is told by no answer: not in words, status or place, not by the work that is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import clock
from models import Account, Resident, db
from models.resident import BLOCKED, WAITING
from services import passwords, texts
from tests import factories, papers, portal
from tests.client import Page, PageClient
from tests.factories import NOW, TODAY
from tests.queries import counted
from tests.solving import solved

PASSWORD, WRONG = "Bereza-u-0kna", "Klen-u-0gorodov"
TOKEN = re.compile(r"[\w-]{43,64}")
NUMBER = re.compile(r"№ \d+")  # of a request: PostgreSQL does not give one twice, taken back or not
WAYS = ["email", "username", "phone", "account"]
# Rows that only one of the two leaves behind: a letter in the outbox, the ticks of one who registers, what he typed
# the second time. They are written in a transaction that both commit: a tenth of a millisecond in a network's noise.
LETTER, TICKS, REWRITTEN = 1, 2, 3
TOLD = 2  # the request and the letter to who has the account: the message at the asker's own phone says it as well


class Hasher:
    """argon2 as it is, counted."""

    def __init__(self, own: Any) -> None:
        self.own, self.count = own, 0

    def hash(self, password: bytes) -> str:
        self.count += 1
        return str(self.own.hash(password))

    def verify(self, known: str, password: bytes) -> bool:
        self.count += 1
        return bool(self.own.verify(known, password))

    def check_needs_rehash(self, known: str) -> bool:
        return bool(self.own.check_needs_rehash(known))


@dataclass
class Seen:
    """What a stranger can tell apart."""

    pages: list[tuple[int, str, str, tuple[str, ...]]] = field(default_factory=list)
    hashings: int = 0
    queries: int = 0


@pytest.fixture(autouse=True)
def everything_is_open(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    switches = {"registration": WAYS, "sign_in": ["phone", "email", "account", "username"], "account_digits": 0}
    portal.switch(
        app, monkeypatch, **switches, first_steps=[], linking=["number", "password", "page", "organisation"]
    )
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    texts.seed(NOW)
    passwords.matches("", "warm")


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> Hasher:
    counting = Hasher(passwords.HASHER)
    monkeypatch.setattr(passwords, "HASHER", counting)
    return counting


@pytest.fixture
def anna(app: Flask, database: Flask) -> Resident:
    """Known by every kind of login."""
    who = factories.resident(
        email="anna@example.org", phone="+79120000001", phone_key="+79120000001", phone_confirmed_at=NOW,
        username="Anna", username_key="ahha", password_hash=passwords.hashed(PASSWORD),
    )  # fmt: skip
    account = factories.account(factories.supplier(code="ONE"), number="1001", surname="Соколова")
    factories.meter(account, number="777")
    factories.payment(account, 300000, date(2026, 9, 30))
    factories.bill(account, to_pay=148533)
    factories.link(who, account, is_login=True)
    for state in (WAITING, BLOCKED):
        factories.resident(email=f"{state}@example.org", state=state, password_hash=passwords.hashed(PASSWORD))
    factories.resident(email="bare@example.org")
    for number in ("1003", "1004"):
        factories.account(account.supplier, number=number)
    return who


Action = Callable[[PageClient, str], list[Page]]
UNKNOWN = "olga@example.org"
LOGINS = {  # way → (known, unknown)
    "email": ("anna@example.org", UNKNOWN),
    "phone": ("+7 912 000-00-01", "+7 912 000-00-02"),
    "username": ("Anna", "Olga"),
    "account": ("1001", "1002"),
}


def sign_in(client: PageClient, login: str, times: int = 1) -> list[Page]:
    page, seen = client.get("/sign-in"), []
    for _ in range(times):
        page = client.post("/sign-in", {"login": login, "password": WRONG, **solved(page)}, status=422)
        seen.append(page)
    return seen


def lock(client: PageClient, login: str) -> list[Page]:
    return sign_in(client, login, 11)


def recover(client: PageClient, login: str) -> list[Page]:
    asked = client.post("/recovery", {"login": login, **solved(client.get("/recovery"))})
    page = client.get(asked.location)
    wrong = [client.post(asked.location, {"code": "12345"}, status=422) for _ in range(6)]
    again = client.post(f"{asked.location}/again")
    return [asked, page, *wrong, again, client.get(asked.location)]


def recover_too_often(client: PageClient, login: str) -> list[Page]:
    return [recover(client, login)[-1], client.post("/recovery", {"login": login}, status=422)]


def register_by_email(client: PageClient, email: str) -> list[Page]:
    return register(client, "/registration/email", {"full_name": "Соколова Ольга", "email": email})


def register_by_name(client: PageClient, email: str) -> list[Page]:
    return register(client, "/registration/name", {"username": "Boris", "email": email, "password_again": PASSWORD})


def register(client: PageClient, url: str, fields: dict[str, str]) -> list[Page]:
    page = client.get(url)
    common = {"phone": "+7 912 111-11-11", "password": PASSWORD, "terms": "y", "consent": "y"}
    sent = client.post(url, {**common, **fields, "once": page.value("once"), **solved(page)})
    return [sent, client.get(sent.location)]


def write_again(client: PageClient, email: str) -> list[Page]:
    sent = client.post("/registration/again", {"email": email, **solved(client.get("/registration/again"))})
    return [sent, client.get(sent.location)]


def register_by_phone(client: PageClient, phone: str) -> list[Page]:
    page = client.get("/registration/phone")
    fields = {"phone": phone, "password": PASSWORD, "terms": "y", "consent": "y", "once": page.value("once")}
    sent = client.post("/registration/phone", {**fields, **solved(page)})
    return [sent, client.get(sent.location), client.post(sent.location, {"code": "00000"}, status=422)]


def register_account(client: PageClient, number: str) -> list[Page]:
    """A wrong name: an account that is there is asked for its meter as one that is not."""
    page = client.get("/registration/account")
    fields = {"account_number": number, "full_name": "Совсем Другой", **solved(page)}
    asked = client.post("/registration/account", fields)
    guesses = [client.post(asked.location, {"meter_number": f"{n}"}, status=422) for n in range(6)]
    return [asked, client.get(asked.location), *guesses]


def contact_of_account(client: PageClient, number: str) -> list[Page]:
    """The right name: an account that has its login is answered as one that has none."""
    page = client.get("/registration/account")
    fields = {"account_number": number, "full_name": "Соколова Анна Викторовна", **solved(page)}
    contact = client.post("/registration/account", fields).location
    sent = client.post(contact, {"phone": "+7 912 222-22-22", "email": "new@example.org"})
    return [sent, client.get(sent.location), client.post(sent.location, {"code": "00000"}, status=422)]


def phone_of_account(client: PageClient, phone: str) -> list[Page]:
    page = client.get("/registration/account")
    fields = {"account_number": "1003", "full_name": "Соколова Анна Викторовна", **solved(page)}
    contact = client.post("/registration/account", fields).location
    sent = client.post(contact, {"phone": phone, "email": "new@example.org"})
    return [sent, client.get(sent.location), client.post(sent.location, {"code": "00000"}, status=422)]


def ask_for_access(client: PageClient, email: str) -> list[Page]:
    page = client.get("/requests/access")
    fields: dict[str, Any] = {
        "full_name": "Орлова Вера", "email": email, "number": "1001", "consent": "y", "once": page.value("once"),
        "document": (BytesIO(papers.PDF), "договор.pdf"),
    }  # fmt: skip
    sent = client.post("/requests/access", {**fields, **solved(page)})
    return [sent, client.get(sent.location)]


def change_email(client: PageClient, email: str) -> list[Page]:
    client.sign_in(factories.resident(email="boris@example.org"))
    return changed(client, "email", email)


def change_phone(client: PageClient, phone: str) -> list[Page]:
    client.sign_in(factories.resident(email="boris@example.org"))
    return changed(client, "phone", phone)


def changed(client: PageClient, channel: str, address: str) -> list[Page]:
    sent = client.post(f"/profile/contacts/{channel}", {channel: address})
    wrong = client.post(sent.location, {"code": "00000"}, status=422)
    data = client.get("/profile/data.json")
    return [sent, client.get(sent.location), wrong, client.post(f"{sent.location}/again"), data]


def link_by(fact: str, **fields: str) -> Action:
    def link(client: PageClient, number: str) -> list[Page]:
        client.sign_in(factories.resident(email="boris@example.org"))
        supplier = str(Account.get().supplier_id)
        url = "/accounts/link" if fact != "password" else "/accounts/link/password"
        given = {"supplier": supplier, "number": number, "fact": fact, **fields}
        pages, page = [], client.get(url)
        for _ in range(11):
            page = client.post(url, {**given, **solved(page)}, status=422)
            pages.append(page)
        return pages

    return link


ACTIONS: dict[str, tuple[Action, str, str, int]] = {
    **{f"sign in by {way}": (sign_in, *pair, 0) for way, pair in LOGINS.items()},
    **{f"locked sign-in by {way}": (lock, *pair, 0) for way, pair in LOGINS.items()},
    **{f"recover by {way}": (recover, *pair, 2 * LETTER) for way, pair in LOGINS.items() if way != "username"},
    "recover too often": (recover_too_often, *LOGINS["email"], 2 * LETTER),
    "register by e-mail": (register_by_email, *LOGINS["email"], TICKS),
    "register by name": (register_by_name, *LOGINS["email"], TICKS),
    "register by the e-mail of one who waits": (register_by_email, "waiting@example.org", UNKNOWN, REWRITTEN),
    "another letter to one who waits": (write_again, "waiting@example.org", UNKNOWN, LETTER),
    "sign in as one who waits": (sign_in, "waiting@example.org", UNKNOWN, 0),
    "sign in as one who is blocked": (sign_in, "blocked@example.org", UNKNOWN, 0),
    "recover as one who is blocked": (recover, "blocked@example.org", UNKNOWN, 0),
    "sign in as one without a password": (sign_in, "bare@example.org", UNKNOWN, 0),
    "another letter": (write_again, *LOGINS["email"], LETTER),
    "register by phone": (register_by_phone, *LOGINS["phone"], 0),
    "register an account": (register_account, *LOGINS["account"], 0),
    "phone of an account": (phone_of_account, *LOGINS["phone"], 0),
    "ask for access": (ask_for_access, *LOGINS["email"], 0),
    "register the account of another": (contact_of_account, "1001", "1004", TOLD),
    "change the e-mail": (change_email, *LOGINS["email"], 0),
    "change the phone": (change_phone, *LOGINS["phone"], 0),
    "link by meter": (link_by("meter", meter_number="1"), *LOGINS["account"], 0),
    "link by payment": (link_by("payment", payment_date="01.09.2026", payment_sum="1"), *LOGINS["account"], 0),
    "link by bill": (link_by("bill", bill_sum="1"), *LOGINS["account"], 0),
    "link by activation": (link_by("activation", activation_code="1"), *LOGINS["account"], 0),
    "link by password": (link_by("password", password=WRONG), *LOGINS["account"], 0),
}


def look(app: Flask, hasher: Hasher, action: Action, typed: str) -> Seen:
    hasher.count = 0
    with db.atomic() as taken_back, counted() as asked:
        pages = action(PageClient(app), typed)
        taken_back.rollback()
    shown = [typed, "+7 (912) 000-00-01", "+7 (912) 000-00-02"]
    seen = Seen(hashings=hasher.count, queries=len(asked))
    for page in pages:
        is_data = page.response.mimetype == "application/json"
        words = (
            str(json.loads(page.data)["Письма и сообщения"])
            if is_data
            else NUMBER.sub("№ …", TOKEN.sub("…", page.words))
        )
        for word in shown:
            words = words.replace(word, "…")
        cookies = tuple(sorted(name.partition("=")[0] for name in page.response.headers.getlist("Set-Cookie")))
        seen.pages.append((page.status, TOKEN.sub("…", page.location), words, cookies))
    return seen


@pytest.mark.parametrize("name", ACTIONS)
def test_known_and_unknown_are_answered_alike(app: Flask, anna: Resident, hasher: Hasher, name: str) -> None:
    action, known, unknown, rows = ACTIONS[name]
    seen = [look(app, hasher, action, typed) for typed in (known, unknown)]
    for one, other in zip(*(x.pages for x in seen), strict=True):
        assert one == other
    assert seen[0].hashings == seen[1].hashings
    assert abs(seen[0].queries - seen[1].queries) <= rows
