"""Payments that operators write down: each number once, each payment counted once, whoever else tells of it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from models import (
    Account,
    Audit,
    BankOperation,
    Checkout,
    Order,
    OrderLine,
    Payment,
    Registry,
    RegistryLine,
    RegistryMatch,
    Resident,
)
from models.beside import paid_beside
from services import desk, reconciliation, registries
from services.desk import Known, Wanted, signature
from services.refusal import Refused
from services.registries import By
from tests import factories
from tests.factories import NOW, TODAY


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator(email="olga@example.org")


@pytest.fixture
def account(database: Flask) -> Account:
    return factories.account(number="0010")


def accept(
    of: Account, by: Resident, way: str = "told", amount: int = 50000, number: str = "17", **facts: object
) -> RegistryLine:
    wanted = {"paid_on": TODAY, **facts}
    return desk.accept(of, Wanted(way, amount, number=number, **wanted), by, NOW, TODAY)  # type: ignore[arg-type]


def bank(of: Account, number: str, amount: int = 50000, **facts: object) -> RegistryLine:
    """A bank's registry with one payment, posted as a file is."""
    registry = factories.registry(of.supplier, state="preview", posted_at=None)
    given = {
        "account": of,
        "account_number": of.number,
        "operation": number,
        "amount": amount,
        "state": "new",
        **facts,
    }
    line = factories.registry_line(registry, key=f"sber|{number}|{registry.id}", **given)
    registries.post(registry, True, By("olga@example.org"), NOW)
    return RegistryLine.get_by_id(line.id)


def beside(of: Account) -> int:
    return paid_beside({of.id: TODAY - timedelta(days=20)})[of.id].total


def state(line: RegistryLine) -> str:
    return str(RegistryLine.get_by_id(line.id).state)


def test_a_payment_stands_beside_the_debt_in_the_registry_of_the_day(account: Account, olga: Resident) -> None:
    first, second = accept(account, olga), accept(account, olga, number="18", amount=100)
    other = accept(account, olga, "cash", number="17", amount=200)
    assert first.registry_id == second.registry_id != other.registry_id
    assert [row.bank for row in Registry.select().order_by(Registry.id)] == ["Со слов плательщика", "Касса"]
    assert (first.line, second.line) == (1, 2) and beside(account) == 50300
    note = Audit.select().order_by(Audit.id).first()
    assert (note.action, note.actor) == ("desk-payment", olga) and "50000" in note.after


