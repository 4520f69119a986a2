"""The JSON of a Waterius modem: inputs meet meters by number; what no press would mend is told to its owner."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Account, Reading, Register, Resident, Submission, Token, db
from models.reading import ACCEPTED, BY_PROGRAM, REPLACED, USED
from services.exports import export_readings
from tests import factories
from tests.client import PageClient
from tests.factories import NOW, TODAY
from tests.programs import Program

pytestmark = pytest.mark.usefixtures("november")
URL = "/api/v1/waterius"
COLD, HOT = "17-045 221", "00317102"
# All that the firmware writes beside what is read, with values of another home.
DEVICE = {
    "delta0": 12, "delta1": 3, "ch0_start": 400.0, "ch1_start": 210.5, "imp0": 1610, "imp1": 40, "f0": 10, "f1": 10,
    "adc0": 113, "adc1": 114, "ctype0": 0, "ctype1": 0, "cname0": 1, "cname1": 0, "data_type0": 1, "data_type1": 0,
    "voltage": 3.128, "voltage_low": False, "voltage_diff": 0.02, "battery": 87, "channel": 12, "rssi": -70,
    "wifi_phy_mode": "N", "wifi_connect_errors": 0, "router_mac": "AA:BB:CC:00:00:00", "mac": "E8:DB:84:00:00:01",
    "ip": "192.168.1.50", "dhcp": True, "version": 33, "version_esp": "1.1.20", "esp_id": 8686250, "freemem": 37504,
    "timestamp": "2026-11-20T12:00:00+0300", "waketime": 10829, "period_min": 1440, "setuptime": 91781, "boot": 1,
    "resets": 1, "mode": 3, "key": "0123456789ABCDEF0123456789ABCDEF", "email": "anna@example.org", "mqtt": False,
    "ha": False, "http": True, "company": "", "place": "",
}  # fmt: skip


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    return factories.link(anna).account


@pytest.fixture
def cold(account: Account) -> Register:
    return watered(account, COLD, 410)


@pytest.fixture
def hot(account: Account) -> Register:
    return watered(account, HOT, 200)


@pytest.fixture
def program(app: Flask, anna: Resident) -> Program:
    return Program(app, anna, scopes="readings")


def watered(account: Account, number: str, value: int, decimals: int = 3, **facts: Any) -> Register:
    water = factories.service(account.supplier, kind="холодная вода", name="Вода", unit="м³")
    meter = factories.meter(account, water, number=number, digits=5, decimals=decimals, **facts)
    register: Register = meter.registers.get()
    factories.reading(register, value, date(2026, 10, 20), state=USED)
    return register


def device(ch0: Any = 416.105, ch1: Any = 212.3, **more: Any) -> dict[str, Any]:
    return {**DEVICE, "ch0": ch0, "ch1": ch1, "serial0": "17045221", "serial1": "317102", **more}


def stored() -> dict[int, int]:
    rows = Reading.select().where(Reading.origin == BY_PROGRAM, Reading.state == ACCEPTED)
    return {row.register_id: row.value for row in rows}


def answer_of(program: Program) -> str:
    return str(Token.get_by_id(program.token.id).answer)


@pytest.mark.parametrize("url", [URL, "/api/w"])
def test_each_input_meets_its_meter_by_number(program: Program, cold: Register, hot: Register, url: str) -> None:
    told = program.post(url, device())["channels"]
    assert stored() == {cold.id: 416_105_000, hot.id: 212_300_000}
    assert [(it["channel"], it["value"]) for it in told] == [(0, "416.105"), (1, "212.300")]
    assert Submission.select().count() == 1 and answer_of(program) == ""


def by_address(secret: str) -> dict[str, str]:
    """What ESP8266's client makes of `https://TOKEN@host/`."""
    return {"Authorization": "Basic " + b64encode(secret.encode()).decode()}


