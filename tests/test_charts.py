"""Charts: what they show, that they hold nothing but plain SVG, and that figures on the axis are round."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.charts import KOPECK, READING, Bar, bars, columns, donut, key, percents, sectored

NAMES = ("ноя", "дек", "янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт")
THIS_YEAR = (271, 305, 318, 292, 276, 248, 221, 198, 205, 214, 231, 244)
LAST_YEAR = (288, 321, 330, 301, 281, 262, 240, 214, 197, 226, 249, 268)
YEAR = [Bar(name, now * READING, past * READING) for name, now, past in zip(NAMES, THIS_YEAR, LAST_YEAR, strict=True)]
FIGURES = st.one_of(st.none(), st.integers(min_value=-(10**15), max_value=10**15))


def shown(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def words(svg: str) -> list[str]:
    return [text.text or "" for text in shown(svg).iter("text")]


def heights(svg: str, mark: str) -> list[int]:
    """How high the bars of a class rise; below zero they hang."""
    paths = [path.get("d", "") for path in shown(svg).iter("path") if path.get("class") == mark]
    return [-int(rise) for path in paths for rise in re.findall(r"M[\d.]+ \d+v(-?\d+)h", path)]


def test_two_years_stand_side_by_side_over_a_round_axis():
    svg = bars(YEAR, "Расход по месяцам")
    assert words(svg) == ["100", "200", "300", "дек", "фев", "апр", "июн", "авг", "окт"]
    now, past = heights(svg, "now"), heights(svg, "past")
    assert (len(now), len(past)) == (12, 12)
    assert max(past) == 128
    assert sorted(range(12), key=lambda n: THIS_YEAR[n]) == sorted(range(12), key=lambda n: now[n])
    assert shown(svg).attrib == {
        "class": "chart",
        "viewBox": "0 0 336 170",
        "role": "img",
        "aria-label": "Расход по месяцам",
    }


def test_a_chart_tells_its_name_and_extent():
    svg = shown(bars(YEAR, "Расход по месяцам"))
    assert svg.findtext("title") == "Расход по месяцам"
    assert svg.findtext("desc") == "Наименьшее 197, наибольшее 330"


def test_month_without_a_figure_leaves_its_place_empty():
    svg = bars([Bar("авг", 5 * READING), Bar("сен", None), Bar("окт", 0)], "x")
    assert len(heights(svg, "now")) == 1
    assert heights(svg, "past") == []
    assert words(svg)[-3:] == ["авг", "сен", "окт"]


def test_least_figure_still_shows_as_a_line():
    assert heights(columns([("сен", 1), ("окт", 100_000_000)], "x"), "now")[0] == 1


def test_reversal_hangs_below_zero():
    first, second = heights(columns([("сен", -150000), ("окт", 300000)], "x"), "now")
    assert first < 0 < second
    assert words(columns([("сен", -900000), ("окт", 100)], "x"))[0] == "−5\xa0000"


@pytest.mark.parametrize("nothing", [[], [Bar("окт", None, None)]])
def test_nothing_to_draw_gives_nothing(nothing):
    assert bars(nothing, "x") == ""
    assert columns([], "x") == ""
    assert donut([], "x") == donut([0, -5], "x") == ""


def test_sums_on_the_axis_read_as_roubles():
    assert words(columns([("окт", 1250000 * KOPECK // 100)], "x"))[:2] == ["5\xa0000", "10\xa0000"]
    assert words(columns([("окт", 120)], "x"))[:2] == ["0,5", "1"]


def test_text_from_outside_cannot_become_mark_up():
    evil = '"><script>alert(1)</script>'
    for svg in (bars([Bar(evil, READING)], evil), columns([(evil, 5)], evil), donut([1, 2], evil)):
        assert "<script" not in svg
        assert shown(svg).get("aria-label") == evil
    assert words(bars([Bar(evil, READING)], "x"))[-1] == evil
    assert "<script" not in key(evil)


@given(st.lists(st.tuples(FIGURES, FIGURES), max_size=40))
def test_bars_stay_inside_the_picture(figures):
    svg = bars([Bar(NAMES[n % 12], now, past) for n, (now, past) in enumerate(figures)], "x")
    if not svg:
        return
    assert not re.search(r"style|script|href|NaN|e-", svg)
    for x, y, rise in re.findall(r"M([\d.]+) (\d+)v(-?\d+)h", svg):
        assert 0 <= float(x) <= 336
        assert 17 <= int(y) + int(rise) <= 147
    ticks = [float(text.get("y", "")) for text in shown(svg).iter("text") if text.get("text-anchor") == "end"]
    assert len(ticks) <= 6


@given(st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=12))
def test_axis_steps_are_equal_and_round(figures):
    svg = columns([(NAMES[n], figure) for n, figure in enumerate(figures)], "x", divisor=1)
    steps = [int(text.replace("\xa0", "")) for text in words(svg) if text.replace("\xa0", "").isdigit()]
    assert 1 <= len(steps) <= 4
    assert {high - low for low, high in pairwise([0, *steps])} == {steps[0]}
    assert str(steps[0]).rstrip("0") in {"1", "2", "5"}
    assert steps[-1] <= max(figures)


def arcs(svg: str) -> list[tuple[str, float, float]]:
    """Class, length and start of every arc, in percents of the ring."""
    return [
        (
            circle.get("class", ""),
            float(circle.get("stroke-dasharray", "").split()[0]),
            25 - float(circle.get("stroke-dashoffset", "")),
        )
        for circle in shown(svg).iter("circle")
        if circle.get("class") != "g"
    ]


def test_ring_shows_the_shares_in_their_order():
    svg = donut([125980, 113120, 87518, 27349, 12640, 3240], "Доли услуг")
    assert [mark for mark, _, _ in arcs(svg)] == ["s1", "s2", "s3", "s4", "s5", "s6"]
    assert [start for _, _, start in arcs(svg)] == pytest.approx([0, 34.1, 64.7, 88.3, 95.7, 99.1], abs=0.15)
    assert arcs(svg)[0][1] == pytest.approx(33.4)  # a slit of 0.6 before the next
    assert arcs(donut([7], "x")) == [("s1", 100.0, 0.0)]


def test_a_sector_bears_its_number_where_it_has_room():
    svg = donut([600, 300, 60, 40], "Доли услуг", ["Отопление", "Вода", "Лифт & двор", "Пени"])
    places = {text.text: (float(text.get("x", "")), float(text.get("y", ""))) for text in shown(svg).iter("text")}
    assert list(places) == ["1", "2", "3"]
    assert places["1"][1] > 21 > places["2"][0]  # the first is below on its way round, the second on the left
    assert all(3 <= coordinate <= 39 for place in places.values() for coordinate in place)


def test_a_screen_reader_is_told_the_shares():
    svg = donut([600, 300, 100], "Доли услуг", ["Отопление", "Вода", "Лифт & двор"])
    found = {part.tag: part.text for part in shown(svg) if part.tag in ("title", "desc")}
    assert found == {"title": "Доли услуг", "desc": "Отопление 60 %; Вода 30 %; Лифт & двор 10 %"}


def lightness(colour: str) -> float:
    """L* of a colour: what is left of it on a grey print."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * luminance ** (1 / 3) - 16


