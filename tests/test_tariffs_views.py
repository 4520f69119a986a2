"""«Действующие тарифы» of the resident's suppliers."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from models import Resident
from tests import factories
from tests.client import PageClient
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


def test_the_newest_price_of_each_scale_and_category_is_shown(client: PageClient, anna: Resident) -> None:
    account = factories.link(anna).account
    light = factories.service(account.supplier)
    factories.tariff(light, 4_100_000, scale="День", since=date(2024, 7, 1))
    factories.tariff(light, 4_475_000, scale="День", since=date(2025, 7, 1))
    factories.tariff(light, 9_990_000, scale="День", since=date(2026, 12, 1))
    factories.tariff(light, 3_130_000, scale="День", since=date(2025, 7, 1), category="электроплита")
    heat = factories.service(account.supplier, name="Отопление", unit="ГКал", kind="отопление")
    factories.tariff(heat, 1_434_590_000, since=date(2025, 7, 1))
    page = client.sign_in(anna).get("/tariffs")
    assert "Электроэнергия День для всех с 01.07.2025 4,475 за кВт*ч" in page
    assert "Электроэнергия День электроплита с 01.07.2025 3,13 за кВт*ч" in page
    assert "Отопление для всех с 01.07.2025 1 434,59 за ГКал" in page
    assert "4,10" not in page and "9,99" not in page


def test_suppliers_of_others_are_not_shown(client: PageClient, anna: Resident) -> None:
    factories.link(anna)
    factories.tariff(factories.service(name="Газоснабжение"), 7_000_000)
    page = client.sign_in(anna).get("/tariffs")
    assert "Газоснабжение" not in page
    assert "ещё не загрузили тарифы" in page


def test_queries_do_not_grow(client: PageClient, anna: Resident) -> None:
    factories.link(anna)
    client.sign_in(anna).get("/tariffs")
    with counted() as one:
        client.get("/tariffs")
    for _ in range(5):
        factories.tariff(factories.service(factories.link(anna).account.supplier), 1_000_000)
    with counted() as many:
        client.get("/tariffs")
    assert len(one) == len(many) <= 8
