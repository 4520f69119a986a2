"""The console's navigation: what is built and may be opened is there, nothing else; counts of what waits."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from models import Call, Outbox, Supplier
from models.waiting import Waiting, waiting
from tests import factories as make
from tests.client import Page, PageClient
from tests.post import put
from tests.queries import counted
from tests.test_access import event, order
from views.admin.board import MOST as ON_BOARD
from views.admin.menu import GROUPS, HOME, MOST

PAGES = [page for group in GROUPS for page in group.pages]


def links(page: Page) -> list[str]:
    return [url for url in page.tree.links if url.startswith("/admin/")]


def second_row(text: str) -> list[str]:
    found = re.search(r'<nav class="wrap".*?</nav>', text, re.S)
    return re.findall(r'href="([^"]+)"', found[0]) if found else []


@pytest.fixture
def vodokanal(database: Flask) -> Supplier:
    return make.supplier()


@pytest.mark.parametrize("role", ["clerk", "administrator"])
@pytest.mark.parametrize("serves_all", [True, False])
def test_an_entry_is_there_exactly_if_the_page_opens(
    app: Flask, client: PageClient, vodokanal: Supplier, role: str, serves_all: bool
) -> None:
    client.sign_in(make.operator(None if serves_all else vodokanal, role))
    shown = set()
    for group in links(client.get(HOME)):
        if group != HOME:
            shown |= {group, *second_row(client.get(group).text)}
    for page in PAGES:
        is_open = client.http.get(page.url).status_code == 200
        assert (page.url in shown or page.url == HOME) == is_open, f"{page.word}, {page.url}"


def test_the_open_page_and_its_group_are_marked(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    page = client.get("/admin/accounts")
    assert '<a href="/admin/residents" aria-current="true">Люди</a>' in page.text
    assert '<a href="/admin/accounts" aria-current="page">Лицевые счета</a>' in page.text
    assert page.text.count("aria-current") == 2
    account = make.account(vodokanal)
    part = client.get(f"/admin/accounts/{account.id}")
    assert '<a href="/admin/accounts" aria-current="true">Лицевые счета</a>' in part.text
    assert '<a href="/admin/" aria-current="page">Сегодня</a>' in client.get(HOME).text


def test_a_page_that_is_part_of_another_task_is_marked_there(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    page = client.get(f"/admin/orders/{order(make.resident())}")
    assert re.search(r'<a href="/admin/payments" aria-current="true">Платежи', page.text)


def test_a_group_of_one_page_has_no_second_row(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    assert not second_row(client.get(HOME).text)


def filled(of: Supplier) -> Waiting:
    """One of everything that waits for the supplier's operators."""
    who = make.resident()
    account = make.account(of)
    register = make.meter(account).registers.get()
    make.reading(register, 5, make.TODAY, origin="resident", doubts="zero")
    make.request(who, supplier=of)
    make.application(who, supplier=of, state="sent")
    make.appeal(who, supplier=of)
    make.call(who, supplier=of)
    make.registry_line(make.registry(of))
    return Waiting(1, 1, 1, 1, 1, 1, 0, 0, 0)


def test_what_waits_is_counted_by_queue_and_supplier(vodokanal: Supplier) -> None:
    other = make.supplier()
    filled(vodokanal), filled(other)
    event(make.resident())  # of a supplier of its own
    dead = put("gone")
    Outbox.update(state="dead").where(Outbox.id == dead.id).execute()
    assert waiting({vodokanal.id}, make.NOW, MOST) == Waiting(1, 1, 1, 1, 1, 1, 0, 0, 0)
    assert waiting({vodokanal.id, other.id}, make.NOW, MOST) == Waiting(2, 2, 2, 2, 2, 2, 0, 0, 0)
    assert waiting(None, make.NOW, MOST) == Waiting(2, 2, 2, 2, 2, 2, 1, 0, 1)


def test_what_is_settled_waits_no_more(vodokanal: Supplier) -> None:
    who = make.resident()
    register = make.meter(make.account(vodokanal)).registers.get()
    for state in ("used", "replaced", "withdrawn", "rejected"):
        make.reading(register, 5, make.TODAY, origin="resident", doubts="zero", state=state)
    make.request(who, supplier=vodokanal, state="refused")
    make.application(who, supplier=vodokanal)
    make.appeal(who, supplier=vodokanal, waits_since=None, state="answered")
    make.call(who, supplier=vodokanal, state="done")
    assert waiting(None, make.NOW, MOST) == Waiting(0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_counts_stand_beside_the_groups_and_the_pages(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    filled(vodokanal)
    page = client.get("/admin/requests")
    assert "Люди 2 ждут" in page and "Заявки 1 ждут" in page and "Договоры 1 ждут" in page
    assert "Обращения 2 ждут" in page and "Деньги 1 ждут" in page and "Показания 1 ждут" in page


def test_a_long_queue_is_not_counted_to_its_end(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    who = make.resident()
    for _ in range(MOST + 2):
        make.call(who, supplier=vodokanal)
    assert waiting(None, make.NOW, MOST).calls == MOST + 1
    assert f"Обращения {MOST}+ ждут" in client.get("/admin/counter")
    board = client.get(HOME)
    assert f"{MOST + 2} житель ждёт звонка" in board and f"Обращения {MOST}+ ждут" in board


def test_the_board_counts_further_and_not_to_the_end_either(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    call = make.call(make.resident(), supplier=vodokanal)
    facts = {name: value for name, value in call.__data__.items() if name not in ("id", "once")}
    Call.insert_many([{**facts, "once": f"again-{n}"} for n in range(ON_BOARD)]).execute()
    assert f"{ON_BOARD}+ жителей ждут звонка" in client.get(HOME)


def test_the_menu_costs_one_query(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.operator())
    client.get("/admin/topics")
    with counted() as seen:
        client.get("/admin/topics")
    assert len([sql for sql in seen if '"waits"' in sql]) == 1
    assert len(seen) == 4, "session, roles, the list, the menu"
