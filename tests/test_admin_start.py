"""First steps of a new portal: what is done by itself, what is passed over, when it is over; the sample loads."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from exchange.sample import sample
from models import Account, Audit, Bill, Payment, Reading, Resident, Supplier
from services import imports, start
from services.refusal import Refused
from tests import factories
from tests.factories import NOW, TODAY


@pytest.fixture
def boss(database: Flask) -> Resident:
    return factories.operator(role="administrator")


def states() -> dict[str, str]:
    return {stand.step.name: stand.state for stand in start.stands()}


def following() -> str:
    return next((stand.step.name for stand in start.stands() if stand.is_next), "")


def test_an_empty_portal_has_all_steps_ahead_and_begins_with_its_name(boss: Resident) -> None:
    assert list(states()) == ["name", "supplier", "requisites", "window", "mail", "bank", "import"]
    assert set(states().values()) == {"open"} and following() == "name" and not start.is_over()


def test_what_the_rows_show_is_done_without_being_said(boss: Resident) -> None:
    voda = factories.supplier()
    assert states()["supplier"] == "done" and states()["requisites"] == "open"
    factories.setting(voda, "reading_from_day", 15)
    assert states()["window"] == "done"
    account = factories.account(factories.payee())
    assert states()["import"] == "done" and states()["requisites"] == "open"
    account_of_bank = {"bank": "ПАО СБЕРБАНК", "bik": "044525225", "bank_account": "40702810138250123017"}
    Supplier.update(account_of_bank | {"corr_account": ""}).execute()
    assert states()["requisites"] == "done" and account.supplier_id != voda.id


def test_a_step_is_passed_over_taken_up_again_and_done(boss: Resident) -> None:
    start.turn("name", "skipped", boss, NOW)
    assert states()["name"] == "skipped" and following() == "supplier"
    start.turn("name", "open", boss, NOW)
    assert following() == "name"
    for _ in range(2):
        start.turn("name", "done", boss, NOW)
    assert states()["name"] == "done"
    assert [row.action for row in Audit.select()] == ["start-step"] * 3
    with pytest.raises(Refused):
        start.turn("nonsense", "done", boss, NOW)


def test_a_channel_that_answers_is_a_step_done_and_one_that_fails_is_not(boss: Resident) -> None:
    start.tried("mail", "mail", False, boss, NOW)
    assert states()["mail"] == "open"
    start.tried("mail", "mail", True, boss, NOW)
    start.tried("sms", "sms", True, boss, NOW)
    assert states()["mail"] == "done" and Audit.select().count() == 3


def test_it_is_over_when_nothing_is_ahead(boss: Resident) -> None:
    for step in start.STEPS:
        assert not start.is_over()
        start.turn(step.name, "skipped", boss, NOW)
    assert start.is_over() and following() == ""


def test_the_demo_asks_for_no_first_steps(database: Flask) -> None:
    start.finish(NOW)
    assert start.is_over() and set(states().values()) == {"done"}


def test_the_sample_loads_cleanly_and_again_changes_nothing(boss: Resident, tmp_path: Path) -> None:
    factories.supplier(code="VODA", name="Водоканал", phone="123")
    package = tmp_path / "sample.zip"
    package.write_bytes(sample("VODA", TODAY))
    options = imports.Options(False, True, None, None, tmp_path)
    for is_new in (True, False):
        report = imports.run_import([package], who="t", now=lambda: NOW, options=options, data_key="d" * 40)
        assert report.is_clean and report.state == "done", report.messages
        assert bool(sum(counts.new for counts in report.counts.values())) == is_new
    assert (Account.select().count(), Bill.select().count(), Payment.select().count()) == (2, 2, 1)
    assert Reading.select().count() == 4 and Supplier.get().phone == "123"
    assert sorted(bill.to_pay for bill in Bill.select()) == [16000, 20000]


def test_the_samples_sums_hold_together(database: Flask) -> None:
    with zipfile.ZipFile(BytesIO(sample("VODA", TODAY))) as packed:
        lines = packed.read("bills.csv").decode("utf-8-sig").splitlines()
        assert len(packed.namelist()) == 9
    for line in lines[1:]:
        opening, charged, again, paid, owed = (float(cell.replace(",", ".")) for cell in line.split(";")[5:10])
        assert opening + charged + again - paid == owed
    assert sample("VODA", TODAY) == sample("VODA", TODAY)
