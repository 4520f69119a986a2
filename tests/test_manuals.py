"""What the four manuals print, loaded as a package and looked for on the pages and papers of each one's preset."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from models import Account, Bill, Link, Resident
from tests import factories
from tests.billing import load
from tests.client import Page, PageClient
from tests.portal import switch
from tests.sheets import words_of
from views.format import money, month_title, printed

pytestmark = pytest.mark.usefixtures("november")

EXPECTED = json.loads((Path(__file__).parent / "packages" / "manuals" / "expected.json").read_text("utf-8"))
PRESETS = {
    "METALL": "metallenergo",
    "KAMAL": "zhkh",
    "OMSK": "client-online",
    "OTHER": "client-online",
    "SBYT": "consumer",
}
ACCOUNTS = {f"{entry['supplier']} {entry['account']}": entry for entry in EXPECTED["accounts"]}
BILLED = [name for name, entry in ACCOUNTS.items() if entry.get("last_bill")]
Opener = Callable[[str], Page]


@pytest.fixture
def anna(database: Flask, packages: Path) -> Resident:
    """She holds all accounts of the manuals."""
    assert load(packages / "manuals").is_clean
    who = factories.resident()
    for account in Account.select():
        factories.link(who, account)
    return who


@pytest.fixture
def opened(client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident) -> Opener:
    """`opened("KAMAL /bills")`: the page under the preset of the manual that the supplier is from."""
    client.sign_in(anna)

    def opened(place: str) -> Page:
        supplier, _, url = place.partition(" ")
        switch(app, monkeypatch, PRESETS[supplier])
        return client.get(url)

    return opened


def account_of(name: str) -> Account:
    number = ACCOUNTS[name]["account"]
    found: Account = Account.get(Account.number == number)
    return found


def kopecks(rubles: str) -> int:
    return int(Decimal(rubles) * 100)


def shown(rubles: str) -> str:
    """`-5313.65` as a page has it: `−5 313,65`."""
    return money(kopecks(rubles)).replace("\N{NO-BREAK SPACE}", " ")


def row_of(line: dict[str, Any]) -> str:
    """A line of the month as the page reads."""
    sums = (shown(line[key]) if line[key] else "" for key in ("charged", "recalculated", "total"))
    return joined(line["service"], line["unit"], printed(line["tariff"]), printed(line["volume"] or ""), *sums)


def joined(*cells: str) -> str:
    """Cells of a row as words: an empty one leaves none."""
    return " ".join(cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells if cell)


def paper(opened: Opener, name: str, bill: Bill) -> str:
    """The words of the bill's quittance."""
    return words_of(opened(f"{ACCOUNTS[name]['supplier']} /bills/{bill.id}.pdf").data)


def test_the_six_bills_of_a_stand_in_their_order_with_their_sums(opened: Opener) -> None:
    name = "METALL 42700100123"
    page = opened(f"METALL /bills?account={account_of(name).id}")
    places = []
    for bill in ACCOUNTS[name]["bills_newest_first"]:
        day, period = date.fromisoformat(bill["date"]), date.fromisoformat(bill["period"] + "-01")
        sums = " ".join(shown(bill[key]) for key in ("charged", "recalculated", "paid", "to_pay"))
        row = f"№ {bill['number']} {day:%d.%m.%Y} {month_title(period)} {sums}"
        assert row in page
        places.append(page.words.index(f"№ {bill['number']} {day:%d.%m.%Y}"))
    assert places == sorted(places)
    assert "Долг по э/э 632,70 ₽" in page and "Последняя оплата 1 630,00 ₽" in page
    assert "Подразделение Городской участок" in page
    assert "Не сходится" not in page


def test_the_two_chains_of_a_keep_apart(opened: Opener) -> None:
    name = "METALL 42700100123"
    page = opened(f"METALL /charges?account={account_of(name).id}")
    for chain in ACCOUNTS[name]["chains"]:
        assert f"счета № {chain[0]}–{chain[-1]}" in page  # noqa: RUF001 - a range
    assert "Итого 2 048,80 1 890,60 558,90 3 865,60 632,70" in page
    assert "Итого −5 385,15 943,00 315,10 1 186,60 −5 313,65" in page


def test_the_month_of_b_is_on_its_first_page_as_printed(opened: Opener) -> None:
    name = "KAMAL 1002154"
    entry = ACCOUNTS[name]
    page = opened(f"KAMAL /?account={account_of(name).id}")
    for words in (
        entry["heading"], entry["holder"], entry["address"], "Л/С № 1002154", "Площадь помещения 50,50 м²",
        f"Тип {entry['ownership']}", "ОАО \"Камал\"", f"Долг {entry['shown_debt']} ₽", "Ввести показания",
        "Распечатать квитанцию", "действующие тарифы", "контакты", "История начислений", "История платежей",
        "Услуга Единица измерения Тариф Объем Начислено Перерасчет Итого начислено",
        *map(row_of, entry["lines"]),
        f"Итого {entry['shown_total']} {entry['shown_total']}",
    ):  # fmt: skip
        assert words in page, words


def test_the_month_of_b_is_on_its_own_page_and_never_recomputed(opened: Opener) -> None:
    name = "KAMAL 1002154"
    entry = ACCOUNTS[name]
    page = opened(f"KAMAL /charges?account={account_of(name).id}&period=2014-10")
    assert entry["heading"] in page and "Движение финансов" in page
    for line in entry["lines"]:
        assert row_of(line) in page
        if "tariff_times_volume" in line:
            assert shown(line["tariff_times_volume"]) not in page
    assert f"Итого {entry['shown_total']} 0,00 {entry['shown_total']}" in page


