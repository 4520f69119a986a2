"""GET /api/v1/accounts: balance with its day, meters with what was sent last, the window; few queries."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from models import Account, Register, Resident
from models.reading import USED
from tests import factories
from tests.programs import Program
from tests.queries import counted
from tests.test_query_counts import FEW, MANY, town

pytestmark = pytest.mark.usefixtures("november")
URL = "/api/v1/accounts"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.account(number="2071000390001")
    factories.link(anna, account, label="Квартира")
    factories.setting(account.supplier, "reading_from_day", 1)
    factories.setting(account.supplier, "reading_to_day", 25)
    return account


def metered(account: Account, scales: tuple[str, ...] = ("День", "Ночь"), **facts: Any) -> list[Register]:
    return list(factories.meter(account, scales=scales, **facts).registers.order_by(Register.position))


def shown(app: Flask, anna: Resident) -> dict[str, Any]:
    found: dict[str, Any] = Program(app, anna).get(URL)["accounts"][0]
    return found


def test_an_account_is_told_with_balance_meters_and_window(app: Flask, anna: Resident, account: Account) -> None:
    factories.balance(account, 148533)
    day, night = metered(account, number="38000001")
    factories.reading(day, 15737, date(2026, 10, 20), state=USED)
    factories.reading(day, 15892, date(2026, 11, 18), origin="resident", state="accepted")
    told = shown(app, anna)
    assert (told["id"], told["number"], told["name"]) == (account.id, "2071000390001", "Квартира")
    assert told["balance"] == {"to_pay": "1485.33", "currency": "RUB", "on": "2026-10-31"}
    assert told["window"] == {"is_open": True, "from": "2026-11-01", "to": "2026-11-25"}
    (meter,) = told["meters"]
    assert (meter["number"], meter["unit"], meter["closed"]) == ("38000001", "кВт*ч", None)
    assert meter["registers"] == [
        {
            "id": day.id, "scale": "День", "digits": 6, "decimals": 0, "is_sent": True,
            "previous": {"value": "15892", "date": "2026-11-18", "state": "accepted"},
        },
        {"id": night.id, "scale": "Ночь", "digits": 6, "decimals": 0, "is_sent": False, "previous": None},
    ]  # fmt: skip


def test_names_and_addresses_are_not_told(app: Flask, anna: Resident, account: Account) -> None:
    factories.balance(account, 1)
    program = Program(app, anna)
    text = program.http.get(URL, headers=program.headers).get_data(as_text=True)
    assert not any(word in text for word in ("Соколова", "Светлоречье", "Лесная", "example.org"))


@pytest.mark.parametrize(
    ("kopecks", "text"), [(0, "0.00"), (5, "0.05"), (-123450, "-1234.50"), (2**40, "10995116277.76")]
)
def test_sums_are_exact_to_the_kopeck(app: Flask, anna: Resident, account: Account, kopecks: int, text: str) -> None:
    factories.balance(account, kopecks)
    assert shown(app, anna)["balance"]["to_pay"] == text


def test_the_newer_of_bill_and_balance_is_told(app: Flask, anna: Resident, account: Account) -> None:
    factories.balance(account, 100, on=date(2026, 10, 1))
    factories.bill(account, to_pay=200, issued_on=date(2026, 10, 31))
    assert shown(app, anna)["balance"] == {"to_pay": "2.00", "currency": "RUB", "on": "2026-10-31"}


def test_what_the_billing_has_not_told_is_null(app: Flask, anna: Resident, account: Account) -> None:
    assert shown(app, anna)["balance"] is None


@pytest.mark.parametrize(
    ("facts", "closed"),
    [
        ({"is_automatic": True}, "automatic"),
        ({"removed_on": date(2026, 11, 1)}, "removed"),
        ({"verified_until": date(2026, 1, 1)}, "expired"),
        ({"verified_until": date(2027, 1, 1)}, None),
    ],
)
def test_a_meter_that_takes_no_readings_says_why(
    app: Flask, anna: Resident, account: Account, facts: dict[str, Any], closed: str | None
) -> None:
    factories.setting(account.supplier, "expired_meters", "refuse")
    metered(account, **facts)
    assert shown(app, anna)["meters"][0]["closed"] == closed


def test_a_closed_window_tells_when_it_opens(app: Flask, anna: Resident, account: Account) -> None:
    (register,) = metered(account, ("Круглосуточный",))
    factories.setting(account.supplier, "reading_to_day", 10, since=date(2026, 1, 1))
    factories.reading(register, 5, date(2026, 11, 8), origin="resident")
    told = shown(app, anna)
    assert told["window"] == {"is_open": False, "from": "2026-12-01", "to": "2026-12-10"}
    assert told["meters"][0]["registers"][0]["is_sent"] is False


@pytest.mark.parametrize("decimals", [0, 1, 3, 6])
def test_values_have_the_decimals_of_their_scale(app: Flask, anna: Resident, account: Account, decimals: int) -> None:
    (register,) = metered(account, ("Круглосуточный",), decimals=decimals)
    factories.reading(register, 416, date(2026, 10, 20), state=USED)
    value = shown(app, anna)["meters"][0]["registers"][0]["previous"]["value"]
    assert value == ("416." + "0" * decimals if decimals else "416")


@pytest.mark.parametrize("url", ["/api/v1/accounts", "/api/v1/readings"])
def test_queries_do_not_grow_with_rows(app: Flask, database: Flask, url: str) -> None:
    seen = []
    for size in (FEW, MANY):
        program = Program(app, town(size).resident)
        program.get(url)
        with counted() as statements:
            program.get(url)
        seen.append(statements)
    assert len(seen[0]) == len(seen[1]) <= 8, seen
    assert not any(statement.startswith(("INSERT", "UPDATE")) for statement in seen[1])
