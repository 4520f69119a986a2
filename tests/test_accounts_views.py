"""The account's page: what is shown of premises, meters and services; alias, group, way of bills, removal."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from models import Account, Link, Notice, Resident
from services import accounts
from tests import factories
from tests.client import PageClient
from tests.factories import NOW
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    """The account of the third manual, with its meter and the three parts of its debt."""
    supplier = factories.supplier(name="ООО «Омская энергосбытовая компания»", short_name="Омская энергосбытовая")
    house = factories.house(settlement="644005 Омская обл., г. Омск", street="ул. Карбышева", number="6")
    account = factories.account(
        supplier, number="02660061050", house=house, flat="105", contract="02660061050", stove="Электрическая",
        rooms=2, registered=1, area="50.50",
    )  # fmt: skip
    light = factories.service(supplier, position=1)
    late = factories.service(supplier, name="Электроэнергия (пени)", kind="пени", unit="-", position=2)
    waste = factories.service(
        supplier, name="Обращение с ТКО", kind="ТКО", unit="чел.", position=3, provider="ООО «Чисто»"
    )
    for service, amount in ((light, 10050), (late, 4917), (waste, 36105)):
        factories.balance(account, amount, date(2026, 10, 31), service=service)
    factories.tariff(light, 5_000_000)
    factories.tariff(light, 3_840_000, category="электроплита", norm=90_000_000)
    factories.tariff(light, 9_990_000, since=date(2027, 1, 1))
    factories.bill(account, to_pay=51072, issued_on=date(2026, 10, 31))
    factories.meter(
        account, light, number="38002134", condition="Исправен", relation="Индивидуальный",
        model="СЕ101 (МПИ 16 лет)", place="Квартира, р/к на площадке", interval_years=16, accuracy="1.00",
        installed_on=date(2016, 1, 2), balance_owner="Потребитель", voltage="220.0", current="0.0",
    )  # fmt: skip
    factories.link(anna, account)
    return account


FIFTEEN = {
    "Услуга": "Электроэнергия",
    "Состояние ПУ": "Исправен",
    "Серийный номер": "38002134",
    "Разрядность": "6",
    "Отношение": "Индивидуальный",
    "Модель": "СЕ101 (МПИ 16 лет)",
    "Место установки": "Квартира, р/к на площадке",
    "МПИ (лет)": "16",
    "Кол-во тарифов": "1",
    "Класс точности ПУ": "1.00",
    "Дата установки": "02.01.2016",
    "Дата истечения поверки": "-",
    "Балансовая принадлежность": "Потребитель",
    "U-ном. и макс.": "220.0",
    "I ном. и макс.(А)": "0.0",
}


def test_a_meter_s_fold_holds_all_fifteen_fields(client: PageClient, anna: Resident, account: Account) -> None:
    page = client.sign_in(anna).get(f"/accounts/{account.id}")
    assert "Информация о приборе учёта № 38002134" in page
    for name, value in FIFTEEN.items():
        assert f"{name} {value}" in page


def test_premises_and_address_are_shown(client: PageClient, anna: Resident, account: Account) -> None:
    page = client.sign_in(anna).get(f"/accounts/{account.id}")
    assert "644005 Омская обл., г. Омск, ул. Карбышева" in page
    for fact in ("Контракт 02660061050", "Тип плиты Электрическая", "Количество комнат 2", "Площадь 50,50 м²"):
        assert fact in page
    assert "Количество зарегистрированных 1" in page


def test_each_service_has_its_tariff_norm_provider_and_debt(
    client: PageClient, anna: Resident, account: Account
) -> None:
    page = client.sign_in(anna).get(f"/accounts/{account.id}")
    assert "Сумма к оплате 510,72 ₽" in page
    for fact in ("Долг 100,50 ₽", "Долг 49,17 ₽", "Долг 361,05 ₽", "Поставщик ООО «Чисто»"):
        assert fact in page
    assert "3,84 ₽ за кВт*ч, с 01.01.2026 Норматив 90 кВт*ч на человека в месяц" in page
    assert "5,00 ₽" not in page and "9,99 ₽" not in page


def test_details_are_hidden_where_the_supplier_does_not_give_them(
    client: PageClient, anna: Resident, account: Account
) -> None:
    factories.setting(account.supplier, "shows_details", False)
    page = client.sign_in(anna).get(f"/accounts/{account.id}")
    assert "Информация о" not in page and "Способ получения" not in page
    assert "02660061050" in page


def test_alias_group_and_way_of_bills_are_set(client: PageClient, anna: Resident, account: Account) -> None:
    group = factories.group(anna)
    fields = {"alias": " Мама ", "group": str(group.id), "bills_by": "email"}
    client.sign_in(anna).post(f"/accounts/{account.id}", fields)
    link = Link.get()
    assert (link.label, link.group_id, link.bills_by_email) == ("Мама", group.id, True)
    assert "Мама" in client.get(f"/accounts/{account.id}")


@pytest.mark.parametrize("htmx", [False, True])
def test_bills_by_e_mail_need_a_confirmed_address(
    client: PageClient, anna: Resident, account: Account, htmx: bool
) -> None:
    Resident.update(email_confirmed_at=None).execute()
    page = client.sign_in(anna).post(f"/accounts/{account.id}", {"bills_by": "email"}, status=422, htmx=htmx)
    assert "Сначала подтвердите e-mail" in page
    assert not Link.get().bills_by_email


def test_a_lost_address_brings_paper_back(anna: Resident, account: Account) -> None:
    Link.update(bills_by_email=True).execute()
    assert accounts.back_to_paper(anna, NOW) == 1
    assert accounts.back_to_paper(anna, NOW) == 0
    assert (Link.get().bills_by_email, Notice.select().count()) == (False, 1)


def test_a_group_of_another_is_not_taken(client: PageClient, anna: Resident, account: Account) -> None:
    strangers = factories.group(factories.resident())
    client.sign_in(anna).post(f"/accounts/{account.id}", {"group": str(strangers.id)})
    assert Link.get().group_id is None


def test_an_account_is_removed_after_a_question(client: PageClient, anna: Resident, account: Account) -> None:
    boris = factories.link(factories.resident(), account)
    page = client.sign_in(anna).get(f"/accounts/{account.id}/removal")
    assert "Удалить лицевой счёт?" in page
    assert Link.select().count() == 2
    page = client.post(f"/accounts/{account.id}/removal")
    assert "удалён из кабинета" in client.get(page.location)
    assert [link.id for link in Link.select()] == [boris.id]
    client.get(f"/accounts/{account.id}", status=404)


def test_the_list_shows_every_account_with_its_debt(client: PageClient, anna: Resident, account: Account) -> None:
    other = factories.account(number="111\\00021547")
    factories.link(anna, other, label="Дача")
    factories.balance(other, -31240)
    page = client.sign_in(anna).get("/accounts")
    for fact in ("02660061050", "510,72 ₽", "111\\00021547", "Переплата 312,40 ₽", "Дача"):
        assert fact in page


def test_nothing_linked_is_one_step_from_the_first_account(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    for url in ("/", "/accounts", "/readings", "/tariffs"):
        assert "Добавьте лицевой счёт" in client.get(url)


def test_strangers_see_nothing(client: PageClient, account: Account) -> None:
    client.post(f"/accounts/{account.id}", {"alias": "x"}, status=401)
    client.sign_in(factories.resident())
    client.get(f"/accounts/{account.id}", status=404)
    client.post(f"/accounts/{account.id}", {"alias": "x"}, status=404)
    client.post(f"/accounts/{account.id}/removal", status=404)
    assert Link.select().count() == 1


def test_many_meters_and_services_cost_the_same_queries(client: PageClient, anna: Resident, account: Account) -> None:
    url = f"/accounts/{account.id}"
    client.sign_in(anna).get(url)
    with counted() as few:
        client.get(url)
    for number in range(8):
        factories.tariff(factories.meter(account, number=f"M{number}").service, 1_000_000)
    with counted() as many:
        client.get(url)
    assert len(few) == len(many) <= 8
