"""Readings for ГИС ЖКХ: the columns of its template, a row a meter and day, what it has no resource for is left."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from models import ExportBatch, Reading, Register
from services import exports_gis
from services.exports import GIS, NothingToExport, export_readings
from services.exports_gis_documents import BILL_COLUMNS, LINE_COLUMNS
from services.exports_lists import DOCUMENTS, export_list
from tests import factories as make
from tests.billing import NOW
from tests.client import PageClient
from tests.queries import counted
from tests.test_imports_commands import run

SINCE = date(2026, 11, 1)


def sheet(batch: ExportBatch) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(bytes(batch.content)))
    assert book.sheet_names == [exports_gis.SHEET]
    return book.get_sheet_by_index(0).to_python()


def test_scales_stand_side_by_side_and_the_rest_waits(database: Flask) -> None:
    account = make.account(make.supplier(code="ENERGO"), number="0010")
    light = make.service(account.supplier, kind="электроэнергия")
    waste = make.service(account.supplier, kind="прочее")
    two = make.meter(account, light, number="0222", scales=("День", "Ночь"), decimals=1)
    other = make.meter(account, waste, number="9")
    day, night, litres = Register.select().order_by(Register.id)
    assert (day.meter, litres.meter) == (two, other)
    for register, value in ((day, 1234), (night, 7), (litres, 5)):
        make.reading(register, value, date(2026, 11, 20), origin="resident")
    batch = export_readings(SINCE, None, NOW, who="т", zone=NOW.tzinfo, kind=GIS)
    rows = sheet(batch)
    assert batch.file_name == "readings-0001-gis.xlsx" and batch.rows == 2
    assert rows[0] == list(exports_gis.HEADINGS)
    assert [row[1:] for row in rows[1:]] == [
        ["0222", "Электрическая энергия", "11.2026", 1234.0, 7.0, "", "20.11.2026", ""]
    ]
    assert str(rows[1][0]).startswith(str(account.house.settlement)) and "д. " in str(rows[1][0])
    assert [row.state for row in Reading.select().order_by(Reading.id)] == ["exported", "exported", "accepted"]
    with pytest.raises(NothingToExport):
        export_readings(SINCE, None, NOW, who="т", zone=NOW.tzinfo, kind=GIS)


def test_it_is_one_of_the_kinds_of_the_form(client: PageClient) -> None:
    meter = make.meter(make.account(make.supplier(code="ENERGO")))
    make.reading(meter.registers.get(), 5_000_000, date(2026, 11, 20), origin="resident")
    client.sign_in(make.operator())
    assert "Excel для ГИС ЖКХ" in client.get("/admin/exchange")
    form = {"since": "2026-11-01", "supplier": "", "kind": "gis"}
    location = client.post("/admin/exports", form).location
    batch = ExportBatch.get()
    assert location == f"/admin/exchange#batch-{batch.id}"
    assert client.get(f"/admin/exports/{batch.id}").data == bytes(batch.content)
    client.post("/admin/exports", {**form, "kind": "dbf"}, status=422)


# Payment documents


def test_the_last_months_documents_stand_in_the_columns_of_the_template(database: Flask) -> None:
    supplier = make.supplier(code="DOM", bik="044525225", bank_account="40702810138250123017", ogrn="1027700132195")
    account = make.account(supplier, area="50,50", registered=3)
    light = make.service(supplier, name="Электроэнергия", kind="электроэнергия", unit="кВт*ч")
    late = make.service(supplier, name="Пени", kind="пени")
    make.bill(account, number="7", period=date(2026, 9, 1), issued_on=date(2026, 9, 30))
    bill = make.bill(account, number="8", opening=-5000, charged=53130, recalculated=10350, to_pay=58480, paid=0)
    make.charge(bill, light, scale="День", volume="6.030", tariff="88,26", method="прибор", charged=53030,
                recalculated=10350, recalculation_reason="Недопоставка", total=63380)  # fmt: skip
    make.charge(bill, late, charged=100, total=100)
    other = make.account(supplier)
    make.bill(other, number="9", opening=700, to_pay=149233)
    batch = export_list(DOCUMENTS, "DOM", NOW, who="т", zone=NOW.tzinfo)
    book = CalamineWorkbook.from_filelike(io.BytesIO(bytes(batch.content)))
    assert (batch.file_name, batch.rows) == ("documents-0001.xlsx", 2)
    assert book.sheet_names == ["Разделы 1-2", "Разделы 3-6"]
    bills, lines = (book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names)
    assert (len(BILL_COLUMNS), len(LINE_COLUMNS)) == (39, 36), "A to AM, A to AJ"
    assert bills[2] == list(BILL_COLUMNS) and lines[3] == list(LINE_COLUMNS)
    told = dict(zip(BILL_COLUMNS, bills[3], strict=True))
    expected = {
        "Тип ПД": "Текущий", "Номер платежного документа": "8",
        "Расчетный период (ММ.ГГГГ)": "10.2026", "Общая площадь для ЛС": 50.5,
        "Количество проживающих": 3.0,
        "Сумма к оплате за расчетный период, руб. (по всему платежному документу)": 634.8,
        "Задолженность за предыдущие периоды": 0.0, "Аванс на начало расчетного периода": 50.0,
        BILL_COLUMNS[15]: 584.8, "БИК банка": "044525225", "Расчетный счет": "40702810138250123017",
        BILL_COLUMNS[29]: 633.8, "Итого к оплате по неустойкам и судебным издержкам": 1.0,
        "Исполнитель услуги ОГРН": "1027700132195",
        "Идентификатор ЖКУ": "",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert (
        dict(zip(BILL_COLUMNS, bills[4], strict=True))["Задолженность за предыдущие периоды"] == 7.0
        and len(bills) == 5
    )
    [line] = lines[4:]
    told = dict(zip(LINE_COLUMNS, line, strict=True))
    expected = {
        "Номер платежного документа": "8", "Услуга": "Электроэнергия, день", "Единица измерения": "кВт*ч",
        LINE_COLUMNS[3]: "Прибор учета", LINE_COLUMNS[4]: 6.03, LINE_COLUMNS[7]: 88.26,
        "Всего начислено за расчетный период, руб.": 530.3,
        "Перерасчеты всего, руб.": 103.5, "Основания перерасчетов": "Недопоставка", "Сумма, руб.": 103.5,
        LINE_COLUMNS[29]: 633.8,
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected


def test_without_bills_nothing_is_exported(database: Flask) -> None:
    make.supplier(code="DOM")
    with pytest.raises(NothingToExport, match="счетов ещё нет"):
        export_list(DOCUMENTS, None, NOW, who="т", zone=NOW.tzinfo)


def test_documents_of_many_accounts_ask_by_portions(database: Flask) -> None:
    supplier = make.supplier(code="DOM")
    for number in range(5):
        make.bill(make.account(supplier), number=str(number))
    with counted() as statements:
        assert export_list(DOCUMENTS, "DOM", NOW, who="т", zone=NOW.tzinfo).rows == 5
    few = len(statements)
    for number in range(5, 25):
        make.bill(make.account(supplier), number=str(number))
    with counted() as statements:
        assert export_list(DOCUMENTS, "DOM", NOW, who="т", zone=NOW.tzinfo).rows == 25
    assert len(statements) == few


def test_readings_for_gis_are_exported_by_command(app: Flask, database: Flask, tmp_path: Path) -> None:
    meter = make.meter(make.account(make.supplier(code="ENERGO")))
    make.reading(meter.registers.get(), 5, date(2026, 11, 20), origin="resident")
    code, output = run(app, "export", "readings", "--since", "2026-11-01", "--format", "gis", "--out", str(tmp_path))
    assert code == 0, output
    [file] = tmp_path.iterdir()
    assert file.name.endswith("-gis.xlsx") and file.read_bytes() == bytes(ExportBatch.get().content)
    code, output = run(app, "export", "documents", "--out", str(tmp_path))
    assert code == 0 and "счетов ещё нет" in output
