"""POST /api/v1/readings: the page's checks for a program; what is stored is what was sent, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models import Account, Reading, Register, Resident, Submission, db
from models.reading import ACCEPTED, BY_PROGRAM, REJECTED, REPLACED, USED
from tests import factories
from tests.client import PageClient
from tests.crowd import together
from tests.programs import Program
from tests.test_readings import states

pytestmark = pytest.mark.usefixtures("november")
URL = "/api/v1/readings"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.link(anna).account
    metered(account, ("День", "Ночь"), (15737, 6018))
    return account


@pytest.fixture
def program(app: Flask, anna: Resident) -> Program:
    return Program(app, anna)


def metered(account: Account, scales: tuple[str, ...], values: tuple[int, ...], **facts: Any) -> list[Register]:
    service = factories.service(account.supplier)
    factories.tariff(service, 5_000_000)
    registers = list(factories.meter(account, service, scales, **facts).registers.order_by(Register.position))
    for register, value in zip(registers, values, strict=True):
        factories.reading(register, value, date(2026, 10, 20), state=USED)
    return registers


def body(account: Account, *values: Any, **more: Any) -> dict[str, Any]:
    registers = Register.of_account(account)
    readings = [{"register": register.id, "value": value} for register, value in zip(registers, values, strict=False)]
    return {"account": account.id, "readings": readings, **more}


def stored() -> list[tuple[int, int]]:
    rows = Reading.select().where(Reading.origin == BY_PROGRAM, Reading.state == ACCEPTED).order_by(Reading.register)
    return [(row.register_id, row.value) for row in rows]


def test_readings_are_stored_and_told_back(program: Program, account: Account, anna: Resident) -> None:
    day, night = Register.of_account(account)
    told = program.post(URL, body(account, "15892", 6110))
    assert stored() == [(day.id, 15_892_000_000), (night.id, 6_110_000_000)]
    assert told["readings"][0] == {
        "register": day.id, "value": "15892", "date": "2026-11-20", "state": "accepted", "doubts": [],
    }  # fmt: skip
    assert told["preliminary"] == "1235.00"
    sent = Submission.get_by_id(told["submission"])
    assert (sent.resident, sent.origin) == (anna, BY_PROGRAM)


def test_the_page_shows_that_a_program_sent_them(
    client: PageClient, program: Program, account: Account, anna: Resident
) -> None:
    program.post(URL, body(account, "15892", "6110"))
    client.sign_in(anna)
    assert "автоматически" in client.get(f"/readings/{account.id}")
    assert "автоматически" in client.get("/history?kind=readings")


@pytest.mark.parametrize(
    ("sent", "micro"),
    [
        (416.105, 416_105_000),
        ("416,105", 416_105_000),
        ("00416.105", 416_105_000),
        (416.1, 416_100_000),
        (0.1 + 0.2, None),  # 0.30000000000000004 is no reading of three decimals
        ("4.16105e2", None),
        (417.0, 417_000_000),
    ],
)
def test_decimals_are_taken_as_they_were_written(
    program: Program, anna: Resident, sent: object, micro: int | None
) -> None:
    account = factories.link(anna).account
    (register,) = metered(account, ("Круглосуточный",), (400,), decimals=3, digits=5)
    program.post(URL, body(account, sent), 200 if micro else 422)
    assert stored() == ([(register.id, micro)] if micro else [])


@pytest.mark.parametrize("number", ["1.5892e4", "15892.000", "158920E-1", "15892"])
def test_a_number_means_what_json_says(program: Program, account: Account, number: str) -> None:
    text = json.dumps(body(account, 0, "6110")).replace('"value": 0', f'"value": {number}')
    program.post(URL, text)
    assert stored()[0][1] == 15_892_000_000


@pytest.mark.parametrize(
    ("values", "code", "kind"),
    [
        (("abc", "6110"), "wrong_value", "format"),
        (("-15892", "6110"), "wrong_value", "format"),
        (("15892.5", "6110"), "wrong_value", "format"),
        (("1589200", "6110"), "wrong_value", "format"),
        (("15700", "6110"), "wrong_value", "below"),
        (("15892",), "wrong_value", "missing"),
        ((), "wrong_value", "empty"),
        (("", ""), "wrong_value", "empty"),
    ],
)
def test_what_must_be_mended_is_said_at_its_scale(
    program: Program, account: Account, values: tuple[str, ...], code: str, kind: str
) -> None:
    told = program.refused(URL, body(account, *values), code)
    assert told["mistakes"][0]["kind"] == kind and told["warned"] == "" and stored() == []


def test_a_doubt_is_confirmed_by_its_signature_alone(program: Program, account: Account) -> None:
    request = body(account, "15737", "6110")
    told = program.refused(URL, request, "doubts")
    assert told["doubts"][0]["kind"] == "zero" and "15" in told["doubts"][0]["message"]
    program.refused(URL, {**request, "confirm": True}, "doubts")
    program.refused(URL, {**request, "warned": told["warned"]}, "doubts")
    program.refused(URL, {**request, "confirm": True, "warned": told["warned"] + "x"}, "doubts")
    other = {**body(account, "15737", "6018"), "confirm": True, "warned": told["warned"]}
    program.refused(URL, other, "doubts")
    assert stored() == []
    assert program.post(URL, {**request, "confirm": True, "warned": told["warned"]})["readings"][0]["doubts"] == [
        "zero"
    ]
    assert len(stored()) == 2


def test_a_rollover_is_asked_about_and_told(program: Program, anna: Resident) -> None:
    account = factories.link(anna).account
    (register,) = metered(account, ("Круглосуточный",), (99990,), digits=5)
    told = program.refused(URL, body(account, "10"), "rolled")
    assert told["questions"][0]["register"] == register.id
    assert program.post(URL, body(account, "10", rolled=[register.id]))["readings"][0]["doubts"] == ["rolled"]


def test_a_closed_window_is_said_with_its_days(program: Program, account: Account) -> None:
    factories.setting(account.supplier, "reading_from_day", 1)
    factories.setting(account.supplier, "reading_to_day", 10)
    assert "01.12.2026" in program.refused(URL, body(account, "15892", "6110"), "window_closed")["message"]


@pytest.mark.parametrize("facts", [{"is_automatic": True}, {"removed_on": date(2026, 11, 1)}])
def test_a_meter_that_takes_no_readings_is_named(program: Program, anna: Resident, facts: dict[str, Any]) -> None:
    account = factories.link(anna).account
    metered(account, ("Круглосуточный",), (1,))
    (register,) = metered(account, ("Круглосуточный",), (1,), **facts)
    request = {"account": account.id, "readings": [{"register": register.id, "value": 2}]}
    assert program.refused(URL, request, "meter_closed")["register"] == register.id


def test_a_scale_of_another_account_is_unknown(program: Program, account: Account, anna: Resident) -> None:
    """One's own, too: a value must not go where it was not meant."""
    (other,) = metered(factories.link(anna).account, ("Круглосуточный",), (1,))
    (theirs,) = metered(factories.account(), ("Круглосуточный",), (1,))
    for register in (other.id, theirs.id, 2**31 - 1, 10**30):
        request = {"account": account.id, "readings": [{"register": register, "value": 2}]}
        program.refused(URL, request, "unknown_register")
    assert stored() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": None}, "account"),
        ({"account": "x"}, "account"),
        ({"account": 1.5}, "account"),
        ({"account": -1}, "account"),
        ({"account": True}, "account"),
        ({"readings": {}}, "readings"),
        ({"readings": [1]}, "readings[0]"),
        ({"readings": [{}] * 101}, "readings"),
        ({"readings": [{"register": 1}]}, "readings[0].value"),
        ({"readings": [{"value": 1}]}, "readings[0].register"),
        ({"readings": [{"register": 1, "value": None}]}, "readings[0].value"),
        ({"readings": [{"register": 1, "value": True}]}, "readings[0].value"),
        ({"readings": [{"register": 1, "value": [1]}]}, "readings[0].value"),
        ({"readings": [{"register": 1, "value": 1}, {"register": "1", "value": 2}]}, "readings[1].register"),
        ({"readings": [{"register": 1, "value": 1, "day": "x"}]}, "readings[0].day"),
        ({"confirm": "yes"}, "confirm"),
        ({"confrim": True}, "confrim"),
        ({"warned": {}}, "warned"),
        ({"rolled": 5}, "rolled"),
        ({"rolled": [None]}, "rolled"),
        ({"once": "x" * 101}, "once"),
        ({"once": []}, "once"),
    ],
)
def test_a_field_that_is_none_is_named(
    program: Program, account: Account, change: dict[str, Any], field: str
) -> None:
    assert program.refused(URL, {**body(account, "15892", "6110"), **change}, "invalid")["field"] == field
    assert stored() == []