def test_a_number_comes_once(account: Account, olga: Resident) -> None:
    accept(account, olga)
    other = factories.account(account.supplier)
    with pytest.raises(Refused, match="уже записан") as refused:
        accept(other, olga, amount=1, number=" 17 ")
    assert refused.value.field == "number" and RegistryLine.select().count() == 1
    accept(factories.account(), olga)  # of another supplier


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"number": "  "}, "number"),
        ({"number": "9" * 61}, "number"),
        ({"amount": 0}, "sum"),
        ({"amount": 100_000_001}, "sum"),
        ({"paid_on": TODAY + timedelta(days=1)}, "paid_on"),
        ({"paid_on": TODAY - timedelta(days=400)}, "paid_on"),
        ({"way": "gift"}, "way"),
    ],
)
def test_what_makes_no_sense_is_refused(
    account: Account, olga: Resident, facts: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        accept(account, olga, **facts)  # type: ignore[arg-type]
    assert refused.value.field == field and not RegistryLine.select().exists() and not Audit.select().exists()


def test_a_payment_like_it_is_shown_first(account: Account, olga: Resident) -> None:
    factories.payment(account, 50000, on=TODAY - timedelta(days=2), identifier="П-5", source="Почта")
    factories.registry_line(factories.registry(account.supplier), account=account, amount=50000, operation="77")
    factories.payment(account, 50000, on=TODAY - timedelta(days=5))
    factories.payment(account, 49999, on=TODAY)
    with pytest.raises(Known) as known:
        accept(account, olga)
    assert {(one.source, one.name) for one in known.value.found} == {("Почта", "П-5"), ("Сбербанк", "77")}
    with pytest.raises(Known):
        accept(account, olga, warned="что-то другое")
    assert state(accept(account, olga, warned=signature(known.value.found))) == "open"


def test_the_billing_brings_it_and_it_counts_once(account: Account, olga: Resident) -> None:
    line = accept(account, olga)
    factories.payment(account, 50000, on=TODAY, identifier="17")
    reconciliation.reconcile(NOW)
    assert state(line) == "met" and beside(account) == 50000  # the billing's own


def test_what_a_payer_told_gives_way_to_the_banks_line(account: Account, olga: Resident) -> None:
    line = accept(account, olga, paid_on=TODAY - timedelta(days=1))
    brought = bank(account, "не тот номер")
    assert (state(line), state(brought)) == ("duplicate", "open") and beside(account) == 50000
    assert "Пришёл реестром" in RegistryLine.get_by_id(line.id).reason


def test_of_two_told_the_one_with_the_number_gives_way(account: Account, olga: Resident) -> None:
    first = accept(account, olga, number="1")
    found = [desk.Alike("Со слов плательщика", TODAY, "1")]
    second = accept(account, olga, number="2", warned=signature(found))
    bank(account, "2")
    assert (state(first), state(second)) == ("open", "duplicate") and beside(account) == 100000
    bank(account, "1")
    assert state(first) == "duplicate" and beside(account) == 100000


def test_a_banks_line_is_looked_at_once(account: Account, olga: Resident) -> None:
    """One who paid twice and told of both: the one line that came takes one of them, whatever comes later."""
    first = accept(account, olga, number="1")
    second = accept(account, olga, number="2", warned=signature([desk.Alike("Со слов плательщика", TODAY, "1")]))
    bank(account, "x")
    bank(factories.account(account.supplier), "y")
    assert sorted((state(first), state(second))) == ["duplicate", "open"]


def test_another_sum_or_a_far_day_is_another_payment(account: Account, olga: Resident) -> None:
    line = accept(account, olga)
    bank(account, "a", 49900)
    bank(account, "b", paid_on=TODAY - timedelta(days=9))
    bank(account, "17", 100)
    assert state(line) == "open"


def test_money_of_the_desk_gives_way_to_its_own_number_alone(account: Account, olga: Resident) -> None:
    line = accept(account, olga, "cash")
    bank(account, "другой")
    assert state(line) == "open" and beside(account) == 100000
    bank(account, "17")
    assert state(line) == "duplicate" and beside(account) == 100000


def test_what_has_met_the_line_goes_over_to_the_banks(account: Account, olga: Resident) -> None:
    """The billing was faster than the bank: its payment is one and the same."""
    line = accept(account, olga)
    factories.payment(account, 50000, on=TODAY, identifier="17")
    reconciliation.reconcile(NOW)
    brought = bank(account, "17")
    assert (state(line), state(brought)) == ("duplicate", "met") and beside(account) == 50000
    assert RegistryMatch.get().line == brought and RegistryMatch.get().payment == Payment.get()


def test_an_unknown_line_that_is_assigned_takes_its_told_payment(account: Account, olga: Resident) -> None:
    line = accept(account, olga)
    waiting = factories.registry_line(factories.registry(account.supplier), amount=50000)
    registries.assign(waiting, account, By("olga@example.org"), NOW)
    assert state(line) == "duplicate" and beside(account) == 50000


def test_a_reversal_takes_nothing(account: Account, olga: Resident) -> None:
    line = accept(account, olga)
    bank(account, "17", -50000)
    assert state(line) == "open"


def test_a_slip_is_taken_back_and_its_number_is_free(account: Account, olga: Resident) -> None:
    line = accept(account, olga)
    desk.take_back(line, "Не тот счёт", olga, NOW)
    assert state(line) == "rejected" and beside(account) == 0 and not BankOperation.select().exists()
    with pytest.raises(Refused, match="отменён в другом окне"):
        desk.take_back(line, "ещё раз", olga, NOW)
    accept(factories.account(account.supplier), olga)


def test_what_the_billing_has_met_is_not_taken_back(account: Account, olga: Resident) -> None:
    line = accept(account, olga)
    factories.payment(account, 50000, on=TODAY, identifier="17")
    reconciliation.reconcile(NOW)
    with pytest.raises(Refused, match="уже учтён"):
        desk.take_back(line, "причина", olga, NOW)


def test_the_file_of_the_day_is_what_counts(account: Account, olga: Resident) -> None:
    line = accept(account, olga, "cash", number="=1+1")
    desk.take_back(accept(account, olga, "cash", number="2", amount=1), "слип", olga, NOW)
    text = desk.file_of(line.registry).decode("utf-8-sig")
    assert text.splitlines() == ["Номер операции;Лицевой счёт;Дата;Сумма, ₽", "'=1+1;0010;20.11.2026;500"]


def test_a_payment_made_here_after_midnight_is_of_the_utilitys_day(account: Account, olga: Resident) -> None:
    zone, day = ZoneInfo("Europe/Moscow"), TODAY - timedelta(days=3)
    paid_at = datetime.combine(day, time(0, 30), zone)
    press = Checkout.create(resident=olga, once="o", created_at=NOW)
    order = Order.create(
        checkout=press, supplier=account.supplier, gateway="sber", number="129", amount=50000, state="paid",
        created_at=NOW, paid_at=paid_at, expires_at=NOW,
    )  # fmt: skip
    OrderLine.create(order=order, account=account, amount=50000)
    with pytest.raises(Known) as known:
        desk.accept(account, Wanted("told", 50000, TODAY, "17"), olga, NOW.astimezone(zone), TODAY)
    assert known.value.found == [desk.Alike("Кабинет", day, "129")]
