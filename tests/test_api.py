"""The API's doors: who is let in, who may do what, what is said to the rest; its description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import clock
from models import Account, Attempt, Reading, Resident, Token
from services import tokens
from tests import factories
from tests.client import PageClient
from tests.portal import switch
from tests.programs import Program, check, described

MANUAL = Path(__file__).resolve().parent.parent / "docs" / "api.md"
READ = ("/api/v1/accounts", "/api/v1/readings")
WRITE = ("/api/v1/readings", "/api/v1/waterius", "/api/w")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.link(anna).account
    factories.meter(account, number="38000001")
    return account


@pytest.fixture(autouse=True)
def fresh_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens.ASKED, "_seen", {})


# The description


def test_a_checker_accepts_the_description(app: Flask) -> None:
    served = app.test_client().get("/api/openapi.json").get_json()
    validate(served)
    assert served["openapi"].startswith("3.1") and served["servers"] == [{"url": app.extensions["settings"].base_url}]


def test_every_address_is_described_and_none_besides(app: Flask) -> None:
    written = {(path, method) for path, methods in described()["paths"].items() for method in methods}
    there = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.rule != "/api/w"
        for method in rule.methods or ()
        if method in ("GET", "POST", "PUT", "DELETE", "PATCH")
    }
    assert there == written


def test_the_manual_names_every_code_of_the_description() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    schemas = described()["components"]["schemas"]
    codes = set(schemas["Error"]["properties"]["error"]["properties"]["code"]["enum"])
    assert not {code for code in codes if f"`{code}`" not in manual}


def test_the_manual_s_bodies_are_what_the_description_says() -> None:
    bodies = re.findall(r"-d '(\{.*\})'", MANUAL.read_text(encoding="utf-8"))
    schemas = [{"$ref": f"#/components/schemas/{name}"} for name in ("Send", "Waterius")]
    for text, schema in zip(bodies, schemas, strict=True):
        Draft202012Validator({**schema, "components": described()["components"]}).validate(json.loads(text))


# Who is let in


def requests(program: Program, status: int) -> Iterator[dict[str, object]]:
    for url in READ:
        yield program.get(url, status)
    for url in WRITE:
        yield program.post(url, {"serial0": "38000001", "ch0": 1}, status)


def test_nobody_is_let_in_without_a_token(app: Flask, account: Account) -> None:
    for answer in requests(Program(app), 401):
        assert "Authorization: Bearer" in answer["error"]["message"]  # type: ignore[index]
    assert Attempt.select().count() == 0


def test_a_cookie_lets_nobody_in(app: Flask, anna: Resident, account: Account) -> None:
    client = PageClient(app).sign_in(anna)
    for url in READ:
        assert client.http.get(url).status_code == 401
    answer = client.http.post("/api/v1/readings", json={"account": account.id, "readings": []})
    assert answer.status_code == 401


@pytest.mark.parametrize("altered", ["", "x", "0" * 22, "é" * 22, "\\0", "' OR 1=1 --", "a" * 4000])
def test_a_token_that_is_none_is_refused(app: Flask, anna: Resident, altered: str) -> None:
    list(requests(Program(app, secret=altered), 401))


def test_one_sign_alters_a_token(app: Flask, anna: Resident) -> None:
    secret = Program(app, anna).secret
    for place in (0, 10, 21):
        wrong = secret[:place] + ("1" if secret[place] != "1" else "2") + secret[place + 1 :]
        Program(app, secret=wrong).get("/api/v1/accounts", 401)


@pytest.mark.parametrize("scheme", ["Basic", "bearer", "Token", ""])
def test_only_a_bearer_s_header_is_read(app: Flask, anna: Resident, scheme: str) -> None:
    program = Program(app, anna)
    answer = program.http.get("/api/v1/accounts", headers={"Authorization": f"{scheme} {program.secret}".strip()})
    assert answer.status_code == (200 if scheme == "bearer" else 401)
    assert program.http.get(f"/api/v1/accounts?token={program.secret}").status_code == 401


def test_a_revoked_token_is_refused_at_once(app: Flask, anna: Resident) -> None:
    program = Program(app, anna)
    program.get("/api/v1/accounts")
    Token.revoke_all(anna)
    assert "отозвали" in program.get("/api/v1/accounts", 401)["error"]["message"]


@pytest.mark.parametrize("state", ["blocked", "deleted"])
def test_a_blocked_resident_s_program_is_refused(app: Flask, anna: Resident, state: str) -> None:
    program = Program(app, anna)
    Resident.update(state=state).execute()
    list(requests(program, 401))


def test_a_token_may_do_what_was_ticked(app: Flask, anna: Resident, account: Account) -> None:
    factories.balance(account, 148533)
    reader, sender = (Program(app, anna, scopes=scope) for scope in ("balance", "readings"))
    seen, sent = (program.get("/api/v1/accounts")["accounts"][0] for program in (reader, sender))
    assert "balance" in seen and "meters" not in seen and "window" not in seen
    assert "balance" not in sent and "meters" in sent
    reader.get("/api/v1/readings", 403)
    for url in WRITE:
        assert "передавать показания" in reader.refused(url, {"serial0": "1", "ch0": 1}, "forbidden", 403)["message"]


def test_a_portal_without_programs_answers_nothing(
    app: Flask, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(app, anna)
    switch(app, monkeypatch, api=False)
    for answer in requests(program, 404):
        assert answer["error"]["code"] == "off"  # type: ignore[index]
    program.get("/api/openapi.json", 404)


# A stranger's rows


def of_one(url: str, account: Account) -> Callable[[Program], object]:
    if url.endswith("="):
        return lambda program: program.get(f"{url}{account.id}", 404)
    register = account.meters.get().registers.get()
    body = {"account": account.id, "readings": [{"register": register.id, "value": 5}]}
    return lambda program: program.post(url, body, 404)


@pytest.mark.parametrize("url", ["/api/v1/readings?account=", "/api/v1/readings"])
def test_a_stranger_s_account_does_not_exist(app: Flask, account: Account, url: str) -> None:
    stranger = Program(app, factories.link(factories.resident()).resident)
    of_one(url, account)(stranger)
    assert all(row["id"] != account.id for row in stranger.get("/api/v1/accounts")["accounts"])
    assert Reading.select().count() == 0


def test_a_co_holder_sees_the_account_and_not_the_other_s_token(app: Flask, account: Account) -> None:
    boris = factories.link(factories.resident(), account, label="Дача").resident
    (shown,) = Program(app, boris).get("/api/v1/accounts")["accounts"]
    assert (shown["id"], shown["name"]) == (account.id, "Дача")


def test_an_account_taken_away_is_gone(app: Flask, anna: Resident, account: Account) -> None:
    program = Program(app, anna)
    anna.links.get().delete_instance()
    of_one("/api/v1/readings", account)(program)
    assert program.get("/api/v1/accounts") == {"accounts": []}


def test_an_operator_s_token_opens_only_his_own(app: Flask, account: Account) -> None:
    assert Program(app, factories.operator(role="administrator")).get("/api/v1/accounts") == {"accounts": []}


# Limits


def test_sendings_of_a_token_are_limited(app: Flask, anna: Resident, account: Account) -> None:
    program, other = Program(app, anna), Program(app, anna)
    for _ in range(tokens.SENT.most):
        program.refused("/api/v1/readings", {}, "invalid")
    for url in WRITE:
        program.refused(url, {"serial0": "1", "ch0": 1}, "too_many", 429)
    other.refused("/api/v1/readings", {}, "invalid")
    program.get("/api/v1/accounts")


def test_questions_of_a_token_are_limited(
    app: Flask, anna: Resident, monkeypatch: pytest.MonkeyPatch, november: None
) -> None:
    program, other = Program(app, anna), Program(app, anna)
    for _ in range(tokens.ASKED.most):
        assert tokens.ASKED.wait(str(program.token.id), clock.now()) is None
    program.get("/api/v1/accounts", 429)
    other.get("/api/v1/accounts")
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    program.get("/api/v1/accounts")


def test_guesses_are_limited_and_a_token_that_fits_is_not(app: Flask, anna: Resident) -> None:
    program, guesser = Program(app, anna), Program(app, secret="0" * 22)
    for _ in range(tokens.WRONG.most):
        guesser.get("/api/v1/accounts", 401)
    guesser.get("/api/v1/accounts", 429)
    guesser.post("/api/w", {}, 429)
    program.get("/api/v1/accounts")


def test_the_last_use_is_noted_and_costs_few_writes(
    app: Flask, anna: Resident, monkeypatch: pytest.MonkeyPatch, november: None
) -> None:
    program, start = Program(app, anna), clock.now()
    for minutes, noted in ((0, 0), (9, 0), (11, 11), (12, 11), (-60, -60)):
        now = start + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        program.get("/api/v1/accounts")
        assert Token.get_by_id(program.token.id).used_at == start + timedelta(minutes=noted)


def test_a_refused_sending_is_a_use_too(app: Flask, anna: Resident, november: None) -> None:
    program = Program(app, anna)
    program.refused("/api/v1/readings", {}, "invalid")
    assert Token.get_by_id(program.token.id).used_at == clock.now()


# What cannot be read


@pytest.mark.parametrize("url", WRITE)
def test_what_is_no_json_is_answered_as_such(app: Flask, anna: Resident, url: str) -> None:
    program = Program(app, anna)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        program.refused(url, "{}", "unsupported_media_type", 415, **{"Content-Type": kind})
    for text in ("", "{", "[]", "1", "null", '"x"', "\xff", '{"a": NaN}', '{"a": Infinity}', "[" * 60_000):
        program.refused(url, text.encode("latin-1"), "bad_request", 400)
    program.refused(url, '{"account": 1, "account": 2}', "bad_request", 400)
    program.refused(url, b" " * 70_000, "too_large", 413)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_another_method_is_refused_in_json(app: Flask, method: str) -> None:
    answer = getattr(app.test_client(), method)("/api/v1/readings")
    assert answer.status_code == 405 and answer.get_json()["error"]["code"] == "method_not_allowed"
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v2/accounts", "/api/v1/accounts/1", "/api/%00"])
def test_an_address_that_is_none_is_answered_in_json(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_fault_of_ours_is_answered_in_json_without_its_reason(
    app: Flask, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(app, anna)

    def broken() -> None:
        raise RuntimeError("secret")

    monkeypatch.setitem(app.view_functions, "api.accounts", broken)
    monkeypatch.setattr(broken, "is_public", True, raising=False)
    answer = program.http.get("/api/v1/accounts", headers=program.headers)
    assert answer.status_code == 500 and "secret" not in answer.get_data(as_text=True)
    assert answer.get_json()["error"]["fault"].startswith("Е-")
    check("get", "/api/v1/accounts", answer)
