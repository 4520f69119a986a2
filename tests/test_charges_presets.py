"""Group 4 of the four manuals' register (charges, bills, quittances), row by row under each one's preset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from models import Account, Bill, Resident
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch
from tests.sheets import payment_code, words_of

pytestmark = pytest.mark.usefixtures("november")

Opener = Callable[[str], Page]
BANK = {
    "bank_account": "40702810900000003401",
    "bank": "АО «Банк Образец»",
    "bik": "040099702",
    "corr_account": "30101810500000000702",
}


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(patronymic="Викторовна", phone="+79991234567")


@pytest.fixture
def account(anna: Resident) -> Account:
    """Eight months; the last has a line of every sort that the manuals name."""
    supplier = factories.supplier(name="ОАО «Камал»", phone="8 (800) 100-20-30", **BANK)
    account = factories.account(supplier, number="2071000390001", registered=2, division="Участок № 3")
    factories.link(anna, account)
    saldo = 0
    for month in range(3, 11):
        period = date(2026, month, 1)
        bill = factories.bill(
            account, number=f"26{month:02d}", period=period, issued_on=period.replace(day=28), opening=saldo,
            charged=165000, recalculated=-5000, paid=saldo, to_pay=160000,
        )  # fmt: skip
        saldo = 160000
    lines_of_every_sort(bill)
    factories.balance(account, 160000)
    factories.payment(account, 160000)
    return account


def lines_of_every_sort(bill: Bill) -> None:
    supplier = bill.account.supplier
    light = factories.service(supplier, name="Электроэнергия", provider="ООО «Свет»")
    factories.tariff(light, 6_430_000)
    factories.meter(bill.account, light, number="38002134", digits=6)
    factories.charge(
        bill, light, 95164, unit="кВт*ч", tariff="6.43", volume="148", method="прибор",
        reading_before="15589", reading_after="15737",
    )  # fmt: skip
    common = factories.service(supplier, name="ОДН", unit="кВт*ч")
    factories.charge(bill, common, 1993, tariff="6.43", volume_common="3.10", house_volume="4800")
    waste = factories.service(supplier, name="Обращение с ТКО", unit="чел.", kind="ТКО")
    factories.charge(
        bill, waste, 63090, total=58090, tariff="315.45", volume="2", method="норматив", recalculated=-5000,
        recalculation_period=date(2026, 9, 1), recalculation_reason="один человек отсутствовал",
    )  # fmt: skip
    factories.charge(bill, factories.service(supplier, name="Пени", kind="пени", unit="-"), 4753)


@pytest.fixture
def opened(client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident) -> Opener:
    """`opened("zhkh /charges")`: the page under the preset."""
    client.sign_in(anna)

    def opened(place: str) -> Page:
        name, _, url = place.partition(" ")
        switch(app, monkeypatch, name)
        return client.get(url)

    return opened


MONTH = "/charges?account={account}&period=2026-10"
# A row of the register: where it is looked for, and what the page says. Letters are the manuals'.
ROWS = {
    "Balance / debt on home, A": ("metallenergo /bills", ("Долг по э/э 1 600,00 ₽",)),
    "Balance / debt on home, B": ("zhkh /", ("Долг 1 600,00 ₽",)),
    "Balance / debt on home, C": ("client-online /payment", ("Сумма к оплате 1 600,00 ₽",)),
    "Balance / debt on home, D": ("consumer /payment/{account}", ("Сумма к оплате 1 600,00 ₽",)),
    "Bill columns, A": (
        "metallenergo /bills",
        (
            "Номер Дата Отчетный период Начислено Перерасчеты Оплачено К оплате Скачать",
            "№ 2610 28.10.2026 Октябрь 2026 1 650,00 −50,00 1 600,00 1 600,00",
        ),
    ),
    "Line table, B": (
        "zhkh " + MONTH,
        (
            "Начисление за октябрь 2026 года",
            "Услуга Единица измерения Тариф Объем Начислено Перерасчет Итого начислено",
            "Электроэнергия кВт*ч 6,43 148 951,64 951,64",
            "Итого 1 650,00 −50,00 1 600,00",
        ),
    ),
    "Penalty line, B": ("zhkh " + MONTH, ("Пени - 47,53 47,53", "Пени за просрочку")),
    "Penalty line, C": ("client-online " + MONTH, ("Пени - 47,53 47,53",)),
    "Penalty line, D": ("consumer " + MONTH, ("Пени - 47,53 47,53",)),
    "ТКО line, C": ("client-online " + MONTH, ("Обращение с ТКО чел. 315,45 2 630,90 −50,00 580,90",)),
    "ОДН, B": (
        "zhkh " + MONTH,
        ("приходится на содержание общего имущества дома (СОИ)", "Весь дом: 4 800 кВт*ч по общедомовому счётчику"),
    ),
    "ОДН, D": ("consumer " + MONTH, ("ОДН кВт*ч 6,43 3,10 19,93 19,93",)),
    "Base and corrected charge, B": (
        "zhkh " + MONTH,
        ("Перерасчёт −50,00 ₽ за сентябрь 2026: один человек отсутствовал",),
    ),
    "Tariffs page, B": ("zhkh /tariffs", ("Действующие тарифы", "Электроэнергия", "6,43")),
    "Contacts page of the organisation, B": ("zhkh /contacts", ("ОАО «Камал»", "8 (800) 100-20-30")),
    "Contacts page of the organisation, C": ("client-online /contacts", ("ОАО «Камал»", "8 (800) 100-20-30")),
    "Movement of funds, B": (
        "zhkh /charges",
        ("Движение финансов по месяцам", "Сальдо на начало", "Перерасчеты", "Оплачено", "Сальдо на конец"),
    ),
    "Movement of funds, D": ("consumer /charges", ("Начисления и платежи", "Сальдо на начало", "Сальдо на конец")),
    "Charges by period table, D": (
        "consumer /charges?from=2026-09&to=2026-10",
        (
            "Октябрь 2026 , счёт № 2610 № 2610 , PDF 1 600,00 1 650,00 −50,00 1 600,00 1 600,00",
            "Итого 1 600,00 3 300,00 −100,00 3 200,00 1 600,00",
        ),
    ),
    "Charges by period table, C": ("client-online /payment/{account}", ("Детализация",)),
    "Pie of service shares, D": ("consumer " + MONTH, ("Доли услуг", "1. Электроэнергия 951,64 60 %")),
    "PDF quittance download, A": ("metallenergo /bills", ("PDF , счёт № 2610 за октябрь 2026",)),
    "PDF quittance download, B": ("zhkh /", ("Распечатать квитанцию",)),
    "PDF quittance download, C": ("client-online /payment", ("Счёт за октябрь 2026",)),
    "Quittance from the period list, D": (
        "consumer /bills",
        ("Печать квитанций", "Выберите период формирования квитанции Октябрь 2026 г. Сентябрь 2026 г.",
         "Март 2026 г.", "Сформировать квитанцию"),
    ),
    "Adobe Reader hint, D": ("consumer /bills", ("например Adobe Reader",)),
    "Detail, C": (
        "client-online /payment/{account}",
        ("Услуга", "Сумма к оплате", "К оплате", "Комиссия за все", "К оплате (без учета комиссии)"),
    ),
    "Period filter, B": ("zhkh /charges", ("Период отображения с", "по", "Показать")),
    "Period filter, C": ("client-online /charges", ("Дата с", "Дата по", "Показать")),
    "Period filter, D": ("consumer /charges", (" с ", " по ", "Показать")),
    "Meter readings and provider of a line, B": (
        "zhkh " + MONTH,
        ("По счётчику № 38002134 : было 015 589 , стало 015 737", "Исполнитель услуги: ООО «Свет»"),
    ),
    "Readings of a line without zeros, D": ("consumer " + MONTH, ("было 15 589 , стало 15 737",)),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_register_is_on_its_page(opened: Opener, account: Account, row: str) -> None:
    place, said = ROWS[row]
    page = opened(place.format(account=account.id))
    assert not [words for words in said if words not in page]


@pytest.mark.parametrize(
    ("place", "oldest"),
    [
        ("metallenergo /bills?all=1", "2603"),
        ("zhkh /charges", "2603"),
        ("client-online /history?kind=bills", "2603"),
        ("consumer /bills?all=1", "2603"),
        ("metallenergo /bills", "2605"),
    ],
)
def test_a_paper_of_any_past_period_can_be_had(opened: Opener, account: Account, place: str, oldest: str) -> None:
    """A shows six periods first; B, C and D have links or a list of all."""
    page = opened(place)
    papers = [f"/bills/{bill.id}.pdf" for bill in Bill.of_account(account) if bill.number >= oldest]
    assert papers and not [paper for paper in papers if paper not in page.tree.links]


def test_the_chosen_period_of_d_leads_to_its_paper(opened: Opener, client: PageClient, account: Account) -> None:
    opened("consumer /bills")
    march = Bill.get(Bill.account == account, Bill.number == "2603")
    paper = client.get(client.get(f"/bills/quittance?bill={march.id}", status=303).location)
    assert "за март 2026 года" in words_of(paper.data)
    assert "PersAcc=2071000390001" in payment_code(paper.data)


@pytest.mark.parametrize("place", ["client-online /payment", "zhkh /", "default /", "default /accounts/{account}"])
@pytest.mark.parametrize(
    ("balance", "mark", "words"),
    [
        (160000, '<p class="plate debt">', "1 600,00 ₽"),
        (-160000, '<p class="plate">', "Переплата 1 600,00 ₽"),
        (0, "", "Долга нет"),
    ],
)
def test_a_balance_has_three_looks(
    opened: Opener, anna: Resident, place: str, balance: int, mark: str, words: str
) -> None:
    """Debt a yellow plate, overpayment a neutral one, zero none."""
    account = factories.link(anna).account
    factories.balance(account, balance)
    page = opened(place.format(account=account.id))
    assert words in page
    assert ['<p class="plate' in page.text, not mark or mark in page.text] == [bool(mark), True]
    assert "Переплата" in page or balance >= 0
