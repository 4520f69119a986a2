"""A supplier's requisites, contacts and dated settings: what is taken, what is said, who changed what."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from models import Audit, Resident, Supplier, SupplierSetting
from services import requisites, setting_changes, settings, suppliers
from services.refusal import Refused
from tests import factories
from tests.factories import NOW, TODAY

GOOD = {
    "inn": "7707083893", "kpp": "770701001", "ogrn": "", "bank": "ПАО СБЕРБАНК", "bik": "044525225",
    "bank_account": "40702810138250123017", "corr_account": "30101810400000000225",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("inn", "7707083894", "последняя цифра 4, а по остальным выходит 3"),
        ("inn", "500100732258", "последние две цифры 58, а по остальным выходит 59"),
        ("inn", "770708389", "10 или 12 цифр, здесь 9"),
        ("inn", "77070838О3", "есть знак «О»"),
        ("inn", "", "Введите ИНН"),
        ("kpp", "77070100", "девять знаков"),
        ("ogrn", "1027700132196", "последняя цифра 6, а по остальным выходит 5"),
        ("ogrn", "10277", "13 или 15 цифр"),
        ("bik", "04452522", "БИК — 9 цифр, здесь 8"),
        ("bik", "", "без него счёт нельзя проверить"),
        ("bank_account", "40702810238250123017", "девятая цифра 2, а по остальным выходит 1"),
        ("bank_account", "4070281013825012301", "20 цифр, здесь 19"),
        ("corr_account", "30101810400000000226", "Последние три цифры корр. счёта (226)"),
    ],
)
def test_what_is_wrong_is_said_with_the_figure_to_look_at(field: str, text: str, says: str) -> None:
    found = requisites.faults({**GOOD, field: text})
    assert says in found[field].replace("\N{NO-BREAK SPACE}", " ")
    assert field in ("bik", "bank_account") or list(found) == [field]


def test_right_requisites_have_no_fault() -> None:
    assert requisites.faults(GOOD) == {} and requisites.is_whole(GOOD)
    assert requisites.faults({**GOOD, "inn": "500100732259", "kpp": "", "ogrn": "1027700132195"}) == {}
    assert not requisites.is_whole({**GOOD, "bank": ""}) and not requisites.is_whole({"inn": "7707083893"})


def test_a_treasury_account_is_taken_without_a_key() -> None:
    treasury = {"bik": "012520101", "bank_account": "03100643000000013400", "corr_account": "40102810145370000026"}
    assert requisites.faults({**GOOD, **treasury}) == {}


@pytest.fixture
def boss(database: Flask) -> Resident:
    return factories.operator(role="administrator")


@pytest.fixture
def voda(database: Flask) -> Supplier:
    return factories.supplier()


def logged() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [(row.action, json.loads(row.before), json.loads(row.after)) for row in Audit.select().order_by(Audit.id)]


def seen_of(row: Supplier, keys: tuple[str, ...]) -> str:
    return setting_changes.standing(row, TODAY, "sber").state(keys)


def change(row: Supplier, keys: tuple[str, ...], by: Resident, since: Any = TODAY, **wanted: Any) -> bool:
    shown = setting_changes.standing(row, TODAY, "sber")
    values = {key: shown.values[key] for key in keys} | wanted
    return setting_changes.change(row, values, since, shown.state(keys), "sber", by, NOW, TODAY)


def test_changed_requisites_are_kept_and_only_they_stand_in_the_log(voda: Supplier, boss: Resident) -> None:
    before = suppliers.facts_of(voda, requisites.FIELDS)
    assert suppliers.change(voda, GOOD, suppliers.state_of(before), boss, NOW)
    assert suppliers.facts_of(Supplier.get_by_id(voda.id), requisites.FIELDS) == GOOD
    [(action, old, new)] = logged()
    assert action == "supplier-changed" and old.keys() == new.keys()
    assert "inn" not in new and new["bik"] == "044525225" and old["bik"] == ""
    assert not suppliers.change(voda, GOOD, suppliers.state_of(GOOD), boss, NOW) and len(logged()) == 1


def test_a_stale_form_changes_nothing(voda: Supplier, boss: Resident) -> None:
    seen = suppliers.state_of(suppliers.facts_of(voda, requisites.FIELDS))
    suppliers.change(voda, GOOD, seen, boss, NOW)
    with pytest.raises(Refused, match="в другом окне"):
        suppliers.change(voda, {**GOOD, "bank": "Другой"}, seen, boss, NOW)
    assert Supplier.get_by_id(voda.id).bank == "ПАО СБЕРБАНК"


def test_the_service_itself_refuses_wrong_requisites_and_contacts(voda: Supplier, boss: Resident) -> None:
    seen = suppliers.state_of(suppliers.facts_of(voda, requisites.FIELDS))
    with pytest.raises(Refused, match="Контрольная цифра ИНН"):
        suppliers.change(voda, {**GOOD, "inn": "7707083894"}, seen, boss, NOW)
    known = suppliers.facts_of(voda, suppliers.CONTACTS)
    for wrong, field in (({"name": ""}, "name"), ({"site": "voda"}, "site"), ({"email": "x"}, "email")):
        with pytest.raises(Refused) as refusal:
            suppliers.change(voda, {**known, **wrong}, suppliers.state_of(known), boss, NOW)
        assert refusal.value.field == field
    assert logged() == []


def test_a_supplier_is_added_once_by_its_code(boss: Resident) -> None:
    made = suppliers.add("VODA", "МУП «Водоканал»", boss, NOW)
    assert (made.code, made.name, made.inn) == ("VODA", "МУП «Водоканал»", "")
    for code, name, field in (
        ("VODA", "Два", "code"),
        ("", "Два", "code"),
        ("V O", "Два", "code"),
        ("X", "", "name"),
    ):
        with pytest.raises(Refused) as refusal:
            suppliers.add(code, name, boss, NOW)
        assert refusal.value.field == field
    assert [action for action, _, _ in logged()] == ["supplier-added"]


def test_a_setting_holds_from_its_day_on_and_only_what_changed_is_written(voda: Supplier, boss: Resident) -> None:
    later = TODAY + timedelta(days=10)
    assert change(voda, setting_changes.READINGS, boss, later, reading_from_day=15, reading_to_day=25)
    assert settings.in_force(TODAY).of(voda.id).reading_from_day is None
    assert settings.in_force(later).of(voda.id).reading_from_day == 15
    assert {row.key for row in setting_changes.planned(voda, TODAY)} == {"reading_from_day", "reading_to_day"}
    [(action, old, new)] = logged()
    assert action == "supplier-settings" and old == {"reading_from_day": None, "reading_to_day": None}
    assert new == {"reading_from_day": 15, "reading_to_day": 25, "since": later.isoformat()}
    assert not change(voda, setting_changes.READINGS, boss)


@pytest.mark.parametrize(
    ("wanted", "days", "field"),
    [
        ({"reading_from_day": 15}, 0, "reading_to_day"),
        ({"reading_to_day": 15}, 0, "reading_from_day"),
        ({"reading_from_day": 0, "reading_to_day": 40}, 0, "reading_from_day"),
        ({"reminder_day": 10}, -1, "since"),
        ({"reminder_day": 10}, 400, "since"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    voda: Supplier, boss: Resident, wanted: dict[str, Any], days: int, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        change(voda, setting_changes.READINGS, boss, TODAY + timedelta(days=days), **wanted)
    assert refusal.value.field == field and SupplierSetting.select().count() == 0 and logged() == []


def test_two_clerks_do_not_overwrite_each_other_not_even_for_a_later_day(voda: Supplier, boss: Resident) -> None:
    seen = seen_of(voda, setting_changes.BILLS)
    change(voda, setting_changes.BILLS, boss, TODAY + timedelta(days=5), due_day=20)
    wanted = {"bill_day": 5, "due_day": 10, "due_shift_weekend": True}
    with pytest.raises(Refused, match="в другом окне"):
        setting_changes.change(voda, wanted, TODAY, seen, "sber", boss, NOW, TODAY)


def test_a_form_left_as_it_is_behind_a_plan_says_so_instead_of_doing_nothing(voda: Supplier, boss: Resident) -> None:
    soon, later = TODAY + timedelta(days=5), TODAY + timedelta(days=20)
    assert change(voda, setting_changes.BILLS, boss, since=soon, bill_day=7)
    with pytest.raises(Refused, match="снимите запланированное") as refusal:
        change(voda, setting_changes.BILLS, boss, since=later)
    assert refusal.value.field == "since"
    assert not change(voda, setting_changes.BILLS, boss, since=TODAY), "before the plan nothing differs"
    assert change(voda, setting_changes.BILLS, boss, since=later, due_day=20)


def test_a_planned_change_is_taken_back_but_not_one_that_has_begun(voda: Supplier, boss: Resident) -> None:
    change(voda, setting_changes.BILLS, boss, TODAY + timedelta(days=5), due_day=20)
    change(voda, setting_changes.BILLS, boss, TODAY, bill_day=7)
    begun = SupplierSetting.get(SupplierSetting.key == "bill_day")
    [plan] = setting_changes.planned(voda, TODAY)
    with pytest.raises(Refused, match="уже вступило"):
        setting_changes.withdraw(voda, begun.id, boss, NOW, TODAY)
    setting_changes.withdraw(voda, plan.id, boss, NOW, TODAY)
    for whose in (voda, factories.supplier()):
        with pytest.raises(Refused, match="уже нет"):
            setting_changes.withdraw(whose, plan.id, boss, NOW, TODAY)
    assert [row.key for row in SupplierSetting.select()] == ["bill_day"]
    assert [action for action, _, _ in logged()].count("supplier-plan-withdrawn") == 1


def test_a_gateways_own_fee_does_not_overrule_what_the_form_says(voda: Supplier, boss: Resident) -> None:
    factories.setting(voda, "fees", {"sber": {"fee": 90}, "tbank": {"fee": 30}})
    assert setting_changes.standing(voda, TODAY, "sber").values["fee"] == 90
    change(voda, setting_changes.PAYMENT, boss, fee=150)
    assert setting_changes.standing(voda, TODAY, "sber").values["fee"] == 150
    assert settings.in_force(TODAY).values(voda.id)["fees"]["tbank"] == {"fee": 30}
