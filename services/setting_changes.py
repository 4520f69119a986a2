"""A supplier's dated settings as an operator changes them: from a day on, with what stands planned beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from models import Resident, Supplier, SupplierSetting, lock, transaction
from services import audit, payment, settings
from services.refusal import Refused
from services.suppliers import CHANGED, state_of

READINGS = (
    "reading_from_day", "reading_to_day", "reminder_day", "late_readings", "expired_meters", "unusual_factor",
)  # fmt: skip
BILLS = ("bill_day", "due_day", "due_shift_weekend")
FEATURES = ("shows_details", "offers_email_bills", "takes_appeals", "offers_calls", "takes_applications")
LINKING = ("linking_facts",)
PAYMENT = ("gateway", "fee", "fee_least", "fee_fixed", "pay_least", "pay_most")
AHEAD = timedelta(days=366)
PAST = "Задним числом настройки не меняют: выберите сегодняшний день или позже."
TOO_FAR = "Выберите день не дальше года."
HALF = "Укажите оба дня, первый и последний, или ни одного: тогда показания принимаются весь месяц."
LEAST_OVER_MOST = "Наименьшая сумма больше наибольшей."
PLANNED = (
    "Вы ничего не изменили: форма показывает то, что действует сегодня, а к этому дню запланировано другое. "
    "Чтобы оставить как сегодня, снимите запланированное ниже."
)
GONE = "Этого изменения уже нет: его снял другой оператор или вы сами."
BEGUN = "Это изменение уже вступило в силу. Чтобы вернуть как было, измените настройку ещё раз."


@dataclass(frozen=True)
class Standing:
    """What is in force on a day; `planned`: rows that begin later, soonest first."""

    values: Mapping[str, Any]
    planned: Sequence[SupplierSetting]

    def state(self, keys: Collection[str]) -> str:
        """These keys as a form has shown them."""
        later = [(row.key, row.since.isoformat(), row.value) for row in self.planned if row.key in keys]
        return state_of([{key: self.values[key] for key in keys}, later])


def standing(supplier: Supplier, today: date, usual: str) -> Standing:
    """Every setting that an operator changes, defaults where nothing is set; `usual`: the portal's gateway."""
    book = settings.in_force(today)
    terms = payment.terms(book.values(supplier.id), usual)
    found = asdict(book.of(supplier.id)) | {
        "gateway": terms.gateway, "fee": terms.fee, "fee_least": terms.fee_least, "fee_fixed": terms.fee_fixed,
        "pay_least": terms.least, "pay_most": terms.most,
    }  # fmt: skip
    facts = found["linking_facts"]
    return Standing({**found, "linking_facts": None if facts is None else list(facts)}, planned(supplier, today))


def planned(supplier: Supplier, today: date) -> list[SupplierSetting]:
    """What begins after the day, of the supplier alone."""
    return SupplierSetting.planned(supplier, today)


@transaction
def change(
    supplier: Supplier,
    wanted: Mapping[str, Any],
    since: date,
    seen: str,
    usual: str,
    by: Resident,
    now: datetime,
    today: date,
) -> bool:
    """Those of `wanted` that differ from what is in force hold from `since` on; were there any?"""
    row = lock(supplier)
    shown = standing(row, today, usual)
    if shown.state(wanted.keys()) != seen:
        raise Refused(CHANGED)
    if since < today:
        raise Refused(PAST, field="since")
    if since > today + AHEAD:
        raise Refused(TOO_FAR, field="since")
    _check(wanted)
    changed = [key for key in wanted if wanted[key] != shown.values[key]]
    if not changed and _is_planned_otherwise(shown, wanted, since):
        raise Refused(PLANNED, field="since")
    for key in changed:
        settings.record(row, key, since, wanted[key])
    if {"fee", "fee_least", "fee_fixed", "gateway"} & set(changed):
        _merge_fees(row, str(wanted["gateway"]), wanted, since)
    if changed:
        before = {key: shown.values[key] for key in changed}
        after = {key: wanted[key] for key in changed} | {"since": since.isoformat()}
        audit.note("supplier-settings", "supplier", row.id, by, now, before, after)
    return bool(changed)


@transaction
def withdraw(supplier: Supplier, setting: int, by: Resident, now: datetime, today: date) -> None:
    """A planned change does not come; one that has begun stays."""
    lock(supplier)
    row = SupplierSetting.of_supplier(supplier, setting)
    if row is None:
        raise Refused(GONE)
    if row.since <= today:
        raise Refused(BEGUN)
    row.delete_instance()
    facts = {str(row.key): json.loads(row.value), "since": row.since.isoformat()}
    audit.note("supplier-plan-withdrawn", "supplier", supplier.id, by, now, facts, {})


def _is_planned_otherwise(shown: Standing, wanted: Mapping[str, Any], since: date) -> bool:
    """Does a plan that has begun by the day give one of the keys another value?"""
    by_then = {str(row.key): json.loads(row.value) for row in shown.planned if row.since <= since}
    return any(key in by_then and by_then[key] != value for key, value in wanted.items())


def _check(wanted: Mapping[str, Any]) -> None:
    first, last = wanted.get("reading_from_day"), wanted.get("reading_to_day")
    if (first is None) != (last is None):
        raise Refused(HALF, field="reading_from_day" if first is None else "reading_to_day")
    if "pay_least" in wanted and wanted["pay_least"] > wanted.get("pay_most", wanted["pay_least"]):
        raise Refused(LEAST_OVER_MOST, field="pay_most")


def _merge_fees(supplier: Supplier, gateway: str, wanted: Mapping[str, Any], since: date) -> None:
    """A gateway's own fee would overrule the supplier's: there, too, stands what the form says."""
    fees = settings.in_force(since).values(supplier.id).get("fees", {})
    if gateway in fees:
        own = {key: wanted[key] for key in ("fee", "fee_least", "fee_fixed")}
        settings.record(supplier, "fees", since, {**fees, gateway: own})
