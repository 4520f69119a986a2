"""The key of a form (`once`): cleaned of what PostgreSQL cannot store, and no longer than an index row holds."""

from __future__ import annotations

import pytest

from models import Account, Checkout, Resident
from tests import factories
from tests.client import Page, PageClient


@pytest.fixture
def anna(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    return factories.link(anna, factories.account()).account


def pay(client: PageClient, account: Account, once: str, status: int = 303) -> Page:
    fields = {"once": once, "method": "card", f"pay-{account.id}": "y", f"sum-{account.id}": "500"}
    return client.post("/payment", fields, status=status)


def test_control_signs_in_a_key_are_forgotten(client: PageClient, anna: Resident, account: Account) -> None:
    pay(client.sign_in(anna), account, "k\0\1")
    assert str(Checkout.get().once).partition(":")[0] == "k"


def test_a_key_that_no_form_of_ours_has_is_refused(client: PageClient, anna: Resident, account: Account) -> None:
    page = pay(client.sign_in(anna), account, "x" * 10_000, status=400)
    assert "Запрос не получилось прочитать" in page and Checkout.select().count() == 0
    client.get("/payment?once=" + "x" * 3000, status=400)
