"""Files of banks by their layouts: to the kopeck, in every encoding, and whatever is broken in them."""

from __future__ import annotations

import io
import tracemalloc
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.layout import layouts, parse_layout, shipped
from exchange.package import PackageError, Source
from exchange.registry import Control, Flaw, Item, Operation, Remark, guess, read, recognised
from exchange.statement import account_in
from tests.banks import SHORT, STATEMENT, TOWN, items, names, of_file, short_line, source


def operations(found: list[Item]) -> list[Operation]:
    return [one for one in found if isinstance(one, Operation)]


def control(found: list[Item]) -> Control:
    (one,) = [one for one in found if isinstance(one, Control)]
    return one


def flaws(found: list[Item]) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found if isinstance(one, Flaw)]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
def test_the_synthetic_file_of_the_bank_is_read_to_the_kopeck(encoding: str) -> None:
    given = source(SHORT.replace("\n", "\r\n"), encoding=encoding)
    assert names(given) == ["sber_short"]
    first, second, total = items(given, "sber_short")
    assert first == Operation(
        line=1, account="0012345678", paid=148533, operation="350611123569", day="2026-01-14", time="12:00:09",
        transferred=147048, fee=1485, payer="ИВАНОВ ИВАН ИВАНОВИЧ",
        address="РЯЗАНЬ Г,ЛЕНИНА УЛ,10,15", period="122025",
    )  # fmt: skip
    assert isinstance(second, Operation) and (second.account, second.paid) == ("0012345679", 50000)
    assert total == Control(3, 2, 198533, 196548, 1985, "123456", "2026-01-15")


def test_a_line_with_meters_is_read_from_both_ends() -> None:
    assert names(of_file(TOWN)) == ["sber_eps"]
    found = items(of_file(TOWN), "sber_eps")
    taken = operations(found)
    assert [one.paid for one in taken] == [85431, 337481, 193155, 145857, 174064, 70000, 145962, 77700]
    assert all(one.adds_up for one in taken) and {one.day[:7] for one in taken if one.day} == {"2026-09"}
    total = control(found)
    assert (total.count, total.paid) == (8, sum(one.paid for one in taken))
    assert (total.transferred, total.fee) == (sum(one.transferred or 0 for one in taken), 12298)


def test_the_name_of_the_file_tells_the_supplier() -> None:
    told = shipped()["sber_eps"].told_by(TOWN.name)
    assert told == {"inn": "0001001222", "bank_account": "40702810900000001202"}
    assert shipped()["sber_eps"].told_by("registry.txt") is None


def test_the_statement_gives_what_came_in_and_the_account_of_the_purpose() -> None:
    assert names(of_file(STATEMENT)) == ["1c_client_bank"]
    found = items(of_file(STATEMENT), "1c_client_bank")
    assert [(one.account, one.paid, one.day) for one in operations(found)] == [
        ("00010060", 218315, "2026-09-09"), ("00099999", 55500, "2026-09-05"), ("", 1217352, "2026-09-30"),
    ]  # fmt: skip
    assert control(found).paid == 1491167 == sum(one.paid for one in operations(found))


def test_the_statement_in_dos_encoding_says_the_same() -> None:
    text = STATEMENT.read_bytes().decode("cp1251").replace("Windows", "DOS")
    found = operations(items(source(text, encoding="cp866"), "1c_client_bank"))
    assert [(one.account, one.paid) for one in found] == [("00010060", 218315), ("00099999", 55500), ("", 1217352)]
    assert found[0].payer == "Мамедова Севда Гусейн кызы"


def test_a_statement_that_is_cut_off_says_so() -> None:
    text = STATEMENT.read_bytes().decode("cp1251")
    found = items(text[: text.index("НазначениеПлатежа=Перечисление")], "1c_client_bank")
    assert len(operations(found)) == 2 and flaws(found) == [(74, "Документ обрывается: нет его конца.")]
    assert any(isinstance(one, Remark) and "обрывается" in one.told for one in found)


@pytest.mark.parametrize(
    ("purpose", "account"),
    [
        ("ЛС: 50100000001", "50100000001"),
        ("ЛС 1234567; ул. Ленина, д.123/2, кв.321;Иванов. НДС не облагается", "1234567"),
        ("Оплата по л/с 0012-А за октябрь", "0012-А"),
        ("лицевой счёт № 00017, свет", "00017"),
        ("лиц. счет 00017", "00017"),
        ("За коммунальные услуги, Иванов Иван", ""),
        ("Перечисление по реестру № 227", ""),
        ("классный час 1234", ""),
    ],
)
def test_the_account_is_found_in_a_purpose(purpose: str, account: str) -> None:
    assert account_in(purpose) == account


