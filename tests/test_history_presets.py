"""What the four manuals say of the history, row by row of the register, each under the preset of its manual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from models import Account, Bill, Resident
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch

pytestmark = pytest.mark.usefixtures("november")
Opener = Callable[[str, str], Page]

A, B, C, D = "metallenergo", "zhkh", "client-online", "consumer"
PAYMENTS, READINGS, BILLS = (f"/history?kind={kind}" for kind in ("payments", "readings", "bills"))
PERIOD = ('id="from" name="from" type="date"', 'id="to" name="to" type="date"')  # the browser's own calendar


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def bill(anna: Resident) -> Bill:
    account: Account = factories.link(anna, factories.account(factories.supplier(name="Поставщик"))).account
    register = factories.meter(account, number="00426611", scales=("День",)).registers[0]
    for month in (9, 10):
        factories.reading(register, 100 * month, date(2026, month, 20), state="used", source="житель")
        factories.payment(account, 100000 + month, date(2026, month, 14), source="Касса")
    return factories.bill(account, number="133")


@pytest.fixture
def opened(client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident) -> Opener:
    client.sign_in(anna)

    def opened(preset: str, url: str) -> Page:
        switch(app, monkeypatch, preset)
        return client.get(url)

    return opened


# (row of the register, preset, page, words on it)
SAID = [
    ("Payments history", A, PAYMENTS, ("Оплаты", "14.10.2026", "Касса", "1 000,10")),
    ("Payments history", B, PAYMENTS, ("История платежей", "14.10.2026", "1 000,10")),
    ("Payments history", C, PAYMENTS, ("История", "14.10.2026", "1 000,10")),
    ("Payments history", D, PAYMENTS, ("История платежей", "14.10.2026", "1 000,10")),
    ("Readings history", B, READINGS, ("История показаний", "20.10.2026", "00426611", "001 000")),
    ("Readings history", C, READINGS, ("История", "20.10.2026", "00426611", "001 000")),
    ("Readings history", D, READINGS, ("История показаний", "20.10.2026", "00426611", "1000")),
    ("Bills/charges history", A, "/bills", ("Счета/Начисления", "№ 133", "Октябрь 2026", "1 485,33")),
    ("Bills/charges history", B, BILLS, ("История начислений", "№ 133", "Октябрь 2026", "1 485,33")),
    ("Bills/charges history", C, BILLS, ("История", "№ 133", "Октябрь 2026", "1 485,33")),
    ("Bills/charges history", D, "/charges", ("Начисления и платежи", "№ 133", "Октябрь 2026", "1 485,33")),
    ("Operation filter", C, "/history", ("Платежи", "Показания", "Счета")),
    ("Filter by supplier, by account", C, "/history", ("Поставщик", "Все поставщики", "Все лицевые счета")),
    ("Period from-to", B, PAYMENTS, ("Период отображения с", "по", "Показать")),
    ("Period from-to", C, PAYMENTS, ("Дата с", "Дата по", "Показать")),
    ("Period from-to", D, PAYMENTS, ("с", "по", "Показать")),
    ("Period from-to", D, READINGS, ("с", "по", "Показать")),
    ("Charts", D, PAYMENTS, ("График оплат", "Октябрь 2026 1 000,10", "Сентябрь 2026 1 000,09")),
    ("Charts", D, READINGS, ("Расход по месяцам", "Электроэнергия, день, кВт*ч", "Октябрь 2026 100 —")),
]


@pytest.mark.parametrize(("row", "preset", "url", "words"), SAID, ids=[" ".join(one[:3]) for one in SAID])
def test_the_row_stands_on_the_page_of_its_portal(
    opened: Opener, bill: Bill, row: str, preset: str, url: str, words: tuple[str, ...]
) -> None:
    page = opened(preset, url)
    assert not [word for word in words if word not in page]
    if row == "Period from-to":
        assert all(field in page.text for field in PERIOD)
    if row == "Charts":
        assert '<svg class="chart"' in page.text


@pytest.mark.parametrize(
    ("preset", "url"), [(A, "/bills"), (A, BILLS), (B, BILLS), (C, BILLS), (D, BILLS), (D, "/charges")]
)
def test_a_row_of_the_history_gives_its_pdf(opened: Opener, bill: Bill, preset: str, url: str) -> None:
    assert f"/bills/{bill.id}.pdf" in opened(preset, url).tree.links


@pytest.mark.parametrize("column", ["date", "meter", "value"])
@pytest.mark.parametrize("falling", [False, True])
def test_columns_of_readings_sort_both_ways(opened: Opener, bill: Bill, column: str, falling: bool) -> None:
    """D: «сортировка по различным столбцам»; a heading leads to its order, and then to the other way round."""
    sort = f"-{column}" if falling else column
    page = opened(D, f"{READINGS}&sort={sort}")
    other = column if falling else f"-{column}"
    assert f'aria-sort="{"descending" if falling else "ascending"}"' in page.text
    assert [link for link in page.tree.links if link.endswith(f"sort={other}")]


@pytest.mark.parametrize(
    ("preset", "links"),
    [
        (A, {"/history?kind=payments", "/bills"}),
        (B, {"/history?kind=payments"}),
        (C, {"/history"}),
        (D, {"/history?kind=payments", "/history?kind=readings", "/charges", "/bills"}),
    ],
)
def test_the_menu_leads_to_the_history(opened: Opener, bill: Bill, preset: str, links: set[str]) -> None:
    assert links <= set(opened(preset, "/profile").tree.links)


@pytest.mark.parametrize("preset", [A, B, C, D])
@pytest.mark.parametrize("file", ["/history.csv", "/history.xlsx", "/statement.pdf", "/statement.csv"])
def test_every_portal_gives_files(opened: Opener, bill: Bill, preset: str, file: str) -> None:
    assert len(opened(preset, file).data) > 100


@pytest.mark.parametrize("preset", [A, B, C, D])
@pytest.mark.parametrize("url", ["/bills", PAYMENTS, BILLS])
def test_bills_and_payments_lead_to_the_statement(opened: Opener, bill: Bill, preset: str, url: str) -> None:
    links = opened(preset, url).tree.links
    assert [link for link in links if link.startswith("/statement")]


def test_of_the_portals_with_one_account_at_a_time_the_history_is_of_that_one(
    opened: Opener, anna: Resident, bill: Bill
) -> None:
    other = factories.link(anna).account
    factories.payment(other, 7777)
    for preset in (A, D):
        assert "77,77" not in opened(preset, PAYMENTS)
    for preset in (B, C):
        assert "77,77" in opened(preset, PAYMENTS)
