"""Orders, the billing's payments and the banks' registries meet one to one: each payment is counted once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import Account, Order, Payment, RegistryLine, RegistryMatch, history
from models import beside as aside
from services import reconciliation
from tests import billing, factories
from tests.banks import short_line
from tests.client import PageClient
from tests.test_orders_matching import paid
from tests.test_registries import NOW, post

DAY = date(2026, 11, 20)
SPAN_DAY = date(2020, 1, 1)


@pytest.fixture
def account(database: Flask) -> Account:
    return factories.account()


def told(account: Account, operation: str, roubles: str, day: date = DAY) -> RegistryLine:
    """A payment of a bank's registry that has been taken in."""
    before = {row.id for row in RegistryLine.select()}
    post(short_line(operation, account.number, roubles, day=f"{day:%d-%m-%Y}"), supplier=account.supplier.code)
    (line,) = [row for row in RegistryLine.select() if row.id not in before]
    return line


def beside(account: Account) -> int:
    """«Оплачено» beside the debt, not met by the billing."""
    return aside.paid_beside({account.id: SPAN_DAY})[account.id].unposted


def counted(account: Account) -> int:
    """All that was paid, as «Оплата» counts it since long ago; «История» must list the same."""
    listed = sum(row.amount for row in history.payments(history.Span((account.id,)), "-date", None, 50))
    listed += sum(row.amount for row in aside.orders([account.id], factories.resident()))
    listed += sum(row.amount for row in aside.told_by_banks([account.id]))
    total = aside.paid_beside({account.id: SPAN_DAY})[account.id].total
    assert total == listed
    return total


def state(line: RegistryLine) -> str:
    return str(RegistryLine.get_by_id(line.id).state)


def test_a_registry_stands_beside_the_debt_until_the_billing_brings_it(account: Account) -> None:
    line = told(account, "77", "500,00")
    assert (state(line), beside(account), counted(account)) == ("open", 50000, 50000)
    factories.payment(account, 50000, DAY, identifier="77")
    assert reconciliation.reconcile(NOW) == 1
    assert (state(line), beside(account), counted(account)) == ("met", 0, 50000)
    assert reconciliation.reconcile(NOW) == 0


def test_an_imported_payment_meets_its_registry_at_once(account: Account, tmp_path: Path) -> None:
    line = told(account, "77", "500,00")
    code, number = account.supplier.code, account.number
    rows = f"Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\n{code};{number};77;24.12.2026;500,00\n"
    assert not billing.load_tables(tmp_path / "package", payments=rows).stopped
    assert (state(line), counted(account)) == ("met", 50000)


def test_a_registry_that_comes_after_the_billing_adds_nothing(account: Account) -> None:
    factories.payment(account, 50000, DAY, identifier="77")
    assert (state(told(account, "77", "500,00")), counted(account)) == ("met", 50000)


@pytest.mark.parametrize(("days", "met"), [(0, "met"), (3, "met"), (-3, "met"), (4, "open"), (-4, "open")])
def test_without_an_equal_number_three_days_are_the_limit(account: Account, days: int, met: str) -> None:
    line = told(account, "77", "500,00")
    factories.payment(account, 50000, DAY + timedelta(days=days))
    reconciliation.reconcile(NOW)
    assert state(line) == met


def test_two_equal_payments_at_banks_meet_one_payment_of_the_billing_each(account: Account) -> None:
    lines = [told(account, "77", "500,00"), told(account, "78", "500,00")]
    factories.payment(account, 50000, DAY)
    reconciliation.reconcile(NOW)
    assert sorted(map(state, lines)) == ["met", "open"] and counted(account) == 100000
    factories.payment(account, 50000, DAY)
    reconciliation.reconcile(NOW)
    assert list(map(state, lines)) == ["met", "met"] and counted(account) == 100000


def test_the_bank_s_number_goes_before_an_order_that_would_fit(account: Account) -> None:
    order = paid(account, 50000)
    line = told(account, "77", "500,00", DAY + timedelta(days=5))
    factories.payment(account, 50000, DAY, identifier="77")
    reconciliation.reconcile(NOW)
    assert state(line) == "met" and Order.get_by_id(order.id).state == "paid" and counted(account) == 100000
    factories.payment(account, 50000, DAY)
    reconciliation.reconcile(NOW)
    assert Order.get_by_id(order.id).state == "posted" and counted(account) == 100000


def test_a_registry_that_tells_again_of_an_order_is_counted_once(account: Account) -> None:
    order = paid(account, 50000, provider_id="md-1")
    line = told(account, "md-1", "500,00", DAY + timedelta(days=30))
    assert (state(line), counted(account)) == ("met", 50000)
    factories.payment(account, 50000, DAY, identifier="md-1")
    reconciliation.reconcile(NOW)
    assert Order.get_by_id(order.id).state == "posted" and counted(account) == 50000


def test_order_registry_and_billing_meet_by_account_sum_and_day_too(account: Account) -> None:
    order = paid(account, 30000, 20000)
    line = told(account, "77", "500,00", DAY + timedelta(days=2))
    assert (state(line), counted(account)) == ("met", 50000)
    factories.payment(account, 50000, DAY + timedelta(days=1), identifier="77")
    reconciliation.reconcile(NOW)
    assert Order.get_by_id(order.id).state == "posted" and counted(account) == 50000


