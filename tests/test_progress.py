"""The worker counts how the window goes and who owes a reading: portions, states, days, what is left out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from models import Account, ReadingProgress, Register, Supplier, Unsent
from models.unsent import Where
from services import progress
from tests import factories as make

NOVEMBER = date(2026, 11, 15)


@pytest.fixture
def supplier(database: Flask) -> Supplier:
    """Takes readings from the 15th to the 25th."""
    found = make.supplier()
    make.setting(found, "reading_from_day", 15)
    make.setting(found, "reading_to_day", 25)
    return found


def register(of: Supplier, **facts: object) -> Register:
    return make.meter(make.account(of), **facts).registers.get()


def sent(of: Register, day: int, month: int = 11, **facts: object) -> None:
    make.reading(of, 5, date(2026, month, day), **{"origin": "resident", "state": "accepted", **facts})


def count(day: int = 20) -> None:
    progress.count(datetime(2026, 11, day, 12, tzinfo=UTC))


def figures(of: Supplier, starts: date = NOVEMBER) -> tuple[int, dict[date, int]]:
    row = ReadingProgress.get(ReadingProgress.supplier == of, ReadingProgress.starts == starts)
    return row.expected, row.by_day


def owing() -> set[int]:
    return {row.account_id for row in Unsent.select()}


def account_of(row: Register) -> Account:
    return row.meter.account


def test_accounts_are_counted_by_the_day_on_which_their_last_register_came(supplier: Supplier) -> None:
    day_and_night = make.meter(make.account(supplier), scales=("День", "Ночь"))
    day, night = day_and_night.registers.order_by(Register.position)
    sent(day, 16), sent(night, 18)
    sent(register(supplier), 16)
    late = register(supplier)
    count()
    assert figures(supplier) == (3, {date(2026, 11, 16): 1, date(2026, 11, 18): 1})
    assert owing() == {account_of(late).id}


def test_an_account_with_one_register_missing_owes(supplier: Supplier) -> None:
    two = make.meter(make.account(supplier), scales=("День", "Ночь"))
    sent(two.registers.get(), 16)
    count()
    assert figures(supplier) == (1, {}) and owing() == {two.account_id}


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "replaced"])
def test_a_reading_that_does_not_count_is_not_sent(supplier: Supplier, state: str) -> None:
    sent(register(supplier), 16, state=state)
    count()
    assert figures(supplier) == (1, {})


def test_who_has_nothing_to_send_is_not_expected(supplier: Supplier) -> None:
    make.account(supplier)
    register(supplier, is_automatic=True)
    register(supplier, removed_on=date(2026, 11, 1))
    make.meter(make.account(supplier, closed_on=date(2026, 11, 1)))
    count()
    assert figures(supplier) == (0, {}) and owing() == set()


def test_the_window_before_is_counted_once_and_keeps_its_own_readings(supplier: Supplier) -> None:
    one = register(supplier)
    sent(one, 17, month=10), sent(one, 2)
    count()
    october = date(2026, 10, 15)
    assert figures(supplier, october) == (1, {date(2026, 10, 17): 1})
    sent(register(supplier), 18, month=10)
    count(21)
    assert figures(supplier, october)[0] == 1, "a window that is over is not counted again"


def test_figures_and_list_follow_what_comes(supplier: Supplier) -> None:
    one, two = register(supplier), register(supplier)
    count()
    assert owing() == {account_of(one).id, account_of(two).id}
    sent(one, 20)
    count()
    assert owing() == {account_of(two).id} and figures(supplier) == (2, {date(2026, 11, 20): 1})


def test_portions_make_the_same_figures(supplier: Supplier, monkeypatch: pytest.MonkeyPatch) -> None:
    registers = [register(supplier) for _ in range(5)]
    sent(registers[1], 16), sent(registers[4], 16)
    monkeypatch.setattr(progress, "PORTION", 2)
    count()
    assert figures(supplier) == (5, {date(2026, 11, 16): 2})
    assert owing() == {account_of(registers[n]).id for n in (0, 2, 3)}


def test_an_account_that_moved_on_leaves_the_list(supplier: Supplier) -> None:
    one = account_of(register(supplier))
    count()
    Account.update(closed_on=date(2026, 11, 19)).where(Account.id == one.id).execute()
    count()
    assert owing() == set()


def test_every_supplier_has_a_window_of_its_own(supplier: Supplier) -> None:
    other = make.supplier()
    register(supplier), register(other)
    count()
    assert {row.starts for row in Unsent.select()} == {NOVEMBER, date(2026, 11, 1)}


def test_what_has_come_since_the_list_was_made_is_not_shown(supplier: Supplier) -> None:
    one, two = register(supplier), register(supplier)
    count()
    sent(one, 20)
    rows = Unsent.page(Where(None), date(2026, 11, 20), None, 10)
    assert [row.account_id for row in rows] == [account_of(two).id]


def test_batches_are_the_pages_one_after_another_even_if_the_last_row_goes(supplier: Supplier) -> None:
    accounts = [account_of(register(supplier)).id for _ in range(5)]
    count()
    seen: list[int] = []
    for rows in Unsent.batches(Where(None), date(2026, 11, 20), 2):
        seen += [row.account_id for row in rows]
        Unsent.delete().where(Unsent.account == seen[-1]).execute()
    assert seen == accounts