KEYED = "8610;01;x;x;1485.33;14.85;CLIENTNO:0012;method_pay:card;14/01/2026\r\n8610;02\r\n8610;01;x;x;5;0;ИТОГО\r\n"
CFT = (
    "#FILESUM 1985.33\r\n#TYPE 7\r\n#SERVICE 12\r\n"
    "Иванов И.И.;ул. Ленина,1;0012;1485,33;Вода\r\nПетрова;ул. Мира;13;500;\r\n"
)
NUL = "В строке есть недопустимый знак NUL: файл повреждён при записи или передаче."
LONG = f"Лицевой счёт: «{'0' * 31}». Номер лицевого счёта — не больше 30 печатных знаков."
CSV = "Дата;Лицевой счет;Сумма;Номер операции;Комментарий\n14.01.2026;0012;1485,33;77;\n2026-01-15;13;500.00;78;да\n"
TULA = "0012;1485.33;14012612345678901234567890;5;15.01.2026;" + ";".join(["НЕТ"] * 12) + "\r\n"
TAGIL = "14012612345678901234567890;14.01.2026;0012;1485,33;5;15.01.2026\r\n"
BAIKAL = "#1\r\n#14/01/2026\r\nИванов;Ленина;0012;1485.33;7;1;x;x;14/01/2026;x;77\r\n"


@pytest.mark.parametrize(
    ("layout", "text", "paid", "operation"),
    [
        ("sber_keyed", KEYED, [148533], ""),
        ("cft", CFT, [148533, 50000], ""),
        ("csv_generic", CSV, [148533, 50000], "77"),
        ("csv_generic", CSV.replace(";", ",").replace("1485,33", '"1485,33"'), [148533, 50000], "77"),
        ("tula", TULA, [148533], "14012612345678901234567890"),
        ("tula", TULA.replace(";", "|"), [148533], "14012612345678901234567890"),
        ("tagil", TAGIL, [148533], "14012612345678901234567890"),
        ("baikal", BAIKAL, [148533], "77"),
    ],
)
def test_each_layout_is_recognised_and_read(layout: str, text: str, paid: list[int], operation: str) -> None:
    assert names(source(text)) == [layout]
    found = items(text, layout)
    assert [one.paid for one in operations(found)] == paid and not flaws(found)
    first = operations(found)[0]
    assert (first.account, first.operation) == ("0012", operation)
    assert first.day == (None if layout == "cft" else "2026-01-14")


def test_the_sum_before_the_rows_is_a_control_figure_too() -> None:
    assert control(items(CFT, "cft")).paid == 198533


def test_a_negative_sum_is_a_reversal() -> None:
    (one, _) = items(short_line("1", "0012", "-500,00", "-495,00", "-5,00"), "sber_short")
    assert isinstance(one, Operation) and one.paid == -50000 and one.adds_up


def test_a_line_that_does_not_add_up_says_so() -> None:
    (one, _) = items(short_line("1", "0012", "500,00", "490,00", "5,00"), "sber_short")
    assert isinstance(one, Operation) and not one.adds_up


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (short_line("1", "0012", "много"), "Сумма: «много». Это не число."),
        (short_line("1", "0012", ""), "Сумма: «». Поле пустое."),
        (short_line("1", "0012", "1,234"), "Сумма: «1,234». В сумме больше двух знаков после запятой."),
        (short_line("1", "0" * 31, "1"), LONG),
        (short_line("1", "0012", "1", day="31-02-2026"), "Дата: «31-02-2026» не дата, нужно dd-mm-yyyy."),
        (short_line("7" * 101, "0012", "1"), f"Номер операции: «{'7' * 40}». Длиннее 100 знаков."),
        ("14-01-2026;12-00-09;9055\r\n", "В строке 3 поля, а нужно 12."),
        (short_line("1", "00\x0012", "1"), NUL),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_taken_says_why_and_the_next_is_read(line: str, reason: str) -> None:
    found = items(line + short_line("2", "0013", "1,00"), "sber_short")
    assert flaws(found) == [(1, reason)] and [one.operation for one in operations(found)] == ["2"]


def test_a_file_without_its_control_line_says_that_it_may_be_cut_off() -> None:
    found = items(SHORT[: SHORT.index("=2;")], "sber_short")
    assert len(operations(found)) == 2 and any(isinstance(one, Remark) and "обрезан" in one.told for one in found)


def test_a_control_line_with_fewer_figures_is_taken_for_what_it_says() -> None:
    assert control(items("=2;1985,33\n", "sber_short")) == Control(1, 2, 198533)
    assert flaws(items("=два;1\n", "sber_short")) == [(1, "Контрольная строка не читается.")]


def test_a_decimal_mark_of_the_layout_forbids_the_other() -> None:
    ours = parse_layout("наш", 'title = "x"\ndecimal = ","\nleast_fields = 2\n[fields]\naccount = 0\npaid = 1\n')
    (flaw,) = read(source("0012;1.50\n"), ours)
    assert isinstance(flaw, Flaw) and "Копейки отделяются знаком «,»" in flaw.reason


