"""Reading a package: archives, encodings, headings, quotes, lines, values. No database."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from exchange import extent
from exchange.lines import LONGEST_LINE, Unreadable
from exchange.package import PackageError, Source, open_package
from exchange.reader import open_rows
from exchange.tables import BILLS, BY_NAME, CHARGES
from exchange.town import write_town
from exchange.values import BadCell, Converter, RowParser, converter, day, millionths, money, period, printed
from exchange.writers import RefusedFile, csv_bytes, neutral, xlsx_bytes
from tests.billing import ACCOUNTS as ACCOUNTS_FILE
from tests.billing import NOW, SUPPLIERS, write, zipped

PAYMENTS = "Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\n"


def source(content: bytes, table: str = "payments") -> Source:
    return Source(table, f"{table}.csv", len(content), lambda: io.BytesIO(content))


def rows(content: bytes | str, table: str = "payments", encoding: str | None = None) -> list[tuple[int, object]]:
    opened = open_rows(source(content if isinstance(content, bytes) else content.encode(), table), encoding)
    return list(opened)


def cells(content: bytes | str, table: str = "payments") -> list[object]:
    return [cells for _, cells in rows(content, table)]


# --- packages


def test_a_folder_gives_its_tables_and_names_the_rest(tmp_path: Path) -> None:
    write(tmp_path, suppliers=SUPPLIERS)
    (tmp_path / "README.md").write_text("x")
    package = open_package(tmp_path)
    assert list(package.sources) == ["suppliers"]
    assert package.others == ("README.md",)


def test_an_archive_reads_as_the_folder_it_was_made_of(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", {"paket/Suppliers.CSV": SUPPLIERS, "paket/readme.txt": "x"})
    package = open_package(path)
    assert [c for _, c in open_rows(package.sources["suppliers"])] == [["ENERGO", "АО «Свет»", "0001001215"]]
    assert package.others == ("paket/readme.txt",)


def test_plain_files_are_one_package(tmp_path: Path) -> None:
    write(tmp_path, suppliers=SUPPLIERS, accounts=ACCOUNTS_FILE)
    assert set(open_package(tmp_path / "suppliers.csv", tmp_path / "accounts.csv").sources) == {
        "suppliers",
        "accounts",
    }


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", {"suppliers.csv": SUPPLIERS})
    assert open_package(path).digest == sha256(path.read_bytes()).hexdigest()


def _encrypted(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    path.write_bytes(content)


def test_what_is_no_package_is_refused_in_words(tmp_path: Path) -> None:
    good = zipped(tmp_path / "good.zip", {"suppliers.csv": SUPPLIERS})
    (tmp_path / "cut.zip").write_bytes(good.read_bytes()[:60])
    (tmp_path / "text.zip").write_text("это не архив")
    zipped(tmp_path / "two.zip", {"a/suppliers.csv": SUPPLIERS, "b/accounts.csv": ACCOUNTS_FILE})
    zipped(tmp_path / "up.zip", {"../suppliers.csv": SUPPLIERS})
    zipped(tmp_path / "twice.zip", {"suppliers.csv": SUPPLIERS, "suppliers.txt": SUPPLIERS})
    zipped(tmp_path / "bomb.zip", {"suppliers.csv": b"0" * (20 << 20)})
    zipped(tmp_path / "none.zip", {"readme.md": "x"})
    _encrypted(zipped(tmp_path / "locked.zip", {"suppliers.csv": SUPPLIERS}))
    (tmp_path / "bad.xlsx").write_bytes(b"PK nonsense")
    words = {
        "cut.zip": "не читается", "text.zip": "не читается", "two.zip": "в разных", "up.zip": "недопустимых",
        "twice.zip": "дважды", "bomb.zip": "бомб", "none.zip": "нет ни одной", "locked.zip": "паролем",
        "bad.xlsx": "Excel", "absent.zip": "Нет такого",
    }  # fmt: skip
    for name, word in words.items():
        with pytest.raises(PackageError, match=word):
            open_package(tmp_path / name)


def test_a_damaged_member_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", {"suppliers.csv": SUPPLIERS + "A;Б;1\n" * 5000})
    content = bytearray(path.read_bytes())
    content[120:160] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(PackageError, match="повреждён"):
        list(open_rows(open_package(path).sources["suppliers"]))


# --- encodings and lines


@pytest.mark.parametrize(
    ("codec", "given_encoding"), [("utf-8-sig", None), ("utf-8", None), ("cp1251", None), ("cp866", "cp866")]
)
def test_each_encoding_gives_the_same_rows(codec: str, given_encoding: str | None) -> None:
    content = (PAYMENTS + "ENERGO;0010;я-1;01.10.2026;5,00\n").encode(codec)
    assert rows(content, encoding=given_encoding) == [(2, ["ENERGO", "0010", "я-1", "01.10.2026", "5,00"])]


def test_a_wrong_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="Незнакомая кодировка ebcdic"):
        rows(PAYMENTS, encoding="ebcdic")
    with pytest.raises(PackageError, match="UTF-16"):
        rows(PAYMENTS.encode("utf-16"))
    with pytest.raises(PackageError, match="Нет обязательн"):
        rows(PAYMENTS, encoding="cp866")


def test_a_line_that_the_encoding_does_not_know_is_refused_alone() -> None:
    head = b"\xef\xbb\xbf" + PAYMENTS.encode()
    good = b"E;1;a;01.10.2026;5\n"
    surrogate = b"E;1;\xed\xa0\x80;01.10.2026;5\n"  # a lone surrogate as some programs write it
    found = rows(head + good + surrogate + good)
    assert [line for line, _ in found] == [2, 3, 4]
    assert isinstance(found[1][1], Unreadable) and "UTF-8" in found[1][1].reason


def test_nul_is_refused_and_other_controls_are_dropped() -> None:
    found = rows(
        (PAYMENTS + "E;1;a\0b;01.10.2026;5\nE;1;a\x01b;01.10.2026;5\n\x1a").encode("cp866"), encoding="cp866"
    )
    assert isinstance(found[0][1], Unreadable) and "NUL" in found[0][1].reason
    assert found[1:] == [(3, ["E", "1", "ab", "01.10.2026", "5"])]


class _Endless(io.RawIOBase):
    """A heading row, a line of 200 MB, and a good row; made as it is read."""

    def __init__(self, size: int) -> None:
        self._parts: Iterator[bytes] = iter(
            [PAYMENTS.encode(), *([b"x" * (1 << 20)] * (size >> 20)), b"\nE;1;a;01.10.2026;5\n"]
        )
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        self._rest = self._rest or next(self._parts, b"")
        part, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(part)] = part
        return len(part)


def test_a_line_of_200_megabytes_costs_a_row_and_no_memory() -> None:
    opened = Source("payments", "payments.csv", 200 << 20, lambda: io.BufferedReader(_Endless(200 << 20), 1 << 20))
    tracemalloc.start()
    found = list(open_rows(opened))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found[0][1], Unreadable) and "1 МБ" in found[0][1].reason
    assert found[1] == (3, ["E", "1", "a", "01.10.2026", "5"])
    assert peak < 16 << 20


def test_a_line_just_over_the_limit_is_refused_and_the_next_is_read() -> None:
    long = "E;1;" + "x" * LONGEST_LINE + ";01.10.2026;5\n"
    found = rows(PAYMENTS + long + "E;1;a;01.10.2026;5\n")
    assert [line for line, _ in found] == [2, 3]
    assert isinstance(found[0][1], Unreadable)


def test_lines_are_physical_and_blank_ones_count() -> None:
    text = PAYMENTS + '\nE;1;a;01.10.2026;5\n;;;;\n"";;;;\nE;1;"b\nc";01.10.2026;5\nE;1;d;01.10.2026;5'
    assert rows(text.replace("\n", "\r\n")) == [
        (3, ["E", "1", "a", "01.10.2026", "5"]),
        (6, ["E", "1", "b c", "01.10.2026", "5"]),
        (8, ["E", "1", "d", "01.10.2026", "5"]),
    ]


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_the_separator_is_found_in_the_heading_row(mark: str) -> None:
    text = mark.join(["Поставщик", "Лицевой счёт", "Идентификатор", "Дата", "Сумма"])
    assert cells(f"{text}\nE{mark}1{mark}a{mark}01.10.2026{mark}5\n") == [["E", "1", "a", "01.10.2026", "5"]]


def test_quotes_are_read_as_billings_write_them() -> None:
    text = 'Код;Наименование;ИНН\nA;"ООО ""Свет"";Тепло";1\nB;ООО "Вода";2\nC;"АО "Газ"";3\n'
    assert cells(text, "suppliers") == [
        ["A", 'ООО "Свет";Тепло', "1"], ["B", 'ООО "Вода"', "2"], ["C", 'АО "Газ"', "3"],
    ]  # fmt: skip


def test_an_open_quote_costs_one_row() -> None:
    text = 'Код;Наименование;ИНН\nA;"ООО Свет;1\n' + "".join(f"B{n};ООО Вода;2\n" for n in range(300))
    found = rows(text, "suppliers")
    assert len(found) == 301
    assert isinstance(found[0][1], Unreadable) and "Кавычка" in found[0][1].reason
    assert found[1] == (3, ["B0", "ООО Вода", "2"])


def test_headings_match_however_they_are_spelt() -> None:
    text = " ПОСТАВЩИК*;лицевой  счет;Комментарий 1С;Идентификатор * ;Дата;Сумма\nE;1;;a;01.10.2026;5\n"
    opened = open_rows(source(text.encode()))
    assert opened.header.unknown == ("Комментарий 1С",)
    assert opened.header.places == {"supplier": 0, "account": 1, "identifier": 3, "paid_on": 4, "amount": 5}


def test_a_table_without_a_mandatory_column_or_with_one_twice_is_stopped() -> None:
    with pytest.raises(PackageError, match="«Сумма»"):
        rows("Поставщик;Лицевой счёт;Идентификатор;Дата\n")
    with pytest.raises(PackageError, match="дважды"):
        rows(PAYMENTS.strip() + ";сумма\n")
    with pytest.raises(PackageError, match="пуст"):
        rows("")


def test_a_row_of_another_width_is_refused_unless_only_blanks_are_too_many() -> None:
    found = cells(PAYMENTS + "E;1;a;01.10.2026;5;;\nE;1;a;01.10.2026\nE;1;a;01.10.2026;5;6\n")
    assert found[0] == ["E", "1", "a", "01.10.2026", "5"]
    assert [isinstance(row, Unreadable) for row in found] == [False, True, True]


# --- workbooks


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    with Workbook(path) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
    return path


def test_a_sheet_is_a_table(tmp_path: Path) -> None:
    lines: list[list[object]] = [
        ["Поставщик", "Лицевой счёт", "Идентификатор", "Дата", "Сумма"],
        ["E", "0010", 350600000047, "01.10.2026", 1234.5], [], ["E", "0010", "б-2", "2026-10-02", -0.3],
    ]  # fmt: skip
    package = open_package(workbook(tmp_path / "p.xlsx", payments=lines, Заметки=[["x"]]))
    assert package.others == ("Заметки",)
    opened = open_rows(package.sources["payments"])
    assert list(opened) == [
        (2, ["E", "0010", "350600000047", "01.10.2026", "1234.5"]),
        (4, ["E", "0010", "б-2", "2026-10-02", "-0.3"]),
    ]


# --- values


@pytest.mark.parametrize(("cell", "told"), [("XFD1048576", True), ("XFD9", False), ("A1048576", False)])
def test_a_value_far_from_the_table_is_refused_before_it_is_laid_out(tmp_path: Path, cell: str, told: bool) -> None:
    path = tmp_path / "p.xlsx"
    with Workbook(str(path)) as book:
        sheet = book.add_worksheet("payments")
        sheet.write_row(0, 0, PAYMENTS.strip().split(";"))
        sheet.write_string(cell, "я")
    if not told:
        assert open_package(path).sources.keys() == {"payments"}
        return
    with pytest.raises(PackageError, match=f"в ячейке {cell}"):
        open_package(path)


def test_a_cell_on_the_edge_of_two_blocks_is_seen() -> None:
    cell = b'<c r="XFD1048576" t="s"><v>0</v></c>'
    for at in range(len(cell)):
        stream = io.BytesIO(b" " * (extent.BLOCK - at) + cell + b'<c r="XFE2000000" s="1"/>')
        assert extent.farthest(stream) == (1_048_576, 16_384, "XFD1048576")


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [("1 234,50", 123450), ("1234.5", 123450), ("1\u00a0234,5", 123450), ("-7", -700), ("\u22120,05", -5), ("0", 0),
     ("98,37", 9837), ("999 999 999 999,99", 99_999_999_999_999)],
)  # fmt: skip
def test_money_is_kopecks(text: str, kopecks: int) -> None:
    assert money(text) == kopecks


@pytest.mark.parametrize(
    "text",
    ["", "сто", "12,3,4", "100,005", "1_000", "1,0e3", "1 23", "--1", "1.234,50", ",", "9" * 13, "٣x", "1,000"],
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        money(text)


def test_decimals_are_kept_as_they_were_printed() -> None:
    assert [printed(text, 6) for text in ("50,50", "6.030", "0,25", "-1 200,0", "7")] == [
        "50.50", "6.030", "0.25", "-1200.0", "7",
    ]  # fmt: skip
    assert (millionths("415,381"), millionths("26611")) == (415_381_000, 26_611_000_000)
    with pytest.raises(ValueError, match="знаков"):
        millionths("1,2345678")


def test_days_and_periods() -> None:
    assert (day("01.02.2026"), day("2026-02-01")) == ("2026-02-01", "2026-02-01")
    assert {period(text) for text in ("10.2026", "2026-10", "01.10.2026", "2026-10-01")} == {"2026-10-01"}
    assert period("01.2026") == "2026-01-01"
    for text in ("31.02.2026", "1970-13-01", "32.01.2026"):
        with pytest.raises(ValueError, match="Такой даты нет"):
            day(text)
    for text in ("вчера", "01/02/2026", "2026", "01.02.26"):
        with pytest.raises(ValueError, match="Это не дата"):
            day(text)
    with pytest.raises(ValueError, match="Такого месяца нет"):
        period("13.2026")


def parsed(table: str, text: str) -> dict[str, object]:
    opened = open_rows(source(text.encode(), table))
    parser = RowParser(opened.header)
    ((_, row),) = list(opened)
    assert isinstance(row, list)
    return dict(zip((column.name for column in parser.columns), parser.parse(row), strict=True))


def test_words_of_closed_lists_do_not_regard_case_and_blanks() -> None:
    head = "Поставщик;Лицевой счёт;Услуга;Номер счётчика;Разрядность;Шкалы;Автоматический;Ктр\n"
    row = parsed("meters", head + "E;1;EE;7;5;день, ночь;Да;\n")
    assert (row["scales"], row["is_automatic"], row["ratio"]) == ("День,Ночь", 1, 1)
    with pytest.raises(BadCell) as fault:
        parsed("meters", head + "E;1;EE;7;5;День;Да;\n")
    assert fault.value.column == "Шкалы" and "«День,Ночь»" in fault.value.reason


def test_quick_ways_give_what_the_slow_ones_give() -> None:
    rng = random.Random(7)
    quick_sum, quick_volume = converter(BILLS.column("opening")), converter(CHARGES.column("volume"))
    for _ in range(5000):
        text = "".join(rng.choice("0123456789,.- ") for _ in range(rng.randrange(1, 16))).strip() or "0"
        assert _outcome(quick_sum, text) == _outcome(money, text)
        assert _outcome(quick_volume, text) == _outcome(lambda cell: printed(cell, 6), text)


def _outcome(convert: Converter, text: str) -> object:
    try:
        return convert(text)
    except ValueError as fault:
        return str(fault)


def test_account_numbers_are_text_of_printable_signs() -> None:
    head = "Поставщик;Лицевой счёт;Населённый пункт;Дом\n"
    assert parsed("accounts", head + "E; 00\\1/2 ;г. С;1\n")["account"] == "00\\1/2"
    for number in ("1" * 31, "1\u200b2"):
        with pytest.raises(BadCell):
            parsed("accounts", head + f"E;{number};г. С;1\n")


# --- writers


def test_formulas_are_neutralised_and_numbers_stay() -> None:
    signs = ["=1+1", "+7 999", "-x", "@a", "\tb", "\rc"]
    assert [neutral(cell) for cell in signs] == [f"'{cell}" for cell in signs]
    assert [neutral(cell) for cell in ("-5,00", "-5", "7", "a=1", "")] == ["-5,00", "-5", "7", "a=1", ""]


def test_csv_is_utf8_with_a_mark_or_windows_1251() -> None:
    assert csv_bytes(["Сумма"], [["−5"], [date(2026, 10, 1)]]).decode("utf-8-sig") == "Сумма\r\n−5\r\n01.10.2026\r\n"
    assert csv_bytes(["Дом"], [["12"]], "cp1251") == "Дом\r\n12\r\n".encode("cp1251")


def test_a_workbook_keeps_leading_zeros_and_is_the_same_each_time(tmp_path: Path) -> None:
    made = [xlsx_bytes("Показания", ["Лицевой счёт", "Показание"], [["0010", 5], ["=1", 6]], NOW) for _ in range(2)]
    assert made[0] == made[1]
    lines = CalamineWorkbook.from_filelike(io.BytesIO(made[0])).get_sheet_by_index(0).to_python()
    assert lines == [["Лицевой счёт", "Показание"], ["0010", 5.0], ["'=1", 6.0]]


def test_a_file_of_refused_rows_reads_back_as_it_was(tmp_path: Path) -> None:
    file = RefusedFile(tmp_path / "payments.csv", PAYMENTS.strip().split(";"))
    file.add(7, ["E", "1", "=2+2", "вчера", "-5,00"], "Дата: «вчера». Это не дата.")
    file.add(9, [], "Строка длиннее 1 МБ.")
    file.close()
    content = (tmp_path / "payments.csv").read_bytes()
    opened = open_rows(source(content))
    assert opened.header.unknown == ("Строка", "Причина")
    assert [row for _, row in opened][0] == ["E", "1", "=2+2", "вчера", "-5,00", "7", "Дата: «вчера». Это не дата."]


# --- the invented town


def test_the_town_is_a_function_of_seed_and_month(tmp_path: Path) -> None:
    casts = [write_town(_made(tmp_path / name), seed=7, month=date(2026, 11, 5), months=3) for name in ("a", "b")]
    other = write_town(_made(tmp_path / "c"), seed=8, month=date(2026, 11, 5), months=3)
    assert casts[0] == casts[1] != other
    for table in BY_NAME:
        path = tmp_path / "a" / f"{table}.csv"
        assert not path.exists() or path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_the_cast_knows_what_links_its_accounts(tmp_path: Path) -> None:
    cast = write_town(_made(tmp_path / "t"), seed=7, month=date(2026, 11, 1))
    flat, dacha, mother = cast.anna
    assert {known.supplier for known in flat.accounts} == set(cast.suppliers)
    assert flat.accounts[0].last_bill > 0 and flat.accounts[1].last_bill < 0 and dacha.accounts[0].last_bill == 0
    assert [known.meters for known in (flat.accounts[0], dacha.accounts[0], mother.accounts[0])] == [
        ("38002134",), ("41170655",), ("38002151",),
    ]  # fmt: skip
    assert all(known.last_payment for known in cast.novichok.accounts)
    assert cast.boris.accounts[0].number != cast.shared.number


def _made(path: Path) -> Path:
    path.mkdir()
    return path


# --- whatever comes, the answer is a refusal


def _try(path: Path) -> int:
    """Reads a package to its end; counts rows and refusals."""
    count = 0
    try:
        package = open_package(path)
        for found in package.sources.values():
            try:
                opened = open_rows(found)
            except PackageError:
                continue
            parser = RowParser(opened.header)
            for _, row in opened:
                count += 1
                if isinstance(row, list):
                    try:
                        parser.parse(row)
                    except BadCell as bad:
                        assert bad.reason.endswith(".")
    except PackageError as fault:
        assert str(fault).endswith(".")
    return count


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small package as CSV, as an archive and as a workbook."""
    folder = tmp_path_factory.mktemp("good")
    text = ACCOUNTS_FILE + 'ENERGO;0030;"г. ""С""";;1;\n'
    archive = zipped(folder / "p.zip", {"accounts.csv": text, "suppliers.csv": SUPPLIERS})
    lines: list[list[object]] = [line.split(";") for line in ACCOUNTS_FILE.splitlines()]
    book = workbook(folder / "p.xlsx", accounts=lines)
    return {"accounts.csv": text.encode(), "p.zip": archive.read_bytes(), "p.xlsx": book.read_bytes()}


