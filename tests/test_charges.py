"""How a month's sum was made: the rules, without a page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from models import Account, Charge, Register
from services import charges, volumes
from services.settings import SupplierSettings
from services.volumes import Facts, House, Norm
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


@pytest.mark.parametrize(
    ("volume", "charged", "expected"),
    [("148", 142746, "raised"), ("148", 95164, "exact"), ("148", 190328, "other")],
)
def test_a_norm_that_was_raised_is_known_by_its_coefficient(volume: str, charged: int, expected: str) -> None:
    assert charges.fit("6.43", volume, "", charged, raised=150) == expected


def test_a_house_keeps_to_its_supplier_and_month(account: Account) -> None:
    """The sum of the flats is of this house, this supplier, this month, and one resource."""
    water = factories.service(account.supplier, name="Холодная вода", kind="холодная вода", unit="куб. м.")
    neighbour = factories.account(account.supplier, house=account.house, flat="46")
    stranger = factories.account(house=account.house)
    mine = factories.bill(account)
    line = factories.charge(mine, water, 100, volume="3.5", volume_common="0.5", house_volume="10")
    factories.charge(factories.bill(neighbour), water, 100, volume="4,25", volume_common="1.5")
    factories.charge(factories.bill(neighbour, period=date(2026, 9, 1)), water, 100, volume="99")
    factories.charge(
        factories.bill(stranger), factories.service(stranger.supplier, kind="холодная вода"), 1, volume="7"
    )
    factories.charge(mine, factories.service(account.supplier), 100, volume="150")
    factories.charge(factories.bill(factories.account(account.supplier)), water, 100, volume="50")
    known = volumes.facts(account, date(2026, 10, 1), [line])
    assert known.houses == {"холодная вода": House(2, Decimal("7.75"), Decimal("2.0"))}
    assert charges.why(mine, line, [], "Водоканал", known).share == 2500


@pytest.mark.parametrize(
    ("metered", "expected"), [("10", True), ("8.9", True), ("20", False), ("", False), ("0", False), ("-", False)]
)
def test_flats_are_summed_only_where_the_whole_house_is_here(metered: str, expected: bool) -> None:
    assert House(2, Decimal("7.75"), Decimal("2.0")).is_all(metered) is expected


def test_months_by_average_are_counted_until_the_first_other(account: Account) -> None:
    service = factories.service(account.supplier)
    lines = [
        factories.charge(factories.bill(account, period=date(2026, month, 1)), service, 100, method=method)
        for month, method in ((5, "среднее"), (6, "прибор"), (8, "среднее"), (9, "Среднее"), (10, "среднее"))
    ]
    known = volumes.facts(account, date(2026, 10, 1), lines[-1:])
    told = charges.why(lines[-1].bill, lines[-1], [], "Водоканал", known)
    assert (told.months, told.is_last_average) == (3, True)
    before = charges.why(lines[-2].bill, lines[-2], [], "", volumes.facts(account, date(2026, 9, 1), lines[-2:-1]))
    assert (before.months, before.is_last_average) == (2, False)
    later = SupplierSettings(average_months=6)
    assert not charges.why(lines[-1].bill, lines[-1], [], "", known, later).is_last_average


@pytest.mark.parametrize(
    ("micro", "count", "volume", "expected"),
    [
        (3_500_000, "2", "7", True),
        (3_500_000, "2", "7.000", True),
        (28_000, "50.50", "1,414", True),
        (28_000, "50.50", "1,41", True),  # as far as the printed places tell
        (3_500_000, "3", "7", False),
        (3_500_000, "", "7", False),
        (3_500_000, "2", "по договору", False),
    ],
)
def test_a_norm_is_multiplied_out_only_where_that_is_the_volume(
    micro: int, count: str, volume: str, expected: bool
) -> None:
    assert Norm(micro, by_area=False, count=count).gives(volume) is expected


def test_the_norm_of_the_stove_and_of_the_month_is_taken(account: Account) -> None:
    account.stove, account.registered = "Электрическая", 2
    light = factories.service(account.supplier)
    factories.tariff(light, 4_000_000, norm=90_000_000, since=date(2026, 1, 1))
    factories.tariff(light, 3_000_000, norm=120_000_000, since=date(2026, 1, 1), category="электроплита")
    factories.tariff(light, 3_500_000, norm=130_000_000, since=date(2026, 11, 1), category="электроплита")
    line = factories.charge(factories.bill(account), light, 100, method="норматив", volume="240")
    told = charges.why(line.bill, line, [], "", volumes.facts(account, date(2026, 10, 1), [line]))
    assert told.norm == Norm(120_000_000, by_area=False, count="2") and told.norm.gives("240")


@pytest.mark.parametrize(
    ("unit", "volume", "expected"),
    [
        ("кв. м.", "50.50", "area"),
        ("м²", "50,5", "area"),
        ("кв. м.", "50", ""),
        ("чел.", "2", "people"),
        ("чел.", "3", ""),
        ("кВт*ч", "2", ""),
    ],
)
def test_a_volume_may_be_the_area_or_the_people(account: Account, unit: str, volume: str, expected: str) -> None:
    charge = line(account, "Содержание", 100, unit=unit, volume=volume)
    assert charges.basis(charge, Facts(area="50.50", registered=2)) == expected


def test_an_organisation_has_no_norms_of_people(database: object) -> None:
    firm = factories.account(kind="organisation", title="ООО «Хлеб»")
    light = factories.service(firm.supplier)
    factories.tariff(light, 4_000_000, norm=90_000_000)
    line = factories.charge(factories.bill(firm), light, 100, method="норматив")
    assert volumes.facts(firm, date(2026, 10, 1), [line], all_norms=True).norms == {}
