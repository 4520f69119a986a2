"""How a month's sum was made: the rules, without a page."""

from __future__ import annotations

from datetime import date

import pytest

from models import Account, Charge, Register
from services import charges
from tests import factories


@pytest.mark.parametrize(
    ("tariff", "volume", "common", "charged", "expected"),
    [
        ("2.80", "50.50", "", 14140, "exact"),
        ("88.26", "6.030", "", 53222, "rounded"),  # 532,21 by the printed figures (manual B)
        ("1434.59", "0.5003", "", 71772, "rounded"),  # 717,73
        ("4.475", "61.45", "", 27499, "exact"),  # 274.98875, half up (formats 6.6)
        ("6.43", "100", "3.10", 66293, "exact"),
        ("6.43", "148", "", 142746, "other"),  # a coefficient of 1.5 that the line does not name
        ("0.00", "", "", 1153, ""),
        ("", "2", "", 25280, ""),
        ("по договору", "2", "", 25280, ""),
    ],
)
def test_tariff_times_volume_is_compared_with_the_sum(
    tariff: str, volume: str, common: str, charged: int, expected: str
) -> None:
    assert charges.fit(tariff, volume, common, charged) == expected


@pytest.fixture
def account(database: object) -> Account:
    return factories.account()


def line(account: Account, name: str, total: int, **facts: object) -> Charge:
    bill = factories.bill(account)
    return factories.charge(bill, factories.service(account.supplier, name=name), total, **facts)


def test_small_shares_are_gathered(account: Account) -> None:
    sums = {"А": 5000, "Б": 2000, "В": 1000, "Г": 900, "Д": 600, "Е": 300, "Ж": 200, "Возврат": -700}
    shares = charges.shares([line(account, name, total) for name, total in sums.items()])
    assert [(share.name, share.amount) for share in shares] == [
        ("А", 5000), ("Б", 2000), ("В", 1000), ("Г", 900), ("Д", 600), ("Остальное", 500),
    ]  # fmt: skip
    assert sum(share.percent for share in shares) == 100


def test_scales_of_a_service_are_one_share(account: Account) -> None:
    bill, service = factories.bill(account), factories.service(account.supplier)
    both = [factories.charge(bill, service, 100, scale=scale) for scale in ("День", "Ночь")]
    assert [(share.name, share.amount) for share in charges.shares(both)] == [("Электроэнергия", 200)]


def test_a_line_names_the_meter_only_where_one_could_be_meant(account: Account) -> None:
    bill, service = factories.bill(account), factories.service(account.supplier)
    charge = factories.charge(bill, service, 100, reading_before="1", reading_after="2")
    factories.meter(account, service, number="1-old", removed_on=date(2026, 9, 1))
    factories.meter(account, service, number="2-new", digits=5)
    told = charges.why(bill, charge, list(Register.of_account(account)), "Водоканал")
    assert (told.meter_number, told.digits) == ("2-new", 5)
    factories.meter(account, service, number="3-second")
    told = charges.why(bill, charge, list(Register.of_account(account)), "Водоканал")
    assert (told.meter_number, told.digits) == ("", None)


def test_the_supplier_itself_is_not_named_as_a_provider(account: Account) -> None:
    bill = factories.bill(account)
    own = factories.charge(bill, factories.service(account.supplier, provider="Водоканал"), 100)
    other = factories.charge(bill, factories.service(account.supplier, provider="ООО «Лифт»"), 100)
    assert charges.why(bill, own, [], "Водоканал").provider == ""
    assert charges.why(bill, other, [], "Водоканал").provider == "ООО «Лифт»"
