"""The list of who has not sent readings: by house, by supplier, as a file; whose it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from models import Account, Audit, Supplier
from services import progress
from tests import factories as make
from tests.client import PageClient
from tests.queries import counted
from views.admin import unsent

URL, FILE = "/admin/readings/unsent", "/admin/readings/unsent.csv"

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def vodokanal(database: Flask) -> Supplier:
    return make.supplier(short_name="Водоканал")


@pytest.fixture
def clerk(client: PageClient, vodokanal: Supplier) -> PageClient:
    return client.sign_in(make.operator())


def owing(of: Supplier, **facts: object) -> Account:
    account = make.account(of, **facts)
    make.meter(account)
    return account


def count() -> None:
    progress.count(datetime(2026, 11, 20, 12, tzinfo=UTC))


def test_until_the_worker_has_counted_the_page_says_so(clerk: PageClient) -> None:
    page = clerk.get(URL)
    assert "Список ещё составляется" in page and "передали все" not in page


def test_when_all_have_sent_the_page_says_so(clerk: PageClient) -> None:
    count()
    assert "Показания передали все" in clerk.get(URL)


def test_each_account_leads_to_its_page_and_to_the_form_of_readings(clerk: PageClient, vodokanal: Supplier) -> None:
    account = owing(vodokanal)
    count()
    page = clerk.get(URL)
    assert account.number in page and account.address in page and "нет" in page
    assert {f"/admin/accounts/{account.id}", f"/admin/accounts/{account.id}/readings"} <= set(page.tree.links)
    clerk.get(f"/admin/accounts/{account.id}/readings")


def test_who_has_a_portal_can_be_told_from_who_has_none(clerk: PageClient, vodokanal: Supplier) -> None:
    make.link(make.resident(), owing(vodokanal))
    count()
    assert "есть Внести" in clerk.get(URL)


def test_accounts_are_found_by_street_and_house(clerk: PageClient, vodokanal: Supplier) -> None:
    forest = owing(vodokanal, house=make.house(street="ул. Лесная", number="12"))
    river = owing(vodokanal, house=make.house(street="ул. Речная", number="3"))
    count()
    page = clerk.get(f"{URL}?house=Лесная 12")
    assert forest.number in page and river.number not in page
    assert "По этому отбору показания передали все" in clerk.get(f"{URL}?house=Нигде")


def test_an_operator_of_several_suppliers_chooses_one(clerk: PageClient, vodokanal: Supplier) -> None:
    here, there = owing(vodokanal), owing(make.supplier())
    count()
    page = clerk.get(f"{URL}?supplier={vodokanal.id}")
    assert here.number in page and there.number not in page
    assert there.number in clerk.get(f"{URL}?supplier=x")


def test_a_suppliers_clerk_sees_his_supplier_alone(client: PageClient, vodokanal: Supplier) -> None:
    own, other = owing(vodokanal), owing(make.supplier())
    count()
    client.sign_in(make.operator(vodokanal))
    page = client.get(f"{URL}?supplier={other.supplier_id}")
    assert own.number in page and other.number not in page
    assert other.number.encode() not in client.get(f"{FILE}?supplier={other.supplier_id}").data


def test_a_long_list_goes_on_page_by_page(
    clerk: PageClient, vodokanal: Supplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsent, "PAGE", 2)
    accounts = [owing(vodokanal) for _ in range(5)]
    count()
    seen, url = [], URL
    while url:
        page = clerk.get(url)
        seen += [account.number for account in accounts if account.number in page]
        url = next((link.replace("&amp;", "&") for link in page.tree.links if "after=" in link), "")
    assert seen == [account.number for account in accounts]


def test_the_file_holds_everybody_and_who_took_it_is_logged(clerk: PageClient, vodokanal: Supplier) -> None:
    accounts = [owing(vodokanal, surname="=Орлова") for _ in range(3)]
    count()
    answer = clerk.get(FILE)
    text = answer.data.decode("utf-8-sig")
    assert "unsent" in answer.response.headers["Content-Disposition"]
    assert all(account.number in text for account in accounts) and len(text.splitlines()) == 4
    assert ";=Орлова" not in text, "a spreadsheet must not take a name for a formula"
    assert Audit.get(action="unsent-exported").object_id == "0", "of all suppliers"


def test_odd_addresses_are_answered(clerk: PageClient, vodokanal: Supplier) -> None:
    owing(vodokanal)
    count()
    for query in ("after=x", f"after={10**30}", "after=-1", f"house={'я' * 500}", "house=%00", "house=%25_"):
        clerk.get(f"{URL}?{query}")


def test_a_resident_does_not_know_the_list(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.resident())
    client.get(URL, status=404)
    client.get(FILE, status=404)


def test_queries_do_not_grow_with_the_list(clerk: PageClient, vodokanal: Supplier) -> None:
    def asked() -> int:
        count()
        clerk.get(URL)
        with counted() as seen:
            clerk.get(URL)
        return len(seen)

    owing(vodokanal)
    few = asked()
    for _ in range(20):
        make.link(make.resident(), owing(vodokanal))
    assert asked() == few <= 7
