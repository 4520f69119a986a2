"""The console's residents: the list, the card, what may be done to a login and by whom, two operators at once."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from models import (
    Account,
    Audit,
    Autopay,
    Device,
    Link,
    Notice,
    Operator,
    Outbox,
    Remark,
    Resident,
    Session,
)
from tests import factories
from tests.client import Page, PageClient
from tests.queries import counted

REASON = "Просит по телефону"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(surname="Соколова", name="Анна", phone="+79123456789", birth_date="1961-05-04")


@pytest.fixture
def account(anna: Resident) -> Account:
    return factories.link(anna, factories.account(number="0010"), fact="meter").account


@pytest.fixture
def administrator(client: PageClient) -> PageClient:
    factories.operator(role="administrator")  # so that the other one is not the last
    return client.sign_in(factories.operator(role="administrator", surname="Смирнова", name="Ольга"))


@pytest.fixture
def clerk(app: Flask, account: Account) -> PageClient:
    """Of the account's supplier alone."""
    return PageClient(app).sign_in(factories.operator(account.supplier))


def act(client: PageClient, who: Resident, name: str, status: int = 303, reason: str = REASON) -> Page:
    return client.post(f"/admin/residents/{who.id}/{name}", {"reason": reason}, status=status)


def last_note() -> tuple[str, object, object]:
    row = Audit.select().order_by(Audit.id.desc()).get()
    return row.action, json.loads(row.before), json.loads(row.after)


def test_the_list_finds_and_pages(administrator: PageClient, anna: Resident, account: Account) -> None:
    assert "Никого не нашли" in administrator.get("/admin/residents?q=Некто")
    page = administrator.get("/admin/residents?q=0010")
    assert "Соколова Анна" in page and "+7 (912) 345-67-89" in page and "№ 0010" in page and "Открыт" in page
    for _ in range(51):
        factories.resident(surname="Иванов", name="")
    page = administrator.get("/admin/residents?q=Иванов")
    further = next(link for link in page.tree.links if "after=" in link)
    assert "Дальше" in page and administrator.get(further).words.count("Иванов") == 1


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40, "٣"])
def test_a_page_that_is_none_is_the_first(administrator: PageClient, anna: Resident, after: str) -> None:
    administrator.get("/admin/residents", query_string={"q": "Соколова", "after": after})


def test_the_list_asks_the_same_for_many(administrator: PageClient, anna: Resident) -> None:
    administrator.get("/admin/residents?q=Соколова")
    with counted() as few:
        administrator.get("/admin/residents?q=Соколова")
    for _ in range(30):
        factories.link(factories.resident())
    with counted() as many:
        administrator.get("/admin/residents?q=Соколова")
    assert len(few) == len(many) <= 8


def test_the_card_shows_what_is_needed_and_no_more(
    administrator: PageClient, anna: Resident, account: Account
) -> None:
    PageClient(administrator.app).sign_in(anna)
    page = administrator.get(f"/admin/residents/{anna.id}")
    for words in ("Соколова Анна", "№ 0010", "Номер счётчика", "Входы", "1 браузер", "Заблокировать кабинет"):
        assert words in page, words
    assert "1961" not in page and "hash" not in page


def test_a_suppliers_clerk_sees_his_own_accounts_alone(clerk: PageClient, anna: Resident, account: Account) -> None:
    factories.link(anna, factories.account(number="0099"))
    page = clerk.get(f"/admin/residents/{anna.id}")
    assert "№ 0010" in page and "0099" not in page
    for words in ("Входы", "Заблокировать", "Посмотреть как житель", "на всех устройствах", "второй шаг"):
        assert words not in page, words
    clerk.get(f"/admin/residents/{factories.resident().id}", status=404)


@pytest.mark.parametrize("name", ["blocking", "unblocking", "factor", "sign-outs", "look"])
def test_what_concerns_the_whole_login_is_not_a_suppliers_clerks(
    clerk: PageClient, anna: Resident, name: str
) -> None:
    clerk.get(f"/admin/residents/{anna.id}/{name}", status=404)
    act(clerk, anna, name, status=404)
    assert not Audit.select().exists()


@pytest.mark.parametrize("name", ["blocking", "unblocking", "factor"])
def test_blocking_and_the_factor_need_an_administrator(app: Flask, anna: Resident, name: str) -> None:
    client = PageClient(app).sign_in(factories.operator())
    act(client, anna, name, status=404)
    act(client, anna, "sign-outs")


def test_a_suppliers_administrator_blocks_nobody(app: Flask, anna: Resident, account: Account) -> None:
    client = PageClient(app).sign_in(factories.operator(account.supplier, role="administrator"))
    act(client, anna, "blocking", status=404)


