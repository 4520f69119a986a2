"""«История» as CSV and XLSX: what the filter shows, all of its pages, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from models import Account, Match, Resident
from tests import factories
from tests.client import Page, PageClient
from tests.queries import counted
from tests.test_history_views import ordered

KINDS = ("payments", "readings", "bills")


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    supplier = factories.supplier(name="Водоканал")
    return factories.link(resident, factories.account(supplier, number="0031400072118")).account


def lines(page: Page) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page.data.decode("utf-8-sig")), delimiter=";"))


def cells(page: Page) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(page.data))
    return book.get_sheet_by_index(0).to_python()


def test_a_csv_of_payments_has_the_sums_and_states_of_the_list(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.payment(account, 118660, date(2018, 11, 12), source="Касса")
    factories.payment(account, -500, date(2018, 11, 13))
    ordered(resident, account, 50000)
    page = client.sign_in(resident).get("/history.csv")
    assert page.response.mimetype == "text/csv"
    assert "payments.csv" in page.response.headers["Content-Disposition"]
    assert page.response.headers["Cache-Control"] == "private, no-store"
    assert lines(page) == [
        ["Поставщик", "Лицевой счёт", "Дата", "Сумма, ₽", "Состояние", "Источник", "Услуга"],
        ["Водоканал", "0031400072118", "20.11.2026", "500,00", "оплачено, ещё не учтено", "", ""],
        ["Водоканал", "0031400072118", "13.11.2018", "-5,00", "учтено", "", ""],
        ["Водоканал", "0031400072118", "12.11.2018", "1186,60", "учтено", "Касса", ""],
    ]


def test_a_workbook_keeps_leading_zeros_days_and_numbers(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.payment(account, 118660, date(2018, 11, 12), source="Касса")
    page = client.sign_in(resident).get("/history.xlsx")
    assert page.response.content_length == len(page.data)
    assert cells(page)[1] == ["Водоканал", "0031400072118", date(2018, 11, 12), 1186.6, "учтено", "Касса", ""]


def test_readings_and_bills_have_columns_of_their_own(
    client: PageClient, resident: Resident, account: Account
) -> None:
    bill = factories.bill(account, number="136", opening=155640, to_pay=-531365)
    register = factories.meter(account, number="00426611", scales=("День",), decimals=3).registers[0]
    factories.reading(register, 26611, date(2019, 1, 24), state="used", bill=bill, source="Житель")
    client.sign_in(resident)
    assert lines(client.get("/history.csv?kind=readings"))[1][2:] == [
        "24.01.2019", "Электроэнергия", "00426611", "День", "26611,000", "кВт*ч", "учтено", "136", "", "житель",
    ]  # fmt: skip
    assert lines(client.get("/history.csv?kind=bills"))[1][2:] == [
        "31.10.2026", "136", "10.2026", "1556,40", "1485,33", "0,00", "0,00", "-5313,65",
    ]  # fmt: skip


def test_what_the_billing_gave_was_not_taken_by_the_portal(
    client: PageClient, resident: Resident, account: Account
) -> None:
    register = factories.meter(account).registers[0]
    factories.reading(register, 1, date(2019, 1, 24), state="accepted", origin="billing")
    factories.reading(register, 2, date(2019, 2, 24), state="accepted", origin="resident")
    told = lines(client.sign_in(resident).get("/history.csv?kind=readings"))
    assert [line[8] for line in told[1:]] == ["принято порталом", "принято"]


@pytest.mark.parametrize("evil", ["=1+1", "+7999", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(client: PageClient, resident: Resident, account: Account, evil: str) -> None:
    factories.payment(account, 100, source=evil)
    client.sign_in(resident)
    assert lines(client.get("/history.csv"))[1][5] == f"'{evil}"
    assert cells(client.get("/history.xlsx"))[1][5].replace("_x000D_", "\r") == f"'{evil}"


def test_the_filter_rules_the_file(client: PageClient, resident: Resident, account: Account) -> None:
    other = factories.link(resident, factories.account(factories.supplier(name="Теплосеть"))).account
    for owner, amount, day in ((account, 111, 1), (account, 222, 2), (other, 333, 3)):
        factories.payment(owner, amount, date(2026, 1, day))
    client.sign_in(resident)
    for query, sums in {
        "": ["3,33", "2,22", "1,11"],
        "sort=sum": ["1,11", "2,22", "3,33"],
        f"supplier={account.supplier_id}": ["2,22", "1,11"],
        f"account={other.id}": ["3,33"],
        "from=02.01.2026&to=02.01.2026": ["2,22"],
    }.items():
        assert [line[3] for line in lines(client.get(f"/history.csv?{query}"))[1:]] == sums


@pytest.mark.parametrize("sort", ["-date", "date", "-sum", "sum"])
def test_all_pages_are_in_the_file_once(
    client: PageClient, resident: Resident, account: Account, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of seven, equal days and sums on their seams, the portal's own payments among the billing's."""
    monkeypatch.setattr("views.history.BATCH", 7)
    for number in range(40):
        factories.payment(
            account, 1000 + number % 3, date(2026, 11, 20) - timedelta(days=number // 15), source=str(number)
        )
    lines_ = [ordered(resident, account, 1001) for _ in range(5)]
    Match.create(line=lines_[0], payment=factories.payment(account, 1001), matched_at=factories.NOW)
    found = lines(client.sign_in(resident).get(f"/history.csv?sort={sort}"))[1:]
    assert len(found) == 45
    assert {line[5] for line in found if line[5]} == {str(number) for number in range(40)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_empty_list_is_a_file_with_headings_alone(
    client: PageClient, resident: Resident, account: Account, kind: str, form: str
) -> None:
    page = client.sign_in(resident).get(f"/history.{form}?kind={kind}")
    assert len(lines(page) if form == "csv" else cells(page)) == 1


def test_days_that_make_no_sense_are_said_on_the_page(
    client: PageClient, resident: Resident, account: Account
) -> None:
    client.sign_in(resident)
    page = client.get("/history.csv?kind=bills&from=2026-03-01&to=2026-01-01", status=303)
    assert page.location == "/history?kind=bills&from=2026-03-01&to=2026-01-01"
    assert "раньше" in client.get(page.location)


@pytest.mark.parametrize("query", ["kind=secrets", "account=999999", "supplier=999999"])
def test_conditions_made_up_are_a_404(client: PageClient, resident: Resident, account: Account, query: str) -> None:
    client.sign_in(resident).get(f"/history.csv?{query}", status=404)


def test_a_neighbours_rows_are_in_no_file(client: PageClient, resident: Resident, account: Account) -> None:
    neighbour = factories.link(factories.resident()).account
    factories.payment(neighbour, 98765)
    client.sign_in(resident)
    assert len(lines(client.get("/history.csv"))) == 1
    client.get(f"/history.csv?account={neighbour.id}", status=404)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_ten_years_asks_as_often_as_one_of_a_month(
    client: PageClient, resident: Resident, account: Account, kind: str
) -> None:
    def grow(months: int) -> list[str]:
        register = factories.meter(account).registers[0]
        for month in range(months):
            day = date(2016 + month // 12, month % 12 + 1, 1)
            factories.payment(account, 100, day)
            factories.reading(register, month, day)
            factories.bill(account, period=day, issued_on=day)
        client.get(f"/history.csv?kind={kind}")
        with counted() as seen:
            client.get(f"/history.csv?kind={kind}")
        return seen

    client.sign_in(resident)
    assert len(grow(1)) == len(grow(120)) <= 8


def test_the_page_leads_to_the_files_of_its_filter(client: PageClient, resident: Resident, account: Account) -> None:
    factories.payment(account, 111)
    links = client.sign_in(resident).get("/history?kind=payments&sort=sum&from=2020-01-01").tree.links
    for form in ("csv", "xlsx"):
        assert f"/history.{form}?kind=payments&from=2020-01-01&sort=sum" in links
