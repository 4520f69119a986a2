"""«Отменить загрузку» in the console: a page with what goes and comes back, a press, what the run says then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import Account, Audit, ImportRun
from services import undo
from tests import factories as make
from tests.billing import BILLS, NOW, PLAIN, load_tables
from tests.client import PageClient
from tests.queries import counted


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(make.operator())


@pytest.fixture
def run(database: Flask, tmp_path: Path) -> ImportRun:
    row: ImportRun = ImportRun.get_by_id(load_tables(tmp_path / "a", **PLAIN).run)
    return row


def test_a_run_is_undone_by_two_presses(clerk: PageClient, run: ImportRun) -> None:
    url = f"/admin/imports/{run.id}"
    assert f"{url}/undo" in clerk.get(url).tree.links
    page = clerk.get(f"{url}/undo")
    assert "Лицевые счета" in page and "Уйдут новые" in page and "всё сразу" in page
    assert Account.select().count() == 2
    assert clerk.post(f"{url}/undo", {}).location == url
    assert "Отменяется" in clerk.get(url) and "Отменяется" in clerk.get(f"{url}/progress")
    undo.carry_out_asked(lambda: NOW)
    page = clerk.get(url)
    assert "Загрузка отменена" in page and ImportRun.get().undone_by in page
    assert f"{url}/undo" not in page.tree.links and not Account.select().exists()
    assert "потом отменена" in clerk.get("/admin/exchange")
    assert [row.action for row in Audit.select().order_by(Audit.id)] == ["import.undo", "import.undone"]


def test_a_second_press_and_a_stale_page_are_told(clerk: PageClient, run: ImportRun) -> None:
    url = f"/admin/imports/{run.id}/undo"
    clerk.post(url, {})
    assert "уже отменяется" in clerk.post(url, {}, status=422)
    undo.carry_out_asked(lambda: NOW)
    assert "уже отменена" in clerk.post(url, {}, status=422)


def test_a_hindrance_is_told_before_and_after_the_press(clerk: PageClient, run: ImportRun) -> None:
    url = f"/admin/imports/{run.id}/undo"
    make.link(make.resident(), Account.select().first())
    page = clerk.get(url)
    assert "привязки жителей (1)" in page and "Оставить" not in page
    assert "привязки жителей (1)" in clerk.post(url, {}, status=422)
    assert Account.select().count() == 2


def test_what_hindered_the_worker_stands_on_the_page(clerk: PageClient, run: ImportRun) -> None:
    clerk.post(f"/admin/imports/{run.id}/undo", {})
    make.link(make.resident(), Account.select().first())
    undo.carry_out_asked(lambda: NOW)
    page = clerk.get(f"/admin/imports/{run.id}")
    assert "привязки жителей (1)" in page and f"/admin/imports/{run.id}/undo" in page.tree.links


def test_an_old_run_says_plainly_that_it_stays(clerk: PageClient, run: ImportRun) -> None:
    undo.prune(NOW + timedelta(days=100))
    assert "уже нельзя" in clerk.get(f"/admin/imports/{run.id}")
    assert "уже нельзя" in clerk.get(f"/admin/imports/{run.id}/undo")


def test_a_suppliers_clerk_and_a_resident_do_not_know_it(client: PageClient, run: ImportRun) -> None:
    url = f"/admin/imports/{run.id}/undo"
    for who in (make.operator(make.supplier()), make.resident()):
        client.sign_in(who)
        client.get(url, status=404)
        client.post(url, {}, status=404)
    client.sign_in(make.operator())
    client.get("/admin/imports/999/undo", status=404)
    client.post("/admin/imports/999/undo", {}, status=404)
    assert ImportRun.get().undo == "kept"


def test_a_page_of_a_run_costs_the_same_whatever_the_past(clerk: PageClient, run: ImportRun, tmp_path: Path) -> None:
    def cost() -> list[int]:
        seen = []
        for url in (f"/admin/imports/{run.id}", f"/admin/imports/{run.id}/undo", "/admin/exchange", "/admin/imports"):
            with counted() as queries:
                clerk.get(url)
            seen.append(len(queries))
        return seen

    few = cost()
    load_tables(tmp_path / "b", bills=BILLS)
    facts = {"who": "т", "file_name": "p.zip", "sha256": "", "started_at": NOW, "finished_at": NOW, "state": "done"}
    ImportRun.insert_many([{**facts, "undo": "expired"} for _ in range(1000)]).execute()
    assert all(later <= before + 2 for before, later in zip(few, cost(), strict=True))


def test_the_board_asks_nothing_of_a_run_that_is_undone(clerk: PageClient, run: ImportRun, tmp_path: Path) -> None:
    bad = load_tables(tmp_path / "b", bills=BILLS + "ENERGO;0020;2;вчера;10.2026;0,00;1,00;0,00;0,00;1,00\n")
    assert "1 строка не принята при загрузке" in clerk.get("/admin/").words.replace("\N{NO-BREAK SPACE}", " ")
    undo.ask(ImportRun.get_by_id(bad.run), make.operator(), NOW)
    undo.carry_out_asked(lambda: NOW)
    page = clerk.get("/admin/")
    assert "не принята" not in page and "потом отменена" in page
