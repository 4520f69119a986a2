"""The console's pages of a supplier: the ladder of each form, who may change what, nothing secret shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

import clock
from config import GatewaySettings
from gateways.engines import ENGINES
from models import Audit, Supplier, SupplierSetting
from services import settings
from tests import factories
from tests.client import Page, PageClient
from tests.queries import counted

URL = "/admin/suppliers"
RIGHT = {
    "inn": "7707083893", "kpp": "770701001", "ogrn": "", "bank": "ПАО СБЕРБАНК", "bik": "044525225",
    "bank_account": "40702 810 1 3825 0123017", "corr_account": "30101810400000000225",
}  # fmt: skip


@pytest.fixture
def voda(database: Flask) -> Supplier:
    return factories.supplier(code="VODA", name="МУП «Водоканал»", phone="8 800 100-00-00")


@pytest.fixture(autouse=True)
def boss(client: PageClient, voda: Supplier) -> PageClient:
    return client.sign_in(factories.operator(role="administrator"))


def shown(page: Page, *names: str) -> dict[str, str]:
    return {name: page.value(name) for name in (*names, "seen")}


def filled(page: Page) -> dict[str, str]:
    """The form as it came; each request brings a token of its own."""
    return {name: value for name, value in page.tree.values.items() if name != "csrf_token"}


def test_the_list_leads_to_a_supplier_and_tells_each_setting(client: PageClient, voda: Supplier) -> None:
    assert f"{URL}/{voda.id}" in client.get(URL).tree.links
    page = client.get(f"{URL}/{voda.id}")
    for words in (
        "8 800 100-00-00",
        "Приём показаний",
        "Онлайн-оплата",
        "Реквизиты не заполнены",
        "День напоминания",
    ):
        assert words in page
    assert client.get("/admin/").text.count('"/admin/suppliers"')


def test_a_supplier_is_added_and_a_second_of_the_code_is_not(client: PageClient) -> None:
    done = client.post(URL, {"code": "TEPLO", "name": "АО «Тепло»"})
    assert "АО «Тепло»" in client.get(done.location)
    page = client.post(URL, {"code": "TEPLO", "name": "Ещё одно"}, status=422)
    assert "уже есть" in page and page.value("name") == "Ещё одно"


def test_contacts_are_changed_by_the_suppliers_clerk(client: PageClient, voda: Supplier) -> None:
    client.sign_in(factories.operator(voda))
    url = f"{URL}/{voda.id}/contacts"
    fields = shown(client.get(url), "name", "short_name", "address", "phone", "email", "site", "hours")
    client.post(url, {**fields, "phone": "8 900", "hours": "пн–пт"})
    assert (Supplier.get_by_id(voda.id).phone, Supplier.get_by_id(voda.id).hours) == ("8 900", "пн–пт")
    assert Audit.get().action == "supplier-changed"
    page = client.post(url, {**fields, "name": "", "site": "voda"}, status=422)
    assert "Заполните поле" in page and page.value("site") == "voda"


def test_wrong_requisites_are_all_said_at_once_and_what_was_typed_stays(client: PageClient, voda: Supplier) -> None:
    url = f"{URL}/{voda.id}/requisites"
    fields = {**RIGHT, **shown(client.get(url))}
    page = client.post(url, {**fields, "inn": "7707083894", "bank_account": "40702810238250123017"}, status=422)
    assert "последняя цифра 4, а по остальным выходит 3" in page
    assert "девятая цифра 2, а по остальным выходит 1" in page
    assert page.value("inn") == "7707083894"
    client.post(url, fields)
    assert Supplier.get_by_id(voda.id).bank_account == "40702810138250123017"
    assert "Реквизиты не заполнены" not in client.get(f"{URL}/{voda.id}")


def test_a_stale_form_is_answered_and_the_next_press_counts_from_what_is_there(
    client: PageClient, voda: Supplier
) -> None:
    url = f"{URL}/{voda.id}/bills"
    form = client.get(url)
    fields = shown(form, "bill_day", "due_day", "since") | {"due_shift_weekend": "y"}
    client.post(url, {**fields, "due_day": "20"})
    page = client.post(url, {**fields, "due_day": "11"}, status=422)
    assert "в другом окне" in page and page.value("due_day") == "11"
    assert settings.in_force(clock.today()).of(voda.id).due_day == 20
    client.post(url, {**fields, "due_day": "11", "seen": page.value("seen")})
    assert settings.in_force(clock.today()).of(voda.id).due_day == 11


@pytest.mark.parametrize(
    ("section", "fields", "says"),
    [
        ("readings", {"reading_from_day": "15", "reading_to_day": ""}, "Укажите оба дня"),
        ("readings", {"reading_from_day": "0", "reading_to_day": "25"}, "число от 1 до 31"),
        ("readings", {"reading_from_day": "пятое", "reading_to_day": "25"}, "Введите целое число"),
        ("readings", {"reminder_day": ""}, "Заполните поле"),
        ("readings", {"expired_meters": "burn"}, "Проверьте"),
        ("readings", {"since": "2020-01-01"}, "Задним числом"),
        ("readings", {"since": ""}, "Выберите день"),
        ("payment", {"fee": "99"}, "процент от 0 до 10"),
        ("payment", {"fee_least": "много"}, "Введите сумму числом"),
        ("payment", {"gateway": "moneybank"}, "Выберите банк из списка"),
        ("payment", {"pay_least": "500", "pay_most": "100"}, "больше наибольшей"),
        ("linking", {"linking_facts": "palm"}, "Проверьте"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    client: PageClient, voda: Supplier, section: str, fields: dict[str, str], says: str
) -> None:
    url = f"{URL}/{voda.id}/{section}"
    form = client.get(url)
    page = client.post(url, {**filled(form), **SELECTED, **fields}, status=422)
    assert says in page and not SupplierSetting.select().exists() and not Audit.select().exists()


SELECTED = {"gateway": "testbank", "expired_meters": "warn"}  # the test's client reads no selects


def test_a_window_of_a_later_day_is_told_and_can_be_taken_back(client: PageClient, voda: Supplier) -> None:
    later = clock.today() + timedelta(days=20)
    url = f"{URL}/{voda.id}/readings"
    fields = {**filled(client.get(url)), **SELECTED, "reading_from_day": "15", "reading_to_day": "25"}
    done = client.post(url, {**fields, "since": later.isoformat()})
    page = client.get(done.location)
    assert "Изменится позже" in page and "Первый день приёма: 15" in page
    for plan in SupplierSetting.select():
        client.post(f"{URL}/{voda.id}/plans/{plan.id}/withdrawal")
    assert "Изменится позже" not in client.get(f"{URL}/{voda.id}") and not SupplierSetting.select().exists()


def test_facts_for_linking_are_chosen_and_given_back_to_the_portal(client: PageClient, voda: Supplier) -> None:
    url = f"{URL}/{voda.id}/linking"
    fields = shown(client.get(url), "since")
    client.post(url, {**fields, "linking_facts": ["bill", "meter"]})
    assert settings.in_force(clock.today()).of(voda.id).linking_facts == ("meter", "bill")
    page = client.get(url)
    assert "checked" in page.text
    client.post(url, shown(page, "since"))
    assert settings.in_force(clock.today()).of(voda.id).linking_facts is None


def test_fees_are_typed_in_percent_and_roubles(client: PageClient, voda: Supplier) -> None:
    url = f"{URL}/{voda.id}/payment"
    fields = {**filled(client.get(url)), **SELECTED, "fee": "1,5 %", "fee_least": "10", "pay_most": "15 000"}
    client.post(url, fields)
    values = settings.in_force(clock.today()).values(voda.id)
    assert (values["fee"], values["fee_least"], values["pay_most"]) == (150, 1000, 15_000_00)
    page = client.get(f"{URL}/{voda.id}")
    assert "1,5 %" in page and client.get(url).value("fee") == "1,5"


def test_the_banks_keys_are_told_to_be_set_and_never_shown(app: Flask, client: PageClient, voda: Supplier) -> None:
    settings_before, banks = app.extensions["settings"], app.extensions["gateways"]
    values = {**ENGINES["yookassa"].options, "shop_id": "100500", "secret_key": "live_top-secret"}
    own = GatewaySettings("voda-bank", "yookassa", values)
    app.extensions["settings"] = replace(settings_before, gateways=(own,))
    app.extensions["gateways"] = {**banks, "voda-bank": ENGINES["yookassa"].build("voda-bank", values)}
    try:
        factories.setting(voda, "gateway", "voda-bank")
        pages = client.get(f"{URL}/{voda.id}"), client.get(f"{URL}/{voda.id}/payment")
        assert "Ключи банка заданы" in pages[0] and "voda-bank (yookassa, ключи заданы)" in pages[1]
        assert all("top-secret" not in page.text for page in pages)
    finally:
        app.extensions["settings"], app.extensions["gateways"] = settings_before, banks


def test_a_bank_that_is_not_set_up_any_more_is_told(client: PageClient, voda: Supplier) -> None:
    factories.setting(voda, "gateway", "oldbank")
    assert "Ключи банка не заданы" in client.get(f"{URL}/{voda.id}")
    assert "oldbank (не подключён)" in client.get(f"{URL}/{voda.id}/payment")


def test_what_is_dangerous_is_an_administrators(client: PageClient, voda: Supplier) -> None:
    client.sign_in(factories.operator(voda))
    assert "Меняет администратор." in client.get(f"{URL}/{voda.id}")
    for section in ("requisites", "linking", "payment"):
        client.get(f"{URL}/{voda.id}/{section}", status=403)
        client.post(f"{URL}/{voda.id}/{section}", RIGHT, status=403)
    client.post(URL, {"code": "X", "name": "X"}, status=403)
    plan = factories.setting(voda, "fee", 90, clock.today() + timedelta(days=9))
    client.post(f"{URL}/{voda.id}/plans/{plan.id}/withdrawal", status=403)
    assert SupplierSetting.get().key == "fee" and not Audit.select().exists()


def test_another_suppliers_clerk_and_a_resident_find_nothing(client: PageClient, voda: Supplier) -> None:
    for who in (factories.operator(factories.supplier()), factories.resident()):
        client.sign_in(who)
        for url in (f"{URL}/{voda.id}", f"{URL}/{voda.id}/contacts"):
            client.get(url, status=404)
        client.post(f"{URL}/{voda.id}/contacts", {"name": "x"}, status=404)
        client.post(f"{URL}/{voda.id}/plans/1/withdrawal", status=404)
    client.sign_in(factories.operator(role="administrator"))
    client.get(f"{URL}/{voda.id}/secrets", status=404)
    client.get(f"{URL}/{10**20}", status=404)


def test_another_suppliers_plan_is_not_taken_back_by_a_forged_id(client: PageClient, voda: Supplier) -> None:
    plan = factories.setting(factories.supplier(), "bill_day", 3, clock.today() + timedelta(days=9))
    client.post(f"{URL}/{voda.id}/plans/{plan.id}/withdrawal")
    assert SupplierSetting.get_by_id(plan.id) == plan


def test_the_list_asks_no_more_for_many_suppliers(client: PageClient) -> None:
    def count() -> int:
        with counted() as asked:
            client.get(URL)
        return len(asked)

    few = count()
    for _ in range(20):
        factories.supplier()
    assert count() == few
