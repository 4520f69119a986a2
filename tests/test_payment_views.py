"""«Оплата»: cards, the running total, one press for all, one account by services; refusals keep what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from models import Account, Checkout, Order, OrderLine, Resident, SupplierSetting
from tests import factories
from tests.client import PageClient
from tests.queries import counted


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    supplier = factories.supplier(name="Омская энергосбытовая компания")
    return factories.link(resident, factories.account(supplier, number="02660061050")).account


@pytest.fixture
def second(resident: Resident, account: Account) -> Account:
    row = factories.account(account.supplier, number="02660172152")
    factories.balance(row, 362041, date(2023, 9, 30))
    return factories.link(resident, row).account


def of_manual_c(account: Account) -> dict[str, int]:
    """The debt of account 02660061050 by its three services; (name → id)."""
    found = {}
    for position, (name, kind, amount) in enumerate(
        (("Электроэнергия", "электроэнергия", 10050), ("Электроэнергия (пени)", "пени", 4917),
         ("Обращение с ТКО", "ТКО", 36105))
    ):  # fmt: skip
        service = factories.service(account.supplier, name=name, kind=kind, position=position)
        factories.balance(account, amount, date(2023, 9, 30), service=service)
        found[name] = service.id
    return found


def press(client: PageClient, url: str = "/payment", status: int = 303, **fields: str) -> object:
    return client.post(url, {"once": "k", "method": "card", **fields}, status=status)


def test_debtors_are_ticked_and_sums_stand_as_in_the_manual(
    client: PageClient, resident: Resident, account: Account, second: Account
) -> None:
    of_manual_c(account)
    page = client.sign_in(resident).get("/payment")
    assert "Сумма к оплате 510,72 ₽" in page and "Сумма к оплате 3 620,41 ₽" in page
    assert page.value(f"sum-{account.id}") == "510,72" and page.value(f"sum-{second.id}") == "3 620,41"
    assert page.value(f"pay-{account.id}") == page.value(f"pay-{second.id}") == "yes"
    assert "К оплате (без учета комиссии) 4 131,13 ₽" in page and "Комиссия за все 0,00 ₽" in page
    assert "На 30.09.2023" in page


def test_an_overpayment_and_no_debt_are_not_ticked(client: PageClient, resident: Resident, account: Account) -> None:
    factories.balance(account, -31240)
    page = client.sign_in(resident).get("/payment")
    assert "Переплата 312,40 ₽" in page and page.value(f"sum-{account.id}") == ""
    assert f"pay-{account.id}" not in page.tree.values


@pytest.mark.parametrize(
    ("balance", "look"),
    [(51072, ['class="plate debt"']), (-31240, ['class="plate"']), (0, [])],
    ids=["debt yellow", "overpayment neutral", "zero none"],
)
def test_a_balance_has_one_of_three_looks(
    client: PageClient, resident: Resident, account: Account, balance: int, look: list[str]
) -> None:
    factories.balance(account, balance)
    client.sign_in(resident)
    for url in ("/payment", f"/payment/{account.id}"):
        assert re.findall(r'class="plate[^"]*"', client.get(url).text) == look


def test_what_was_paid_since_stands_beside_and_is_not_asked_again(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.balance(account, 50000, date(2026, 10, 31))
    factories.payment(account, 20000, date(2026, 11, 5))
    client.sign_in(resident)
    page = client.get("/payment")
    assert "После этого дня оплачено 200,00 ₽" in page and page.value(f"sum-{account.id}") == "300,00"
    press(client, **{f"pay-{account.id}": "yes", f"sum-{account.id}": "300"})
    Order.update(state="paid", paid_at=factories.NOW).execute()
    page = client.get("/payment")
    assert "ещё не учтено: 300,00 ₽" in page and page.value(f"sum-{account.id}") == ""
    assert "Сумма к оплате 500,00 ₽" in page


def test_links_lead_to_the_detail_and_the_paper(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, period=date(2023, 9, 1))
    page = client.sign_in(resident).get("/payment")
    assert "Счёт за сентябрь 2023" in page and f"/bills/{bill.id}.pdf" in page.tree.links
    assert f"/payment/{account.id}" in page.tree.links


def test_a_group_shows_its_accounts_alone(
    client: PageClient, resident: Resident, account: Account, second: Account
) -> None:
    group = factories.group(resident)
    link = next(link for link in resident.links if link.account_id == second.id)
    link.group = group
    link.save()
    page = client.sign_in(resident).get(f"/payment?group={group.id}")
    assert "02660172152" in page and "02660061050" not in page


def test_the_total_follows_what_is_ticked_and_typed(
    client: PageClient, resident: Resident, account: Account, second: Account
) -> None:
    SupplierSetting.create(supplier=account.supplier, key="fee", since=date(2020, 1, 1), value="100")
    client.sign_in(resident)
    fields = {f"pay-{account.id}": "yes", f"sum-{account.id}": "100,50", f"sum-{second.id}": "5"}
    page = client.post("/payment/total", fields, status=200, htmx=True)
    assert "100,50 ₽ 1,01 ₽ Итого 101,51 ₽" in page
    fields |= {f"pay-{second.id}": "yes", f"sum-{second.id}": "пять"}
    page = client.post("/payment/total", fields, status=200, htmx=True)
    assert "Не все суммы понятны 101,51 ₽" in page


def test_a_strangers_account_does_not_enter_the_total(
    client: PageClient, resident: Resident, account: Account
) -> None:
    stranger = factories.account()
    fields = {f"pay-{stranger.id}": "yes", f"sum-{stranger.id}": "100", "pay-x": "yes", "pay-": "yes"}
    assert "Итого 0,00 ₽" in client.sign_in(resident).post("/payment/total", fields, status=200, htmx=True)


def test_names_that_no_form_of_ours_has_count_nothing(
    client: PageClient, resident: Resident, account: Account
) -> None:
    """Longer than int() reads, the same sum under two spellings, digits of other scripts."""
    long, own, stranger = "7" * 5000, str(account.id), "".join(chr(0x660 + int(sign)) for sign in str(account.id))
    names = (own, f"{own}-5", long, f"{own}-{long}", f"0{own}", f"{own}-", f"{own}-x", f"{own}-05", stranger)
    fields = {f"pay-{name}": "yes" for name in names} | {f"sum-{name}": "100" for name in names}
    page = client.sign_in(resident).post("/payment/total", fields, status=200, htmx=True)
    assert "Итого 200,00 ₽" in page


def test_without_script_the_page_is_recounted(client: PageClient, resident: Resident, account: Account) -> None:
    page = press(
        client.sign_in(resident), status=200, recount="yes", **{f"pay-{account.id}": "y", f"sum-{account.id}": "12,3"}
    )
    assert "Итого 12,30 ₽" in page and page.value(f"sum-{account.id}") == "12,3"
    assert Order.select().count() == 0


def test_one_press_orders_all_that_is_ticked(
    client: PageClient, resident: Resident, account: Account, second: Account
) -> None:
    fields = {f"pay-{account.id}": "yes", f"sum-{account.id}": "510,72", f"pay-{second.id}": "yes"}
    page = press(client.sign_in(resident), **fields, **{f"sum-{second.id}": "3620.41"})
    order = Order.get()
    assert page.location == f"/orders/{order.id}"
    assert (order.amount, order.state, order.gateway) == (413113, "created", "testbank")
    assert sorted(line.amount for line in OrderLine.select()) == [51072, 362041]


def test_an_unticked_sum_is_left_out(
    client: PageClient, resident: Resident, account: Account, second: Account
) -> None:
    press(client.sign_in(resident), **{f"pay-{account.id}": "yes", f"sum-{account.id}": "5", f"sum-{second.id}": "7"})
    assert [line.account_id for line in OrderLine.select()] == [account.id]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "Введите сумму"), ("0", "больше нуля"), ("-5", "числом"), ("много", "числом"), ("0,50", "Меньше 1 ₽"),
     ("100000,01", "не больше 100 000 ₽")],
)  # fmt: skip
def test_a_wrong_sum_is_said_at_its_field_and_all_is_kept(
    client: PageClient, resident: Resident, account: Account, second: Account, text: str, sentence: str
) -> None:
    fields = {f"pay-{account.id}": "y", f"sum-{account.id}": text, f"sum-{second.id}": "77,70"}
    page = press(client.sign_in(resident), status=422, **fields)
    assert sentence in page and f"sum-{account.id}-wrong" in page.tree.ids
    assert page.value(f"sum-{account.id}") == text and page.value(f"sum-{second.id}") == "77,70"
    assert page.value("once") == "k" and Order.select().count() == 0


def test_nothing_ticked_is_said(client: PageClient, resident: Resident, account: Account) -> None:
    assert "Отметьте, что оплатить, и введите сумму" in press(client.sign_in(resident), status=422)


def test_a_double_press_orders_once_and_another_sum_orders_anew(
    client: PageClient, resident: Resident, account: Account
) -> None:
    client.sign_in(resident)
    fields = {f"pay-{account.id}": "y", f"sum-{account.id}": "500"}
    assert press(client, **fields).location == press(client, **fields).location
    assert press(client, **{**fields, f"sum-{account.id}": "600"}).location != press(client, **fields).location
    assert Order.select().count() == 2


def test_two_tabs_are_two_keys(client: PageClient, resident: Resident, account: Account) -> None:
    client.sign_in(resident)
    assert client.get("/payment").value("once") != client.get("/payment").value("once")


@pytest.mark.commits
def test_eight_presses_at_once_are_one_checkout(app: Flask) -> None:
    who = factories.resident()
    account = factories.link(who).account
    clients = [PageClient(app).sign_in(who) for _ in range(8)]
    fields = {"once": "k", f"pay-{account.id}": "y", f"sum-{account.id}": "500"}
    for client in clients:
        client.csrf_token()
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda client: client.post("/payment", fields), clients))
    assert len({page.location for page in pages}) == 1
    assert (Checkout.select().count(), Order.select().count(), OrderLine.select().count()) == (1, 1, 1)


def test_the_detail_stands_by_services_as_in_the_manual(
    client: PageClient, resident: Resident, account: Account
) -> None:
    ids = of_manual_c(account)
    page = client.sign_in(resident).get(f"/payment/{account.id}")
    assert "Основные услуги" in page and "Прочие" not in page
    for name, shown in (
        ("Электроэнергия", "100,50"),
        ("Электроэнергия (пени)", "49,17"),
        ("Обращение с ТКО", "361,05"),
    ):
        assert f"{name} {shown} ₽" in page
        assert page.value(f"sum-{account.id}-{ids[name]}") == shown
    assert "К оплате (без учета комиссии) 510,72 ₽" in page


def test_services_are_paid_apart(client: PageClient, resident: Resident, account: Account) -> None:
    ids = of_manual_c(account)
    light, garbage = ids["Электроэнергия"], ids["Обращение с ТКО"]
    fields = {f"pay-{account.id}-{light}": "y", f"sum-{account.id}-{light}": "100,50"}
    fields |= {f"sum-{account.id}-{garbage}": "361,05", f"pay-{account.id}-{garbage}": "y"}
    press(client.sign_in(resident), f"/payment/{account.id}", **fields)
    lines = {line.service_id: line.amount for line in OrderLine.select()}
    assert lines == {light: 10050, garbage: 36105} and Order.get().amount == 46155


def test_other_services_stand_under_their_heading(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, to_pay=15000)
    factories.charge(bill, factories.service(account.supplier, name="Освещение"), 10000)
    factories.charge(bill, factories.service(account.supplier, name="Домофон", kind="прочее"), 5000)
    page = client.sign_in(resident).get(f"/payment/{account.id}")
    assert page.words.index("Основные услуги") < page.words.index("Освещение")
    assert page.words.index("Прочие") < page.words.index("Домофон")


def test_without_lines_the_account_is_paid_as_a_whole(
    client: PageClient, resident: Resident, account: Account
) -> None:
    factories.balance(account, 63270)
    client.sign_in(resident)
    assert client.get(f"/payment/{account.id}").value(f"sum-{account.id}") == "632,70"
    press(client, f"/payment/{account.id}", whole="yes", **{f"pay-{account.id}": "y", f"sum-{account.id}": "700"})
    assert [(line.amount, line.service_id) for line in OrderLine.select()] == [(70000, None)]


def test_a_preliminary_sum_comes_along(client: PageClient, resident: Resident, account: Account) -> None:
    of_manual_c(account)
    page = client.sign_in(resident).get(f"/payment/{account.id}?sum=421,06")
    assert page.value(f"sum-{account.id}") == "421,06" and page.value("whole") == "yes"
    press(client, f"/payment/{account.id}", whole="yes", **{f"pay-{account.id}": "y", f"sum-{account.id}": "421,06"})
    assert Order.get().amount == 42106
    client.get(f"/payment/{account.id}?sum=сто", status=404)


def test_the_chosen_bill_is_paid(client: PageClient, resident: Resident, account: Account) -> None:
    old = factories.bill(account, number="131", period=date(2018, 10, 1), to_pay=218660)
    factories.bill(account, number="133", period=date(2018, 12, 1), to_pay=63270)
    client.sign_in(resident)
    page = client.get(f"/payment/{account.id}?bill={old.id}")
    assert page.value(f"sum-{account.id}") == "2 186,60" and "Это не последний счёт" in page
    fields = {"bill": str(old.id), f"pay-{account.id}": "y", f"sum-{account.id}": "2 186,60"}
    press(client, f"/payment/{account.id}", **fields)
    assert (Order.get().bill_id, Order.get().amount) == (old.id, 218660)


@pytest.mark.parametrize(
    ("paid_on", "proposed"),
    [(date(2026, 11, 3), "1 000,00"), (date(2026, 10, 31), "1 500,00"), (date(2026, 11, 12), "1 000,00")],
)
def test_of_the_last_bill_is_asked_what_was_not_paid_since_its_day(
    client: PageClient, resident: Resident, account: Account, paid_on: date, proposed: str
) -> None:
    """Though the balance is of a later day, and knows of the payment."""
    bill = factories.bill(account, to_pay=150000)
    factories.payment(account, 50000, paid_on)
    factories.balance(account, 100000, date(2026, 11, 10))
    page = client.sign_in(resident).get(f"/payment/{account.id}?bill={bill.id}")
    assert page.value(f"sum-{account.id}") == proposed


def test_the_last_bill_paid_here_is_not_asked_again(client: PageClient, resident: Resident, account: Account) -> None:
    bill = factories.bill(account, to_pay=150000)
    factories.balance(account, 0, date(2026, 11, 10))
    client.sign_in(resident)
    press(client, **{f"pay-{account.id}": "yes", f"sum-{account.id}": "1500"})
    Order.update(state="paid", paid_at=factories.NOW).execute()
    assert client.get(f"/payment/{account.id}?bill={bill.id}").value(f"sum-{account.id}") == ""


def test_a_neighbours_account_and_bill_do_not_exist(
    client: PageClient, resident: Resident, account: Account, second: Account
) -> None:
    theirs = factories.bill(factories.link(factories.resident()).account)
    client.sign_in(resident)
    client.get(f"/payment/{theirs.account_id}", status=404)
    client.get(f"/payment/{account.id}?bill={theirs.id}", status=404)
    client.get(f"/payment/{account.id}?bill={factories.bill(second).id}", status=404)
    client.get(f"/payment/{account.id}?bill=x", status=404)
    press(client, status=422, **{f"pay-{theirs.account_id}": "y", f"sum-{theirs.account_id}": "5"})
    assert Order.select().count() == 0


def test_a_service_of_another_supplier_is_not_paid(client: PageClient, resident: Resident, account: Account) -> None:
    alien = factories.service()
    fields = {f"pay-{account.id}-{alien.id}": "y", f"sum-{account.id}-{alien.id}": "5"}
    press(client.sign_in(resident), f"/payment/{account.id}", status=422, **fields)
    assert OrderLine.select().count() == 0


@pytest.fixture
def policy(app: Flask) -> Iterator[object]:
    """Lets a test choose who must name a contact, and takes it back."""
    kept = app.extensions["settings"]

    def choose(email_to_pay: str) -> None:
        app.extensions["settings"] = replace(kept, preset=replace(kept.preset, email_to_pay=email_to_pay))

    yield choose
    app.extensions["settings"] = kept


def test_where_the_preset_wants_it_payment_waits_for_a_confirmed_address(
    client: PageClient, account: Account, policy: object
) -> None:
    who = factories.resident(email_confirmed_at=None)
    factories.link(who, account)
    policy("confirmed")  # type: ignore[operator]
    page = client.sign_in(who).get("/payment")
    assert (
        "Подтвердите адрес электронной почты в профиле" in page and "Оплатить" not in page.words.split("История")[-1]
    )
    press(client, status=422, **{f"pay-{account.id}": "y", f"sum-{account.id}": "5"})
    assert Order.select().count() == 0


@pytest.fixture
def no_bank(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "gateways", {})


@pytest.mark.usefixtures("no_bank")
def test_without_a_bank_the_code_is_the_way_to_pay(client: PageClient, resident: Resident) -> None:
    account = factories.link(resident, factories.account(factories.payee())).account
    page = client.sign_in(resident).get("/payment")
    assert "Оплатите по QR-коду в приложении банка" in page and page.value("method") == "qr"
    fields = {f"pay-{account.id}": "y", f"sum-{account.id}": "5"}
    assert press(client, method="qr", **fields).location == f"/payment/codes?sum-{account.id}=5,00"


@pytest.mark.usefixtures("no_bank")
def test_with_neither_bank_nor_code_the_paper_is_named(
    client: PageClient, resident: Resident, account: Account
) -> None:
    page = client.sign_in(resident).get("/payment")
    assert "Оплатите по реквизитам бумажной квитанции" in page and "Пересчитать" not in page
    press(client, status=422, **{f"pay-{account.id}": "y", f"sum-{account.id}": "5"})
    assert Order.select().count() == 0


def test_a_resident_without_accounts_is_told_what_to_do(client: PageClient, resident: Resident) -> None:
    assert "Лицевых счетов пока нет" in client.sign_in(resident).get("/payment")


def test_twenty_accounts_ask_as_often_as_one(client: PageClient, resident: Resident, account: Account) -> None:
    def asked() -> int:
        client.get("/payment")
        with counted() as seen:
            client.get("/payment")
        return len(seen)

    client.sign_in(resident)
    few = asked()
    for _ in range(20):
        factories.bill(factories.link(resident).account)
    assert asked() == few <= 8