def test_an_act_that_is_none_is_not_found(administrator: PageClient, anna: Resident) -> None:
    administrator.get(f"/admin/residents/{anna.id}/deletion", status=404)
    act(administrator, anna, "deletion", status=404)


def test_blocking_ends_all_that_leads_in(administrator: PageClient, anna: Resident, account: Account) -> None:
    own = PageClient(administrator.app).sign_in(anna)
    factories.autopay(Link.get(), factories.card(anna))
    page = administrator.get(f"/admin/residents/{anna.id}/blocking")
    assert "Житель не сможет войти" in page and "автоплатежи отключатся" in page
    act(administrator, anna, "blocking")
    assert Resident.get_by_id(anna.id).state == "blocked" and not Autopay.select().exists()
    assert own.get("/accounts", status=303).location.startswith("/sign-in")
    assert last_note() == ("block", {"state": "active"}, {"state": "blocked", "sessions": 1})
    assert (Remark.get().text, Remark.get().resident) == (REASON, anna)
    assert REASON in Notice.get().body and Outbox.get().destination == anna.email
    page = administrator.get(f"/admin/residents/{anna.id}")
    assert "Заблокирован" in page and REASON in page and "Смирнова Ольга" in page and "Открыть кабинет" in page


def test_unblocking_lets_in_again(administrator: PageClient, anna: Resident) -> None:
    act(administrator, anna, "blocking")
    act(administrator, anna, "unblocking", reason="Разобрались")
    assert Resident.get_by_id(anna.id).state == "active"
    assert last_note() == ("unblock", {"state": "blocked"}, {"state": "active"})


def test_a_reason_is_demanded_and_kept_short(administrator: PageClient, anna: Resident) -> None:
    assert "Заполните поле" in act(administrator, anna, "blocking", status=422, reason=" \t ")
    assert "Не больше 500 знаков" in act(administrator, anna, "blocking", status=422, reason="я" * 501)
    assert Resident.get_by_id(anna.id).state == "active" and not Audit.select().exists()


def test_of_two_operators_the_second_is_told(administrator: PageClient, anna: Resident) -> None:
    act(administrator, anna, "blocking")
    second = PageClient(administrator.app).sign_in(factories.operator(role="administrator"))
    page = act(second, anna, "blocking", status=422)
    assert "Кабинет уже заблокирован" in page and "кабинет в другом состоянии" in page
    assert Audit.select().where(Audit.action == "block").count() == 1


def test_nobody_blocks_himself_or_the_last_administrator(app: Flask, client: PageClient) -> None:
    only = factories.operator(role="administrator")
    client.sign_in(only)
    assert "Себя заблокировать нельзя" in act(client, only, "blocking", status=422)
    other = factories.operator(role="administrator", state="blocked")
    Resident.update(state="active").where(Resident.id == other.id).execute()
    act(client, other, "blocking")
    assert Operator.is_last_administrator(only)


def test_ending_the_sessions_makes_every_browser_new(administrator: PageClient, anna: Resident) -> None:
    own = PageClient(administrator.app).sign_in(anna)
    now = factories.NOW
    Device.create(resident=anna, token_hash="x", created_at=now, seen_at=now)
    act(administrator, anna, "sign-outs")
    assert own.get("/accounts", status=303).location.startswith("/sign-in") and not Device.select().exists()
    assert last_note() == ("end-sessions", {"open": 1}, {"open": 0})


def test_the_second_factor_is_reset(administrator: PageClient, anna: Resident) -> None:
    assert "второй шаг" not in administrator.get(f"/admin/residents/{anna.id}").words.split("Что сделать")[1]
    Resident.update(factor="totp", totp_secret="s", totp_step=5).where(Resident.id == anna.id).execute()
    assert "приложение и запасные коды" in administrator.get(f"/admin/residents/{anna.id}/factor")
    act(administrator, anna, "factor")
    row = Resident.get_by_id(anna.id)
    assert (row.factor, row.totp_secret, row.totp_step) == ("", "", 0)
    assert last_note() == ("reset-factor", {"factor": "totp"}, {"factor": ""})
    assert "уже выключен" in act(administrator, anna, "factor", status=422)


