"""What a clerk may bring to the form of the exchange: two presses, and files that are no packages."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from models import Account, ImportRun, Supplier
from services import uploads
from tests import factories as make
from tests.billing import NOW, PLAIN
from tests.client import PageClient
from tests.queries import counted

KEY = "k" * 40
Bytes = tuple[io.BytesIO, str]


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    return tmp_path / "uploads"


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(make.operator())


def sent(name: str, content: bytes) -> Bytes:
    return io.BytesIO(content), name


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return out.getvalue()


def brought(clerk: PageClient, folder: Path, *files: Bytes, **fields: Any) -> tuple[ImportRun, str]:
    """The run of the files and the words of its page, when the worker has been there."""
    page = clerk.post("/admin/imports", {"files": list(files), "encoding": "", **fields})
    uploads.load_waiting(folder, now=lambda: NOW, data_key=KEY)
    return ImportRun.select().order_by(ImportRun.id.desc()).get(), clerk.get(str(page.location)).words


def test_two_presses_of_load_are_one_run(clerk: PageClient, folder: Path) -> None:
    form = {"encoding": "", "once": "k1"}
    first = clerk.post("/admin/imports", {**form, "files": sent("a.zip", zipped(accounts=b"x"))}).location
    second = clerk.post("/admin/imports", {**form, "files": sent("a.zip", zipped(accounts=b"x"))}).location
    assert first == second and ImportRun.select().count() == 1
    clerk.post("/admin/imports", {**form, "once": "k2", "files": sent("a.zip", zipped(accounts=b"x"))})
    assert ImportRun.select().count() == 2


def test_each_form_has_a_key_of_its_own_and_two_clerks_may_have_the_same(client: PageClient, folder: Path) -> None:
    for _ in range(2):
        clerk = client.sign_in(make.operator())
        clerk.post("/admin/imports", {"encoding": "", "once": "k", "files": sent("a.zip", b"PK")})
    assert ImportRun.select().count() == 2
    shown = [clerk.get("/admin/exchange").data.decode().partition('name="once"')[2][:80] for _ in range(2)]
    assert shown[0] != shown[1]


NO_BOOK, NO_ARCHIVE = "не читается как книга Excel", "не читается как архив zip"
NO_TABLE, ZIP = "нет ни одной таблицы", zipped(accounts=b"x" * 10_000)
# A file and what the page of its run says.
WRONG = {
    "an empty archive called a book": ("a.xlsx", zipped(), NO_BOOK),
    "an archive of something else called a book": ("a.xlsx", zipped(accounts=b"x"), NO_BOOK),
    "an old book called a new one": ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, NO_BOOK),
    "letters called a book": ("a.xlsx", b"a" * 100_000, NO_BOOK),
    "an empty file called a book": ("a.xlsx", b"", NO_BOOK),
    "an archive cut in half": ("a.zip", ZIP[:60], NO_ARCHIVE),
    "an archive without its end": ("a.zip", ZIP[:-22], NO_ARCHIVE),
    "an empty file called an archive": ("a.zip", b"", NO_ARCHIVE),
    "an empty archive": ("a.zip", zipped(), NO_TABLE),
    "another table": ("cats.csv", "Код;Имя\n1;Кот\n".encode(), NO_TABLE),
    "another table under a known name": ("accounts.csv", "Платёж;Сумма\n1;2\n".encode(), "Нет обязательных колонок"),
    "an empty table": ("accounts.csv", b"", "Файл пуст"),
    "ten megabytes of one letter": ("accounts.csv", b"a" * 10_000_000, "длиннее 1 МБ"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_package_is_told_and_writes_nothing(clerk: PageClient, folder: Path, what: str) -> None:
    name, content, told = WRONG[what]
    run, words = brought(clerk, folder, sent(name, content))
    assert told in words.replace("\N{NO-BREAK SPACE}", " "), words
    assert run.finished_at == NOW and run.undo == "" and not Account.select().exists()


@pytest.mark.parametrize(("name", "content"), [("a.xls", b"\xd0\xcf\x11\xe0"), ("a.rar", b"Rar!"), ("a", b"x")])
def test_files_of_another_kind_are_refused_at_once(
    clerk: PageClient, folder: Path, name: str, content: bytes
) -> None:
    page = clerk.post("/admin/imports", {"files": sent(name, content), "encoding": ""}, status=422)
    assert "не подходит: нужен архив .zip" in page and not ImportRun.select().exists()


def test_an_archive_that_swells_is_refused_or_read_in_bounded_memory(clerk: PageClient, folder: Path) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    head = "Поставщик;Лицевой счёт;Населённый пункт;Дом\n".encode()
    run, _ = brought(clerk, folder, sent("a.zip", zipped(accounts=head + b"\n" * 200_000_000)))
    assert run.finished_at == NOW and not Account.select().exists()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000  # KB: the archive is made here, too


def test_a_table_in_dos_letters_is_loaded_as_the_form_says(clerk: PageClient, folder: Path) -> None:
    files = [sent(f"{name}.csv", text.encode("cp866", "replace")) for name, text in PLAIN.items()]
    run, words = brought(clerk, folder, *files, encoding="cp866")
    assert (run.state, Account.select().count()) == ("done", 2), words
    assert "ул. Лесная" in Account.select().first().house.street
    assert Supplier.get().code == "ENERGO"


def test_refused_rows_come_as_a_book_that_the_import_takes_back(clerk: PageClient, folder: Path) -> None:
    tables = {**PLAIN, "accounts": PLAIN["accounts"].replace("ул. Лесная;12;46", "ул. Лесная;;46")}
    files = [sent(f"{name}.csv", text.encode()) for name, text in tables.items()]
    run, _ = brought(clerk, folder, *files)
    url = f"/admin/imports/{run.id}/refused/accounts.xlsx"
    assert url in clerk.get(f"/admin/imports/{run.id}").tree.links
    book = CalamineWorkbook.from_filelike(io.BytesIO(clerk.get(url).data))
    [head, row] = book.get_sheet_by_index(0).to_python()
    assert head[-2:] == ["Строка", "Причина"] and row[head.index("Лицевой счёт")] == "0020" and "Дом" in str(row[-1])
    clerk.get(f"/admin/imports/{run.id}/refused/cats.xlsx", status=404)


def test_the_exchange_costs_the_same_with_a_thousand_runs(clerk: PageClient) -> None:
    def cost() -> list[int]:
        seen = []
        for url in ("/admin/exchange", "/admin/imports", "/admin/exports"):
            with counted() as queries:
                clerk.get(url)
            seen.append(len(queries))
        return seen

    facts = {"who": "т", "file_name": "p.zip", "sha256": "", "started_at": NOW, "finished_at": NOW, "state": "done"}
    ImportRun.create(**facts)
    clerk.get("/admin/exchange")
    few = cost()
    ImportRun.insert_many([facts for _ in range(1000)]).execute()
    assert cost() == few
