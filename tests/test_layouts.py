"""Layouts of registries are data: what may stand in one, and that every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.layout import LayoutError, date_pattern, layouts, parse_layout, shipped

RIGHT = 'title = "Наш банк"\n[fields]\naccount = 1\npaid = -1\n'
WRONG = """
title = 5
encoding = ["cp1251", "utf-16"]
separator = ";;"
quotes = "да"
skip = -1
fields_exactly = 4
date = "dd-dd-yyyy"
decimal = ";"
names = ['EPS(', '(?P<bik>\\d+)']
unknown = 1

[fields]
account = "ЛС"
date = { anywhere = true }
time = { anywhere = true }
paid = 9
fee = true
money = 3

[keyed]
account = ""

[control]
sum = 1
"""


def problems(text: str) -> list[str]:
    with pytest.raises(LayoutError) as refused:
        parse_layout("наш", text)
    return refused.value.problems


def test_the_shipped_layouts_are_these() -> None:
    wanted = {"sber_eps", "sber_short", "sber_keyed", "cft", "csv_generic", "1c_client_bank"}
    assert wanted | {"tula", "tagil", "baikal"} == set(shipped())


def test_a_layout_needs_a_title_an_account_and_a_sum() -> None:
    found = parse_layout("наш", RIGHT + '[control]\nbegins = "#"\npaid = 0\n')
    assert (found.title, found.separators, found.source, found.fields["paid"].index) == (
        "Наш банк",
        (";",),
        "наш",
        -1,
    )
    assert problems("") == [
        "наш: title: нужно название раскладки",
        "наш: fields: нет поля «account»: без него платёж не прочесть",
        "наш: fields: нет поля «paid»: без него платёж не прочесть",
    ]


def test_every_mistake_is_named_at_once() -> None:
    told = "\n".join(problems(WRONG))
    for word in (
        "title: нужен текст", "encoding: «utf-16»", "separator: «;;»", "quotes: нужно true", "skip: нужно целое",
        "date: «dd-dd-yyyy»", "decimal: «;»", "names: образец «EPS(»", "names: группы «bik» нет",
        "ключа «unknown» нет",
        "«account»: нужен номер поля", "anywhere бывает только у date", "«paid» = 9, а полей в строке может быть 4",
        "«fee»: нужен номер поля", "fields: ключа «money» нет", "keyed: «account»: нужен ключ",
        "control: ключа «sum» нет", "control: begins: нужно начало", "control: нужно count или paid",
    ):  # fmt: skip
        assert word in told, word


def test_what_is_no_toml_says_where() -> None:
    assert "не читается как TOML" in problems("title = ")[0]


@pytest.mark.parametrize("given", ["fields = 1", "names = 5", "[fields]\naccount = [1]", "control = 3", "date = []"])
def test_values_of_another_kind_are_mistakes_not_faults(given: str) -> None:
    assert problems(f'title = "x"\n{given}\n')


def test_days_are_written_in_any_order_and_once() -> None:
    assert date_pattern("yyyy-mm-dd") and date_pattern("ddmmyy") and date_pattern("dd/mm/yyyy")
    assert not any(map(date_pattern, ("dd.mm", "dd.dd.yyyy", "", "ddmmyyyyy", "d.m.y")))


def test_a_layout_of_the_utilitys_own_wins_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "cft.toml").write_text(RIGHT, "utf-8")
    (tmp_path / "наш.toml").write_bytes(b"\xef\xbb\xbf" + RIGHT.encode())
    (tmp_path / "заметки.txt").write_text("не раскладка", "utf-8")
    found, wrong = layouts(tmp_path)
    assert wrong == [] and found["cft"].title == found["наш"].title == "Наш банк"
    assert "sber_eps" in found


def test_a_wrong_layout_leaves_the_others_standing(tmp_path: Path) -> None:
    (tmp_path / "наш.toml").write_text("title = 1", "utf-8")
    (tmp_path / "старый.toml").write_bytes("title = «ё»".encode("cp1251"))
    found, wrong = layouts(tmp_path)
    assert found.keys() == shipped().keys() and any("старый: файл не читается" in told for told in wrong)
    assert layouts(tmp_path / "нет")[1] == [
        f"Папка раскладок {tmp_path / 'нет'} не читается: No such file or directory."
    ]