MUTATION = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.sampled_from(["set", "cut", "add"]), st.binary(min_size=1, max_size=4)),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("name", ["accounts.csv", "p.zip", "p.xlsx"])
@settings(max_examples=150, deadline=None)
@given(changes=MUTATION)
def test_a_mutated_file_is_read_or_refused(
    name: str, changes: list[tuple[int, str, bytes]], good: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(good[name])
    for place, how, what in changes:
        at = place % max(len(content), 1)
        if how == "set":
            content[at : at + len(what)] = what
        elif how == "cut":
            del content[at : at + place % 50]
        else:
            content[at:at] = what
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    assert _try(path) >= 0


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("Ee1;,\t\"'\n\r =-0.а \u2028\ufeff"), max_size=80))
def test_any_text_under_a_heading_row_gives_rows_of_one_width(text: str) -> None:
    for _, row in rows(PAYMENTS + text):
        assert isinstance(row, Unreadable) or len(row) == 5


def test_an_archive_with_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", {"suppliers.csv": SUPPLIERS})
    path.write_bytes(path.read_bytes().replace(b"suppliers.csv", b"\0uppliers.csv"))
    with pytest.raises(PackageError, match="повреждён"):
        open_package(path)


def test_archives_with_odd_structure_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("suppliers.csv", SUPPLIERS)
    with pytest.raises(PackageError, match="незнакомым способом"):
        open_package(path)
