"""«Главная»: the card, what waits, the month, consumption against last year, the other accounts."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from models import Account, Resident
from services.consumption import Month, printed_micro, year
from tests import factories
from tests.client import PageClient
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(patronymic="Викторовна")


def household(who: Resident, **facts: object) -> Account:
    account = factories.account(area="50.50", ownership="Муниципальная", division="Участок № 3", **facts)
    factories.link(who, account)
    service = factories.service(account.supplier)
    factories.meter(account, service, ("День", "Ночь"))
    for month in (date(2026, 10, 1), date(2026, 9, 1), date(2025, 10, 1)):
        bill = factories.bill(account, period=month, issued_on=month.replace(day=28), charged=319503, to_pay=558937)
        factories.charge(bill, service, 1000, scale="День", volume="150" if month.year == 2026 else "200.5")
        factories.charge(bill, service, 1000, scale="Ночь", volume="94")
    factories.payment(account, 300000, date(2026, 9, 30))
    return account


def test_the_card_tells_whose_account_it_is_and_what_is_owed(client: PageClient, anna: Resident) -> None:
    account = household(anna)
    page = client.sign_in(anna).get("/")
    assert "Здравствуйте, Анна Викторовна" in page
    for fact in (
        account.number, "Сумма к оплате 5 589,37 ₽", "Начислено за октябрь 2026 3 195,03 ₽", "Площадь 50,50 м²",
        "Тип Муниципальная", "ФИО Соколова Анна Викторовна", "Ввести показания", "Подразделение Участок № 3",
        "Последняя оплата 3 000,00 ₽ , 30 сентября", "Текущий договор", "Новые сообщения",
    ):  # fmt: skip
        assert fact in page
    for address in (f"/readings/{account.id}", "/tariffs", "/contacts"):
        assert address in page.tree.links


def test_what_waits_is_said_with_its_day(client: PageClient, anna: Resident) -> None:
    account = household(anna)
    factories.setting(account.supplier, "reading_to_day", 25)
    page = client.sign_in(anna).get("/")
    assert "Передайте показания до 25 ноября. Осталось 5 дней, ждём 1 счётчик." in page


def test_a_day_is_named_with_the_meters_that_have_one(client: PageClient, anna: Resident) -> None:
    household(anna)
    factories.setting(household(anna).supplier, "reading_to_day", 25)
    page = client.sign_in(anna).get("/")
    assert "до 25 ноября. Осталось 5 дней, ждём 1 счётчик." in page
    assert "/readings" in page.tree.links


def test_nothing_waits_after_it_was_sent(client: PageClient, anna: Resident) -> None:
    account = household(anna)
    for register in account.meters.get().registers:
        factories.reading(register, 10, date(2026, 11, 19), origin="resident")
    assert "Передайте показания" not in client.sign_in(anna).get("/")


def test_consumption_is_compared_with_last_year(client: PageClient, anna: Resident) -> None:
    household(anna)
    page = client.sign_in(anna).get("/")
    assert "Октябрь 2026: 244 кВт*ч , на 17 % меньше, чем год назад." in page
    assert 'role="img"' in page.text
    assert "Октябрь 2026 244 294,5" in page
    assert "Август 2026 — —" in page


def test_other_accounts_stand_beside_and_may_come_first(client: PageClient, anna: Resident) -> None:
    first, other = household(anna), household(anna)
    page = client.sign_in(anna).get("/")
    assert f"/?account={other.id}" in page.tree.links
    assert f"Аб. № {other.number}" in client.get(f"/?account={other.id}")
    client.get(f"/?account={household(factories.resident()).id}", status=404)
    assert f"Аб. № {first.number}" in page


def test_an_account_of_which_nothing_is_known_is_shown(client: PageClient, anna: Resident) -> None:
    factories.link(anna)
    page = client.sign_in(anna).get("/")
    assert "Начислений пока нет" in page
    assert "платежей пока нет" in page


def test_one_account_or_ten_cost_the_same_queries(client: PageClient, anna: Resident) -> None:
    household(anna)
    client.sign_in(anna).get("/")
    with counted() as one:
        client.get("/")
    for _ in range(9):
        household(anna)
    with counted() as ten:
        client.get("/")
    assert len(one) == len(ten) <= 8


def test_a_year_is_twelve_months_beside_twelve() -> None:
    volumes = [
        (date(2026, 10, 1), "200"),
        (date(2026, 10, 1), "44"),
        (date(2025, 10, 1), "268"),
        (date(2026, 9, 1), "-"),
    ]
    months = year(volumes, date(2026, 10, 1))
    assert (len(months), months[0].period) == (12, date(2025, 11, 1))
    assert months[-1] == Month(date(2026, 10, 1), 244_000_000, 268_000_000)
    assert months[-1].change == -9
    assert months[-2] == Month(date(2026, 9, 1), None, None)


@pytest.mark.parametrize(
    ("text", "micro"),
    [("9.044", 9_044_000), ("9,044", 9_044_000), ("", None), ("-", None), ("NaN", None), ("1e400", None)],
)
def test_printed_volumes_are_read_exactly_or_left_out(text: str, micro: int | None) -> None:
    assert printed_micro(text) == micro
