"""Readings out: numbered batches, nothing twice, the same bytes again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from models import Account, ExportBatch, Reading, Submission, Supplier, db
from models.exported import OutLine
from services.exports import HEADINGS, NothingToExport, Overtaken, batch_of, consumption, export_readings
from services.exports_numbers import shown
from services.refusal import Refused
from tests import factories
from tests.billing import load, write

pytestmark = pytest.mark.commits

NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Omsk")
SINCE = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def connection(database: Flask) -> Iterator[None]:
    with db.connection_context():
        yield


def sent(value: int, on: date = date(2026, 11, 20), of: Supplier | None = None, **facts: object) -> Reading:
    """A reading of a resident that waits for export, of a meter of its own."""
    account: Account = factories.account(of, number=f"00{Account.select().count() + 1}")
    meter = factories.meter(account, factories.service(account.supplier, code=f"EE{account.id}"), number="=1+1")
    act = Submission.create(account=account, once="o", sent_at=NOW)
    return factories.reading(
        meter.registers.get(), value, on, **{"origin": "resident", "submission": act, "before": 40 * 10**6, **facts}
    )


def export(**asked: object) -> ExportBatch:
    return export_readings(**{"since": SINCE, "supplier": None, "now": NOW, "who": "т", "zone": ZONE, **asked})  # type: ignore[arg-type]


def lines(batch: ExportBatch, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(bytes(batch.content).decode(encoding), newline=""), delimiter=";"))


def test_a_line_says_all_that_the_billing_needs() -> None:
    reading = sent(50, doubts="unusual,rolled")
    (line,) = lines(export())
    assert list(line) == list(HEADINGS)
    account = reading.register.meter.account
    assert line == {
        "Поставщик": account.supplier.code, "Лицевой счёт": account.number, "ЕЛС": "", "Услуга": f"EE{account.id}",
        "Номер счётчика": "'=1+1", "Шкала": "Круглосуточный", "Показание": "50", "Предыдущее показание": "40",
        "Расход": "10", "Дата показания": "20.11.2026", "Передано": "21.11.2026 03:30", "Источник": "житель",
        "Отметка": "необычный расход, переход через ноль", "Идентификатор": str(reading.id),
    }  # fmt: skip


def test_what_went_out_is_marked_and_does_not_go_twice() -> None:
    first = sent(50)
    batch = export()
    stored = Reading.get_by_id(first.id)
    assert (batch.number, batch.rows, stored.state, stored.batch) == (1, 1, "exported", batch)
    with pytest.raises(NothingToExport):
        export()
    second = sent(60)
    assert [line["Идентификатор"] for line in lines(export())] == [str(second.id)]
    assert ExportBatch.select().count() == 2


def test_again_gives_the_earlier_ones_too_and_keeps_their_batch() -> None:
    first = sent(50)
    export()
    second = sent(60)
    batch = export(again=True)
    assert {line["Идентификатор"] for line in lines(batch)} == {str(first.id), str(second.id)}
    assert Reading.get_by_id(first.id).batch.number == 1


def test_a_batch_comes_again_byte_for_byte() -> None:
    reading = sent(50)
    batch = export()
    Account.update(els="80АА000001").execute()
    Reading.update(state="used").where(Reading.id == reading.id).execute()
    assert bytes(batch_of("readings", 1).content) == bytes(batch.content)
    with pytest.raises(Refused, match="№ 9 нет"):
        batch_of("readings", 9)


def test_the_list_of_batches_does_not_read_their_files() -> None:
    sent(50)
    export()
    (listed,) = ExportBatch.latest(20, None)
    assert (listed.number, listed.rows, listed.file_name) == (1, 1, "readings-0001.csv")
    assert "content" not in listed.__data__ and len(listed.sha256) == 64


def test_only_waiting_readings_of_the_supplier_since_the_day_go_out() -> None:
    mine = factories.supplier(code="VODA")
    wanted = sent(50, of=mine)
    sent(50)
    sent(50, on=date(2026, 10, 31), of=mine)
    for state in ("replaced", "withdrawn", "rejected", "used"):
        sent(50, of=mine, state=state)
    sent(50, of=mine, origin="billing", submission=None)
    assert [line["Идентификатор"] for line in lines(export(supplier="VODA"))] == [str(wanted.id)]
    with pytest.raises(Refused, match="«NOBODY» нет"):
        export(supplier="NOBODY")


def test_windows_1251_and_workbooks() -> None:
    sent(50)
    assert lines(export(encoding="cp1251"), "cp1251")[0]["Источник"] == "житель"
    reading = sent(60)
    book = CalamineWorkbook.from_filelike(io.BytesIO(bytes(export(kind="xlsx").content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == list(HEADINGS)
    assert (rows[1][1], rows[1][6], rows[1][9]) == (reading.register.meter.account.number, 60.0, date(2026, 11, 20))


def test_two_exports_at_once_share_the_readings_out() -> None:
    for value in range(50, 60):
        sent(value)
    batches: list[ExportBatch] = []

    def run() -> None:
        with db.connection_context():
            try:
                batches.append(export())
            except NothingToExport:
                return

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [line["Идентификатор"] for batch in batches for line in lines(batch)]
    assert len(ids) == len(set(ids)) == 10
    assert sorted(batch.number for batch in batches) == list(range(1, len(batches) + 1))


class Zone(tzinfo):
    """A zone that is asked while the file is written: has something done then, on another connection."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self.acts = list(acts)

    def utcoffset(self, _moment: datetime | None) -> timedelta:
        if self.acts:
            thread = Thread(target=self.act, args=(self.acts.pop(),), daemon=True)
            thread.start()
            thread.join(5)
            assert not thread.is_alive(), "a resident waits for the file"
        return timedelta(hours=6)

    def dst(self, _moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _moment: datetime | None) -> str:
        return "Омск"

    def act(self, act: Callable[[], object]) -> None:
        with db.connection_context():
            act()


