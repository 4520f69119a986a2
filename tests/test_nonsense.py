"""Nonsense in the address bar and in forms is answered, never with a fault."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as habits
from hypothesis import strategies as st
from werkzeug.routing import Rule
from wtforms.fields.core import UnboundField

import clock
from models import Account, Code, Operator, Resident, db
from models.code import INVITATION
from services import (
    challenges,
    codes,
    counter,
    invitations,
    letters,
    reading_links,
    registration_account,
    texts,
    unsubscribing,
)
from services.challenges import Errand
from tests import factories, papers, portal
from tests.client import PageClient
from tests.test_access import CONSOLE_ROWS, OWN_ROWS, address, is_console, is_open, rules
from views.forms import Form

ASKED = re.compile(r"""(?:typed|args\.get|values\.get)\(["']([a-z_]+)["']""")
KEY = portal.READING_KEY
EVERYWHERE = {"next", "group", "account"}
NONSENSE = {
    "beyond 64 bits": "99999999999999999999",
    "negative": "-1",
    "digits that are none": "²",
    "arabic digits": "٣",
    "a zero byte": "%00",
    "half a surrogate": "%ED%A0%80",
    "a month that is none": "2026-13",
    "a day that is none": "2026-02-30",
    "the end of time": "9999-12-31",
    "long": "x" * 3000,
}


@pytest.fixture
def owner(database: Flask) -> Resident:
    return factories.resident()


@pytest.mark.parametrize("value", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_in_a_query_is_answered_without_a_fault(
    app: Flask, client: PageClient, owner: Resident, value: str
) -> None:
    """One name at a time: the first of several wrong values would hide the others."""
    Operator.create(resident=owner, supplier=None, role="administrator")
    client.sign_in(owner)
    for rule in rules(app, "GET"):
        if rule.arguments <= (CONSOLE_ROWS if is_console(rule) else OWN_ROWS).keys():
            page = address(app, rule, owner)
            for name in names_of(app, rule.endpoint):
                answer = client.http.get(f"{page}?{name}={value}")
                assert answer.status_code < 500, f"{page}?{name}={value}: {answer.status_code}"


def names_of(app: Flask, endpoint: str) -> list[str]:
    """What the view's module asks of a query, and what all of them might."""
    module = inspect.getmodule(app.view_functions[endpoint])
    assert module is not None
    return sorted(EVERYWHERE | set(ASKED.findall(inspect.getsource(module))))


# Forms


MARKS = "a" + "\u0301\u0323" * 5000
TYPED = {
    "nothing": "",
    "long": "я" * 10_000,
    "marks": MARKS,
    "a zero byte": "a\0b",
    "markup": "<script>alert(1)</script>{{ 7 * 7 }}",
    "a quote": "'; DROP TABLE resident; --",
    "patterns": "%_\\*?[",
    "line breaks": "a@example.org\r\nBcc: b@example.org",
    "digits that are none": "²٣",
    "beyond 64 bits": "9" * 30,
    "half a surrogate": b"\xed\xa0\x80",
    "json": '{"account": 1}',
    "the end of time": "31.12.9999",
    "a path": "../../etc/passwd",
}
# What a person types, so that a form gets past its other fields to the one that holds nonsense.
SECRET = "Bereza-u-0kna"
SENSE = {
    "email": "new@example.org", "email_again": "new@example.org", "phone": "89123456780", "full_name": "Соколова",
    "username": "Boris", "password": SECRET, "password_again": SECRET, "old_password": SECRET,
    "terms": "y", "consent": "y", "sure": "y", "login": "anna@example.org", "code": "12345", "totp": "123456",
    "account_number": "1001", "number": "1001", "meter_number": "1", "payment_date": "01.09.2026", "payment_sum": "1",
    "bill_sum": "1", "activation_code": "1", "fact": "meter", "surname": "Соколова", "name": "Анна",
    "passport_series": "0018", "passport_number": "000101", "passport_issuer": "ОВД", "passport_date": "15.03.2018",
    "passport_code": "000-001", "birth_date": "20.02.1973", "title": "Ёлочка", "inn": "7707083893", "reason": "Нет",
    "sum": "5", "paid_on": "20.11.2026", "way": "cash", "passport": "y",
    "payer_name": "Соколова Анна", "policy": "y", "method": "card",
    "turn": "off", "step": "data", "kind": "person", "settlement": "г. Светлоречье", "street": "ул. Лесная",
}  # fmt: skip


def waits(errand: Errand, facts: str) -> Callable[[Resident], str]:
    """The token of a page that waits for a code."""

    def make(of: Resident) -> str:
        token = codes.new_token()
        row = codes.keep(errand.request, of, codes.token_hash(token), clock.now(), timedelta(hours=1))
        row.channel, row.facts, row.destination = "email", filled(facts), token
        row.save()
        return token

    return make


def filled(facts: str) -> str:
    """The facts of an account that is there: PostgreSQL goes on counting from test to test."""
    return facts.replace("ACCOUNT", str(Account.get().id)) if "ACCOUNT" in facts else facts


def page_of(purpose: str, facts: str = "") -> Callable[[Resident], str]:
    def make(of: Resident) -> str:
        token = codes.new_token()
        row = codes.keep(purpose, of, codes.token_hash(token), clock.now(), timedelta(hours=1))
        row.channel, row.facts = "email", filled(facts)
        row.save()
        return token

    return make


def identity(proved: bool) -> Callable[[Resident], str]:
    def make(of: Resident) -> str:
        account = Account.get()
        facts = f'{{"number": "{account.number}", "supplier": 0, "full_name": "Анна", "account": %s}}'
        return page_of(registration_account.IDENTITY, facts % (account.id if proved else "null"))(of)

    return make


def invitation(_of: Resident) -> str:
    token, row = codes.new_token(), factories.invitation(email="invited@example.org")
    invitations.keep_link({"invitation": row.id}, "invited@example.org", token, clock.now())
    assert Code.select().where(Code.purpose == INVITATION).exists()
    return token


def reading_link(of: Resident) -> str:
    account = factories.link(of).account
    factories.meter(account)
    return reading_links.link_for(account, clock.today(), KEY, "").rpartition("/")[2]


ACCOUNT_FACTS = (
    '{"to": "", "account": ACCOUNT, "full_name": "А", "phone": "", "email": "a@example.org", "letter": "known-email"}'
)
PAGES: dict[str, Callable[[Resident], str]] = {
    "factor": waits(challenges.FACTOR, '{"to": "a@b.ru", "password": "x", "remembered": false, "letter": "factor"}'),
    "recovery.code": waits(challenges.RECOVERY, '{"to": "", "kind": "email", "letter": "recovery"}'),
    "recovery.confirm": waits(challenges.RECOVERY, '{"to": "", "kind": "email", "letter": "recovery"}'),
    "recovery.again": waits(challenges.RECOVERY, '{"to": "", "kind": "email", "letter": "recovery"}'),
    "recovery": page_of(letters.RECOVERY),
    "registration.confirm_phone": waits(challenges.PHONE_REGISTRATION, '{"to": "", "letter": "known-phone"}'),
    "registration.phone_again": waits(challenges.PHONE_REGISTRATION, '{"to": "", "letter": "known-phone"}'),
    "registration.prove": identity(False),
    "registration.send": identity(True),
    "registration.confirm_account": waits(challenges.ACCOUNT_REGISTRATION, ACCOUNT_FACTS),
    "registration.account_again": waits(challenges.ACCOUNT_REGISTRATION, ACCOUNT_FACTS),
    "registration.set_password": page_of(registration_account.PASSWORD, ACCOUNT_FACTS),
    "registration.activate": page_of(letters.ACTIVATION),
    "registration.renew": page_of(letters.ACTIVATION),
    "invitations": invitation,
    "paper_codes": page_of(counter.PAGE, '{"paper": 0}'),
    "reading_links": reading_link,
    "unsubscribe": lambda of: unsubscribing.sign(unsubscribing.Pass(of.id, unsubscribing.INFORMATION), "s" * 40),
}  # fmt: skip


@pytest.fixture
def every_way(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ways = ["email", "username", "phone", "account"]
    linking = ["number", "wizard", "page", "organisation", "selects", "password"]
    captcha = dict.fromkeys(("registration", "sign-in", "recovery", "linking", "request"), "off")
    switches = {"registration": ways, "sign_in": ways, "linking": linking, "captcha": captcha, "first_steps": []}
    switches["payer"] = ["name", "contact", "policy"]
    portal.switch(app, monkeypatch, **switches)
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    texts.seed(clock.now())


def posts(app: Flask, owner: Resident) -> Iterator[tuple[Rule, str]]:
    """Every address that takes a form, with rows of the owner's or a page that waits for it."""
    for rule in rules(app, "POST"):
        if rule.endpoint == "callbacks.hear":
            continue
        blueprint = rule.endpoint.partition(".")[0]
        if is_open(app, rule) and "token" in rule.arguments:
            token = PAGES.get(rule.endpoint, PAGES.get(blueprint))
            assert token, f"{rule}: tell this test how to make its page"
            yield rule, app.url_map.bind("localhost").build(rule.endpoint, {"token": token(owner)})
        elif rule.endpoint == "accounts.add_by":
            for way in ("wizard", "page", "organisation", "selects", "password"):
                yield rule, f"/accounts/link/{way}"
        elif is_open(app, rule):
            yield rule, str(rule)
        else:
            yield rule, address(app, rule, owner)


def fields_of(app: Flask, rule: Rule) -> set[str]:
    """All names that a form of the view's module, or of those it is made from, has."""
    module = inspect.getmodule(app.view_functions[rule.endpoint])
    assert module is not None
    forms = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Form)]
    names = {name for kind in forms for name in dir(kind) if isinstance(getattr(kind, name, None), UnboundField)}
    asked = re.findall(r"""(?:form\.get\(|typed\()["']([a-z_]+)["']""", inspect.getsource(module))
    if rule.endpoint.startswith("accounts.add"):  # its ways are modules of their own
        names = set(SENSE) | {"house", "flat", "account", "alias", "group", "bills_by", "passed", "supplier", "go"}
    return names | set(asked) | {"once", "captcha_id"}


def sent(client: PageClient, url: str, fields: dict[str, Any]) -> int:
    """The status; what was written is taken back, so that the next finds the same page."""
    files = {"document": (BytesIO(papers.PDF), "../a\0<b>.pdf")} if "document" in fields else {}
    with db.atomic() as taken_back:
        data = {"csrf_token": client.csrf_token(), **fields, **files}
        status = client.http.post(url, data=data).status_code
        taken_back.rollback()
    return status


def test_nonsense_in_a_form_is_answered_without_a_fault(app: Flask, owner: Resident, every_way: None) -> None:
    """In all fields at once, and in every field of a form that is right but for it: each another kind of nonsense."""
    Operator.create(resident=owner, supplier=None, role="administrator")
    factories.account(number="1001")
    signed_in, nobody, kinds = PageClient(app).sign_in(owner), PageClient(app), cycle(TYPED.values())
    for rule, url in posts(app, owner):
        client, names = nobody if is_open(app, rule) else signed_in, sorted(fields_of(app, rule))
        sense = {name: SENSE[name] for name in names if name in SENSE}
        whole = [dict.fromkeys(set(names) - {"refresh", "go"}, value) for value in islice(kinds, 4)]
        single = [{**sense, name: next(kinds)} for name in names if name not in ("password", "login")]
        for fields in [*whole, *single]:
            status = sent(client, url, fields)
            assert status < 500, f"{url}: {status} for {fields!r:.400}"


@habits(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_typed_is_answered_without_a_fault(
    app: Flask, owner: Resident, every_way: None, data: st.DataObject
) -> None:
    with db.atomic() as taken_back:
        found = sorted(posts(app, owner), key=lambda pair: pair[1])
        rule, url = data.draw(st.sampled_from(found))
        names = sorted(fields_of(app, rule))
        typed = data.draw(st.dictionaries(st.sampled_from(names), st.text(max_size=60)))
        sense = {name: SENSE[name] for name in names if name in SENSE}
        client = PageClient(app) if is_open(app, rule) else PageClient(app).sign_in(owner)
        plain = {name: text.encode("utf-8", "surrogatepass") for name, text in typed.items()}
        assert sent(client, url, {**sense, **plain}) < 500, f"{url}: {typed}"
        taken_back.rollback()


@pytest.mark.parametrize("token", ["%00", "x" * 3000, "%ED%A0%80", quote("<script>"), "..", "'", "²"])
def test_an_invented_token_is_answered_without_a_fault(
    app: Flask, owner: Resident, every_way: None, token: str
) -> None:
    client, known = PageClient(app), PageClient(app).sign_in(owner)
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if rule.arguments == {"token"}:
                url = str(rule).replace("<token>", token)
                asked = client if is_open(app, rule) else known
                status = asked.http.get(url).status_code if method == "GET" else sent(asked, url, {"code": "1"})
                assert status < 500, f"{method} {url}: {status}"