def test_a_clerk_unlinks_his_suppliers_account(clerk: PageClient, anna: Resident, account: Account) -> None:
    link = Link.get()
    url = f"/admin/residents/{anna.id}/accounts/{link.id}"
    assert "Счёт исчезнет из кабинета жителя" in clerk.get(url)
    assert "Заполните поле" in clerk.post(url, {"reason": ""}, status=422)
    assert clerk.post(url, {"reason": "Продал квартиру"}).location == "/admin/residents"  # nobody of his any more
    assert not Link.select().exists()
    assert last_note() == ("unlink", {"account": account.id, "fact": "meter"}, {})
    assert "Продал квартиру" in Notice.get().body and Remark.get().account == account
    clerk.post(url, {"reason": "ещё раз"}, status=404)


def test_another_suppliers_account_is_not_unlinked(clerk: PageClient, anna: Resident) -> None:
    foreign = factories.link(anna)
    clerk.get(f"/admin/residents/{anna.id}/accounts/{foreign.id}", status=404)
    clerk.post(f"/admin/residents/{anna.id}/accounts/{foreign.id}", {"reason": REASON}, status=404)
    assert Link.select().count() == 2


def test_a_link_of_somebody_else_is_not_unlinked_under_this_name(
    administrator: PageClient, anna: Resident, account: Account
) -> None:
    other = factories.link(factories.resident())
    administrator.post(f"/admin/residents/{anna.id}/accounts/{other.id}", {"reason": REASON}, status=404)


def test_an_account_is_linked_once_it_was_shown(administrator: PageClient, anna: Resident) -> None:
    wanted = factories.account(number="0077", surname="Орлов")
    url, fields = (
        f"/admin/residents/{anna.id}/accounts",
        {"supplier": str(wanted.supplier_id), "number": "№ 0077", "reason": "Паспорт предъявлен"},
    )
    page = administrator.post(url, fields, status=422)
    assert "Нашли счёт" in page and "Орлов" in page and not Link.select().exists()
    administrator.post(url, {**fields, "account": page.value("account")})
    assert (Link.get().account, Link.get().fact) == (wanted, "operator")
    assert last_note()[0] == "link" and Remark.get().text == "Паспорт предъявлен"
    again = administrator.post(url, {**fields, "account": str(wanted.id)}, status=422)
    assert "уже есть в кабинете" in again and Audit.select().where(Audit.action == "link").count() == 1


def test_a_clerk_links_no_account_of_another_supplier(clerk: PageClient, anna: Resident, account: Account) -> None:
    foreign = factories.account(number="0077")
    for supplier in (foreign.supplier_id, account.supplier_id, 0, "x"):
        fields = {"supplier": str(supplier), "number": "0077", "reason": REASON, "account": str(foreign.id)}
        page = clerk.post(f"/admin/residents/{anna.id}/accounts", fields, status=422)
        assert "такого лицевого счёта нет" in page
    assert Link.select().count() == 1


def test_a_recovery_link_goes_to_the_confirmed_mailbox(clerk: PageClient, anna: Resident) -> None:
    act(clerk, anna, "recovery")
    assert (Outbox.get().kind, Outbox.get().destination) == ("recovery", anna.email)
    assert last_note()[0] == "send-recovery"
    assert "Слишком много попыток" in act(clerk, anna, "recovery", status=422)  # one a minute is enough


def test_without_a_mailbox_the_recovery_leads_to_the_counter(administrator: PageClient) -> None:
    nobody = factories.resident(email="", email_confirmed_at=None)
    assert "Напечатайте ему код" in act(administrator, nobody, "recovery", status=422)
    assert not Outbox.select().exists()


def test_the_activation_is_sent_again_while_it_is_waited_for(administrator: PageClient, anna: Resident) -> None:
    waiting = factories.resident(state="waiting", email_confirmed_at=None)
    act(administrator, waiting, "activation")
    assert (Outbox.get().kind, Outbox.get().resident) == ("activation", waiting)
    assert "Кабинет уже открыт" in act(administrator, anna, "activation", status=422)


def test_residents_have_no_such_pages(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    for url in ("/admin/residents", f"/admin/residents/{anna.id}", f"/admin/residents/{anna.id}/blocking"):
        client.get(url, status=404)
    act(client, anna, "unblocking", status=404)


def test_the_card_asks_the_same_for_many_accounts(administrator: PageClient, anna: Resident) -> None:
    administrator.get(f"/admin/residents/{anna.id}")
    with counted() as few:
        administrator.get(f"/admin/residents/{anna.id}")
    for _ in range(20):
        factories.link(anna)
        Session.create(
            resident=anna, token_hash=f"h{Session.select().count()}", created_at=factories.NOW,
            seen_at=factories.NOW, expires_at=factories.NOW,
        )  # fmt: skip
    with counted() as many:
        administrator.get(f"/admin/residents/{anna.id}")
    assert len(few) == len(many)