def test_the_same_request_twice_is_one_sending(program: Program, account: Account) -> None:
    request = body(account, "15892", "6110")
    assert program.post(URL, request) == program.post(URL, request)
    assert Submission.select().count() == 1


@pytest.mark.parametrize("by", ["header", "field"])
def test_a_key_makes_a_late_retry_harmless(program: Program, account: Account, by: str) -> None:
    def send(key: str, *values: str) -> int:
        more, header = ({"once": key}, {}) if by == "field" else ({}, {"Idempotency-Key": key})
        return int(program.post(URL, body(account, *values, **more), **header)["submission"])

    first = send("first", "15892", "6110")
    send("second", "15895", "6110")
    assert send("first", "15892", "6110") == first
    assert states(Register.of_account(account)[0]) == [(15892, REPLACED), (15895, ACCEPTED)]


def test_a_correction_replaces_and_the_life_is_told(program: Program, account: Account) -> None:
    for value in ("15892", "15893"):
        program.post(URL, body(account, value, "6110"))
    day, _ = Register.of_account(account)
    rows = [row for row in program.get(f"{URL}?account={account.id}")["readings"] if row["register"] == day.id]
    assert [(row["value"], row["state"], row["origin"]) for row in rows] == [
        ("15893", "accepted", "program"), ("15737", "used", "billing"),
    ]  # fmt: skip
    assert rows[0]["sent_at"] == "2026-11-20T12:00:00+03:00" and rows[1]["sent_at"] is None


