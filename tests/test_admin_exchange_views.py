"""The exchange in the console: a checked file is loaded as it lies there, runs stop and go on, all is listed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import Application, Audit, ExportBatch, ImportRun, Supplier
from services import imports, uploads
from services.imports import Cancelled
from services.refusal import Refused
from tests import factories as make
from tests.client import PageClient
from tests.test_admin_views import NOW, packed

KEY = "k" * 40


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    return tmp_path / "uploads"


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(make.operator())


def load(where: Path) -> int:
    return uploads.load_waiting(where, now=lambda: NOW, data_key=KEY)


def checked(clerk: PageClient, where: Path) -> str:
    location = str(clerk.post("/admin/imports", {"files": packed(), "encoding": "", "is_dry": "y"}).location)
    load(where)
    return location


def test_a_checked_file_is_loaded_as_it_lies_there(clerk: PageClient, folder: Path) -> None:
    location = checked(clerk, folder)
    assert "Загрузится тот же файл" in clerk.get(location) and not Supplier.select().exists()
    second = clerk.post(f"{location}/loading", {}).location
    assert second != location and "Ждёт очереди" in clerk.get(second)
    load(folder)
    runs = list(ImportRun.select().order_by(ImportRun.id))
    assert [(run.state, run.is_dry) for run in runs] == [("done", True), ("done", False)]
    assert runs[0].sha256 == runs[1].sha256 and Supplier.get().code == "VODA"
    assert not list(folder.iterdir()) and Audit.get().action == "import.load"


def test_a_second_press_of_load_is_told_and_loads_nothing(clerk: PageClient, folder: Path) -> None:
    location = checked(clerk, folder)
    clerk.post(f"{location}/loading", {})
    assert "Файла уже нет" in clerk.post(f"{location}/loading", {}, status=422)
    assert load(folder) == 1


def test_a_checked_file_is_kept_for_a_day(clerk: PageClient, folder: Path) -> None:
    location = checked(clerk, folder)
    uploads.sweep(folder, NOW + timedelta(hours=23))
    assert "Загрузится тот же файл" in clerk.get(location)
    uploads.sweep(folder, NOW + timedelta(hours=25))
    assert "Загрузится тот же файл" not in clerk.get(location) and not list(folder.iterdir())


def test_a_run_that_waits_is_cancelled_and_goes_on_later(clerk: PageClient, folder: Path) -> None:
    location = clerk.post("/admin/imports", {"files": packed(), "encoding": ""}).location
    assert "Отменить загрузку" in clerk.get(location)
    clerk.post(f"{location}/cancellation", {})
    assert load(folder) == 0 and "Отменена" in clerk.get(location)
    assert "уже закончилась" in clerk.post(f"{location}/cancellation", {}, status=422)
    assert "Продолжить" in clerk.get(location)
    clerk.post(f"{location}/loading", {})
    load(folder)
    assert Supplier.get().code == "VODA"


def test_a_run_at_work_stops_between_two_chunks_and_goes_on(
    clerk: PageClient,
    folder: Path,
    tmp_path: Path,
) -> None:
    supplier = make.supplier(code="VODA")
    package = tmp_path / "accounts.csv"
    rows = "".join(f"VODA;{n:05d};г. Светлоречье;{n}\n" for n in range(30))
    package.write_text(f"Поставщик;Лицевой счёт;Населённый пункт;Дом\n{rows}", encoding="utf-8")
    run = uploads.keep(
        [Sent("accounts.csv", package.read_bytes())], folder, who="т", is_dry=False, is_strict=False, encoding="",
        now=NOW,
    )  # fmt: skip
    operator = make.operator()

    def stop_half_way(title: str, done: int, total: int) -> None:
        if title == "Запись" and done == 20:
            uploads.cancel(ImportRun.get_by_id(run.id), operator, NOW)

    options = imports.Options(rows_at_once=10, scratch=tmp_path)
    with pytest.raises(Cancelled, match="целыми счетами"):
        imports.run_import(
            [folder / str(run.id) / "accounts.csv"], who="т", now=lambda: NOW, options=options, data_key=KEY,
            progress=stop_half_way, run=run,
        )  # fmt: skip
    assert (ImportRun.get_by_id(run.id).state, supplier.accounts.count()) == ("cancelled", 20)
    page = clerk.get(f"/admin/imports/{run.id}")
    assert "Загрузка не закончена" in page and "Продолжить" in page
    clerk.post(f"/admin/imports/{run.id}/loading", {})
    load(folder)
    assert supplier.accounts.count() == 30


def test_a_run_whose_process_died_goes_on_with_its_file(clerk: PageClient, folder: Path) -> None:
    location = clerk.post("/admin/imports", {"files": packed(), "encoding": ""}).location
    ImportRun.update(state="publishing").execute()
    imports.drop_interrupted(NOW)
    uploads.sweep(folder, NOW)
    assert "Прервана" in clerk.get(location)
    clerk.post(f"{location}/loading", {})
    load(folder)
    assert Supplier.get().code == "VODA"


def test_a_page_of_a_run_at_work_refreshes_itself_without_script(clerk: PageClient, folder: Path) -> None:
    location = clerk.post("/admin/imports", {"files": packed(), "encoding": ""}).location
    raw = clerk.get(location).data.decode()
    assert '<noscript><meta http-equiv="refresh"' in raw and 'aria-live="polite"' in raw


def test_past_runs_and_batches_are_listed_by_pages(clerk: PageClient) -> None:
    for n in range(55):
        ImportRun.create(who="т", file_name=f"p{n}.zip", sha256="", started_at=NOW, finished_at=NOW, state="done")
        ExportBatch.create(
            kind="readings",
            number=n + 1,
            created_at=NOW,
            who="т",
            file_name=f"r{n}.csv",
            rows=1,
            sha256="",
            content=b"",
        )
    for url, newest, oldest in (("/admin/imports", "p54.zip", "p0.zip"), ("/admin/exports", "r54.csv", "r0.csv")):
        first = clerk.get(url)
        assert newest in first and f" {oldest}" not in first
        further = next(link for link in first.tree.links if link.startswith(f"{url}?after="))
        assert f" {oldest}" in clerk.get(further)
        assert newest in clerk.get(f"{url}?after=x")
    assert "Прежние загрузки" in clerk.get("/admin/exchange")


def test_a_suppliers_clerk_loads_and_stops_nothing(client: PageClient) -> None:
    run = ImportRun.create(who="т", file_name="p.zip", sha256="", started_at=NOW, state="waiting")
    client.sign_in(make.operator(make.supplier()))
    client.get("/admin/imports", status=404)
    for act in ("loading", "cancellation"):
        client.post(f"/admin/imports/{run.id}/{act}", {}, status=404)
    assert ImportRun.get().state == "waiting"


def test_residents_do_not_know_the_exchange(client: PageClient) -> None:
    client.sign_in(make.resident())
    for url in ("/admin/exchange", "/admin/imports", "/admin/exports"):
        client.get(url, status=404)


class Sent:
    """A file of a form."""

    def __init__(self, filename: str, content: bytes) -> None:
        self.filename: str | None = filename
        self.content = content

    def save(self, dst: Path) -> None:
        dst.write_bytes(self.content)


def test_a_file_that_is_gone_is_refused_by_the_service(database: object, tmp_path: Path) -> None:
    run = ImportRun.create(
        who="т", file_name="p", sha256="", started_at=NOW, finished_at=NOW, state="done", is_dry=True
    )
    with pytest.raises(Refused, match="Файла уже нет"):
        uploads.load_kept(run, tmp_path, make.operator(), NOW)


def test_accounts_without_paper_are_exported_when_all_their_users_chose_so(clerk: PageClient) -> None:
    water = make.supplier(code="VODA")
    both, one = make.account(water, number="0001"), make.account(water, number="0002")
    for account, chosen in ((both, True), (both, True), (one, True), (one, False)):
        make.link(make.resident(), account, bills_by_email=chosen)
    form = {"what": "paperless", "list_supplier": "VODA", "list_kind": "csv"}
    assert clerk.post("/admin/exports/lists", form).location.startswith("/admin/exchange#batch-")
    batch = ExportBatch.get()
    text = bytes(batch.content).decode("utf-8-sig")
    assert (batch.file_name, batch.rows) == ("paperless-0001.csv", 1)
    assert "VODA;0001;" in text and "0002" not in text
    assert "Без бумаги" in clerk.get("/admin/exchange")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_appeals_and_applications_are_exported_of_a_suppliers_own(client: PageClient, kind: str) -> None:
    own, other = make.supplier(), make.supplier()
    make.appeal(make.resident(), supplier=own)
    make.appeal(make.resident(), supplier=other)
    Application.create(
        resident=make.resident(), supplier=own, objects="дом", state="sent", created_at=NOW, changed_at=NOW
    )
    client.sign_in(make.operator(own))
    for what in ("appeals", "applications"):
        client.post("/admin/exports/lists", {"what": what, "list_supplier": own.code, "list_kind": kind})
        form = {"what": what, "list_supplier": other.code, "list_kind": kind}
        client.post("/admin/exports/lists", form, status=422)
    made = ExportBatch.select().order_by(ExportBatch.id)
    assert [(batch.kind, batch.rows, batch.supplier_id) for batch in made] == [
        ("appeals", 1, own.id), ("applications", 1, own.id),
    ]  # fmt: skip


def test_an_empty_list_is_said_and_makes_no_batch(clerk: PageClient) -> None:
    form = {"what": "appeals", "list_supplier": "", "list_kind": "csv"}
    assert "выгружать нечего" in clerk.post("/admin/exports/lists", form, status=422)
    assert not ExportBatch.select().exists()
