"""«Оплатить онлайн»: the bill chosen in «Счета», the last one by default, goes straight to the confirmation."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from models import Account, Bill, Order, Resident
from tests import factories
from tests.client import PageClient
from tests.portal import switch


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    return factories.link(resident, factories.account(number="42700100123", contract="Д-17")).account


@pytest.fixture
def old(account: Account) -> Bill:
    return factories.bill(
        account, number="132", period=date(2018, 11, 1), issued_on=date(2018, 11, 30), to_pay=162790
    )


@pytest.fixture
def last(account: Account, old: Bill) -> Bill:
    return factories.bill(account, number="133", period=date(2018, 12, 1), issued_on=date(2018, 12, 31), to_pay=63270)


def pay(client: PageClient, status: int = 303, **fields: object) -> str:
    return client.post("/payment/bill", {"once": "k", **fields}, status=status).location


def test_the_last_bill_stands_chosen_and_is_paid_at_once(
    client: PageClient, resident: Resident, account: Account, last: Bill
) -> None:
    page = client.sign_in(resident).get("/bills")
    assert page.value("chosen") == str(last.id) and "Оплатить онлайн" in page
    confirm = client.get(pay(client, account=account.id, chosen=last.id))
    assert "Номер счета 133" in confirm and "Сумма оплаты по счету 632,70 ₽" in confirm
    assert (Order.get().bill_id, Order.get().amount) == (last.id, 63270)


def test_another_bill_is_paid_where_it_was_chosen(
    client: PageClient, resident: Resident, account: Account, old: Bill, last: Bill
) -> None:
    """The chosen one weighs more than the last one, which the header's button brings along."""
    confirm = client.sign_in(resident).get(pay(client, account=account.id, bill=last.id, chosen=old.id))
    assert "Номер счета 132" in confirm and "Период ноябрь 2018" in confirm
    assert "Это не последний счёт" in confirm


def test_two_bills_of_one_sum_are_two_orders(
    client: PageClient, resident: Resident, account: Account, last: Bill
) -> None:
    twin = factories.bill(account, number="137", period=date(2018, 12, 1), to_pay=63270)
    client.sign_in(resident)
    assert pay(client, chosen=last.id) == pay(client, chosen=last.id) != pay(client, chosen=twin.id)


def test_bills_with_nothing_to_pay_cannot_be_chosen(client: PageClient, resident: Resident, account: Account) -> None:
    calm = factories.bill(account, to_pay=-531365)
    page = client.sign_in(resident).get("/bills")
    assert "chosen" not in page.tree.values and "Оплатить онлайн" not in page
    assert pay(client, bill=calm.id) == f"/payment/{account.id}?bill={calm.id}"
    assert Order.select().count() == 0


def test_an_account_without_bills_is_paid_by_the_form(
    client: PageClient, resident: Resident, account: Account
) -> None:
    assert pay(client.sign_in(resident), account=account.id) == f"/payment/{account.id}"


def test_what_has_been_paid_here_is_not_asked_again(
    client: PageClient, resident: Resident, account: Account, last: Bill
) -> None:
    pay(client.sign_in(resident), chosen=last.id)
    Order.update(state="paid", paid_at=factories.NOW).execute()
    assert pay(client, chosen=last.id, once="another").startswith(f"/payment/{account.id}?bill=")
    assert Order.select().count() == 1


def test_the_header_pays_the_last_bill_of_the_current_account(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: PageClient, resident: Resident, account: Account, last: Bill
) -> None:
    switch(app, monkeypatch, "metallenergo")
    page = client.sign_in(resident).get("/bills")
    assert page.value("bill") == str(last.id) and page.text.count('id="pay-online"') == 1
    assert page.text.count('form="pay-online"') == 3, "two radios, and the button under the table"
    fields = {name: page.value(name) for name in ("once", "account", "bill")}
    assert "Код запроса" in client.get(client.post("/payment/bill", fields).location)


@pytest.mark.parametrize("preset", ["zhkh", "consumer"])
def test_where_the_payer_is_asked_the_form_comes_first(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: PageClient, resident: Resident, last: Bill, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    assert pay(client.sign_in(resident), chosen=last.id) == f"/payment/{last.account_id}?bill={last.id}"


def test_without_a_bank_the_form_says_how_else_to_pay(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: PageClient, resident: Resident, last: Bill
) -> None:
    monkeypatch.setitem(app.extensions, "gateways", {})
    assert pay(client.sign_in(resident), chosen=last.id) == f"/payment/{last.account_id}?bill={last.id}"


def test_a_sum_beyond_the_limits_is_said_on_the_form(
    client: PageClient, resident: Resident, account: Account, last: Bill
) -> None:
    factories.setting(account.supplier, "pay_most", 50000)
    page = client.sign_in(resident).post("/payment/bill", {"once": "k", "chosen": last.id}, status=422)
    assert "не больше 500 ₽" in page and page.value(f"sum-{account.id}") == "632,70"


def test_a_neighbours_bill_does_not_exist(client: PageClient, resident: Resident, account: Account) -> None:
    theirs = factories.bill(factories.link(factories.resident()).account)
    client.sign_in(resident)
    for value in (theirs.id, "x", 10**20, "²"):
        pay(client, status=404, chosen=value)
    pay(client, status=404, account=theirs.account_id)


def test_the_sum_of_a_bill_can_be_changed_from_the_confirmation(
    client: PageClient, resident: Resident, account: Account, last: Bill
) -> None:
    confirm = pay(client.sign_in(resident), chosen=last.id)
    assert f'formaction="{confirm}/change"' in client.get(confirm).text
    back = client.post(f"{confirm}/change").location
    assert back == f"/payment/{account.id}?bill={last.id}&sum=632,70"
    page = client.get(back)
    assert page.value(f"sum-{account.id}") == "632,70" and page.value("bill") == str(last.id)
    assert Order.get().state == "expired" and "Вы вернулись к выбору сумм" in client.get(confirm)


def test_by_htmx_the_browser_is_led_on(client: PageClient, resident: Resident, account: Account, last: Bill) -> None:
    client.sign_in(resident)
    fields = {"once": "k", "chosen": last.id}
    confirm = client.post("/payment/bill", fields, htmx=True).location
    assert confirm == f"/orders/{Order.get().id}"
    assert client.post(f"{confirm}/change", htmx=True).location.startswith(f"/payment/{account.id}")