def test_an_order_number_met_by_chance_counts_only_with_the_same_sum(account: Account) -> None:
    order = paid(account, 50000, number="77")
    line = told(account, "77", "600,00")
    assert state(line) == "open" and counted(account) == 110000
    assert Order.get_by_id(order.id).state == "paid"


def test_a_reversal_is_met_by_a_reversal(account: Account) -> None:
    told(account, "77", "500,00")
    back = told(account, "77", "-500,00")
    assert (beside(account), counted(account)) == (0, 0)
    factories.payment(account, 50000, DAY, identifier="77")
    reconciliation.reconcile(NOW)
    assert (state(back), beside(account), counted(account)) == ("open", -50000, 0)
    factories.payment(account, -50000, DAY, identifier="77-r")
    reconciliation.reconcile(NOW)
    assert (state(back), beside(account), counted(account)) == ("met", 0, 0)


def test_a_payment_that_the_billing_withdrew_opens_its_line_again(account: Account) -> None:
    line = told(account, "77", "500,00")
    row = factories.payment(account, 50000, DAY, identifier="77")
    reconciliation.reconcile(NOW)
    Payment.delete().where(Payment.id == row.id).execute()
    assert reconciliation.reconcile(NOW) == 0
    assert (state(line), counted(account)) == ("open", 50000) and not RegistryMatch.select().exists()


def test_a_payment_that_is_withdrawn_and_brought_anew_is_counted_once(account: Account, tmp_path: Path) -> None:
    order, line = paid(account, 50000), told(account, "77", "300,00")
    head = "Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма;Удалить\n"
    begin = f"{account.supplier.code};{account.number};"
    rows = f"{begin}1;20.11.2026;500,00;\n{begin}2;20.11.2026;300,00;\n"
    billing.load_tables(tmp_path / "first", payments=head + rows)
    assert counted(account) == 80000 and (state(line), Order.get_by_id(order.id).state) == ("met", "posted")
    rows = rows.replace(";\n", ";да\n") + f"{begin}3;21.11.2026;500,00;\n{begin}4;21.11.2026;300,00;\n"
    billing.load_tables(tmp_path / "second", payments=head + rows)
    assert counted(account) == 80000 and (state(line), Order.get_by_id(order.id).state) == ("met", "posted")


def test_an_unknown_or_rejected_payment_is_nobodys(account: Account) -> None:
    post(short_line("1", "999", "10,00"), supplier=account.supplier.code)
    assert reconciliation.reconcile(NOW) == 0 and counted(account) == 0


def test_more_lines_than_a_chunk_are_met(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "CHUNK", 2)
    lines = "".join(short_line(str(n), account.number, f"{n},00", day="20-11-2026") for n in range(1, 8))
    post(lines, supplier=account.supplier.code)
    for n in range(1, 8):
        factories.payment(account, n * 100, DAY, identifier=str(n))
    assert reconciliation.reconcile(NOW) == 7
    assert beside(account) == 0


def test_a_resident_sees_it_in_the_history_and_beside_the_debt(client: PageClient, account: Account) -> None:
    anna = factories.resident()
    factories.link(anna, account)
    factories.bill(account, to_pay=148533)
    told(account, "77", "500,00")
    told(account, "78", "-100,00")
    client.sign_in(anna)
    page = client.get("/history")
    assert "Оплачено, ещё не учтено · Сбербанк" in page and "500,00" in page
    assert "Возврат, ещё не учтён · Сбербанк" in page and "2 платежа на 400,00 ₽" in page
    assert "Сбербанк, ещё не учтено" in client.get("/statement?from=2026-11-01&to=2026-11-30")
    assert "Оплачено, ещё не учтено: 400,00" in client.get("/payment")
    assert client.get("/payment").value(f"sum-{account.id}") == "1 085,33"
    factories.payment(account, 50000, DAY, identifier="77")
    factories.payment(account, -10000, DAY, identifier="78")
    reconciliation.reconcile(NOW)
    page = client.get("/history")
    assert "ещё не учтено" not in page and "2 платежа на 400,00 ₽" in page


@pytest.mark.parametrize("sort", ["-date", "date", "-sum", "sum"])
def test_pages_of_the_history_lose_and_double_nothing(client: PageClient, account: Account, sort: str) -> None:
    anna = factories.resident()
    factories.link(anna, account)
    lines = "".join(short_line(f"b{n}", account.number, "1,00", day="20-11-2026") for n in range(60))
    post(lines, supplier=account.supplier.code)
    for _ in range(60):
        factories.payment(account, 100, DAY - timedelta(days=30))
        factories.payment(account, 100, DAY + timedelta(days=4))
    client.sign_in(anna)
    rows, url = 0, f"/history?sort={sort}"
    for _ in range(4):
        page = client.get(url)
        rows += page.text.count('<td class="left" data-label="Поставщик">')
        url = next((link for link in page.tree.links if "after=" in link), "")
        if not url:
            break
    assert rows == 180
