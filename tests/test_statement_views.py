"""`/statement` and its files: the saldo agrees to the kopeck with the bills; PDF, XLSX and CSV say the same."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from models import Account, Resident
from services import refunds
from tests import factories
from tests.client import Page, PageClient
from tests.queries import counted
from tests.test_history_views import ordered
from tests.test_statement import MANUAL_A

pytestmark = pytest.mark.usefixtures("november")
FILES = ("pdf", "csv", "xlsx")


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    """The account of manual A: two chains of bills side by side, three payments."""
    account = factories.account(factories.supplier(name="ООО «Металлэнергофинанс»"), number="42700100123")
    factories.link(resident, account)
    for number, month, opening, charged, recalculated, paid, to_pay in MANUAL_A:
        day = date(2018, month, 1)
        factories.bill(
            account, number=number, period=day, issued_on=day, opening=opening, charged=charged,
            recalculated=recalculated, paid=paid, to_pay=to_pay,
        )  # fmt: skip
    for amount, day in ((104900, date(2018, 9, 10)), (118660, date(2018, 11, 12)), (163000, date(2018, 12, 11))):
        factories.payment(account, amount, day, source="Касса")
    return account


def lines(page: Page) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page.data.decode("utf-8-sig")), delimiter=";"))


def printed(page: Page) -> str:
    document = pypdfium2.PdfDocument(page.data)
    words = " ".join(leaf.get_textpage().get_text_range() for leaf in document)
    return " ".join(words.replace("\N{NO-BREAK SPACE}", " ").split())


def test_each_chain_has_its_saldo_and_its_bills(client: PageClient, resident: Resident, account: Account) -> None:
    page = client.sign_in(resident).get("/statement")
    assert "С 01.01.2018 по 20.11.2026" in page
    assert "На начало: 2 048,80 ₽ , на конец: 632,70 ₽ (долг)" in page
    assert "На начало: −5 385,15 ₽ , на конец: −5 313,65 ₽ (переплата)" in page
    assert "Итого 2 048,80 1 890,60 558,90 3 865,60 632,70" in page
    assert "3 865,60" in page.words.split("Платежи за эти дни")[1]
    assert "они не складываются" in page


def test_a_range_takes_what_was_issued_and_paid_in_it(
    client: PageClient, resident: Resident, account: Account
) -> None:
    page = client.sign_in(resident).get("/statement?from=2018-10-01&to=2018-11-30")
    assert "На начало: 1 556,40 ₽ , на конец: 1 627,90 ₽" in page
    assert "№ 130" not in page and "№ 133" not in page and "10.09.2018" not in page
    assert page.value("from") == "2018-10-01" and page.value("to") == "2018-11-30"


def test_the_three_files_agree_with_the_bills(client: PageClient, resident: Resident, account: Account) -> None:
    client.sign_in(resident)
    table = lines(client.get("/statement.csv"))
    assert table[0] == ["Раздел", "Дата", "Документ", "Период", "Начислено", "Перерасчёты", "Оплачено", "Сальдо"]
    assert table[1] == ["Счета, ряд 1", "01.01.2018", "Сальдо на начало", "", "", "", "", "2048,80"]
    assert table[2] == [
        "Счета, ряд 1",
        "01.09.2018",
        "Счёт № 130",
        "09.2018",
        "416,30",
        "140,30",
        "1049,00",
        "1556,40",
    ]
    assert table[6][2:] == ["Сальдо на конец", "", "1890,60", "558,90", "3865,60", "632,70"]
    assert table[-1] == ["Платежи", "11.12.2018", "Касса", "", "", "", "1630,00", ""]
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/statement.xlsx").data))
    assert [len(row) for row in book.get_sheet_by_index(0).to_python()] == [len(row) for row in table]
    words = printed(client.get("/statement.pdf"))
    for said in (
        "Выписка по лицевому счёту № 42700100123", "с 1 января 2018 по 20 ноября 2026", "Счета, ряд 1",
        "Счета, ряд 2",
        "долг 2 048,80 ₽ (счёт № 130)", "долг 632,70 ₽ (счёт № 133)", "переплата 5 313,65 ₽ (счёт № 137)",
        "3 865,60",
    ):  # fmt: skip
        assert said in words, said


def test_every_saldo_follows_from_the_one_before(client: PageClient, resident: Resident, account: Account) -> None:
    """To the kopeck, row by row of the file."""
    saldo: dict[str, Decimal] = {}
    for part, _, document, _, charged, recalculated, paid, after in lines(
        client.sign_in(resident).get("/statement.csv")
    )[1:]:
        sums = [Decimal(text.replace(",", ".") or 0) for text in (charged, recalculated, paid, after)]
        if document == "Сальдо на начало":
            saldo[part] = sums[3]
        elif document.startswith("Счёт"):
            saldo[part] += sums[0] + sums[1] - sums[2]
            assert saldo[part] == sums[3]
        elif document == "Сальдо на конец":
            assert saldo[part] == sums[3]
    assert saldo == {"Счета, ряд 1": Decimal("632.70"), "Счета, ряд 2": Decimal("-5313.65")}


def test_what_was_paid_here_stands_in_it_before_the_billing_knows(
    client: PageClient, resident: Resident, account: Account
) -> None:
    ordered(resident, account, 50000)
    ordered(resident, account, 70000, state="failed")
    page = client.sign_in(resident).get("/statement?from=2026-11-01")
    assert "20.11.2026 Оплачено здесь, ещё не учтено 500,00" in page and "700,00" not in page
    assert "Оплачено здесь, ещё не учтено" in printed(client.get("/statement.pdf?from=2026-11-01"))


def test_what_was_paid_here_and_given_back_in_part_stands_in_it_as_in_the_history(
    client: PageClient, resident: Resident, account: Account
) -> None:
    order = ordered(resident, account, 50000).order
    assert refunds.came(order, 10000, factories.NOW)
    page = client.sign_in(resident).get("/statement?from=2026-11-01")
    assert "20.11.2026 Оплачено здесь, часть возвращена 500,00" in page
    assert "Оплачено, часть возвращена" in client.get("/history")


def test_a_saldo_that_the_billing_changed_is_told(client: PageClient, resident: Resident) -> None:
    account = factories.link(resident).account
    for month, opening, to_pay in ((9, 0, 10000), (10, 7000, 17000)):
        factories.bill(
            account, period=date(2026, month, 1), issued_on=date(2026, month, 28), opening=opening, charged=10000,
            to_pay=to_pay,
        )  # fmt: skip
    page = client.sign_in(resident).get(f"/statement?account={account.id}")
    assert "Расчётный центр изменил сальдо между счетами на −30,00 ₽" in page
    assert "изменил сальдо между счетами на −30,00 ₽" in printed(client.get(f"/statement.pdf?account={account.id}"))


def test_an_account_without_bills_is_told_so(client: PageClient, resident: Resident) -> None:
    account = factories.link(resident).account
    page = client.sign_in(resident).get(f"/statement?account={account.id}")
    assert "За эти дни нет ни счетов, ни платежей" in page
    assert "нет ни счетов, ни платежей" in printed(client.get(f"/statement.pdf?account={account.id}"))
    assert len(lines(client.get(f"/statement.csv?account={account.id}"))) == 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-03-01&to=2026-01-01", "Эта дата раньше"),
        ("from=31.02.2026", "Такого дня нет"),
        ("to=вчера", "Введите дату"),
        ("to=0001-01-01", "не раньше 1990"),
        ("from=9999-12-31", "не позже 2199"),
    ],
)
def test_days_that_make_no_sense_are_said_and_give_no_file(
    client: PageClient, resident: Resident, account: Account, query: str, sentence: str
) -> None:
    client.sign_in(resident)
    assert sentence in client.get(f"/statement?{query}")
    for kind in FILES:
        assert sentence in client.get(client.get(f"/statement.{kind}?{query}", status=303).location)


@pytest.mark.parametrize("name", ["statement", *(f"statement.{kind}" for kind in FILES)])
def test_a_neighbours_account_is_not_there(
    client: PageClient, resident: Resident, account: Account, name: str
) -> None:
    neighbour = factories.link(factories.resident()).account
    client.sign_in(resident).get(f"/{name}?account={neighbour.id}", status=404)
    client.get(f"/{name}?account=x", status=404)


def test_a_resident_without_accounts_is_told_what_to_do(client: PageClient, resident: Resident) -> None:
    client.sign_in(resident)
    assert "Лицевых счетов пока нет" in client.get("/statement")
    assert client.get("/statement.pdf", status=303).location == "/statement"


def test_ten_years_fit_any_number_of_pages(client: PageClient, resident: Resident) -> None:
    account = factories.link(resident).account
    for month in range(120):
        day = date(2016 + month // 12, month % 12 + 1, 1)
        factories.bill(account, period=day, issued_on=day, opening=0, charged=100, paid=100, to_pay=0)
        factories.payment(account, 100, day, source="Сбербанк, отделение № 8598 в г. Светлоречье")
    page = client.sign_in(resident).get(f"/statement.pdf?account={account.id}&from=2016-01-01")
    assert len(pypdfium2.PdfDocument(page.data)) > 4
    assert printed(page).count("Сальдо на конец") > 3  # the head stands on every page
    assert page.response.headers["Content-Disposition"].startswith(
        f'inline; filename="statement-{account.number}-2016-01-01-2026-11-20.pdf"'
    )


@pytest.mark.parametrize("months", [1, 120])
def test_a_statement_asks_as_often_for_ten_years(client: PageClient, resident: Resident, months: int) -> None:
    account = factories.link(resident).account
    for month in range(months):
        day = date(2016 + month // 12, month % 12 + 1, 1)
        factories.bill(account, period=day, issued_on=day)
        factories.payment(account, 100, day)
    client.sign_in(resident)
    for name in ("statement", *(f"statement.{kind}" for kind in FILES)):
        client.get(f"/{name}?from=2016-01-01")
        with counted() as seen:
            client.get(f"/{name}?from=2016-01-01")
        assert len(seen) <= 8, "\n".join(seen)
