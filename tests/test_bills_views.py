"""«Счета»: the list as the manuals print it, the papers, and that a neighbour's do not exist."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote

import pytest

from models import Account, Bill, Resident
from tests import factories
from tests.client import PageClient
from tests.sheets import payment_code, words_of

# Manual A, §4: number, date, period, opening, charged, recalculated, paid, to pay (two chains, one below zero).
PRINTED = [
    ("133", "2018-12-01", 162790, 53130, 10350, 163000, 63270),
    ("137", "2018-11-01", -475495, 48530, 14260, 118660, -531365),
    ("132", "2018-11-01", 218660, 48530, 14260, 118660, 162790),
    ("131", "2018-10-01", 155640, 45770, 17250, 0, 218660),
    ("136", "2018-10-01", -538515, 45770, 17250, 0, -475495),
    ("130", "2018-09-01", 204880, 41630, 14030, 104900, 155640),
]
BANK = {
    "bank_account": "40702810900000003401",
    "bank": "АО «Банк Образец»",
    "bik": "040099702",
    "corr_account": "30101810500000000702",
    "kpp": "000101001",
}


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    supplier = factories.supplier(name="Металлэнергофинанс", **BANK)
    return factories.link(resident, factories.account(supplier, number="42700100123", surname="Иванов")).account


def printed(account: Account) -> list[Bill]:
    return [
        factories.bill(
            account, number=number, issued_on=date.fromisoformat(day), period=date.fromisoformat(day),
            opening=opening, charged=charged, recalculated=again, paid=paid, to_pay=to_pay,
        )
        for number, day, opening, charged, again, paid, to_pay in reversed(PRINTED)
    ]  # fmt: skip


def test_the_six_bills_of_the_manual_stand_in_their_order(
    client: PageClient, resident: Resident, account: Account
) -> None:
    printed(account)
    page = client.sign_in(resident).get("/bills")
    rows = (
        "№ 133 01.12.2018 Декабрь 2018 531,30 103,50 1 630,00 632,70",
        "№ 137 01.11.2018 Ноябрь 2018 485,30 142,60 1 186,60 −5 313,65",
        "№ 132 01.11.2018 Ноябрь 2018 485,30 142,60 1 186,60 1 627,90",
        "№ 136 01.10.2018 Октябрь 2018 457,70 172,50 0,00 −4 754,95",
        "№ 131 01.10.2018 Октябрь 2018 457,70 172,50 0,00 2 186,60",
        "№ 130 01.09.2018 Сентябрь 2018 416,30 140,30 1 049,00 1 556,40",
    )
    assert all(row in page for row in rows)
    assert [page.words.index(f"№ {number} ") for number in ("133", "137", "132", "136", "131", "130")] == sorted(
        page.words.index(f"№ {number} ") for number in ("133", "137", "132", "136", "131", "130")
    )
    assert "Номер Дата Отчетный период Начислено Перерасчеты Оплачено К оплате Скачать" in page


def test_six_periods_come_first_and_the_rest_when_asked(
    client: PageClient, resident: Resident, account: Account
) -> None:
    for month in range(1, 9):
        factories.bill(account, number=f"26{month:02d}", period=date(2026, month, 1), issued_on=date(2026, month, 28))
    factories.bill(account, number="2608/2", period=date(2026, 8, 1), issued_on=date(2026, 8, 28))
    page = client.sign_in(resident).get("/bills")
    assert "№ 2603" in page and "№ 2602" not in page and "№ 2608/2" in page
    assert f"/bills?account={account.id}&all=1" in page.tree.links
    everything = client.get(f"/bills?account={account.id}&all=1")
    assert "№ 2601" in everything and "Показать все" not in everything


def test_periods_of_the_quittance_list_name_the_bill_where_a_month_has_two(
    client: PageClient, resident: Resident, account: Account
) -> None:
    printed(account)
    page = client.sign_in(resident).get("/bills")
    assert "Выберите период формирования квитанции" in page and "Сформировать квитанцию" in page
    assert "Ноябрь 2018 г., счёт № 137" in page and "Ноябрь 2018 г., счёт № 132" in page
    assert "Декабрь 2018 г." in page and "Декабрь 2018 г., счёт" not in page


def test_the_chosen_period_leads_to_its_paper(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account)
    client.sign_in(resident)
    assert client.get(f"/bills/quittance?bill={bill.id}", status=303).location == f"/bills/{bill.id}.pdf"
    masked = client.get(f"/bills/quittance?bill={bill.id}&masked=1", status=303)
    assert masked.location == f"/bills/{bill.id}.pdf?masked=1"
    client.get("/bills/quittance?bill=nonsense", status=404)


def test_the_paper_is_a_file_of_one_resident(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, number="131/2")
    response = client.sign_in(resident).get(f"/bills/{bill.id}.pdf").response
    assert response.mimetype == "application/pdf" and response.data.startswith(b"%PDF-")
    assert response.headers["Cache-Control"].startswith("private")
    disposition = response.headers["Content-Disposition"]
    assert disposition.isascii() and 'filename="bill-2026-10-131-2.pdf"' in disposition
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == "Счёт 131-2 за октябрь 2026.pdf"


def test_a_neighbours_bill_does_not_exist(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(factories.link(factories.resident()).account)
    client.sign_in(resident)
    client.get(f"/bills/{bill.id}.pdf", status=404)
    client.get(f"/bills/quittance?bill={bill.id}", status=404)
    client.get(f"/bills?account={bill.account_id}", status=404)


def test_the_code_on_the_paper_carries_the_figures_of_the_bill(
    client: PageClient, resident: Resident, account: Account
) -> None:
    bill = factories.bill(account, number="133", period=date(2018, 12, 1), to_pay=63270)
    code = payment_code(client.sign_in(resident).get(f"/bills/{bill.id}.pdf").data)
    assert "Sum=63270" in code and "PersAcc=42700100123" in code and "PaymPeriod=122018" in code
    assert "LastName=Иванов" in code


def test_an_overpaid_bill_has_a_code_without_a_sum(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, to_pay=-531365)
    code = payment_code(client.sign_in(resident).get(f"/bills/{bill.id}.pdf").data)
    assert not [pair for pair in code if pair.startswith("Sum=")]


def test_the_masked_paper_names_nobody(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account)
    data = client.sign_in(resident).get(f"/bills/{bill.id}.pdf?masked=1").data
    words = words_of(data)
    assert "Иванов" not in words and "Лесная" not in words and "42700100123" in words
    assert not [pair for pair in payment_code(data) if pair.startswith(("LastName", "PayerAddress"))]


def test_the_paper_prints_lines_and_readings_as_the_bill_has_them(
    client: PageClient, resident: Resident, account: Account
) -> None:
    bill = factories.bill(account)
    service = factories.service(account.supplier, name="Холодная вода", unit="куб. м.")
    factories.meter(account, service, number="19-204417", digits=5, decimals=3)
    factories.charge(
        bill, service, 15365, tariff="41.26", volume="3.724", method="прибор",
        reading_before="412.381", reading_after="416.105",
    )  # fmt: skip
    words = words_of(client.sign_in(resident).get(f"/bills/{bill.id}.pdf").data)
    for figure in ("19-204417", "412,381", "416,105", "3,724", "41,26", "153,65", "1 485,33"):
        assert figure in words, figure


def test_the_paper_prints_norms_the_house_and_reasons_as_the_billing_told_them(
    client: PageClient, resident: Resident, account: Account
) -> None:
    bill = factories.bill(account, recalculated=-1000)
    water = factories.service(account.supplier, name="Холодная вода", unit="куб. м.", kind="холодная вода")
    factories.tariff(water, 41_260_000, norm=4_500_000)
    factories.charge(
        bill, water, 15365, tariff="41.26", volume="3.724", house_volume="3.80", recalculated=-1000,
        recalculation_period=date(2026, 9, 1), recalculation_reason="перерыв в подаче",
    )  # fmt: skip
    client.sign_in(resident)
    words = words_of(client.get(f"/bills/{bill.id}.pdf").data)
    assert "Холодная вода куб. м. 4,5 на чел. 3,80 3,724" in words
    assert "Холодная вода сентябрь 2026 −10,00 перерыв в подаче" in words
    assert "перерыв" not in words_of(client.get(f"/bills/{bill.id}.pdf?masked=1").data)


def test_a_resident_without_accounts_is_told_what_to_do(client: PageClient, resident: Resident) -> None:
    assert "Лицевых счетов пока нет" in client.sign_in(resident).get("/bills")


def test_a_bill_that_does_not_add_up_is_marked(client: PageClient, resident: Resident, account: Account) -> None:
    factories.bill(account, adds_up=False)
    assert "Не сходится" in client.sign_in(resident).get("/bills")
