"""«История»: payments, readings, bills; filters, sorting, pages; nothing counted twice."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask

from models import Account, Checkout, Match, Order, OrderLine, Resident
from services import history
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch
from tests.queries import counted

ROW = '<tr><th scope="row"><span class="num">'  # of the list, not of the chart's table


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    supplier = factories.supplier(name="Водоканал")
    return factories.link(resident, factories.account(supplier, number="31400072118")).account


def ordered(who: Resident, account: Account, amount: int, state: str = "paid", **facts: object) -> OrderLine:
    checkout = Checkout.create(resident=who, once=f"o{OrderLine.select().count()}", created_at=factories.NOW)
    order = Order.create(
        **{
            "checkout": checkout, "supplier": account.supplier, "gateway": "testbank", "number": checkout.once,
            "amount": amount, "state": state, "created_at": factories.NOW, "sent_at": factories.NOW,
            "paid_at": factories.NOW, "expires_at": factories.NOW, **facts,
        }
    )  # fmt: skip
    return OrderLine.create(order=order, account=account, amount=amount)


def test_payments_stand_newest_first_with_their_sum(client: PageClient, resident: Resident, account: Account) -> None:
    factories.payment(account, 104900, date(2018, 9, 10), source="Касса")
    factories.payment(account, 118660, date(2018, 11, 12), source="Касса")
    page = client.sign_in(resident).get("/history")
    assert "2 платежа на 2 235,60 ₽" in page
    assert page.words.index("12.11.2018 Водоканал") < page.words.index("10.09.2018 Водоканал")
    assert "31400072118 Учтено · Касса 1 186,60" in page


def test_what_was_paid_here_stands_at_once_and_once(client: PageClient, resident: Resident, account: Account) -> None:
    line = ordered(resident, account, 50000, receipt_url="https://bank.example/receipt/1")
    client.sign_in(resident)
    page = client.get("/history")
    assert "1 платёж на 500,00 ₽" in page and "Оплачено, ещё не учтено" in page
    assert "https://bank.example/receipt/1" in page.tree.links
    payment = factories.payment(account, 50000, date(2026, 11, 21))
    Match.create(line=line, payment=payment, matched_at=factories.NOW)
    page = client.get("/history")
    assert "1 платёж на 500,00 ₽" in page and "Учтено" in page and "ещё не учтено" not in page
    assert "https://bank.example/receipt/1" in page.tree.links


def test_services_of_one_order_are_one_payment(client: PageClient, resident: Resident, account: Account) -> None:
    line = ordered(resident, account, 10050)
    OrderLine.create(order=line.order, account=account, amount=4917)
    assert "1 платёж на 149,67 ₽" in client.sign_in(resident).get("/history")


def test_a_co_holder_sees_what_was_paid_but_not_what_failed(
    client: PageClient, resident: Resident, account: Account
) -> None:
    other = factories.resident()
    factories.link(other, account)
    ordered(resident, account, 50000, receipt_url="https://bank.example/receipt/1")
    ordered(resident, account, 70000, state="failed")
    own = client.sign_in(resident).get("/history")
    assert "Не прошёл" in own and "1 платёж на 500,00 ₽" in own
    shared = client.sign_in(other).get("/history")
    assert "500,00" in shared and "700,00" not in shared
    assert "https://bank.example/receipt/1" not in shared.tree.links


def test_the_day_of_a_payment_is_the_utilitys(client: PageClient, resident: Resident, account: Account) -> None:
    ordered(resident, account, 50000, paid_at=factories.NOW.replace(day=15, hour=22))
    client.sign_in(resident)
    assert "16.11.2026" in client.get("/history")
    assert "500,00" in client.get("/history?from=2026-11-16&to=2026-11-16")
    assert "500,00" not in client.get("/history?to=2026-11-15")


def test_filters_narrow_the_list(client: PageClient, resident: Resident, account: Account) -> None:
    other = factories.link(resident, factories.account(factories.supplier(name="Теплосеть"))).account
    factories.payment(account, 111, date(2026, 1, 10))
    factories.payment(account, 222, date(2026, 2, 10))
    factories.payment(other, 555, date(2026, 2, 10))
    client.sign_in(resident)
    assert shown(client.get("/history")) == {"1,11", "2,22", "5,55"}
    assert shown(client.get(f"/history?supplier={other.supplier_id}")) == {"5,55"}
    assert shown(client.get(f"/history?account={account.id}")) == {"1,11", "2,22"}
    assert shown(client.get("/history?from=2026-02-10&to=2026-02-10")) == {"2,22", "5,55"}
    assert shown(client.get("/history?from=10.02.2026")) == {"2,22", "5,55"}
    assert shown(client.get("/history?to=2026-01-31")) == {"1,11"}


def shown(page: Page) -> set[str]:
    return {sum_ for sum_ in ("1,11", "2,22", "5,55") if f" {sum_} " in page.words}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=31.02.2026", "Такого дня нет"),
        ("from=вчера", "Введите дату"),
        ("to=0001-01-01", "не раньше 1990"),
        ("from=2026-03-01&to=2026-01-01", "раньше"),
    ],
)
def test_days_that_make_no_sense_are_said(
    client: PageClient, resident: Resident, account: Account, query: str, sentence: str
) -> None:
    page = client.sign_in(resident).get(f"/history?{query}")
    assert sentence in page and "Исправьте даты выше" in page and "Ничего не нашлось" not in page


def test_another_order_by_day_and_by_sum(client: PageClient, resident: Resident, account: Account) -> None:
    for amount, day in ((111, 1), (333, 2), (222, 3)):
        factories.payment(account, amount, date(2026, 1, day))
    client.sign_in(resident)
    for sort, expected in (
        ("date", ["1,11", "3,33", "2,22"]),
        ("-sum", ["3,33", "2,22", "1,11"]),
        ("sum", ["1,11", "2,22", "3,33"]),
    ):
        words = client.get(f"/history?sort={sort}").words
        assert sorted(expected, key=words.index) == expected


@pytest.mark.parametrize("sort", ["-date", "date", "-sum", "sum"])
def test_pages_follow_without_gap_or_double(
    client: PageClient, resident: Resident, account: Account, sort: str
) -> None:
    """Equal days and equal sums on the seams, the portal's own payments among the billing's."""
    total = history.PAGE + 20
    for number in range(total):
        factories.payment(account, 1000 + number % 3, date(2026, 11, 20) - timedelta(days=number // 15))
    for _ in range(5):
        ordered(resident, account, 1001)
    client.sign_in(resident)
    first = client.get(f"/history?sort={sort}")
    assert f"{total + 5} платежей" in first
    onward = next(link for link in first.tree.links if "after=" in link)
    second = client.get(onward)
    assert first.text.count(ROW) == history.PAGE
    assert second.text.count(ROW) == 25
    states = [page.words.count("ещё не учтено") for page in (first, second)]
    assert sum(states) == 5
    assert not [link for link in second.tree.links if "after=" in link]


@pytest.mark.parametrize(
    "place",
    [
        "readings meter",
        "readings -meter",
        "readings value",
        "readings -value",
        "readings date",
        "bills charged",
        "bills -charged",
        "bills -sum",
        "bills date",
    ],
)
def test_other_columns_have_pages_without_gap_or_double(
    client: PageClient, resident: Resident, account: Account, place: str
) -> None:
    """Equal values on the seams; a meter's number may hold the sign that stands in the place of a page."""
    kind, _, sort = place.partition(" ")
    registers = [factories.meter(account, number=number).registers[0] for number in ("7~1~2", "7", "8")]
    total = history.PAGE + 25
    for number in range(total):
        day = date(2019, 1, 1) + timedelta(days=31 * (number // 3))
        factories.reading(registers[number % 3], number // 5, day)
        factories.bill(account, period=day.replace(day=1), issued_on=day, charged=number // 5, to_pay=number // 7)
    client.sign_in(resident)
    first = client.get(f"/history?kind={kind}&sort={sort}")
    second = client.get(next(link for link in first.tree.links if "after=" in link))
    assert [page.text.count(ROW) for page in (first, second)] == [history.PAGE, 25]
    if kind == "bills":
        told = [set(re.findall(r"№ (\d+)", page.words)) for page in (first, second)]
        assert len(told[0] | told[1]) >= total and len(told[0] & told[1]) <= 1


def test_readings_tell_their_state_and_source(client: PageClient, resident: Resident, account: Account) -> None:
    meter = factories.meter(account, number="38002134", digits=6)
    bill = factories.bill(account, number="136")
    register = meter.registers[0]
    factories.reading(register, 15737, date(2023, 7, 1), state="used", bill=bill, source="житель")
    factories.reading(register, 15800, date(2023, 8, 1), state="rejected", reason="ниже прошлого", origin="resident")
    page = client.sign_in(resident).get("/history?kind=readings")
    assert "2 показания" in page
    assert "№ 38002134 Учтено в счёте № 136 житель 015 737 кВт*ч" in page
    assert "Отклонено: ниже прошлого житель 015 800" in page


def test_bills_of_the_manual_keep_their_order(client: PageClient, resident: Resident, account: Account) -> None:
    for number, day in (("130", 9), ("131", 10), ("136", 10), ("132", 11), ("137", 11), ("133", 12)):
        factories.bill(account, number=number, period=date(2018, day, 1), issued_on=date(2018, day, 1))
    words = client.sign_in(resident).get("/history?kind=bills").words
    order = ["№ 133", "№ 137", "№ 132", "№ 136", "№ 131", "№ 130"]
    assert sorted(order, key=words.index) == order and "6 счетов" in words


@pytest.mark.parametrize("query", ["kind=secrets", "account=999999", "supplier=999999", "account=x"])
def test_conditions_made_up_are_a_404(client: PageClient, resident: Resident, account: Account, query: str) -> None:
    client.sign_in(resident).get(f"/history?{query}", status=404)


@pytest.mark.parametrize("after", ["x", "2026-01-01~0~x", "2026-99-01~0~1", "9" * 300 + "~0~1", "~~", "1~2~3"])
@pytest.mark.parametrize("kind", ["payments", "readings", "bills"])
def test_a_place_made_up_begins_anew(
    client: PageClient, resident: Resident, account: Account, kind: str, after: str
) -> None:
    factories.payment(account, 111)
    for sort in ("-date", "sum"):
        client.sign_in(resident).get(f"/history?kind={kind}&sort={sort}&after={after}")


def test_a_neighbours_history_is_not_there(client: PageClient, resident: Resident, account: Account) -> None:
    neighbour = factories.link(factories.resident()).account
    factories.payment(neighbour, 98765)
    assert "987,65" not in client.sign_in(resident).get("/history")


@pytest.mark.parametrize("kind", ["payments", "readings", "bills"])
def test_ten_years_ask_as_often_as_a_month(
    client: PageClient, resident: Resident, account: Account, kind: str
) -> None:
    def grow(months: int) -> list[str]:
        register = factories.meter(account).registers[0]
        for month in range(months):
            day = date(2016 + month // 12, month % 12 + 1, 1)
            factories.payment(account, 100, day)
            factories.reading(register, month, day)
            factories.bill(account, period=day, issued_on=day)
        client.get(f"/history?kind={kind}")
        with counted() as seen:
            client.get(f"/history?kind={kind}")
        return seen

    client.sign_in(resident)
    assert len(grow(1)) == len(grow(120)) <= 8


def test_a_resident_without_accounts_is_told_what_to_do(client: PageClient, resident: Resident) -> None:
    assert "Лицевых счетов пока нет" in client.sign_in(resident).get("/history")


@pytest.mark.parametrize("preset", ["default", "client-online"])
def test_one_page_has_tabs(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, resident: Resident, account: Account, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    page = client.sign_in(resident).get("/history?kind=readings")
    assert 'id="history-kinds"' in page.text and "<h1>История</h1>" in page.text


@pytest.mark.parametrize(
    ("preset", "titles"),
    [
        ("metallenergo", ("Оплаты", "История показаний", "История счетов")),
        ("zhkh", ("История платежей", "История показаний", "История начислений")),
        ("consumer", ("История платежей", "История показаний", "История счетов")),
    ],
)
def test_pages_of_their_own_lead_to_each_other(
    client: PageClient,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    resident: Resident,
    account: Account,
    preset: str,
    titles: tuple[str, ...],
) -> None:
    switch(app, monkeypatch, preset)
    client.sign_in(resident)
    for kind, title in zip(("payments", "readings", "bills"), titles, strict=True):
        page = client.get(f"/history?kind={kind}")
        assert f"<h1>{title}</h1>" in page.text and 'id="history-kinds"' not in page.text
        assert all(other in page for other in titles)


def test_payments_by_month_stand_in_a_chart_and_its_table(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.payment(account, 25000, date(2026, 8, 10))
    factories.payment(account, 25000, date(2026, 10, 10))
    ordered(resident, account, 10000)
    page = client.sign_in(resident).get("/history")
    chart = page.words.split("Рублей в месяц,")[1]
    assert page.text.count('<svg class="chart"') == 1 and "#history-chart" in page.tree.links
    assert "декабрь 2025 — ноябрь 2026" in chart
    for line in ("Ноябрь 2026 100,00", "Октябрь 2026 250,00", "Сентябрь 2026 0,00", "Август 2026 250,00"):
        assert line in chart


def test_the_chart_shows_what_the_filter_does(client: PageClient, resident: Resident, account: Account) -> None:
    for month in (5, 6, 7):
        factories.payment(account, 10000 * month, date(2025, month, 10))
    client.sign_in(resident)
    page = client.get("/history?from=2025-06-01&to=2025-07-31")
    assert "июнь 2025 — июль 2025" in page and "500,00" not in page
    assert "chart" not in client.get("/history?from=2030-01-01").text


def test_what_the_meters_counted_stands_in_a_chart_of_each_scale(
    client: PageClient, resident: Resident, account: Account
) -> None:
    meter = factories.meter(account, scales=("День", "Ночь"))
    for register, used in zip(meter.registers, (100, 30), strict=True):
        for month in range(24):
            factories.reading(register, used * month, date(2024 + (month + 10) // 12, (month + 10) % 12 + 1, 20))
    page = client.sign_in(resident).get("/history?kind=readings")
    assert page.text.count('<svg class="chart"') == 2
    assert "Электроэнергия, день, кВт*ч" in page and "Электроэнергия, ночь, кВт*ч" in page
    assert "Октябрь 2026 100 100" in page and "Октябрь 2026 30 30" in page and "Ноябрь 2025 100 —" in page


def test_meters_of_several_accounts_are_not_drawn_together(
    client: PageClient, resident: Resident, account: Account
) -> None:
    other = factories.link(resident).account
    for owner in (account, other):
        [register] = factories.meter(owner).registers
        for month in (9, 10):
            factories.reading(register, 100 * month, date(2026, month, 20))
    client.sign_in(resident)
    page = client.get("/history?kind=readings")
    assert "Выберите один лицевой счёт" in page and "chart" not in page.text
    assert '<svg class="chart"' in client.get(f"/history?kind=readings&account={other.id}").text


def test_further_pages_and_refused_readings_draw_nothing(
    client: PageClient, resident: Resident, account: Account
) -> None:
    [register] = factories.meter(account).registers
    for day in range(1, 29):
        factories.reading(register, day, date(2026, 9, day), state="rejected")
        factories.payment(account, 100, date(2026, 9, day))
        factories.payment(account, 100, date(2026, 9, day))
    client.sign_in(resident)
    assert "chart" not in client.get("/history?kind=readings").text
    first = client.get("/history")
    onward = next(link for link in first.tree.links if "after=" in link)
    assert '<svg class="chart"' in first.text and '<svg class="chart"' not in client.get(onward).text
