"""The checks of a reading, with literal numbers: formats, roll-over, unusual and zero consumption, swapped scales."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.dial import MICRO, Dial, Past, months_since, season, usual
from services.reading_rules import Checked, Unreadable, check, parse
from services.reading_words import compared, usually

ON = date(2026, 10, 20)


def dial(register: int = 1, base: str | None = "15737", **facts: object) -> Dial:
    given_facts = {"meter": 1, "name": "Круглосуточный", "unit": "кВт*ч", "digits": 6, **facts}
    past = None if base is None else Past(micro(base), ON)
    return Dial(register=register, base=past, **given_facts)  # type: ignore[arg-type]


def micro(text: str) -> int:
    return int(Decimal(text) * MICRO)


def one(text: str, of: Dial, rolled: bool = False) -> Checked:
    return check([of], {of.register: text}, {of.register} if rolled else set())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15892", "15892"),
        ("015892", "15892"),
        (" 015 892 ", "15892"),
        ("15\N{NO-BREAK SPACE}892", "15892"),
        ("15\N{NARROW NO-BREAK SPACE}892", "15892"),
        ("0", "0"),
        ("999999", "999999"),
    ],
)
def test_typed_text_is_read_as_it_is_meant(text: str, value: str) -> None:
    assert parse(text, dial()) == micro(value)


@pytest.mark.parametrize("text", ["416,105", "416.105", "416,1", "00 416,105"])
def test_a_comma_and_a_point_both_part_the_decimals(text: str) -> None:
    value = parse(text, dial(decimals=3, digits=5))
    assert value == micro(text.replace(" ", "").replace(",", "."))


@pytest.mark.parametrize(
    "text",
    ["1e9", "0x10", "12a", "1,2,3", "1.234.567", ",5", "5,", "٣٤", "１５", "⁵", "½", "1_000", "=1+1", "x" * 50],
)
def test_what_is_no_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Unreadable, match="цифрами, например 015737"):
        parse(text, dial())


@pytest.mark.parametrize("text", ["-5", "+5", "−5", "--"])  # noqa: RUF001
def test_a_sign_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="без знаков"):
        parse(text, dial())


def test_more_digits_than_the_meter_has_are_refused_with_both_numbers() -> None:
    with pytest.raises(Unreadable, match=r"у счётчика 6\s+цифр до запятой, а введено 7"):
        parse("1000000", dial())


@pytest.mark.parametrize(("decimals", "text"), [(0, "15892,0"), (3, "416,1055")])
def test_decimals_that_the_meter_does_not_show_are_refused(decimals: int, text: str) -> None:
    with pytest.raises(Unreadable, match=r"после запятой|После запятой"):
        parse(text, dial(decimals=decimals))


def test_an_ordinary_reading_passes_at_once() -> None:
    checked = one("15892", dial(usual=micro("148")))
    assert (checked.mistakes, checked.questions, checked.doubts) == ((), (), ())
    assert checked.entries[0].used == micro("155")


def test_below_the_previous_is_a_mistake_that_names_both_numbers() -> None:
    mistake = one("15700", dial()).mistakes[0]
    assert "было 015\N{NO-BREAK SPACE}737 от 20.10.2026" in mistake.sentence
    assert "введено 015\N{NO-BREAK SPACE}700" in mistake.sentence


@pytest.mark.parametrize(
    ("digits", "decimals", "base", "text", "used"),
    [(5, 0, "99987", "12", "25"), (4, 3, "9998.500", "3,250", "4.750")],
)
def test_a_plausible_roll_over_is_asked_and_then_counted(
    digits: int, decimals: int, base: str, text: str, used: str
) -> None:
    of = dial(base=base, digits=digits, decimals=decimals)
    asked = one(text, of)
    assert [finding.kind for finding in asked.questions] == ["rolled"]
    confirmed = one(text, of, rolled=True)
    assert (confirmed.questions, confirmed.mistakes) == ((), ())
    assert confirmed.entries[0].used == micro(used)
    assert confirmed.kinds(1) == "rolled"


def test_a_roll_over_from_the_middle_of_the_range_is_not_offered() -> None:
    checked = one("12", dial(base="50000", digits=5), rolled=True)
    assert [finding.kind for finding in checked.mistakes] == ["below"]


def test_a_roll_over_beyond_the_plausible_is_not_offered() -> None:
    checked = one("9000", dial(base="95000", digits=5, limit=3000), rolled=True)
    assert [finding.kind for finding in checked.mistakes] == ["below"]


def test_a_tick_of_roll_over_means_nothing_on_a_greater_reading() -> None:
    checked = one("15892", dial(), rolled=True)
    assert (checked.entries[0].has_rolled, checked.kinds(1)) == (False, "")


def test_four_times_the_usual_is_doubted_with_both_numbers() -> None:
    doubt = one("16410", dial(usual=micro("98"))).doubts[0]
    assert doubt.kind == "unusual"
    assert "Расход в 6\N{NO-BREAK SPACE}раз больше обычного: 673\N{NO-BREAK SPACE}кВт*ч" in doubt.sentence
    assert "обычно около 98\N{NO-BREAK SPACE}кВт*ч" in doubt.sentence
    assert "там правда 016\N{NO-BREAK SPACE}410?" in doubt.sentence


def test_four_times_exactly_is_not_doubted() -> None:
    assert one("16129", dial(usual=micro("98"))).doubts == ()


def test_the_absolute_limit_is_doubted_where_no_average_is_known() -> None:
    assert [finding.kind for finding in one("18738", dial(limit=3000)).doubts] == ["unusual"]
    assert one("18737", dial(limit=3000)).doubts == ()
    assert one("21737", dial(limit=3000, months=2)).doubts == ()


def test_no_consumption_is_doubted_with_both_numbers() -> None:
    doubt = one("15737", dial()).doubts[0]
    assert doubt.kind == "zero"
    assert doubt.sentence.count("015\N{NO-BREAK SPACE}737") == 2


def test_the_first_reading_of_a_meter_has_nothing_to_be_compared_with() -> None:
    checked = one("0", dial(base=None, limit=10))
    assert (checked.mistakes, checked.doubts, checked.entries[0].used) == ((), (), None)


def test_all_scales_of_a_meter_go_together() -> None:
    day, night = dial(1, name="День"), dial(2, name="Ночь", base="6018")
    mistakes = check([day, night], {1: "15892"}, set()).mistakes
    assert [(mistake.register, mistake.kind) for mistake in mistakes] == [(2, "missing")]
    assert "«Ночь»" in mistakes[0].sentence


def test_another_meter_may_be_left_for_later() -> None:
    checked = check([dial(1), dial(2, meter=2)], {1: "15892", 2: " "}, set())
    assert [entry.register for entry in checked.entries] == [1]
    assert checked.mistakes == ()


def test_an_empty_form_is_a_mistake_of_the_whole() -> None:
    assert [(finding.register, finding.kind) for finding in check([dial()], {}, set()).mistakes] == [(0, "empty")]


def test_scales_in_each_other_s_place_are_noticed() -> None:
    day = dial(1, name="День", usual=micro("148"))
    night = dial(2, name="Ночь", base="6018", usual=micro("98"))
    checked = check([day, night], {1: "6110", 2: "15892"}, set())
    assert [finding.kind for finding in checked.doubts] == ["swapped"]
    assert "«День» и «Ночь» перепутаны местами" in checked.doubts[0].sentence
    assert [finding.kind for finding in checked.mistakes] == ["below"]
    assert "Похоже, шкалы перепутаны местами" in checked.mistakes[0].sentence
    assert "сообщите поставщику" not in checked.mistakes[0].sentence


def test_scales_of_two_meters_are_not_compared() -> None:
    one_meter, other = dial(1, usual=micro("148")), dial(2, meter=2, base="6018", usual=micro("98"))
    checked = check([one_meter, other], {1: "6110", 2: "15892"}, set())
    assert "swapped" not in {finding.kind for finding in checked.doubts}


def test_other_values_or_other_doubts_make_another_signature() -> None:
    of = dial(usual=micro("98"))
    assert one("16410", of).signature == one("016 410", of).signature
    assert one("16410", of).signature != one("16411", of).signature


def test_the_ratio_multiplies_what_is_shown() -> None:
    doubt = one("150", dial(base="100", ratio=20, usual=micro("5"))).doubts[0]
    assert "1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}кВт*ч" in doubt.sentence


def test_the_usual_is_the_average_of_a_year_for_the_days_that_have_passed() -> None:
    history = [Past(micro(str(1000 + 100 * n)), date(2026, n + 1, 1)) for n in range(10)]
    assert usual(history, 6, date(2026, 10, 1), date(2026, 10, 31)) == micro("900") * 30 // 273


def test_a_short_history_says_nothing_of_the_usual() -> None:
    history = [Past(0, date(2026, 8, 1)), Past(micro("100"), date(2026, 10, 1))]
    assert usual(history, 6, date(2026, 10, 1), date(2026, 11, 1)) is None


def test_a_step_down_is_left_out_of_the_average_and_a_roll_over_is_counted() -> None:
    days = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)]
    down = [Past(micro(value), on) for value, on in zip(("99900", "10", "100", "190"), days, strict=True)]
    assert usual(down, 5, days[-1], date(2026, 10, 31)) == micro("180") * 30 // 183
    rolled = [down[0], Past(micro("10"), days[1], has_rolled=True), *down[2:]]
    assert usual(rolled, 5, days[-1], date(2026, 10, 31)) == micro("290") * 30 // 273


def test_months_are_counted_as_they_begin() -> None:
    assert [months_since(ON, day) for day in (ON, date(2026, 11, 19), date(2026, 11, 20), date(2026, 12, 25))] == [
        1, 1, 2, 3,
    ]  # fmt: skip


digits_of_any_kind = st.one_of(
    st.text(max_size=30),
    st.text("0123456789 .,-+eE\N{NO-BREAK SPACE}\N{ARABIC-INDIC DIGIT THREE}\N{SUPERSCRIPT TWO}１", max_size=14),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
)


@settings(max_examples=400, deadline=None)
@given(digits_of_any_kind, st.integers(1, 9), st.integers(0, 6))
@example("1" * 5000, 6, 3)
def test_whatever_is_typed_is_read_exactly_or_refused(text: str, digits: int, decimals: int) -> None:
    of = dial(base=None, digits=digits, decimals=decimals)
    try:
        value = parse(text, of)
    except Unreadable as fault:
        assert str(fault).endswith((".", "?"))
        return
    plain = "".join(text.replace("\u200b", "").replace("\ufeff", "").split()).replace(",", ".")
    assert Decimal(value) == Decimal(plain) * MICRO
    assert 0 <= value < 10**digits * MICRO
    assert value % 10 ** (6 - decimals) == 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 99_999), st.integers(0, 99_999), st.booleans(), st.none() | st.integers(1, 500))
def test_what_passes_is_never_negative(base: int, value: int, rolled: bool, average: int | None) -> None:
    of = dial(base=str(base), digits=5, usual=average and average * MICRO)
    checked = one(str(value), of, rolled)
    if not checked.mistakes and not checked.questions:
        assert checked.entries[0].used is not None
        assert checked.entries[0].used >= 0
        assert checked.entries[0].has_rolled == (value < base)


def months(values: list[int], first: date = date(2025, 9, 20)) -> list[Past]:
    """Readings of the 20th, month after month."""
    days = [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 20) for n in range(len(values))
    ]
    return [Past(micro(str(value)), on) for value, on in zip(values, days, strict=True)]


HEATED = [
    0,
    200,
    1000,
    2200,
    3400,
    4400,
    5200,
    5500,
    5600,
    5700,
    5800,
    5900,
    6000,
    6200,
]  # by electricity, from October


def test_the_season_is_what_was_used_a_year_ago_in_the_same_days() -> None:
    history = months(HEATED)  # 20.09.2025 … 20.10.2026
    assert season(history, date(2026, 10, 20), date(2026, 11, 20), 6) == micro("800")
    assert season(history, date(2026, 10, 20), date(2026, 10, 25), 6) == micro("800") * 30 // 31  # a month at least
    assert season(history, date(2026, 7, 20), date(2026, 10, 20), 6) is None  # a year before the first reading


def test_days_between_two_readings_share_what_lies_between_them() -> None:
    history = [
        Past(0, date(2025, 10, 10)),
        Past(micro("310"), date(2025, 11, 10)),
        Past(micro("910"), date(2025, 12, 10)),
    ]
    assert season(history, date(2026, 10, 20), date(2026, 11, 20), 6) == micro("210") + micro("200")


def test_readings_far_apart_and_steps_down_have_no_season() -> None:
    far = [Past(0, date(2025, 9, 1)), Past(micro("500"), date(2025, 12, 31))]
    assert season(far, date(2026, 10, 20), date(2026, 11, 20), 6) is None
    replaced = [Past(micro("500"), date(2025, 10, 20)), Past(0, date(2025, 11, 20))]
    assert season(replaced, date(2026, 10, 20), date(2026, 11, 20), 6) is None
    rolled = [Past(micro("99990"), date(2025, 10, 20)), Past(micro("10"), date(2025, 11, 20), has_rolled=True)]
    assert season(rolled, date(2026, 10, 20), date(2026, 11, 20), 5) == micro("20")


def test_a_cold_month_after_warm_ones_is_no_mistake() -> None:
    of = dial(usual=micro("200"), season=micro("800"))
    assert one("16737", of).doubts == ()  # 1000: five times the average, and usual for November


def test_beyond_the_season_is_doubted_with_both_numbers() -> None:
    doubt = one("17237", dial(usual=micro("475"), season=micro("100"))).doubts[0]
    assert doubt.kind == "unusual"
    assert "в 15\N{NO-BREAK SPACE}раз больше, чем год назад в эти же дни: 1\N{NO-BREAK SPACE}500" in doubt.sentence
    assert "а тогда было около 100\N{NO-BREAK SPACE}кВт*ч" in doubt.sentence
    assert "в среднем за год около 475\N{NO-BREAK SPACE}кВт*ч" in doubt.sentence


def test_a_flat_that_stood_empty_a_year_ago_is_judged_by_the_last_months_too() -> None:
    of = dial(usual=micro("150"), season=0)
    assert one("15887", of).doubts == ()
    assert "а тогда расхода не было" in one("16237", of).doubts[0].sentence


def test_the_quiet_line_names_the_usual_and_the_season() -> None:
    of = dial(usual=micro("98"), season=micro("120"))
    assert usually(of) == "Обычно около 98\N{NO-BREAK SPACE}кВт*ч за это время, год назад 120\N{NO-BREAK SPACE}кВт*ч"
    assert compared(of, micro("155")).startswith("Расход 155\N{NO-BREAK SPACE}кВт*ч, обычно около 98")


def test_how_near_the_end_a_roll_over_begins_is_a_setting() -> None:
    at_80 = dial(base="80500", digits=5, usual=micro("6000"))
    assert one("12", at_80).mistakes[0].kind == "below"
    assert one("12", replace(at_80, near_end=80)).questions[0].kind == "rolled"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=15, max_size=15), st.integers(1, 40))
def test_the_season_of_monthly_readings_is_never_more_than_was_used_around_it(steps: list[int], after: int) -> None:
    values = [sum(steps[: place + 1]) for place in range(len(steps))]
    history = months(values)
    base_on = history[-2].on
    found = season(history, base_on, base_on + timedelta(days=after), 9)
    assert found is not None
    assert 0 <= found <= micro(str(sum(steps[1:4])))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 5000), st.none() | st.integers(0, 2000), st.none() | st.integers(1, 2000), st.integers(2, 9))
def test_no_reading_within_the_factor_of_both_is_doubted(
    used: int, of_season: int | None, average: int | None, factor: int
) -> None:
    of = dial(
        season=None if of_season is None else of_season * MICRO, usual=average and average * MICRO, factor=factor
    )
    kinds = {finding.kind for finding in one(str(15737 + used), of).doubts}
    known = [value for value in (of_season, average) if value is not None]
    if known and used and used * 2 <= min(known) * factor:
        assert kinds == set()
    if known and used > max(known) * factor:
        assert kinds == {"unusual"}
    assert one(str(15737 + used), of).mistakes == ()


# Meter arithmetic of formats.md §7: (digits, decimals, base, typed, ratio, used).
VECTORS = [
    (5, 0, "99987", "12", 1, "25"),
    (4, 3, "9998.500", "3.250", 1, "4.750"),
    (5, 0, "100", "150", 20, "1000"),
]


@pytest.mark.parametrize(("digits", "decimals", "base", "text", "ratio", "used"), VECTORS)
def test_the_vectors_of_meter_arithmetic(
    digits: int, decimals: int, base: str, text: str, ratio: int, used: str
) -> None:
    of = dial(base=base, digits=digits, decimals=decimals, ratio=ratio)
    entry = one(text, of, rolled=True).entries[0]
    assert entry.used is not None
    assert entry.used * ratio == micro(used)


@pytest.mark.parametrize(("text", "is_read"), [("99999", True), ("100000", False), ("0", True), ("-1", False)])
def test_digits_are_those_before_the_comma(text: str, is_read: bool) -> None:
    of = dial(base=None, digits=5, decimals=3)
    assert (one(text, of).mistakes == ()) == is_read
    assert (one(text + ",125", of).mistakes == ()) == is_read


def test_the_absolute_limit_is_named_with_the_reading() -> None:
    doubt = one("21938", dial(limit=3000, months=2)).doubts
    assert "6\N{NO-BREAK SPACE}201\N{NO-BREAK SPACE}кВт*ч" in doubt[0].sentence
    assert "редко уходит больше 6\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}кВт*ч" in doubt[0].sentence


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=3, max_size=3, unique=True),
    st.lists(st.integers(1, 300), min_size=3, max_size=3),
    st.permutations([0, 1, 2]),
)
def test_two_zones_in_each_others_place_are_asked_about_and_right_ones_are_not(
    tens: list[int], used: list[int], order: list[int]
) -> None:
    """Пик, полупик and ночь stand thousands apart: what was typed for another zone makes no sense in its place."""
    zones = ("Пик", "Полупик", "Ночь")
    bases = [10_000 * ten for ten in tens]
    dials = [
        dial(place, str(base), name=zone, usual=micro("200"), limit=3000)
        for place, (zone, base) in enumerate(zip(zones, bases, strict=True), start=1)
    ]
    right = [base + more for base, more in zip(bases, used, strict=True)]
    checked = check(dials, {place: str(right[order[place - 1]]) for place in (1, 2, 3)}, set())
    moved = sum(place != there for place, there in enumerate(order))
    assert ("swapped" in {finding.kind for finding in checked.doubts}) == (moved == 2)
    assert (checked.mistakes == () and checked.doubts == ()) == (moved == 0)
    for finding in checked.doubts:
        if finding.kind == "swapped":
            assert finding.sentence.count("«") == 4
