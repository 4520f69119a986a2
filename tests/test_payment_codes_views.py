"""Payment codes on the screen: what a bank's app reads, the picture to save, the requisites to copy."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
import zxingcpp
from flask import Flask
from PIL import Image

from documents.payment_code import parse
from models import Account, Order, Resident
from tests import factories
from tests.client import PageClient
from tests.portal import switch


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    return factories.link(resident, factories.account(factories.payee(), number="42700100123")).account


def read(picture: bytes) -> dict[str, str]:
    """What a phone reads off the picture."""
    [found] = zxingcpp.read_barcodes(Image.open(BytesIO(picture)).convert("L"))
    return parse(found.bytes)


def test_the_picture_says_whom_for_what_and_how_much(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.bill(account, period=date(2026, 9, 1))
    answer = client.sign_in(resident).get(f"/payment/{account.id}/code.png?sum=1 485,33").response
    said = read(answer.data)
    assert (said["Name"], said["PersonalAcc"], said["BIC"]) == (
        "АО «Энергосбыт»",
        "40702810638000000001",
        "044525225",
    )
    assert (said["PersAcc"], said["Sum"], said["PaymPeriod"]) == ("42700100123", "148533", "092026")
    assert said["Purpose"] == "Оплата услуг, лицевой счёт 42700100123"
    assert answer.mimetype == "image/png" and answer.headers["Cache-Control"] == "private, no-store"
    assert "Content-Disposition" not in answer.headers


def test_the_picture_is_saved_under_a_name(client: PageClient, resident: Resident, account: Account) -> None:
    answer = client.sign_in(resident).get(f"/payment/{account.id}/code.png?download=1").response
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="code.png"')
    assert "42700100123" in answer.headers["Content-Disposition"] and "Sum" not in read(answer.data)


def test_the_code_of_a_bill_names_it(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, number="133", period=date(2018, 12, 1), to_pay=63270)
    client.sign_in(resident)
    page = client.get(f"/payment/codes?sum-{account.id}=632,70&bill={bill.id}")
    assert "Оплата счёта 133 за 12.2018, лицевой счёт 42700100123" in page
    said = read(client.get(f"/payment/{account.id}/code.png?sum=632,70&bill={bill.id}").data)
    assert said["Purpose"] == "Оплата счёта 133 за 12.2018, лицевой счёт 42700100123"
    assert (said["PaymPeriod"], said["Sum"]) == ("122018", "63270")


def test_the_page_stands_with_the_sum_of_the_form(client: PageClient, resident: Resident, account: Account) -> None:
    """And with all that is needed where no camera is: the picture to save, the requisites to copy."""
    factories.balance(account, 63270)
    client.sign_in(resident)
    link = next(url for url in client.get("/payment").tree.links if url.startswith("/payment/codes"))
    page = client.get(link)
    assert "К оплате 632,70 ₽" in page and f'src="/payment/{account.id}/code.png?sum=632,70"' in page.text
    assert f"/payment/{account.id}/code.png?sum=632,70&download=1" in page.tree.links and "Скачать" in page
    for value in ("АО «Энергосбыт»", "40702810638000000001", "044525225", "42700100123"):
        assert f'data-copy="{value}"' in page.text
    assert link in client.get(f"/payment/{account.id}").tree.links


def test_one_press_shows_the_codes_of_all_that_is_ticked(
    client: PageClient, resident: Resident, account: Account
) -> None:
    second = factories.link(resident, factories.account(account.supplier)).account
    factories.link(resident, factories.account(factories.payee()))
    client.sign_in(resident)
    fields = {f"pay-{one.id}": "y" for one in (account, second)}
    fields |= {f"sum-{account.id}": "510,72", f"sum-{second.id}": "7", "method": "qr", "once": "k"}
    page = client.get(client.post("/payment", fields).location)
    assert page.text.count("<img ") == 2 and "510,72 ₽" in page and "7,00 ₽" in page
    assert Order.select().count() == 0
    assert "Отметьте, что оплатить" in client.post("/payment", {"method": "qr"}, status=422)


def test_services_of_an_account_are_one_code(client: PageClient, resident: Resident, account: Account) -> None:
    fields = {"method": "qr", "once": "k"}
    for amount in ("100,50", "361,05"):
        service = factories.service(account.supplier)
        factories.balance(account, 50000, service=service)
        fields |= {f"pay-{account.id}-{service.id}": "y", f"sum-{account.id}-{service.id}": amount}
    page = client.sign_in(resident).post(f"/payment/{account.id}", fields)
    assert page.location == f"/payment/codes?sum-{account.id}=461,55"


def test_a_wrong_sum_makes_no_code(client: PageClient, resident: Resident, account: Account) -> None:
    client.sign_in(resident)
    fields = {"method": "qr", f"pay-{account.id}": "y", f"sum-{account.id}": "пять"}
    assert "Введите сумму числом" in client.post("/payment", fields, status=422)
    client.get(f"/payment/codes?sum-{account.id}=пять", status=404)
    client.get(f"/payment/{account.id}/code.png?sum=-5", status=404)


def test_without_sums_the_debts_stand(client: PageClient, resident: Resident, account: Account) -> None:
    factories.balance(account, 63270)
    calm = factories.link(resident, factories.account(account.supplier, number="7")).account
    page = client.sign_in(resident).get("/payment/codes")
    assert "632,70 ₽" in page and f"/payment/{calm.id}/code.png" not in page.text
    page = client.get(f"/payment/codes?sum-{calm.id}=")
    assert "введите в приложении" in page and f'src="/payment/{calm.id}/code.png"' in page.text


def test_where_one_account_is_current_its_code_is_shown(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, resident: Resident, account: Account
) -> None:
    factories.link(resident, factories.account(account.supplier, number="7"))
    switch(app, monkeypatch, "consumer")
    page = client.sign_in(resident).get("/payment/codes")
    assert page.text.count("<img ") == 1 and "42700100123" in page


def test_a_supplier_without_a_bank_has_no_code(client: PageClient, resident: Resident) -> None:
    account = factories.link(resident).account
    page = client.sign_in(resident).get(f"/payment/codes?sum-{account.id}=5")
    assert "Поставщик не назвал свой банк" in page and "<img" not in page.text
    client.get(f"/payment/{account.id}/code.png", status=404)
    assert "/payment/codes" not in client.get("/payment").text


def test_a_neighbours_account_has_no_code_here(client: PageClient, resident: Resident, account: Account) -> None:
    theirs = factories.bill(factories.link(factories.resident(), factories.account(factories.payee())).account)
    client.sign_in(resident)
    client.get(f"/payment/{theirs.account_id}/code.png", status=404)
    client.get(f"/payment/{account.id}/code.png?bill={theirs.id}", status=404)
    assert str(theirs.account.number) not in client.get(f"/payment/codes?sum-{theirs.account_id}=5")


def test_a_resident_without_accounts_is_told_what_to_do(client: PageClient, resident: Resident) -> None:
    assert "Лицевых счетов пока нет" in client.sign_in(resident).get("/payment/codes")


def test_the_total_by_code_has_no_fee_of_ours(client: PageClient, resident: Resident, account: Account) -> None:
    factories.setting(account.supplier, "fee", 100)
    fields = {f"pay-{account.id}": "yes", f"sum-{account.id}": "100", "method": "card"}
    client.sign_in(resident)
    assert "Итого 101,00 ₽" in client.post("/payment/total", fields, status=200, htmx=True)
    assert "Итого 100,00 ₽" in client.post("/payment/total", {**fields, "method": "qr"}, status=200, htmx=True)
