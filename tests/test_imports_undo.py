"""Undoing a run: what it added goes, what it changed and removed is as it was, to the last column."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings

from exchange.town import write_town
from models import (  # fmt: skip
    Account,
    Audit,
    Bill,
    Charge,
    ImportAdded,
    ImportChange,
    ImportRun,
    Match,
    Order,
    Reading,
    Register,
    Review,
    Supplier,
    db,
)
from models.undoing import hanging
from services import imports, undo
from services.refusal import Refused
from services.secrets import activation
from tests import factories as make
from tests.billing import BILLS, CHARGES, KEY, METERS, NOW, PLAIN, content, load, load_tables, write
from tests.test_imports_faults import CHANGES, ROOT

pytestmark = pytest.mark.commits

HEAD = "Поставщик;Лицевой счёт;Номер счётчика;Дата;Показание"
READINGS = f"{HEAD}\nENERGO;0010;111;01.10.2026;100\nENERGO;0010;111;31.10.2026;150\n"
PAYMENTS = "Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\nENERGO;0010;p1;01.10.2026;5,00\n"
WHOLE = {**PLAIN, "bills": BILLS, "charges": CHARGES, "meters": METERS, "readings": READINGS, "payments": PAYMENTS}
OFF = {
    "bills": BILLS.replace("К оплате\n", "К оплате;Удалить\n").replace("100,00\n", "100,00;да\n"),
    "payments": PAYMENTS.replace("Сумма\n", "Сумма;Удалить\n").replace("5,00\n", "5,00;да\n"),
    "meters": METERS.replace("Шкалы\n", "Шкалы;Удалить\n").replace("6;\n", "6;;да\n").replace("Ночь\n", "Ночь;да\n"),
}


@pytest.fixture(autouse=True)
def connection(database: Flask) -> Iterator[None]:
    with db.connection_context():
        yield


def domain() -> dict[str, Sequence[Any]]:
    """All that people see: everything but the records of runs and acts."""
    return {name: rows for name, rows in content().items() if name not in ("Audit", "Resident", "Operator")}


def ask(run: int) -> ImportRun:
    row: ImportRun = ImportRun.get_by_id(run)
    undo.ask(row, make.operator(), NOW)
    return row


def undone(run: int) -> ImportRun:
    ask(run)
    undo.carry_out_asked(lambda: NOW)
    row: ImportRun = ImportRun.get_by_id(run)
    return row


def why_not(run: int) -> str:
    return undo.why_not(ImportRun.get_by_id(run))


def town(folder: Path, month: date, seed: int = 7) -> Path:
    folder.mkdir()
    write_town(folder, seed=seed, month=month, accounts=16, months=3)
    return folder


def test_the_first_load_of_a_town_leaves_nothing(tmp_path: Path) -> None:
    before = domain()
    run = load(town(tmp_path / "a", date(2026, 10, 1))).run
    assert Charge.select().exists() and domain() != before
    row = undone(run)
    assert domain() == before
    assert (row.undo, row.undone_at, row.state) == ("undone", NOW, "done") and "@" in row.undone_by


@pytest.mark.parametrize(("month", "seed"), [(date(2026, 11, 1), 7), (date(2026, 10, 1), 8), (date(2026, 12, 1), 9)])
def test_a_second_load_is_taken_back_to_the_first(tmp_path: Path, month: date, seed: int) -> None:
    load(town(tmp_path / "a", date(2026, 10, 1)))
    before = domain()
    report = load(town(tmp_path / "b", month, seed))
    assert domain() != before and sum(counts.new + counts.changed for counts in report.counts.values()) > 20
    assert undone(report.run).undo == "undone"
    assert domain() == before


def test_withdrawn_rows_come_back_with_their_ids_and_all_that_hung_on_them(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **WHOLE)
    own = make.reading(Register.get(), 150_000_000, date(2026, 11, 1), state="used", bill=Bill.get())
    Reading.update(state="used", bill=Bill.get()).where(Reading.value == 100_000_000).execute()
    Reading.update(origin="resident").where(Reading.id == own.id).execute()
    before = domain()
    report = load_tables(tmp_path / "b", **{name: OFF[name] for name in ("bills", "payments")})
    assert (Bill.select().count(), Charge.select().count(), Reading.get_by_id(own.id).state) == (0, 0, "exported")
    undone(report.run)
    assert domain() == before


def test_withdrawn_meters_and_scales_come_back_with_their_readings(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **WHOLE)
    before = domain()
    report = load_tables(tmp_path / "b", meters=OFF["meters"])
    assert report.counts["meters"].removed == 2 and not Reading.select().exists()
    undone(report.run)
    assert domain() == before
    report = load_tables(tmp_path / "c", meters=METERS.replace("День,Ночь", "").replace("6;", "7;"))
    assert report.counts["meters"].changed == 2 and domain() != before
    undone(report.run)
    assert domain() == before


def test_a_reading_whose_number_was_given_away_comes_back_under_another(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **WHOLE)
    report = load_tables(tmp_path / "b", meters=OFF["meters"].replace("Ночь;да", "Ночь;нет"))
    gone = [
        int(row.row)
        for row in ImportChange.select().where(ImportChange.part == "-reading").order_by(ImportChange.row)
    ]
    kept = Register.select().order_by(Register.id.desc()).first()
    values = {"register": kept, "value": 7, "taken_on": NOW.date(), "origin": "resident"}
    Reading.insert(id=gone[-1], **values).execute()
    assert len(gone) == 2 and undone(report.run).undo == "undone"
    assert {row.value for row in Reading.select()} == {7, 100_000_000, 150_000_000}
    assert Reading.get_by_id(gone[-1]).value == 7 and Reading.get_by_id(gone[0]).value in (100_000_000, 150_000_000)


def test_invitations_codes_and_addresses_are_as_they_were(tmp_path: Path) -> None:
    head = "Поставщик;Лицевой счёт;E-mail;Код активации\n"
    load_tables(tmp_path / "a", **PLAIN, residents=head + "ENERGO;0010;ana@example.org;A-7\n")
    before = domain()
    rows = "ENERGO;0010;anna@example.org;B-8\nENERGO;0020;boris@example.org;C-9\n"
    report = load_tables(tmp_path / "b", residents=head + rows)
    assert domain() != before
    undone(report.run)
    assert domain() == before
    assert Account.get(Account.number == "0010").activation_hash == activation(KEY, "A-7")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_whatever_a_second_load_changes_is_undone(
    changes: list[tuple[int, int, int, str]], packages: Path, tmp_path: Path
) -> None:
    tables = {path.stem: path.read_text("utf-8-sig") for path in sorted((packages / "manuals").glob("*.csv"))}
    with db.atomic() as transaction:
        load(write(tmp_path / "a", **tables))
        before = domain()
        for table, line, column, cell in changes:
            name = sorted(tables)[table]
            lines = list(csv.reader(io.StringIO(tables[name], newline=""), delimiter=";"))
            row = lines[1 + line % (len(lines) - 1)]
            row[column % len(row)] = cell
            out = io.StringIO(newline="")
            csv.writer(out, delimiter=";", lineterminator="\n").writerows(lines)
            tables[name] = out.getvalue()
        run = ImportRun.get_by_id(load(write(tmp_path / "b", **tables)).run)
        if run.undo:
            undone(run.id)
        assert domain() == before
        transaction.rollback()


def test_runs_are_undone_from_the_last_one_back(tmp_path: Path) -> None:
    before = domain()
    first = load_tables(tmp_path / "a", **PLAIN).run
    second = load_tables(tmp_path / "b", bills=BILLS).run
    assert why_not(first).endswith(f"сначала отмените загрузку № {second}.")
    with pytest.raises(Refused):
        ask(first)
    undone(second)
    undone(first)
    assert domain() == before
    undo.prune(NOW)
    assert not ImportAdded.select().exists() and not ImportChange.select().exists()


def test_a_run_of_another_supplier_does_not_stand_in_the_way(tmp_path: Path) -> None:
    first = load_tables(tmp_path / "a", **PLAIN).run
    before = domain()
    load_tables(tmp_path / "b", suppliers="Код;Наименование;ИНН\nVODA;МУП «Вода»;0001001215\n")
    assert why_not(first) == ""
    undone(first)
    assert [row.code for row in Supplier.select()] == ["VODA"] and len(before["Account"]) == 2


def test_a_run_that_wrote_nothing_offers_nothing(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **PLAIN)
    again, dry = load_tables(tmp_path / "a").run, load(write(tmp_path / "c", bills=BILLS), is_dry=True).run
    assert all("ничего не записала" in why_not(run) for run in (again, dry))
    assert (
        not ImportChange.select().exists()
        and not ImportAdded.select().where(ImportAdded.run.in_([again, dry])).exists()
    )


def test_what_people_did_with_new_rows_refuses_the_undoing(tmp_path: Path) -> None:
    run = load_tables(tmp_path / "a", **WHOLE).run
    anna = make.resident()
    make.link(anna, Account.get(Account.number == "0010"))
    make.reading(Register.get(), 160_000_000, NOW.date())
    before = domain()
    told = why_not(run)
    assert "привязки жителей (1)" in told and "показания (1)" in told and "исправленный пакет" in told
    with pytest.raises(Refused, match="уже работали"):
        ask(run)
    assert domain() == before and not Audit.select().where(Audit.action == "import.undo").exists()


def test_orders_of_the_bills_refuse_the_undoing(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **PLAIN)
    run = load_tables(tmp_path / "b", bills=BILLS).run
    order = make_order()
    assert "заказы на оплату (1)" in why_not(run)
    Order.update(bill=None).where(Order.id == order.id).execute()
    assert why_not(run) == "" and undone(run).undo == "undone" and not Bill.select().exists()


def make_order() -> Order:
    from models import Checkout

    supplier = Supplier.get()
    press = Checkout.create(once="o", created_at=NOW)
    made: Order = Order.create(
        checkout=press, number="1-1", supplier=supplier, state="created", amount=100, fee=0, method="card",
        gateway="testbank", created_at=NOW, expires_at=NOW, bill=Bill.get(),
    )  # fmt: skip
    return made


def test_a_reading_that_moved_on_since_refuses_the_undoing(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **WHOLE)
    own = make.reading(Register.get(), 170_000_000, date(2026, 11, 10), origin="resident")
    before = domain()
    answer = f"{HEAD};Идентификатор;Статус\nENERGO;0010;111;10.11.2026;170;{own.id};принято\n"
    run = load_tables(tmp_path / "b", readings=answer).run
    assert Reading.get_by_id(own.id).state == "exported" and why_not(run) == ""
    Reading.update(state="replaced").where(Reading.id == own.id).execute()
    assert "показания (1)" in why_not(run)
    Reading.update(state="exported").where(Reading.id == own.id).execute()
    undone(run)
    assert domain() == before


def test_what_comes_between_the_asking_and_the_worker_keeps_all_and_is_told(tmp_path: Path) -> None:
    run = load_tables(tmp_path / "a", **WHOLE).run
    ask(run)
    make.link(make.resident(), Account.get(Account.number == "0010"))
    before = domain()
    assert undo.carry_out_asked(lambda: NOW) == 0 and domain() == before
    row = ImportRun.get_by_id(run)
    assert row.undo == "kept" and "привязки жителей (1)" in row.undo_told and undo.is_offered(row)


def test_a_load_between_the_asking_and_the_worker_is_undone_first(tmp_path: Path) -> None:
    first = load_tables(tmp_path / "a", **PLAIN).run
    ask(first)
    second = load_tables(tmp_path / "b", bills=BILLS).run
    before = domain()
    assert undo.carry_out_asked(lambda: NOW) == 0 and domain() == before
    row = ImportRun.get_by_id(first)
    assert row.undo == "kept" and row.undo_told.endswith(f"сначала отмените загрузку № {second}.")


def test_of_two_clerks_one_asks(tmp_path: Path) -> None:
    run = load_tables(tmp_path / "a", **PLAIN).run
    stale = ImportRun.get_by_id(run)
    ask(run)
    with pytest.raises(Refused, match="уже отменяется"):
        undo.ask(stale, make.operator(), NOW)
    undo.carry_out_asked(lambda: NOW)
    with pytest.raises(Refused, match="уже отменена"):
        ask(run)
    assert [row.action for row in Audit.select().order_by(Audit.id)] == ["import.undo", "import.undone"]


def test_a_run_cut_off_half_way_is_undone_as_far_as_it_came(packages: Path) -> None:
    before = domain()

    def stop(title: str, done: int, total: int) -> None:
        if title == "Запись" and done > total // 2:
            raise KeyboardInterrupt

    options = imports.Options(rows_at_once=300)
    with pytest.raises(KeyboardInterrupt):
        imports.run_import(
            [packages / "town"], who="т", now=lambda: NOW, options=options, data_key=KEY, progress=stop
        )  # fmt: skip
    cut = ImportRun.get()
    assert (cut.state, cut.undo) == ("failed", "kept") and Bill.select().exists()
    whole = load(packages / "town").run
    undone(whole)
    assert 0 < Bill.select().count() < 300
    undone(cut.id)
    assert domain() == before


def test_only_the_last_three_runs_of_a_supplier_can_be_undone(tmp_path: Path) -> None:
    runs = [load_tables(tmp_path / "a", **PLAIN).run]
    runs += [load_tables(tmp_path / "b", bills=BILLS.replace("100,00", f"{n},00")).run for n in range(3)]
    states = [ImportRun.get_by_id(run).undo for run in runs]
    assert states == ["expired", "kept", "kept", "kept"]
    assert "трёх последних" in why_not(runs[0])
    assert not ImportAdded.select().where(ImportAdded.run == runs[0]).exists()


def test_a_journal_goes_after_62_days(tmp_path: Path) -> None:
    run = load_tables(tmp_path / "a", **PLAIN).run
    assert undo.prune(NOW + timedelta(days=61)) == 0 and why_not(run) == ""
    assert undo.prune(NOW + timedelta(days=63)) == 1 and "62 дней" in why_not(run)
    assert not ImportAdded.select().exists() and not ImportChange.select().exists()


def test_matches_with_payments_are_made_anew(tmp_path: Path) -> None:
    load_tables(tmp_path / "a", **WHOLE)
    report = load_tables(tmp_path / "b", payments=PAYMENTS.replace("5,00", "6,00"))
    assert undone(report.run).undo == "undone" and not Match.select().exists()


def test_each_hindrance_has_words() -> None:
    names = {str(table._meta.table_name) for table, _ in hanging()}
    assert names <= undo.PEOPLE.keys() and Review._meta.table_name in names


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from models import bind, db
from services import undo
bind(sys.argv[1])
with db.connection_context():
    run = db.obj.execute_sql
    def watched(sql, *rest, **named):
        if sql.startswith('DELETE FROM "account"'):
            os.kill(os.getpid(), signal.SIGKILL)
        return run(sql, *rest, **named)
    db.obj.execute_sql = watched
    undo.carry_out_asked(lambda: datetime(2026, 11, 20, 9, tzinfo=UTC))
"""


def test_killed_in_the_middle_nothing_is_undone_and_it_is_begun_again(tmp_path: Path, database_url: str) -> None:
    before = domain()
    run = load_tables(tmp_path / "a", **WHOLE).run
    ask(run)
    loaded = domain()
    done = subprocess.run([sys.executable, "-c", KILLED, database_url], cwd=ROOT, env=dict(os.environ), timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert domain() == loaded and ImportRun.get().undo == "asked"
    assert undo.carry_out_asked(lambda: NOW) == 1
    assert domain() == before and ImportRun.get().undo == "undone"