def test_a_bill_and_a_refusal_are_told(program: Program, account: Account) -> None:
    program.post(URL, body(account, "15892", "6110"))
    day, night = Register.of_account(account)
    bill = factories.bill(account, number="129")
    Reading.update(state=USED, bill=bill).where(Reading.register == day, Reading.origin == BY_PROGRAM).execute()
    Reading.update(state=REJECTED, reason="Не читается").where(
        Reading.register == night, Reading.origin == BY_PROGRAM
    ).execute()
    told = {row["register"]: row for row in reversed(program.get(URL)["readings"])}
    assert (told[day.id]["state"], told[day.id]["bill"]) == ("used", "129")
    assert (told[night.id]["state"], told[night.id]["reason"]) == ("rejected", "Не читается")


@pytest.mark.parametrize("wanted", ["x", "-1", "²", "9" * 30, "1.5", "%00"])
def test_a_strange_account_in_the_query_is_named(program: Program, wanted: str) -> None:
    assert program.get(f"{URL}?account={wanted}", 422)["error"]["field"] == "account"


# Whatever is sent

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
VALUES = (
    st.text("0123456789.,- +eE٣²", max_size=12)
    | st.integers(-10, 10**8)
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@example(data=None)
def test_whatever_is_sent_is_answered_and_nothing_wrong_is_stored(
    app: Flask, account: Account, anna: Resident, data: Any
) -> None:
    names = ("account", "readings", "confirm", "warned", "rolled", "once", "register", "value")
    with db.atomic() as taken_back:
        program = Program(app, anna)
        whole = data.draw(ANYTHING) if data else {"account": "\ud800", "once": "\x00"}
        if data and data.draw(st.booleans()):
            whole = body(account, *(data.draw(ANYTHING) for _ in range(2)))
            whole |= data.draw(st.dictionaries(st.sampled_from(names), ANYTHING, max_size=3))
        for url in (URL, "/api/v1/waterius"):
            answer = program.http.post(url, data=json.dumps(whole), headers={**program.headers, **JSON})
            assert answer.status_code < 500, (url, whole)
        assert all(value % 10**6 == 0 and 0 <= value < 10**12 for _, value in stored())
        taken_back.rollback()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=VALUES)
@example(value=1e300)
@example(value="15892,0")
def test_a_value_is_stored_as_it_was_sent_or_not_at_all(
    app: Flask, account: Account, anna: Resident, value: Any
) -> None:
    with db.atomic() as taken_back:
        program, day = Program(app, anna), Register.of_account(account)[0]
        request = json.dumps(body(account, value, "6110"))
        answer = program.http.post(URL, data=request, headers={**program.headers, **JSON})
        if answer.status_code == 422 and answer.get_json()["error"]["code"] == "doubts":
            signed = {**body(account, value, "6110"), "confirm": True, "warned": answer.get_json()["error"]["warned"]}
            answer = program.http.post(URL, data=json.dumps(signed), headers={**program.headers, **JSON})
        assert answer.status_code in (200, 422, 400), answer.get_data(as_text=True)
        kept = dict(stored()).get(day.id)
        assert (kept is not None) == (answer.status_code == 200)
        if kept is not None:
            said = value.replace(" ", "") if isinstance(value, str) else repr(value)
            assert kept == int(float(said.replace(",", ".")) * 10**6)
        taken_back.rollback()


@pytest.mark.commits
@pytest.mark.parametrize("keys", [["key"] * 8, [""] * 8], ids=["one key", "no key"])
def test_eight_posts_at_once_store_one_reading(app: Flask, keys: list[str]) -> None:
    with db.connection_context():
        anna = factories.resident()
        account = factories.link(anna).account
        metered(account, ("День", "Ночь"), (15737, 6018))
        program = Program(app, anna)
        request = body(account, "15892", "6110")

    def press(key: str) -> Callable[[threading.Barrier], Any]:
        headers = {**program.headers, **JSON, **({"Idempotency-Key": key} if key else {})}

        def post(barrier: threading.Barrier) -> Any:
            http = app.test_client(use_cookies=False)
            barrier.wait()
            return http.post(URL, json=request, headers=headers)

        return post

    answers = together([press(key) for key in keys])
    assert [answer.status_code for answer in answers] == [200] * 8, [answer.get_data() for answer in answers]
    with db.connection_context():
        assert len({answer.get_json()["submission"] for answer in answers}) == 1
        assert Submission.select().count() == 1
        assert Reading.select().where(Reading.origin == BY_PROGRAM).count() == 2
