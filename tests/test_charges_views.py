"""«Начисления и платежи»: months in a row and a month in detail, as the manuals print them."""

from __future__ import annotations

from datetime import date

import pytest

from models import Account, Resident
from tests import factories
from tests.client import PageClient
from tests.queries import counted

# Manual B, рис. 5: service, unit, tariff, volume, charged.
LINES = [
    ("Ремонт жилья", "кв. м.", "2.80", "50.50", 14140),
    ("Содержание жилья", "кв. м.", "12.41", "50.50", 62671),
    ("Найм жилья", "кв. м.", "6.56", "50.50", 33128),
    ("Холодное водоснабжение", "куб. м.", "11.94", "9.044", 10799),
    ("Горячее водоснабжение", "куб. м.", "88.26", "6.030", 53222),
    ("Водоотведение", "куб. м.", "13.58", "14.726", 19998),
    ("Электроснабжение", "кВт*ч", "2.61", "201.61", 52620),
    ("Отопление", "ГКал", "1434.59", "0.5003", 71772),
    ("Пени", "-", "0.00", "", 1153),
]
SHOWN = [
    "Ремонт жилья кв. м. 2,80 50,50 141,40 141,40",
    "Содержание жилья кв. м. 12,41 50,50 626,71 626,71",
    "Найм жилья кв. м. 6,56 50,50 331,28 331,28",
    "Холодное водоснабжение куб. м. 11,94 9,044 107,99 107,99",
    "Горячее водоснабжение куб. м. 88,26 6,030 532,22 532,22",
    "Водоотведение куб. м. 13,58 14,726 199,98 199,98",
    "Электроснабжение кВт*ч 2,61 201,61 526,20 526,20",
    "Отопление ГКал 1 434,59 0,5003 717,72 717,72",
    "Пени - 0,00 11,53 11,53",
]


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    supplier = factories.supplier(name="ОАО «Камал»", phone="8 (800) 100-20-30")
    return factories.link(resident, factories.account(supplier, number="1002154")).account


def of_the_manual(account: Account) -> None:
    october = date(2014, 10, 1)
    bill = factories.bill(
        account, number="10-154", issued_on=date(2014, 10, 31), period=october,
        opening=239434, charged=319503, paid=0, to_pay=558937,
    )  # fmt: skip
    for position, (name, unit, tariff, volume, charged) in enumerate(LINES):
        service = factories.service(account.supplier, name=name, unit=unit)
        factories.charge(bill, service, charged, position=position, tariff=tariff, volume=volume)


def test_the_month_of_the_manual_is_shown_as_printed(
    client: PageClient, resident: Resident, account: Account
) -> None:
    of_the_manual(account)
    page = client.sign_in(resident).get(f"/charges?account={account.id}&period=2014-10")
    assert "Начисление за октябрь 2014 года" in page
    assert "Услуга Единица измерения Тариф Объем Начислено Перерасчет Итого начислено" in page
    for row in SHOWN:
        assert row in page, row
    assert "Итого 3 195,03 0,00 3 195,03" in page
    assert "Сальдо на 1 октября 2014 2 394,34" in page
    assert "К оплате 5 589,37 ₽" in page
    assert "сходятся" not in page


def test_a_product_off_by_a_kopeck_is_explained_and_the_sum_kept(
    client: PageClient, resident: Resident, account: Account
) -> None:
    of_the_manual(account)
    page = client.sign_in(resident).get(f"/charges?account={account.id}&period=2014-10")
    assert "88,26 ₽ × 6,030 куб. м. , начислено 532,22 ₽" in page
    assert "верна сумма поставщика" in page
    assert "532,21" not in page


def test_a_month_with_two_bills_shows_each_with_its_own_saldo(
    client: PageClient, resident: Resident, account: Account
) -> None:
    november = {"period": date(2018, 11, 1), "issued_on": date(2018, 11, 1)}
    factories.bill(account, number="132", opening=218660, charged=48530, to_pay=162790, **november)
    factories.bill(account, number="137", opening=-475495, charged=48530, to_pay=-531365, **november)
    page = client.sign_in(resident).get("/charges?period=2018-11")
    assert page.words.index("счёт № 137") < page.words.index("счёт № 132")
    assert "Сальдо на 1 ноября 2018 −4 754,95" in page and "Сальдо на 1 ноября 2018 2 186,60" in page
    assert "Переплата 5 313,65 ₽" in page and "К оплате 1 627,90 ₽" in page
    assert "только итоги" in page


