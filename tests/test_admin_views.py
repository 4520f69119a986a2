"""The console's first page: a package goes in, readings come out, the rest of the world gets 404."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from models import ImportRun, Reading, Supplier
from models.reading import ACCEPTED, EXPORTED
from services import uploads
from tests import factories as make
from tests.client import PageClient

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SUPPLIERS = "Код;Наименование;ИНН\nVODA;ООО «Вода»;7707083893\nPLOHO;;7707083893\n"


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    return tmp_path / "uploads"


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(make.operator())


def packed(name: str = "suppliers.csv", text: str = SUPPLIERS) -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    out.seek(0)
    return out, "../пакет 1 (№ 2).zip"


def test_residents_do_not_know_the_console(client: PageClient) -> None:
    client.sign_in(make.resident())
    assert "Такой страницы нет" in client.get("/admin/", status=404)
    client.post("/admin/exports", {}, status=404)


def test_an_operator_without_accounts_starts_in_the_console(clerk: PageClient) -> None:
    assert clerk.get("/", status=303).location == "/admin/"
    assert "Загрузок ещё не было" in clerk.get("/admin/exchange")


def test_a_package_is_kept_loaded_and_reported(clerk: PageClient, folder: Path) -> None:
    page = clerk.post("/admin/imports", {"files": packed(), "encoding": ""})
    run = ImportRun.get()
    assert page.location == f"/admin/imports/{run.id}"
    assert "пакет 1 (№ 2).zip" in clerk.get(page.location)
    assert "Ждёт очереди" in clerk.get(page.location)
    assert "Ждёт очереди" in clerk.get(f"{page.location}/progress", htmx=True)
    assert uploads.load_waiting(folder, now=lambda: NOW, data_key="k" * 40) == 1
    report = clerk.get(page.location)
    assert "Поставщики 1 0 0 0 1" in report
    assert "Наименование" in report
    assert clerk.get(f"{page.location}/progress", htmx=True, status=204).location == page.location
    refused = clerk.get(f"{page.location}/refused/suppliers.csv")
    assert "Причина" in refused.data.decode("utf-8-sig")
    assert Supplier.get().name == "ООО «Вода»"
    assert not list(folder.iterdir()), "the uploaded file has gone"


@pytest.mark.parametrize("after", ["-1", f"-{10**30}", str(10**30), "x"])
def test_refused_rows_are_listed_after_any_number(clerk: PageClient, folder: Path, after: str) -> None:
    location = clerk.post("/admin/imports", {"files": packed(), "encoding": ""}).location
    uploads.load_waiting(folder, now=lambda: NOW, data_key="k" * 40)
    assert "Поставщики" in clerk.get(f"{location}?after={after}")


def test_a_strict_run_says_that_nothing_was_loaded_and_what_it_met(clerk: PageClient, folder: Path) -> None:
    text = SUPPLIERS.replace("ИНН", "ИНН;Комментарий").replace("3893", "3893;x")
    form = {"files": packed(text=text), "encoding": "", "is_strict": "y"}
    location = clerk.post("/admin/imports", form).location
    uploads.load_waiting(folder, now=lambda: NOW, data_key="k" * 40)
    page = clerk.get(location)
    assert "Ничего не загружено" in page and "Загрузка строгая" in page and "Что загружено" not in page
    assert "Замечания suppliers.csv: незнакомые колонки не загружены: «Комментарий»." in page


def test_a_check_writes_nothing(clerk: PageClient, folder: Path) -> None:
    location = clerk.post("/admin/imports", {"files": packed(), "encoding": "", "is_dry": "y"}).location
    uploads.load_waiting(folder, now=lambda: NOW, data_key="k" * 40)
    assert "в базу ничего не записано" in clerk.get(location)
    assert not Supplier.select().exists()


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ((io.BytesIO(b"x"), "virus.exe"), "«virus.exe» не подходит"),
        ((io.BytesIO(b""), ""), "Выберите файл"),
    ],
)
def test_a_wrong_kind_of_file_is_answered_at_the_field(
    clerk: PageClient, folder: Path, file: tuple[io.BytesIO, str], says: str
) -> None:
    assert says in clerk.post("/admin/imports", {"files": file, "encoding": ""}, status=422)


def test_a_broken_archive_is_reported_as_such(clerk: PageClient, folder: Path) -> None:
    broken = packed()[0].getvalue()[:-30]
    location = clerk.post("/admin/imports", {"files": (io.BytesIO(broken), "p.zip"), "encoding": ""}).location
    uploads.load_waiting(folder, now=lambda: NOW, data_key="k" * 40)
    assert "Не удалась" in clerk.get(location)


def test_readings_are_exported_once_and_downloaded_again_byte_for_byte(clerk: PageClient) -> None:
    register = make.meter(make.account()).registers.get()
    make.reading(register, 15737, date(2026, 11, 20), origin="resident", state=ACCEPTED)
    form = {"since": "2026-11-01", "supplier": "", "kind": "csv"}
    assert clerk.post("/admin/exports", form).location.startswith("/admin/exchange#batch-")
    assert Reading.get().state == EXPORTED
    link = next(url for url in clerk.get("/admin/exchange").tree.links if url.startswith("/admin/exports/"))
    assert b"15737" in clerk.get(link).data
    assert clerk.get(link).data == clerk.get(link).data
    assert "Новых показаний нет" in clerk.post("/admin/exports", form, status=422)


def test_a_suppliers_clerk_sees_his_supplier_alone(client: PageClient, clerk: PageClient) -> None:
    register = make.meter(make.account()).registers.get()
    make.reading(register, 15737, date(2026, 11, 20), origin="resident", state=ACCEPTED)
    clerk.post("/admin/exports", {"since": "2026-11-01", "supplier": "", "kind": "csv"})
    link = next(url for url in clerk.get("/admin/exchange").tree.links if url.startswith("/admin/exports/"))
    own = PageClient(client.app).sign_in(make.operator(make.supplier()))
    page = own.get("/admin/exchange")
    assert "Загрузить пакет" not in page
    assert "Все поставщики" not in page
    own.get(link, status=404)
    own.post("/admin/imports", {}, status=404)
