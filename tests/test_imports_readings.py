"""Loading meters and readings: registers, answers to what residents sent, echoes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from models import Account, Meter, Reading, Register, Submission, db
from tests.billing import BILLS, METERS, NOW, PLAIN, load_tables, refused

pytestmark = pytest.mark.commits

READINGS = "Поставщик;Лицевой счёт;Номер счётчика;Шкала;Дата;Показание;Идентификатор;Статус;Причина;Счёт\n"


@pytest.fixture(autouse=True)
def connection(database: Flask) -> Iterator[None]:
    with db.connection_context():
        yield


def test_an_empty_scale_is_round_the_clock(tmp_path: Path) -> None:
    rows = "ENERGO;0010;111;;01.10.2026;5;;;;\nENERGO;0010;111;Круглосуточный;01.10.2026;5;;;;\n"
    report = load_tables(tmp_path, **PLAIN, meters=METERS, readings=READINGS + rows)
    assert [register.scale for register in Register.select().order_by(Register.id)] == [
        "Круглосуточный",
        "День",
        "Ночь",
    ]
    assert (report.counts["readings"].new, report.counts["readings"].same) == (1, 1)
    again = load_tables(tmp_path, meters=METERS.replace("6;\n", "6;Круглосуточный\n"))
    assert again.counts["meters"].same == 2


def test_scales_and_digits_of_a_known_meter_change(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS)
    report = load_tables(tmp_path, meters=METERS.replace("111;6;", "111;5;День,Ночь"))
    assert report.counts["meters"].changed == 1
    scales = {(r.meter.number, r.scale, r.digits) for r in Register.select()}
    assert scales == {("111", "День", 5), ("111", "Ночь", 5), ("222", "День", 6), ("222", "Ночь", 6)}
    partial = load_tables(
        tmp_path, meters=METERS.replace(";Шкалы", ";Модель").replace("6;\n", "6;М\n").replace("День,Ночь", "М")
    )
    assert (partial.counts["meters"].changed, Register.select().count()) == (2, 4)


def ours(value: int, taken_on: date, state: str = "exported") -> Reading:
    register = Register.select().join(Meter).where(Meter.number == "111").get()
    account = Account.get(Account.number == "0010")
    act = Submission.create(account=account, once=f"{value}{taken_on}", sent_at=NOW)
    reading: Reading = Reading.create(
        register=register, submission=act, value=value * 10**6, taken_on=taken_on, origin="resident", state=state
    )
    return reading


def test_an_echo_of_our_reading_a_day_off_is_ours(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS, bills=BILLS)
    reading = ours(50, date(2026, 10, 20), "accepted")
    echo = READINGS + "ENERGO;0010;111;;21.10.2026;50;;;;1\n"
    report = load_tables(tmp_path, readings=echo)
    stored = Reading.get()
    assert Reading.select().count() == 1 and report.counts["readings"].changed == 1
    assert (stored.id, stored.state, stored.bill.number, stored.taken_on) == (
        reading.id,
        "used",
        "1",
        date(2026, 10, 20),
    )
    assert load_tables(tmp_path, readings=echo).counts["readings"].same == 1


def test_another_value_or_two_days_off_is_the_billing_s_own(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS)
    ours(50, date(2026, 10, 20))
    rows = "ENERGO;0010;111;;22.10.2026;50;;;;\nENERGO;0010;111;;20.10.2026;51;;;;\n"
    assert load_tables(tmp_path, readings=READINGS + rows).counts["readings"].new == 2
    assert sorted(row.origin for row in Reading.select()) == ["billing", "billing", "resident"]


def test_one_reading_of_ours_answers_for_one_row(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS)
    ours(50, date(2026, 10, 20))
    rows = "ENERGO;0010;111;;21.10.2026;50;;;;\nENERGO;0010;111;;20.10.2026;50;;;;\n"
    report = load_tables(tmp_path, readings=READINGS + rows)
    assert report.counts["readings"].new == 1
    assert [row.taken_on for row in Reading.select().where(Reading.origin == "billing")] == [date(2026, 10, 21)]


def test_an_answer_by_identifier_wins_over_the_key(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS)
    reading = ours(50, date(2026, 10, 20))
    row = f"ENERGO;0010;111;;25.10.2026;49;{reading.id};отклонено;Меньше прошлого;\n"
    report = load_tables(tmp_path, readings=READINGS + row)
    stored = Reading.get()
    assert (stored.state, stored.reason, stored.value) == ("rejected", "Меньше прошлого", 50_000_000)
    assert (Reading.select().count(), report.counts["readings"].changed) == (1, 1)


def test_a_stranger_s_identifier_answers_nothing_of_ours(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS)
    reading = ours(50, date(2026, 10, 20))
    row = f"ENERGO;0020;222;День;25.10.2026;49;{reading.id};отклонено;;\n"
    load_tables(tmp_path, readings=READINGS + row)
    assert Reading.get_by_id(reading.id).state == "exported"
    assert Reading.select().where(Reading.origin == "billing").count() == 1


def test_a_billing_s_reading_moves_on_with_its_bill(tmp_path: Path) -> None:
    load_tables(
        tmp_path, **PLAIN, meters=METERS, bills=BILLS, readings=READINGS + "ENERGO;0010;111;;20.10.2026;50;;;;\n"
    )
    assert Reading.get().state == "accepted"
    report = load_tables(tmp_path, readings=READINGS + "ENERGO;0010;111;;20.10.2026;50;;принято;;1\n")
    assert (Reading.get().state, Reading.get().bill.number, report.counts["readings"].changed) == ("used", "1", 1)


def test_a_meter_with_readings_of_residents_is_not_withdrawn(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, meters=METERS)
    ours(50, date(2026, 10, 20))
    off = METERS.replace("Шкалы\n", "Шкалы;Удалить\n").replace("6;\n", "6;;да\n").replace("Ночь\n", "Ночь;\n")
    report = load_tables(tmp_path, meters=off)
    assert refused(report)[0][:3] == ("meters", 2, "Удалить") and "Снят" in refused(report)[0][3]
    assert Meter.select().count() == 2