def test_why_a_line_costs_what_it_does(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, charged=64800, recalculated=-12640)
    light = factories.service(account.supplier, provider="ООО «Свет»")
    factories.meter(account, light, number="38002134", digits=6)
    factories.charge(
        bill, light, 95164, tariff="6.43", volume="148", method="прибор", unit="кВт*ч",
        reading_before="15589", reading_after="15737",
    )  # fmt: skip
    factories.charge(
        bill, factories.service(account.supplier, name="ТКО"), 25280, total=12000, tariff="126.40", volume="2",
        method="норматив", unit="чел.", recalculated=-12640, recalculation_period=date(2026, 9, 1),
        recalculation_reason="один человек отсутствовал", benefit=640, volume_common="0.5", house_volume="120",
    )  # fmt: skip
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "По счётчику № 38002134 : было 015 589 , стало 015 737" in page
    assert "6,43 ₽ × 148 кВт*ч = 951,64 ₽" in page
    assert "по нормативу" in page and "Исполнитель услуги: ООО «Свет»" in page
    assert "приходится на содержание общего имущества дома (СОИ)" in page
    assert "Весь дом: 120 чел." in page
    assert "Перерасчёт −126,40 ₽ за сентябрь 2026: один человек отсутствовал" in page
    assert "Льгота уменьшила сумму на 6,40 ₽" in page


def test_how_a_volume_was_found_without_readings(client: PageClient, resident: Resident, account: Account) -> None:
    account.registered, account.area = 2, "50.50"
    account.save()
    light = factories.service(account.supplier)
    water = factories.service(account.supplier, name="Холодная вода", unit="куб. м.", kind="холодная вода")
    factories.tariff(water, 41_260_000, norm=4_500_000)
    for month in (8, 9, 10):
        bill = factories.bill(account, period=date(2026, month, 1))
        factories.charge(bill, light, 95164, tariff="6.43", volume="148", method="среднее")
    factories.charge(bill, water, 55701, tariff="41.26", volume="9", method="норматив", house_volume="90")
    factories.charge(
        bill, factories.service(account.supplier, name="Содержание жилья", unit="кв. м."), 113120,
        tariff="22.40", volume="50.50",
    )  # fmt: skip
    fine = factories.service(account.supplier, name="Пени", kind="пени", unit="-")
    factories.charge(bill, fine, 1153)
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "Так начислено 3 месяца подряд" in page and "дальше объём возьмут по нормативу" in page
    assert "Норматив 4,5 куб. м. на человека в месяц × 2 чел. = 9 куб. м." in page
    assert "Это в 1,5 раза больше произведения: к нормативу применён повышающий коэффициент" in page
    assert "Весь дом: 90 куб. м. по общедомовому счётчику. Доля вашего помещения 10,0 %." in page
    assert "Объём — площадь помещения" in page
    assert "Пени за просрочку" in page
    september = client.get("/charges?period=2026-09")
    assert "Так начислено 2 месяца подряд" in september and "дальше объём возьмут" not in september


def test_the_house_is_told_by_its_flats_and_the_common_property(
    client: PageClient, resident: Resident, account: Account
) -> None:
    light = factories.service(account.supplier, name="Электроэнергия на СОИ")
    neighbour = factories.account(account.supplier, house=account.house, flat="46")
    for holding, volume, common in ((account, "148", "3.10"), (neighbour, "852", "9.30")):
        bill = factories.bill(holding)
        factories.charge(
            bill, light, 97157, tariff="6.43", volume=volume, volume_common=common, house_volume="1012.40"
        )
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "3,10 кВт*ч приходится на содержание общего имущества дома (СОИ): доля вашего помещения 25,0 %" in page
    assert "Весь дом: 1 012,40 кВт*ч по общедомовому счётчику, из них 1 000 кВт*ч в 2 помещениях" in page
    assert "на общее имущество 12,40 кВт*ч" in page


def test_a_line_of_the_common_property_alone_shows_its_volume(
    client: PageClient, resident: Resident, account: Account
) -> None:
    light = factories.service(account.supplier, name="Электроэнергия на СОИ")
    factories.charge(factories.bill(account), light, 1993, tariff="6.43", volume_common="3.10")
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "Электроэнергия на СОИ кВт*ч 6,43 3,10 19,93" in page


def test_a_bill_that_does_not_add_up_is_said_so(client: PageClient, resident: Resident, account: Account) -> None:
    factories.bill(account, adds_up=False)
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "Суммы в счёте не сходятся, уточните у поставщика" in page and "8 (800) 100-20-30" in page


def test_shares_stand_in_a_ring_and_in_a_table(client: PageClient, resident: Resident, account: Account) -> None:
    of_the_manual(account)
    page = client.sign_in(resident).get("/charges?period=2014-10")
    assert 'class="donut"' in page.text
    assert "Отопление 717,72" in page and "Остальное" in page