def test_no_two_shares_are_of_one_grey():
    sheet = (Path(__file__).parent.parent / "static" / "app.css").read_text()
    greys = [lightness(found) for found in re.findall(r"\.s\d \{ color: (#\w{6})", sheet)]
    assert len(greys) == 6
    assert all(lighter - darker > 9 for darker, lighter in pairwise(greys))


def test_what_is_beyond_the_sixth_share_is_drawn_in_it():
    assert sectored([9, 8, 7, 6, 5, 4, 3, -2]) == [9, 8, 7, 6, 5, 7]
    assert len(arcs(donut([9, 8, 7, 6, 5, 4, 3], "x"))) == 6


@given(st.lists(st.integers(min_value=-(10**9), max_value=10**12), max_size=20))
def test_percents_make_a_hundred(shares):
    found = percents(shares)
    assert len(found) == len(shares)
    assert sum(found) == (100 if any(share > 0 for share in shares) else 0)
    total = sum(max(share, 0) for share in shares)
    assert all(
        abs(part * total - max(share, 0) * 100) < total for part, share in zip(found, shares, strict=True) if total
    )


def test_percents_of_the_bill():
    assert percents([125980, 113120, 87518, 27349, 12640, 3240]) == [34, 31, 24, 7, 3, 1]


def test_legend_carries_the_class_it_explains():
    assert (
        key("past")
        == '<svg class="key" viewBox="0 0 8 8" aria-hidden="true"><path class="past" d="M0 0h8v8H0z"/></svg>'
    )
