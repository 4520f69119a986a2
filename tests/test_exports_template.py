"""A template of ГИС ЖКХ filled in: columns by their headings, everything else byte for byte as it was."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from exchange.package import PackageError
from exchange.template import Table, Template
from exchange.template_sheet import letters, written
from models import ExportBatch, Reading
from services import exports_gis, exports_template
from services.exports import GIS, export_readings
from services.exports_lists import DOCUMENTS, export_list
from services.refusal import Refused
from tests import factories as make
from tests.billing import NOW
from tests.client import PageClient
from tests.test_imports_commands import run

HEADINGS = (
    "Адрес дома", "Номер ПУ в ГИС ЖКХ", "Коммунальный ресурс", "Период, за который передаются показания",
    "Значение показания (Т1)", "Значение показания (Т2),  является обязательным для двух- и трехтарифного ПУ",
    "Значение показания (Т3), является обязательным для трехтарифного ПУ", "Дата снятия показания",
    "Тех. возможность авто-расчета потребляемого объема", "Статус обработки",
)  # fmt: skip
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
LINE = Table(exports_gis.SHEET, exports_gis.HEADINGS, [["Дом", "1", "Газ"]], exports_gis.OTHERS)


def readings_template(headings: tuple[str, ...] = HEADINGS, title: str = exports_gis.SHEET) -> bytes:
    """As ГИС ЖКХ hands it out: a list to choose the resource from, a hidden sheet, a style for the rows to come."""
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet, lists = book.add_worksheet(title), book.add_worksheet("Справочник")
        lists.write_column(0, 0, ["Холодная вода", "Газ"])
        lists.hide()
        text = book.add_format({"num_format": "@", "bg_color": "#ffffcc"})
        sheet.write_row(0, 0, headings)
        for row in range(1, 5):
            for column in range(len(headings)):
                sheet.write_blank(row, column, None, text)
        sheet.data_validation(1, 2, 999, 2, {"validate": "list", "source": "=Справочник!$A$1:$A$2"})
    return out.getvalue()


def rows_of(content: bytes, title: str = exports_gis.SHEET) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(title).to_python(skip_empty_area=False)


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def gis_batch(count: int = 1) -> ExportBatch:
    account = make.account(make.supplier(code="ENERGO"))
    light = make.service(account.supplier, kind="электроэнергия")
    for number in range(count):
        meter = make.meter(account, light, number=f"0{number}", scales=("День", "Ночь"), decimals=1)
        for register, value in zip(meter.registers.order_by("id"), (1234, 7), strict=True):
            make.reading(register, value, date(2026, 11, 20), origin="resident")
    return export_readings(date(2026, 11, 1), None, NOW, who="т", zone=NOW.tzinfo, kind=GIS)


def test_rows_stand_under_the_templates_own_headings_and_the_rest_is_untouched(database: Flask) -> None:
    turned = (HEADINGS[-1], *reversed(HEADINGS[:-1]))
    template = readings_template(turned)
    done = exports_template.fill(gis_batch(2), io.BytesIO(template), "шаблон.xlsx")
    head, *rows = rows_of(done)
    assert head == list(turned)
    assert [dict(zip(turned, row, strict=True))[HEADINGS[1]] for row in rows] == ["00", "01"]
    told = dict(zip(turned, rows[0], strict=True))
    assert [told[name] for name in HEADINGS[2:8]] == [
        "Электрическая энергия", "11.2026", 1234.0, 7.0, "", "20.11.2026",
    ]  # fmt: skip
    before, after = parts(template), parts(done)
    sheet = "xl/worksheets/sheet1.xml"
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {sheet}
    assert after[sheet].count(b"<dataValidation ") == 1 and b'<row r="4"' in after[sheet]
    assert after[sheet].count(b'<row r="2"') == 1, "the template's empty row gives way"
    assert b'<c r="B2" s="1"/>' in after[sheet], "a cell without a value keeps the looks of its column"


def test_rows_come_below_what_is_filled_in_already(database: Flask) -> None:
    batch = gis_batch()
    once = exports_template.fill(batch, io.BytesIO(readings_template()), "1.xlsx")
    twice = exports_template.fill(batch, io.BytesIO(once), "2.xlsx")
    rows = rows_of(twice)
    assert len(rows) == 3 and rows[1] == rows[2]


def test_a_heading_stands_under_its_groups(database: Flask) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet("Разделы 3-6")
        sheet.merge_range(0, 0, 0, 5, "Расчет размера платы")
        sheet.merge_range(1, 0, 3, 0, "Номер платежного документа")
        sheet.merge_range(1, 1, 1, 4, "Объем услуг")
        sheet.merge_range(2, 1, 2, 2, "индивидуальное потребление")
        sheet.merge_range(2, 3, 2, 4, "общедомовые нужды")
        for column in (1, 3):
            sheet.write_row(3, column, ["Способ определения объемов КУ", "Объем, площадь, коли-чество"])
        sheet.merge_range(1, 5, 3, 5, "Всего на-числено за расчетный период, руб.")
    names = (
        "Номер платежного документа", "Объем услуг - общедомовые нужды - Объем, площадь, количество",
        "Объем услуг - индивидуальное потребление - Объем, площадь, количество",
        "Всего начислено за расчетный период, руб.",
    )  # fmt: skip
    table = Table("Разделы 3-6", names, [["8", Decimal("2.5"), Decimal(1), Decimal("0.10")]])
    template = Template(io.BytesIO(out.getvalue()), "т.xlsx")
    place = template.place(table)
    assert (place.first, place.columns, place.missing) == (5, {0: 0, 1: 4, 2: 2, 3: 5}, ())
    assert rows_of(template.filled([(place, table)]), "Разделы 3-6")[4] == ["8", "", 1.0, "", 2.5, 0.1]


def test_a_column_with_values_and_no_place_is_said_and_left_out_only_on_demand(database: Flask) -> None:
    batch, template = gis_batch(), readings_template(HEADINGS[:4] + HEADINGS[6:])
    with pytest.raises(
        Refused, match=r"не нашлось столбцов: «Значение показания \(Т1\)», «Значение показания \(Т2\)»"
    ):
        exports_template.fill(batch, io.BytesIO(template), "т.xlsx")
    done = exports_template.fill(batch, io.BytesIO(template), "т.xlsx", is_partial=True)
    assert rows_of(done)[1][3:6] == ["11.2026", "", "20.11.2026"]


def test_two_headings_alike_are_none() -> None:
    twice = (*HEADINGS, "Коммунальный ресурс")
    place = Template(io.BytesIO(readings_template(twice)), "т.xlsx").place(LINE)
    assert place.missing == ("Коммунальный ресурс",)


def test_payment_documents_go_into_both_sheets(database: Flask) -> None:
    supplier = make.supplier(code="DOM")
    bill = make.bill(make.account(supplier), number="8")
    make.charge(bill, make.service(supplier, name="Электроэнергия"), charged=53030, total=53030)
    batch = export_list(DOCUMENTS, "DOM", NOW, who="т", zone=NOW.tzinfo)
    done = exports_template.fill(batch, io.BytesIO(bytes(batch.content)), "т.xlsx")
    for title, head in (("Разделы 1-2", 3), ("Разделы 3-6", 4)):
        rows = rows_of(done, title)
        assert rows[head] == rows[head + 1] and len(rows) == head + 2


# What is no template


def damaged(template: bytes, part: str, content: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, was in parts(template).items():
            if name != part:
                archive.writestr(name, was)
            elif content is not None:
                archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "не читается как книга"),
        (b"a" * 10_000_000, "Шаблон больше 8 МБ"),
        (readings_template()[:-200], "не читается как книга"),
        (readings_template(title="Показания"), "нет листа «Импорт показаний ИПУ», есть «Показания»"),
        (readings_template(("Раз", "Два")), "ни одного знакомого заголовка"),
        (damaged(readings_template(), "xl/workbook.xml", b"<x/>"), ""),
        (damaged(readings_template(), "xl/_rels/workbook.xml.rels", None), ""),
    ],
)
def test_what_is_no_template_is_answered_in_words(database: Flask, content: bytes, told: str) -> None:
    batch = gis_batch()
    with pytest.raises(Refused) as refusal:
        exports_template.fill(batch, io.BytesIO(content), "т.xlsx")
    assert told in refusal.value.sentence and refusal.value.field == exports_template.FIELD


def test_a_part_with_a_wrong_sum_is_answered_in_words(database: Flask) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts(readings_template()).items():
            archive.writestr(name, content)
        archive.writestr("xl/media/logo.png", b"picture of the state")
    content = out.getvalue().replace(b"picture of the state", b"picture of the stage")
    with pytest.raises(Refused, match="повреждён"):
        exports_template.fill(gis_batch(), io.BytesIO(content), "т.xlsx")


def test_a_sheet_of_charts_beside_it_does_not_matter(database: Flask) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        book.add_worksheet(exports_gis.SHEET).write_row(0, 0, HEADINGS)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": [exports_gis.SHEET, 1, 4, 3, 4]})
        book.add_chartsheet("График").set_chart(chart)
    assert len(rows_of(exports_template.fill(gis_batch(), io.BytesIO(out.getvalue()), "т.xlsx"))) == 2


def test_a_formula_in_the_way_is_told(database: Flask) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet(exports_gis.SHEET)
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_formula(1, 8, "=E2", None, "")
    with pytest.raises(Refused, match="В строке 2 шаблона стоит формула"):
        exports_template.fill(gis_batch(), io.BytesIO(out.getvalue()), "т.xlsx")


def test_a_value_far_out_does_not_end_the_process() -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet(exports_gis.SHEET)
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_string(1_048_575, 16_383, "я")
    with pytest.raises(PackageError, match="в ячейке XFD1048576"):
        Template(io.BytesIO(out.getvalue()), "т.xlsx")


# The sheet's XML


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<sheetData/>", b'<sheetData><row r="2"><c r="C2"><v>5</v></c></row></sheetData>'),
        (b"<sheetData></sheetData><x/>", b'<sheetData><row r="2"><c r="C2"><v>5</v></c></row></sheetData><x/>'),
        (
            b'<dimension ref="A1"/><sheetData><row a=">"><c/></row><row/><row r="9"/></sheetData>',
            b'<sheetData><row a=">"><c/></row><row r="2"><c r="C2"><v>5</v></c></row><row r="9"/></sheetData>',
        ),
        (
            b'<sheetData><row><c s="3"/></row><row r="2"><c s="7"/><c r="C2" s="8"/></row></sheetData>',
            b'<sheetData><row><c s="3"/></row><row r="2"><c r="C2" s="8"><v>5</v></c></row></sheetData>',
        ),
    ],
)
def test_only_the_rows_bytes_change(before: bytes, after: bytes) -> None:
    assert written(SHEET % before, 2, {0: 2}, [[Decimal(5)]]) == SHEET % after


def test_a_prefix_of_the_names_is_kept() -> None:
    xml = b'<x:worksheet xmlns:x="a"><x:sheetData/></x:worksheet>'
    done = written(xml, 1, {0: 0}, [["<&\x01я"]])
    row = (
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t xml:space="preserve">&lt;&amp;я</x:t></x:is></x:c></x:row>'
    )
    assert done == f'<x:worksheet xmlns:x="a"><x:sheetData>{row}</x:sheetData></x:worksheet>'.encode()


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + SHEET % b"<sheetData/>",
        '<?xml version="1.0" encoding="utf-16"?><worksheet/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-9"?>' + SHEET % b"<sheetData/>",
        SHEET % b"<sheetData>",
        SHEET % b"",
        SHEET % b'<sheetData><row r="x"/></sheetData>',
    ],
)
def test_odd_xml_is_refused(xml: bytes) -> None:
    with pytest.raises(PackageError):
        written(xml, 1, {0: 0}, [["я"]])


def test_columns_are_named_as_in_a_table() -> None:
    assert [letters(column) for column in (0, 25, 26, 51, 701, 702, 16383)] == [
        "A", "Z", "AA", "AZ", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


# Pages and the command


def test_a_template_is_filled_on_a_page(client: PageClient) -> None:
    batch = gis_batch()
    client.sign_in(make.operator())
    url = f"/admin/exports/{batch.id}/template"
    assert url in client.get("/admin/exchange").text and url in client.get("/admin/exports").text
    assert "Выберите файл шаблона" in client.post(url, {}, status=422)
    answer = client.post(url, {"template": (io.BytesIO(b"no"), "Шаблон.xlsx")}, status=422)
    assert "Файл Шаблон.xlsx не читается" in answer
    done = client.post(url, {"template": (io.BytesIO(readings_template()), "Шаблон.xlsx")}, status=200)
    assert "readings-0001-gis-template.xlsx" in done.response.headers["Content-Disposition"]
    assert len(rows_of(done.data)) == 2
    assert [row.state for row in Reading.select()] == ["exported"] * 2


def test_only_batches_for_gis_have_the_page_and_only_for_their_own(client: PageClient) -> None:
    batch = gis_batch()
    stranger = make.supplier(code="OTHER")
    meter = make.meter(make.account(stranger))
    make.reading(meter.registers.get(), 5, date(2026, 11, 20), origin="resident")
    plain = export_readings(date(2026, 11, 1), "OTHER", NOW, who="т", zone=NOW.tzinfo)
    client.sign_in(make.operator())
    client.get(f"/admin/exports/{plain.id}/template", status=404)
    client.post(f"/admin/exports/{plain.id}/template", {}, status=404)
    client.sign_in(make.operator(stranger))
    client.get(f"/admin/exports/{batch.id}/template", status=404)


def test_a_template_is_filled_by_command(app: Flask, database: Flask, tmp_path: Path) -> None:
    gis_batch()
    template = tmp_path / "t.xlsx"
    template.write_bytes(readings_template())
    code, output = run(app, "export", "template", "readings", str(template), "--batch", "1", "--out", str(tmp_path))
    assert code == 0, output
    assert len(rows_of((tmp_path / "readings-0001-gis-template.xlsx").read_bytes())) == 2
    code, output = run(app, "export", "template", "readings", str(template), "--batch", "9")
    assert code == 1 and "Выгрузки № 9 нет" in output
    template.write_bytes(readings_template(HEADINGS[:5]))
    code, output = run(app, "export", "template", "readings", str(template), "--batch", "1")
    assert code == 1 and "не нашлось столбцов" in output
