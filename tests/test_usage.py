"""What meters counted by month and scale: replaced ones, roll-overs, gaps, several of a service; rules alone."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from models.history import Told
from services.consumption import shifted
from services.dial import MICRO
from services.usage import Month, Usage, by_scale, since, step

LAST = date(2026, 10, 1)


def told(register: int, on: date, value: int, scale: str = "Круглосуточный", **facts: object) -> Told:
    given_ = {
        "register": register, "service": 1, "name": "Электроэнергия", "unit": "кВт*ч", "scale": scale, "digits": 5,
        "ratio": 1, "on": on, "value": value * MICRO, "has_rolled": False, **facts,
    }  # fmt: skip
    return Told(**given_)  # type: ignore[arg-type]


def month_of(usage: Usage, year: int, month: int) -> Month:
    return next(one for one in usage.months if one.period == date(year, month, 1))


def whole(*rows: Told) -> dict[str, int | None]:
    """Units by month, from a single scale."""
    [usage] = by_scale(rows, LAST)
    return {f"{one.period:%m.%y}": None if one.now is None else one.now // MICRO for one in usage.months if one.now}


def test_a_month_is_that_of_the_readings_day() -> None:
    assert whole(
        told(1, date(2026, 8, 20), 100), told(1, date(2026, 9, 21), 250), told(1, date(2026, 10, 19), 270)
    ) == {"09.26": 150, "10.26": 20}


def test_the_year_before_stands_beside() -> None:
    rows = [told(1, shifted(date(2024, 9, 1), n).replace(day=20), 100 * n) for n in range(26)]
    [usage] = by_scale(rows, LAST)
    assert [one.period for one in usage.months] == [shifted(date(2025, 11, 1), n) for n in range(12)]
    assert {(one.now, one.past) for one in usage.months} == {(100 * MICRO, 100 * MICRO)}
    assert since(LAST) == date(2024, 7, 1)


def test_months_without_readings_share_evenly_and_are_marked() -> None:
    [usage] = by_scale([told(1, date(2026, 6, 20), 0), told(1, date(2026, 9, 20), 100)], LAST)
    shares = [month_of(usage, 2026, n) for n in (7, 8, 9)]
    assert [one.now for one in shares] == [33_333_333, 33_333_333, 33_333_334]
    assert all(one.is_now_shared and not one.is_past_shared for one in shares)
    assert month_of(usage, 2026, 10).now is None and month_of(usage, 2026, 6).now is None


def test_two_readings_of_a_month_count_together() -> None:
    assert whole(told(1, date(2026, 8, 31), 0), told(1, date(2026, 9, 5), 10), told(1, date(2026, 9, 30), 50)) == {
        "09.26": 50
    }


def test_a_replaced_meter_goes_on_in_its_successor() -> None:
    """The old one's last month and the new one's first are of one month; 9 000 → 5 is no consumption."""
    assert whole(
        told(1, date(2026, 7, 20), 8900), told(1, date(2026, 8, 20), 9000), told(1, date(2026, 9, 10), 9040),
        told(2, date(2026, 9, 10), 5), told(2, date(2026, 9, 25), 35), told(2, date(2026, 10, 20), 100),
    ) == {"08.26": 100, "09.26": 70, "10.26": 65}  # fmt: skip


def test_meters_of_one_service_count_together_and_scales_apart() -> None:
    usages = by_scale(
        [
            told(1, date(2026, 9, 20), 0, "День"), told(1, date(2026, 10, 20), 100, "День"),
            told(2, date(2026, 9, 20), 0, "Ночь"), told(2, date(2026, 10, 20), 30, "Ночь"),
            told(3, date(2026, 9, 20), 500, "День"), told(3, date(2026, 10, 20), 511, "День"),
        ],
        LAST,
    )  # fmt: skip
    assert [(usage.title, month_of(usage, 2026, 10).now) for usage in usages] == [
        ("Электроэнергия, день", 111 * MICRO), ("Электроэнергия, ночь", 30 * MICRO),
    ]  # fmt: skip


def test_a_register_that_ran_through_zero_counts_on() -> None:
    assert whole(told(1, date(2026, 9, 20), 99_950), told(1, date(2026, 10, 20), 40)) == {"10.26": 90}


def test_a_resident_who_said_so_is_believed() -> None:
    assert (
        step(told(1, date(2026, 9, 20), 60_000), told(1, date(2026, 10, 20), 10, has_rolled=True)) == 40_010 * MICRO
    )


def test_a_reading_corrected_downwards_is_not_consumption() -> None:
    assert step(told(1, date(2026, 9, 20), 500), told(1, date(2026, 10, 20), 400)) is None
    assert by_scale([told(1, date(2026, 9, 20), 500), told(1, date(2026, 10, 20), 400)], LAST) == []


def test_a_meter_over_transformers_is_multiplied() -> None:
    assert whole(told(1, date(2026, 9, 20), 0, ratio=40), told(1, date(2026, 10, 20), 3, ratio=40)) == {"10.26": 120}


def test_nothing_used_is_a_figure_and_nothing_told_is_none() -> None:
    [usage] = by_scale([told(1, date(2026, 9, 20), 7), told(1, date(2026, 10, 20), 7)], LAST)
    assert (month_of(usage, 2026, 10).now, month_of(usage, 2026, 9).now) == (0, None)
    assert by_scale([], LAST) == [] == by_scale([told(1, date(2026, 10, 20), 7)], LAST)


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 99_999)), min_size=2, max_size=30))
def test_months_come_to_what_the_meter_counted(rows: list[tuple[int, int]]) -> None:
    days = sorted({day for day, _ in rows})
    values = sorted(value for _, value in rows)[: len(days)]
    readings = [
        told(1, date.fromordinal(date(2024, 12, 1).toordinal() + day), value)
        for day, value in zip(days, values, strict=True)
    ]
    usages = by_scale(readings, date(2026, 11, 1))
    counted = sum((one.now or 0) + (one.past or 0) for usage in usages for one in usage.months)
    assert not usages or counted == (values[-1] - values[0]) * MICRO