def test_residents_send_readings_while_the_file_is_written() -> None:
    first = sent(50)
    batch = export(zone=Zone(lambda: sent(60)))
    assert [line["Идентификатор"] for line in lines(batch)] == [str(first.id)]
    assert [reading.state for reading in Reading.select().order_by(Reading.id)] == ["exported", "accepted"]
    assert [line["Показание"] for line in lines(export())] == ["60"]


def test_a_reading_replaced_while_the_file_is_written_is_not_in_it() -> None:
    first, second = sent(50), sent(60)
    batch = export(zone=Zone(lambda: Reading.update(state="replaced").where(Reading.id == first.id).execute()))
    assert (batch.number, batch.rows) == (1, 1) and [line["Показание"] for line in lines(batch)] == ["60"]
    assert {reading.id: reading.state for reading in Reading.select()} == {
        first.id: "replaced",
        second.id: "exported",
    }
    assert bytes(batch_of("readings", 1).content) == bytes(batch.content)


def test_an_export_that_is_always_overtaken_says_so_and_marks_nothing() -> None:
    sent(50)

    def replace() -> None:
        Reading.update(state="replaced").execute()
        sent(60)

    with pytest.raises(Overtaken, match="Повторите выгрузку"):
        export(zone=Zone(*[replace] * 20))
    assert not ExportBatch.select().exists() and not Reading.select().where(Reading.state == "exported").exists()


def out_line(**facts: object) -> OutLine:
    given = dict.fromkeys(OutLine._fields, None) | {"digits": 5, "decimals": 0, "ratio": 1, "has_rolled": False}
    return OutLine(**given | facts)  # type: ignore[arg-type]


def test_consumption_counts_the_roll_over_and_the_ratio() -> None:
    assert consumption(out_line(value=12 * 10**6, before=99987 * 10**6, has_rolled=True)) == 25 * 10**6
    assert consumption(out_line(value=150 * 10**6, before=100 * 10**6, ratio=20)) == 1000 * 10**6
    assert consumption(out_line(value=5, before=None)) is None
    assert [f"{shown(value, 3):f}" for value in (238_412_000, 5_000_000, 1_000_500)] == ["238.412", "5.000", "1.0005"]


def test_an_answer_to_what_went_out_finds_its_reading(packages: Path, tmp_path: Path) -> None:
    """What the portal exports the billing answers, and the answer finds its reading."""
    reading = sent(50)
    (line,) = lines(export())
    head = "Поставщик;Лицевой счёт;Номер счётчика;Шкала;Дата;Показание;Идентификатор;Статус\n"
    row = ";".join(line[name] for name in ("Поставщик", "Лицевой счёт", "Номер счётчика", "Шкала", "Дата показания",
                                           "Показание", "Идентификатор"))  # fmt: skip
    assert load(write(tmp_path, readings=f"{head}{row};отклонено\n")).is_clean
    assert Reading.get_by_id(reading.id).state == "rejected" and Reading.select().count() == 1