WAYS: dict[str, Callable[[str], tuple[dict[str, str], dict[str, Any]]]] = {
    "the address": lambda secret: (by_address(secret), device()),
    "the address with a name": lambda secret: (by_address("modem:" + secret), device()),
    "bearer": lambda secret: ({"Authorization": f"Bearer {secret}"}, device()),
    "the key": lambda secret: ({}, device(key=secret)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_modem_shows_its_token_where_it_can(
    app: Flask, program: Program, cold: Register, hot: Register, way: str
) -> None:
    headers, body = WAYS[way](program.secret)
    Program(app).post(URL, body, **headers)
    assert len(stored()) == 2


def test_its_own_key_and_a_wrong_address_let_nobody_in(app: Flask, program: Program, cold: Register) -> None:
    Program(app).post(URL, device(), 401)
    Program(app).post(URL, device(key=program.secret), 401, **by_address("x" * 22))
    Program(app).post(URL, device(key=5), 401)
    Program(app).post(URL, device(key=[]), 422)
    assert stored() == {}


def test_an_address_s_token_opens_nothing_else(app: Flask, program: Program) -> None:
    http = app.test_client(use_cookies=False)
    for url in ("/api/v1/accounts", "/api/v1/readings"):
        assert http.get(url, headers=by_address(program.secret)).status_code == 401
    assert http.post("/api/v1/readings", json={}, headers=by_address(program.secret)).status_code == 401


@pytest.mark.parametrize("value", [0.001, 416.105, 999.999, 4161.055, 15737.001])
@pytest.mark.parametrize("decimals", [0, 1, 3])
def test_the_litres_of_a_32_bit_float_are_restored(
    program: Program, account: Account, value: float, decimals: int
) -> None:
    register = watered(account, COLD, 0, decimals)
    sent = struct.unpack("f", struct.pack("f", value))[0]
    program.post(URL, device(sent, serial1=""))
    litres = round(value * 1000)
    assert stored() == {register.id: litres // 10 ** (3 - decimals) * 10 ** (6 - decimals)}


def test_what_the_page_would_ask_about_is_stored_for_the_operator(
    program: Program, cold: Register, hot: Register
) -> None:
    """A modem presses no second time: nobody at home is no mistake, and a burst pipe none of the modem's."""
    told = program.post(URL, device(410, 900))["channels"]
    assert [it["doubts"] for it in told] == [["zero"], ["unusual"]]
    assert {row.doubts for row in Reading.select().where(Reading.origin == BY_PROGRAM)} == {"zero", "unusual"}


@pytest.mark.parametrize("value", [409.9, -1, 100_000, "416,1"])
def test_one_wrong_input_keeps_the_other_from_nothing(
    program: Program, cold: Register, hot: Register, value: Any
) -> None:
    if isinstance(value, str):
        program.refused(URL, device(value), "invalid")
        assert stored() == {}
        return
    wrong, right = program.post(URL, device(value))["channels"]
    assert (wrong["code"], right["is_accepted"]) == ("wrong_value", True)
    assert stored() == {hot.id: 212_300_000} and answer_of(program) == wrong["message"]


def test_a_modem_s_answer_is_read_on_the_page_of_tokens(
    client: PageClient, program: Program, anna: Resident, cold: Register
) -> None:
    program.post(URL, device())
    assert "Счётчика № 317102 нет на ваших лицевых счетах" in client.sign_in(anna).get("/profile/tokens")
    program.post(URL, device(serial1=""))
    assert "нет на ваших лицевых счетах" not in client.get("/profile/tokens")


def test_accounts_of_two_suppliers_are_served_at_once(program: Program, anna: Resident, cold: Register) -> None:
    other = watered(factories.link(anna).account, HOT, 200)
    program.post(URL, device())
    assert stored() == {cold.id: 416_105_000, other.id: 212_300_000} and Submission.select().count() == 2


def test_a_number_of_two_meters_is_nobody_s(program: Program, anna: Resident, cold: Register) -> None:
    watered(factories.link(anna).account, "0017045221", 1)
    (told,) = program.post(URL, device(serial1=""))["channels"]
    assert told["code"] == "ambiguous_meter" and stored() == {}


def test_a_stranger_s_meter_is_unknown(program: Program, account: Account) -> None:
    watered(factories.account(), COLD, 410)
    (told,) = program.post(URL, device(serial1=""))["channels"]
    assert told["code"] == "unknown_meter" and stored() == {}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"removed_on": TODAY}, "unknown_meter"),
        ({"is_automatic": True}, "meter_closed"),
        ({"scales": ("День", "Ночь")}, "many_scales"),
    ],
)
def test_a_meter_that_takes_nothing_says_why(
    program: Program, account: Account, facts: dict[str, Any], code: str
) -> None:
    factories.meter(account, number=COLD, **facts)
    (told,) = program.post(URL, device(serial1=""))["channels"]
    assert told["code"] == code and stored() == {}


def test_a_closed_window_is_no_reason_to_try_thrice(program: Program, account: Account, cold: Register) -> None:
    """200 for the modem, and no warning for its owner: it wakes up every day."""
    factories.setting(account.supplier, "reading_from_day", 1)
    factories.setting(account.supplier, "reading_to_day", 10)
    (told,) = program.post(URL, device(serial1=""))["channels"]
    assert told["code"] == "window_closed" and answer_of(program) == "" and stored() == {}


def test_three_tries_are_one_reading_and_the_next_day_replaces_it(
    program: Program, cold: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        program.post(URL, device(serial1=""))
    assert Submission.select().count() == 1
    program.post(URL, device(416.2, serial1=""))
    rows = Reading.select().where(Reading.origin == BY_PROGRAM).order_by(Reading.id)
    assert [(row.value, row.state) for row in rows] == [(416_105_000, REPLACED), (416_200_000, ACCEPTED)]


def test_the_billing_is_told_where_it_came_from(program: Program, cold: Register) -> None:
    program.post(URL, device(serial1=""))
    batch = export_readings(TODAY, None, NOW, who="olga", zone=UTC)
    assert "автоматически" in bytes(batch.content).decode("utf-8-sig")


@pytest.mark.parametrize("more", [{"serial0": "", "serial1": ""}, {"serial0": None}, {"serial0": 5, "ch0": None}])
def test_a_modem_that_is_not_set_up_is_told_so(program: Program, cold: Register, more: dict[str, Any]) -> None:
    program.post(URL, device(**{"serial1": "", **more}), 422)
    assert stored() == {}


def test_a_number_of_signs_alone_meets_no_meter(program: Program, account: Account) -> None:
    watered(account, "000", 1)
    assert program.post(URL, device(serial0="---", serial1="0"))["channels"][0]["code"] == "unknown_meter"


ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.lists(st.integers())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.dictionaries(st.sampled_from(["ch0", "ch1", "serial0", "serial1", "key"]), ANY), ch=st.floats())
def test_whatever_a_modem_sends_is_answered(
    app: Flask, anna: Resident, cold: Register, data: dict[str, Any], ch: float
) -> None:
    with db.atomic() as taken_back:
        program = Program(app, anna)
        for body in (device(**data), device(ch, serial1="")):
            answer = program.http.post(
                URL, data=json.dumps(body), headers={**program.headers, "Content-Type": "application/json"}
            )
            assert answer.status_code < 500, body
        assert all(410 * 10**6 <= value < 10**11 for value in stored().values())
        taken_back.rollback()