def test_without_a_period_all_months_stand_in_a_row(client: PageClient, resident: Resident, account: Account) -> None:
    of_the_manual(account)
    page = client.sign_in(resident).get("/charges")
    assert "Начисления и платежи" in page
    assert "Октябрь 2014 , счёт № 10-154 № 10-154 , PDF 2 394,34 3 195,03 0,00 0,00 5 589,37" in page


def test_a_month_without_a_bill_says_so(client: PageClient, resident: Resident, account: Account) -> None:
    assert "За этот месяц счёта нет" in client.sign_in(resident).get("/charges?period=2020-02")


@pytest.mark.parametrize(
    "query", ["period=2014-13", "period=9999-12", "period=0001-01", "period=x", "account=999999", "account=x"]
)
def test_an_address_made_up_is_a_404(client: PageClient, resident: Resident, account: Account, query: str) -> None:
    client.sign_in(resident).get(f"/charges?{query}", status=404)


def test_a_neighbours_account_does_not_exist(client: PageClient, resident: Resident, account: Account) -> None:
    neighbour = factories.link(factories.resident()).account
    client.sign_in(resident).get(f"/charges?account={neighbour.id}", status=404)


def test_a_year_comes_first_and_the_rest_when_asked(client: PageClient, resident: Resident, account: Account) -> None:
    for month in range(30):
        period = date(2024 + month // 12, month % 12 + 1, 1)
        factories.bill(account, number=f"n{month}", period=period, issued_on=period)
    client.sign_in(resident)
    page = client.get("/charges")
    assert "Июль 2025 , счёт" in page and page.text.count("<tr>") == 14
    everything = f"/charges?account={account.id}&from=2024-01&to=2026-06"
    assert everything in page.tree.links
    page = client.get(everything)
    assert "Январь 2024 , счёт" in page and page.text.count("<tr>") == 32 and "Показать все" not in page


def three_months(account: Account) -> None:
    saldo = 0
    for month in (8, 9, 10):
        period = date(2026, month, 1)
        factories.bill(
            account, number=f"26{month:02d}", period=period, issued_on=period, opening=saldo, charged=10050,
            recalculated=-50, paid=5000, to_pay=saldo + 5000,
        )  # fmt: skip
        saldo += 5000


def test_a_range_of_months_is_shown_with_its_sums(client: PageClient, resident: Resident, account: Account) -> None:
    three_months(account)
    page = client.sign_in(resident).get("/charges?from=2026-09&to=2026-10")
    assert "Октябрь 2026 , счёт № 2610" in page and "Сентябрь 2026 , счёт № 2609" in page
    assert "№ 2608" not in page
    assert "Итого 50,00 201,00 −1,00 100,00 150,00" in page
    payments = f"/history?kind=payments&account={account.id}&from=2026-09-01&to=2026-10-31"
    assert payments in page.tree.links and payments.replace("history?kind=payments&", "statement?") in page.tree.links
    assert f"/charges?account={account.id}&from=2026-08&to=2026-10" in page.tree.links


@pytest.mark.parametrize("shape", ["from=09.2026&to=31.10.2026", "from=2026-09-15&to=2026-10-01", "from=1.9.2026"])
def test_a_month_may_be_typed_as_people_type_it(
    client: PageClient, resident: Resident, account: Account, shape: str
) -> None:
    three_months(account)
    page = client.sign_in(resident).get(f"/charges?{shape}")
    assert "№ 2610" in page and "№ 2609" in page and "№ 2608" not in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-10&to=2026-08", "Этот месяц раньше, чем «Дата с»"),
        ("from=2027-01&to=2026-10", "Этот месяц раньше, чем «Дата с»"),
        ("from=вчера", "Выберите месяц из списка или введите его так: 10.2026"),
        ("from=2026-13", "Выберите месяц из списка"),
        ("to=9999-12", "Выберите месяц из списка"),
        ("to=%00", ""),
        ("from=2020-01&to=2020-12", "За эти месяцы счетов нет. Счета есть с августа 2026 по октябрь 2026"),
        ("to=2020-12", "За эти месяцы счетов нет"),
        ("from=2030-01", "За эти месяцы счетов нет"),
    ],
)
def test_a_range_that_cannot_be_is_answered_clearly(
    client: PageClient, resident: Resident, account: Account, query: str, sentence: str
) -> None:
    three_months(account)
    page = client.sign_in(resident).get(f"/charges?{query}")
    assert sentence in page
    assert ("№ 2610" in page) is (not sentence)


