"""Payments and debts out: numbered batches, nothing twice, the same bytes again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from exchange.debts import file_name
from models import Account, ExportBatch, Order, OrderLine, Refund, RefundLine, Supplier, db
from services import reconciliation
from services.exports import NothingToExport, batch_of
from services.exports_payments import HEADINGS, export_debts, export_payments
from services.refusal import Refused
from tests import factories
from tests.test_imports_commands import run
from tests.test_orders_matching import paid

pytestmark = pytest.mark.commits

NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Omsk")


@pytest.fixture(autouse=True)
def connection(database: Flask) -> Iterator[None]:
    with db.connection_context():
        yield


@pytest.fixture
def account() -> Account:
    return factories.account(factories.supplier(code="VODA", inn="1234567890", bank_account="4" * 20), number="0012")


def payments(**asked: object) -> ExportBatch:
    return export_payments(**{"since": None, "supplier": None, "now": NOW, "who": "т", "zone": ZONE, **asked})  # type: ignore[arg-type]


def debts(**asked: object) -> list[ExportBatch]:
    return export_debts(**{"supplier": None, "now": NOW.astimezone(ZONE), "who": "т", **asked})  # type: ignore[arg-type]


def lines(batch: ExportBatch, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(bytes(batch.content).decode(encoding), newline=""), delimiter=";"))


def test_a_line_says_all_that_the_billing_needs(account: Account) -> None:
    order = paid(
        account, 148533, provider_id="md-1", receipt_url="https://ofd.example.org/1",
        paid_at=datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
    )  # fmt: skip
    line = order.lines.get()
    line.fee, line.service = 1485, factories.service(account.supplier, code="HVS")
    line.save()
    (told,) = lines(payments())
    assert list(told) == list(HEADINGS)
    assert told == {
        "Поставщик": "VODA", "Лицевой счёт": "0012", "Услуга": "HVS", "Сумма": "1485,33", "Дата": "21.11.2026",
        "Номер заказа": order.number, "Эквайер": "testbank", "Идентификатор эквайера": "md-1", "Комиссия": "14,85",
        "Чек": "https://ofd.example.org/1", "Идентификатор": str(line.id),
    }  # fmt: skip


def test_what_went_out_does_not_go_twice_and_comes_again_byte_for_byte(account: Account) -> None:
    paid(account, 100, 200)
    batch = payments()
    assert (batch.number, batch.rows, batch.file_name) == (1, 2, "payments-0001.csv")
    with pytest.raises(NothingToExport):
        payments()
    second = paid(account, 300)
    assert [told["Сумма"] for told in lines(payments())] == ["3,00"]
    assert [told["Сумма"] for told in lines(payments(again=True))] == ["1,00", "2,00", "3,00"]
    assert second.lines.get().batch.number == 2
    assert bytes(batch_of("payments", 1).content) == bytes(batch.content)
    with pytest.raises(Refused, match="№ 9 нет"):
        batch_of("payments", 9)


def test_only_what_was_paid_and_the_billing_has_not_met_goes_out(account: Account) -> None:
    for state in ("created", "sent", "failed", "expired", "refunded"):
        paid(account, 500, state=state)
    paid(account, 700)
    factories.payment(account, 700, date(2026, 11, 20))
    reconciliation.reconcile(NOW)
    with pytest.raises(NothingToExport):
        payments()


def given_back(order: Order, amount: int, *, whole: bool = False) -> RefundLine:
    refund = Refund.create(
        order=order, key=f"r{order.number}-{amount}", amount=amount, state="done", asked_at=NOW, done_at=NOW
    )
    order.refunded, order.state = order.refunded + amount, "refunded" if whole else order.state
    order.save()
    return RefundLine.create(refund=refund, line=order.lines.get(), amount=amount)


def test_what_was_given_back_goes_out_once_as_a_sum_below_zero(account: Account) -> None:
    order = paid(account, 1000)
    payments()
    line = given_back(order, 400)
    (told,) = lines(payments())
    assert (told["Сумма"], told["Дата"], told["Номер заказа"]) == ("-4,00", "21.11.2026", order.number)
    assert (told["Идентификатор"], told["Комиссия"]) == (f"R{line.id}", "0,00")
    with pytest.raises(NothingToExport):
        payments()
    assert [told["Сумма"] for told in lines(payments(again=True))] == ["10,00", "-4,00"]


def test_an_order_that_went_out_and_was_given_back_whole_is_reversed(account: Account) -> None:
    order = paid(account, 1000)
    payments()
    given_back(order, 1000, whole=True)
    assert [told["Сумма"] for told in lines(payments())] == ["-10,00"]


def test_an_order_that_was_given_back_before_it_went_out_is_not_told(account: Account) -> None:
    given_back(paid(account, 1000), 1000, whole=True)
    with pytest.raises(NothingToExport):
        payments()


def test_a_part_given_back_before_the_export_goes_out_beside_its_payment(account: Account) -> None:
    given_back(paid(account, 1000), 400)
    assert [told["Сумма"] for told in lines(payments())] == ["10,00", "-4,00"]


def test_what_the_billing_has_reversed_goes_out_no_more(account: Account) -> None:
    order = paid(account, 1000)
    payments()
    factories.payment(account, 1000, date(2026, 11, 20))
    reconciliation.reconcile(NOW)
    given_back(order, 400)
    factories.payment(account, -400, date(2026, 11, 21))
    reconciliation.reconcile(NOW)
    with pytest.raises(NothingToExport):
        payments()


def test_a_supplier_and_a_day_narrow_it(account: Account) -> None:
    paid(account, 100)
    paid(factories.account(), 200)
    paid(account, 300, paid_at=datetime(2026, 11, 22, 18, 30, tzinfo=UTC))
    assert [told["Сумма"] for told in lines(payments(supplier="VODA", since=date(2026, 11, 23)))] == ["3,00"]
    assert [told["Сумма"] for told in lines(payments(supplier="VODA"))] == ["1,00"]


def test_windows_1251_and_workbooks(account: Account) -> None:
    paid(account, 148533)
    assert lines(payments(encoding="cp1251"), "cp1251")[0]["Сумма"] == "1485,33"
    book = CalamineWorkbook.from_filelike(io.BytesIO(bytes(payments(kind="xlsx", again=True).content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == list(HEADINGS) and rows[1][3] == 1485.33


def test_exports_at_once_share_the_payments_out(account: Account) -> None:
    for amount in range(100, 110):
        paid(account, amount)
    batches: list[ExportBatch] = []

    def export() -> None:
        with db.connection_context():
            try:
                batches.append(payments())
            except NothingToExport:
                return

    threads = [Thread(target=export) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [told["Идентификатор"] for batch in batches for told in lines(batch)]
    assert len(ids) == len(set(ids)) == 10
    assert OrderLine.select().where(OrderLine.batch.is_null()).count() == 0


def test_debts_go_to_the_bank_by_account_less_what_was_paid_since(account: Account) -> None:
    factories.bill(account, to_pay=148533)
    paid(account, 50000)
    Account.update(flat="4;5", surname="Соколова\n").execute()
    over = factories.account(account.supplier, number="0013")
    factories.balance(over, -1000)
    factories.account(account.supplier, number="0014")
    factories.bill(factories.account(account.supplier, number="0015", closed_on=date(2026, 1, 1)))
    (batch,) = debts()
    assert batch.file_name == f"1234567890_{'4' * 20}_001_1126.txt" and batch.rows == 2
    told = bytes(batch.content).decode("cp1251").splitlines()
    assert told[0].startswith("Соколова Анна Викторовна;г. Светлоречье, ул. Лесная, д. ")
    assert [row.split(";")[2:] for row in told] == [["0012", "985,33"], ["0013", "0,00"]]


def test_debts_that_have_not_changed_do_not_go_twice(account: Account) -> None:
    bill = factories.bill(account, to_pay=148533)
    (first,) = debts()
    with pytest.raises(NothingToExport, match="не изменились"):
        debts()
    (again,) = debts(again=True)
    assert (again.number, bytes(again.content)) == (2, bytes(first.content))
    bill.to_pay = 100
    bill.save()
    (third,) = debts()
    assert bytes(third.content) != bytes(first.content) == bytes(batch_of("debts", 1).content)


def test_debts_are_a_file_for_each_supplier(account: Account) -> None:
    other = factories.account()
    for one in (account, other):
        factories.bill(one)
    assert {batch.supplier for batch in debts()} == {account.supplier, other.supplier}
    assert Supplier.select().count() == 2
    (batch,) = debts(supplier="VODA", again=True, kind="csv")
    assert lines(batch)[0]["К оплате"] == "1485,33" and batch.file_name.endswith(".csv")


@pytest.mark.parametrize("encoding", ["utf-8", "koi8-r", "cp1251"])
def test_the_bank_chooses_encoding_and_decimal_mark(account: Account, encoding: str) -> None:
    factories.bill(account)
    (batch,) = debts(encoding=encoding, mark="point")
    assert bytes(batch.content).decode(encoding).startswith("Соколова") and b";1485.33\r\n" in bytes(batch.content)


def test_the_name_of_the_file_is_the_banks() -> None:
    name = file_name("1234567890", "40702810012345678912", 1, date(2019, 12, 5))
    assert name == "1234567890_40702810012345678912_001_1219.txt"


def test_the_commands_write_files_and_give_batches_again(app: Flask, account: Account, tmp_path: Path) -> None:
    assert run(app, "export", "payments", "--out", str(tmp_path))[1].startswith("Новых платежей нет")
    paid(account, 148533)
    factories.bill(account)
    code, output = run(app, "export", "payments", "--out", str(tmp_path))
    first = (tmp_path / "payments-0001.csv").read_bytes()
    assert code == 0 and "платежей 1" in output and first.startswith(b"\xef\xbb\xbf")
    assert run(app, "export", "payments", "--batch", "1", "--out", str(tmp_path / "again.csv"))[0] == 0
    assert (tmp_path / "again.csv").read_bytes() == first
    code, output = run(app, "export", "debts", "--format", "sber", "--out", str(tmp_path))
    assert code == 0 and "счетов 1" in output and list(tmp_path.glob("1234567890_*_001_*.txt"))
    assert "не изменились" in run(app, "export", "debts", "--out", str(tmp_path))[1]
    assert run(app, "export", "debts", "--out", str(tmp_path / "one.txt"))[0] == 2
    assert run(app, "export", "debts", "--batch", "1", "--out", str(tmp_path / "one.txt"))[0] == 0
    assert Order.select().count() == 1