def test_the_paper_of_b_has_its_nine_lines(opened: Opener) -> None:
    name = "KAMAL 1002154"
    words = paper(opened, name, Bill.get(Bill.number == "10-154"))
    for line in ACCOUNTS[name]["lines"]:
        volume = printed(line["volume"] or "")
        assert joined(line["service"], line["unit"], volume, printed(line["tariff"]), shown(line["charged"])) in words
    assert "Итого 3 195,03" in words and "К оплате 5 589,37 ₽" in words


def test_the_tariffs_of_b_are_in_force(opened: Opener) -> None:
    page = opened("KAMAL /tariffs")
    for service, price in EXPECTED["tariffs_2014_10"].items():
        scale = "Круглосуточный " if service == "Электроснабжение" else ""
        assert service == "supplier" or f"{service} {scale}для всех с 01.10.2014 {shown(price)}" in page


@pytest.mark.parametrize("name", BILLED)
def test_the_paper_of_the_last_bill_has_its_number_month_and_sum(opened: Opener, name: str) -> None:
    last, account = ACCOUNTS[name]["last_bill"], account_of(name)
    bill = Bill.get(Bill.account == account, Bill.number == last["number"])
    words = paper(opened, name, bill)
    assert f"№ {last['number']}" in words and account.number in words
    assert (f"К оплате {shown(last['sum'])} ₽" in words) and bill.period.strftime("%Y-%m") == last["period"]


@pytest.mark.parametrize("name", [name for name in BILLED if "debt_by_service" in ACCOUNTS[name]])
def test_a_debt_is_told_by_its_services(opened: Opener, name: str) -> None:
    entry, account = ACCOUNTS[name], account_of(name)
    page = opened(f"{entry['supplier']} /payment/{account.id}")
    words = paper(opened, name, Bill.get(Bill.account == account, Bill.number == entry["last_bill"]["number"]))
    for service, debt in entry["debt_by_service"].items():
        assert service in page and shown(debt) in words
        assert shown(debt) in page.tree.values.values()


@pytest.mark.parametrize("name", [name for name in ACCOUNTS if ACCOUNTS[name]["supplier"] in ("OMSK", "OTHER")])
def test_the_accounts_of_c_stand_on_oplata_with_their_plates(opened: Opener, name: str) -> None:
    entry = ACCOUNTS[name]
    page = opened("OMSK /payment")
    assert f"Аб. № {entry['account']}" in page
    if entry["debt"]:
        assert f"Сумма к оплате {shown(entry['debt'])} ₽" in page
    if "shown" in entry.get("last_bill", {}):
        assert entry["last_bill"]["shown"].casefold() in page.words.casefold()


def test_what_two_accounts_of_c_owe_is_what_is_paid_for_them(opened: Opener) -> None:
    told = EXPECTED["payment_of_two_accounts"]
    page = opened("OMSK /payment")
    debts = [ACCOUNTS[f"OMSK {number}"]["debt"] for number in told["accounts"]]
    assert sum(map(kopecks, debts)) == kopecks(told["sum_without_fee"])
    for debt in debts:
        assert shown(debt) in page.tree.values.values()


def test_the_card_of_c_has_its_premises_and_the_fifteen_fields_of_the_meter(opened: Opener) -> None:
    name = "OMSK 02660061050"
    entry = ACCOUNTS[name]
    page = opened(f"OMSK /accounts/{account_of(name).id}")
    for words in (
        entry["address"].replace(" дом 6 кв.", " д. 6, кв."),
        f"Контракт {entry['contract']}", f"Тип плиты {entry['stove']}",
        f"Количество комнат {entry['rooms']}", f"Количество зарегистрированных {entry['registered']}",
        *(f"{label} {value}" for label, value in entry["meter"].items()),
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize("name", [name for name in ACCOUNTS if "readings" in ACCOUNTS[name]])
def test_the_last_reading_is_shown_as_its_manual_shows_it(opened: Opener, name: str) -> None:
    entry = ACCOUNTS[name]
    page = opened(f"{entry['supplier']} /readings/{account_of(name).id}")
    for reading in entry["readings"]:
        day = date.fromisoformat(reading["date"])
        value = {"METALL": "26 611", "OMSK": "015 737", "SBYT": "5910"}[entry["supplier"]]
        assert reading["meter"] in page and value in page and f"{day:%d.%m.%Y}" in page


def test_the_periods_of_d_stand_in_the_list_of_quittances(opened: Opener) -> None:
    name = "SBYT 1234567890120"
    page = opened(f"SBYT /bills?account={account_of(name).id}")
    assert "Выберите период формирования квитанции " + " ".join(ACCOUNTS[name]["quittance_periods"]) in page
    assert "Сформировать квитанцию" in page and "Adobe Reader" in page


def test_an_account_without_bills_says_so(opened: Opener, anna: Resident) -> None:
    empty = account_of("SBYT 123456468746")
    assert Link.held(anna, empty.id)
    assert "Счетов пока нет" in opened(f"SBYT /bills?account={empty.id}")
    assert "Начислений пока нет" in opened(f"SBYT /charges?account={empty.id}")