def test_chains_stand_in_tables_of_their_own(client: PageClient, resident: Resident, account: Account) -> None:
    for number, month, opening, to_pay in (("131", 10, 0, 100), ("136", 10, -900, -700), ("132", 11, 100, 250)):
        factories.bill(
            account, number=number, period=date(2026, month, 1), opening=opening, charged=to_pay - opening,
            to_pay=to_pay,
        )  # fmt: skip
    page = client.sign_in(resident).get("/charges")
    assert "счета № 131–132" in page and "счёт № 136" in page  # noqa: RUF001 - a range
    assert page.text.count("<table") == 2
    assert "Итого 0,00 2,50 0,00 0,00 2,50" in page


def test_a_saldo_that_the_supplier_changed_is_said_so(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.bill(account, number="1", period=date(2026, 9, 1), charged=10000, to_pay=10000)
    factories.bill(account, number="2", period=date(2026, 10, 1), opening=9000, to_pay=9000, charged=0)
    page = client.sign_in(resident).get("/charges")
    assert "Расчётный центр изменил сальдо между счетами на −10,00 ₽" in page and page.text.count("<table") == 1


def test_a_range_without_accounts_or_bills_says_what_to_do(client: PageClient, resident: Resident) -> None:
    client.sign_in(resident)
    assert "Лицевых счетов пока нет" in client.get("/charges?from=2026-01")
    factories.link(resident)
    assert "Начислений пока нет" in client.get("/charges?from=2026-01&to=x")


def test_the_richest_month_asks_no_more_than_eight_things(
    client: PageClient, resident: Resident, account: Account
) -> None:
    due = date(2026, 9, 1)
    bill, second = factories.bill(account, due_on=due), factories.bill(account, due_on=due)
    for position, method in enumerate(("прибор", "норматив", "среднее")):
        service = factories.service(account.supplier)
        factories.tariff(service, 5_000_000, norm=3_000_000)
        factories.meter(account, service)
        facts = {"method": method, "volume": "3", "house_volume": "30", "reading_after": "7" if not position else ""}
        factories.charge(bill, service, 100, **facts)
        factories.charge(second, service, 100, **facts)
    client.sign_in(resident).get("/charges?period=2026-10")
    with counted() as seen:
        client.get("/charges?period=2026-10")
    assert len(seen) <= 8, "\n".join(seen)


def late(account: Account, due_on: date, **facts: object) -> None:
    bill = factories.bill(account, charged=301000, to_pay=500000, opening=199000, due_on=due_on, **facts)
    factories.charge(bill, factories.service(account.supplier), 300000)
    factories.charge(bill, factories.service(account.supplier, name="Пени", kind="пени"), 1000)


def test_what_paying_late_costs_is_estimated_on_the_months_own_debt(
    client: PageClient, resident: Resident, account: Account, november: None
) -> None:
    late(account, date(2026, 9, 20))
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "Если счёт не оплачен: пени около 29,45 ₽" in page
    assert "Оценка на сегодня: 31 день по 1/300 от ставки 9,5 % с начисленного за месяц" in page


def test_before_the_thirty_first_day_only_the_day_is_told(
    client: PageClient, resident: Resident, account: Account, november: None
) -> None:
    late(account, date(2026, 11, 15))
    page = client.sign_in(resident).get("/charges?period=2026-10")
    assert "Если не оплатить, пени начислят с 16 декабря." in page and "Оценка" not in page
    assert "Срок оплаты прошёл 15 ноября" in page and "Оплатить до" not in page


def test_nothing_is_estimated_of_older_bills_paid_ones_and_organisations(
    client: PageClient, resident: Resident, account: Account, november: None
) -> None:
    late(account, date(2026, 9, 10), period=date(2026, 8, 1))
    factories.bill(account, to_pay=0, due_on=date(2026, 9, 10))
    firm = factories.link(resident, factories.account(kind="organisation", title="ООО «Хлеб»")).account
    late(firm, date(2026, 9, 10))
    client.sign_in(resident)
    for holding, period in ((account, "2026-08"), (account, "2026-10"), (firm, "2026-10")):
        page = client.get(f"/charges?account={holding.id}&period={period}")
        assert "пени начислят" not in page and "не оплачен" not in page


def test_an_older_month_asks_for_no_money_again(client: PageClient, resident: Resident, account: Account) -> None:
    """What was left of it stands in the next bill, and is paid there."""
    factories.bill(account, number="9", period=date(2026, 9, 1), to_pay=140_392)
    factories.bill(account, number="10", period=date(2026, 10, 1), to_pay=118_998)
    client.sign_in(resident)
    older, last = client.get("/charges?period=2026-09"), client.get("/charges?period=2026-10")
    assert "Перешло в следующий счёт 1 403,92 ₽" in older and "bill=" not in older.text
    assert "К оплате 1 189,98 ₽" in last and f"/payment/{account.id}?bill=" in last.text