def test_accounts_are_filled_with_zeros_where_the_layout_says() -> None:
    ours = parse_layout("наш", 'title = "x"\naccount_digits = 8\nleast_fields = 2\n[fields]\naccount = 0\npaid = 1\n')
    assert [one.account for one in operations(list(read(source("12;1\n;2\n"), ours)))] == ["00000012", ""]


def test_lines_before_the_rows_may_be_skipped() -> None:
    ours = parse_layout("наш", 'title = "x"\nskip = 2\nleast_fields = 2\n[fields]\naccount = 0\npaid = 1\n')
    assert [one.line for one in operations(list(read(source("Реестр\n\n12;1\n"), ours)))] == [3]


def test_a_file_of_a_table_without_its_columns_is_not_recognised() -> None:
    assert names(source("Дата;Кто\n14.01.2026;Иванов\n")) == []
    assert "нет колонки «Лицевой счёт», «Сумма»" in flaws(items("Дата;Кто\n1;2\n", "csv_generic"))[0][1]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
def test_the_encoding_is_guessed_by_the_letters(encoding: str) -> None:
    assert guess(source("Сидорова Анна; ул. Лесная; №5", encoding=encoding), ("utf-8", "cp1251", "cp866")) == encoding


def test_an_encoding_may_be_named() -> None:
    found = items(source(SHORT, encoding="koi8-r"), "sber_short", "koi8-r")
    assert operations(found)[0].payer == "ИВАНОВ ИВАН ИВАНОВИЧ"
    with pytest.raises(PackageError, match="Незнакомая кодировка"):
        items(SHORT, "sber_short", "ebcdic")


def test_utf_16_is_refused_in_words() -> None:
    with pytest.raises(PackageError, match="UTF-16"):
        recognised(source(SHORT.encode("utf-16")), shipped())


class Endless(io.RawIOBase):
    """A right line, then 200 MB without an end of a line, then a right line: made as it is read."""

    def __init__(self) -> None:
        self.parts = chain([short_line("1", "0012", "1,00").encode("cp1251")], repeat(b"x" * (1 << 20), 200))
        self.last: bytes | None = b"\r\n" + short_line("2", "0013", "2,00").encode("cp1251")

    def read(self, size: int = -1) -> bytes:
        part = next(self.parts, None) if size else b""
        if part is None:
            part, self.last = self.last or b"", None
        return part


@pytest.mark.parametrize("layout", ["sber_short", "1c_client_bank", "csv_generic"])
def test_a_line_of_200_megabytes_is_a_flaw_and_fills_no_memory(layout: str) -> None:
    given = Source("", "x", 200 << 20, lambda: Endless())  # type: ignore[arg-type,return-value]
    tracemalloc.start()
    try:
        found = list(read(given, shipped()[layout], "cp1251"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20
    if layout == "sber_short":
        assert [one.operation for one in operations(found)] == ["1", "2"]
        assert flaws(found) == [(2, "Строка длиннее 1 МБ: похоже, в файле потерян конец строки.")]


FILES = [SHORT, KEYED, CFT, CSV, TULA, TAGIL, BAIKAL, STATEMENT.read_bytes().decode("cp1251")]


@st.composite
def mutated(draw: Any) -> bytes:
    """A file of a bank with pieces cut out, doubled, moved or overwritten."""
    data = bytearray(
        draw(st.sampled_from(FILES)).encode(draw(st.sampled_from(["cp1251", "cp866", "utf-8"])), "replace")
    )
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(0, 40))
        piece = bytes(data[place : place + length])
        match draw(st.integers(0, 3)):
            case 0:
                del data[place : place + length]
            case 1:
                data[place:place] = piece
            case 2:
                data[place : place + length] = draw(st.binary(max_size=20))
            case _:
                del data[place:]
    return bytes(data)


@settings(max_examples=300, deadline=None)
@given(data=mutated(), layout=st.sampled_from(sorted(shipped())))
def test_a_mutated_file_is_read_or_refused_and_never_a_fault(data: bytes, layout: str) -> None:
    given = source(data)
    try:
        found = list(read(given, shipped()[layout]))
        recognised(given, shipped())
    except PackageError:
        return
    for one in operations(found):
        assert isinstance(one.paid, int) and "\0" not in one.account and len(one.account) <= 30


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_whatever_stands_in_a_layout_is_read_or_named(text: str) -> None:
    for document in (text, f'title = "x"\n{text}', f'title = "x"\n[fields]\naccount = 1\npaid = 2\n{text}'):
        try:
            parse_layout("наш", document)
        except Exception as fault:  # noqa: BLE001 - the test is about which it is
            assert type(fault).__name__ == "LayoutError", fault


def test_layouts_of_nobodys_own_are_the_shipped_ones() -> None:
    assert layouts(None) == (dict(shipped()), [])
