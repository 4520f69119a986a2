"""Dated settings of the suppliers: what is in force on a day, what may stand under which key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from gateways.receipt import MODES, TAXATIONS, VATS
from models import Supplier, SupplierSetting, transaction
from services.proof import FACTS
from services.refusal import Refused

WARN, REFUSE = "warn", "refuse"

# The most that a household can use in a month, in units of the register: more is asked about, never refused.
MONTHLY_LIMITS: Mapping[str, int] = {
    "электроэнергия": 3000,
    "холодная вода": 100,
    "горячая вода": 60,
    "газ": 1500,
    "отопление": 20,
}


@dataclass(frozen=True)
class SupplierSettings:
    """The settings of one supplier on a day: a field is a key of `SupplierSetting`, the default where no row is.

    `reading_from_day`…`reading_to_day`: days of the month when readings are taken, both None = any day (ПП 354 п. 33
    names the 25th, a contract may name another). `expired_meters`: readings of a meter past its verification are
    taken with a warning or refused.
    `average_months`: how many months in a row may be charged by average before the norm (ПП 354 п. 59–60);
    `penalty_rate` in hundredths of a percent, None = `penalty.CAP` as long as it is law;
    `norm_coefficient` in hundredths: what a norm is raised by where a meter could stand (п. 42).
    `unusual_factor`: how many times the account's own consumption of the season and
    of the last months is asked about. `roll_over_from`: percent of its range above which a register may have gone
    through zero. `photo_days`: how long photos of meters are kept.
    `late_readings`: may an operator take, with a reason, what is told to him after the window?
    `takes_appeals`, `offers_calls`, `takes_applications`: may residents write, ask for a call, apply for a contract?
    `linking_facts`: which facts prove that an account is one's own, None = the preset's.
    """

    reading_from_day: int | None = None
    reading_to_day: int | None = None
    reminder_day: int = 20
    bill_day: int = 5
    due_day: int = 15
    due_shift_weekend: bool = True
    expired_meters: str = WARN
    unusual_factor: int = 4
    average_months: int = 3
    norm_coefficient: int = 150
    penalty_rate: int | None = None
    roll_over_from: int = 90
    photo_days: int = 90
    late_readings: bool = True
    monthly_limits: Mapping[str, int] = field(default_factory=lambda: MONTHLY_LIMITS)
    linking_facts: tuple[str, ...] | None = None
    shows_details: bool = True
    offers_email_bills: bool = True
    takes_appeals: bool = True
    offers_calls: bool = False
    takes_applications: bool = True


def _day(value: object) -> bool:
    return value is None or (_whole(value) and 1 <= int(str(value)) <= 31)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _facts(value: object) -> bool:
    return value is None or (isinstance(value, list) and bool(value) and all(item in FACTS for item in value))


def _kopecks(value: object) -> bool:
    return _whole(value) and 0 <= int(str(value)) <= 100_000_00


def _fee(value: object) -> bool:
    """Hundredths of a percent up to 10 %."""
    return _whole(value) and 0 <= int(str(value)) <= 1000


def _fees(value: object) -> bool:
    """By gateway: its fee in the same keys as the supplier's own."""
    checks = {"fee": _fee, "fee_least": _kopecks, "fee_fixed": _kopecks}
    return isinstance(value, dict) and all(
        isinstance(own, dict) and all(key in checks and checks[key](item) for key, item in own.items())
        for own in value.values()
    )


def _vats(value: object) -> bool:
    return isinstance(value, dict) and all(vat in VATS for vat in value.values())


def _limits(value: object) -> bool:
    return isinstance(value, dict) and all(_whole(limit) and limit > 0 for limit in value.values())


CHECKS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "reading_from_day": (_day, "день месяца от 1 до 31 или пусто"),
    "reading_to_day": (_day, "день месяца от 1 до 31 или пусто"),
    "reminder_day": (_day, "день месяца от 1 до 31"),
    "bill_day": (_day, "день месяца от 1 до 31"),
    "due_day": (_day, "день месяца от 1 до 31"),
    "due_shift_weekend": (_flag, "да или нет"),
    "expired_meters": (lambda value: value in (WARN, REFUSE), "warn или refuse"),
    "unusual_factor": (lambda value: _whole(value) and int(str(value)) >= 2, "целое число не меньше 2"),
    "average_months": (lambda value: _whole(value) and 1 <= int(str(value)) <= 12, "целое число от 1 до 12"),
    "norm_coefficient": (lambda value: _whole(value) and 100 <= int(str(value)) <= 1000, "сотые доли от 100 до 1000"),
    "penalty_rate": (
        lambda value: value is None or (_whole(value) and 0 <= int(str(value)) <= 10000),
        "сотые доли процента от 0 до 10000 или пусто",
    ),
    "roll_over_from": (lambda value: _whole(value) and 50 <= int(str(value)) <= 99, "процент от 50 до 99"),
    "photo_days": (lambda value: _whole(value) and 0 <= int(str(value)) <= 1096, "число дней от 0 до 1096"),
    "late_readings": (_flag, "да или нет"),
    "monthly_limits": (_limits, "вид услуги и целое число единиц в месяц"),
    "linking_facts": (_facts, f"список из {', '.join(FACTS)}"),
    "shows_details": (_flag, "да или нет"),
    "offers_email_bills": (_flag, "да или нет"),
    "takes_appeals": (_flag, "да или нет"),
    "offers_calls": (_flag, "да или нет"),
    "takes_applications": (_flag, "да или нет"),
    # Read by `services/payment.py`.
    "gateway": (lambda value: isinstance(value, str) and bool(value), "имя банка из portal.toml"),
    "fee": (_fee, "сотые доли процента от 0 до 1000"),
    "fee_least": (_kopecks, "сумма в копейках"),
    "fee_fixed": (_kopecks, "сумма в копейках"),
    "fees": (_fees, "банк и его fee, fee_least, fee_fixed"),
    "pay_least": (lambda value: _whole(value) and int(str(value)) > 0, "сумма в копейках больше нуля"),
    "pay_most": (lambda value: _whole(value) and int(str(value)) > 0, "сумма в копейках больше нуля"),
    # Read by `services/receipts.py`.
    "receipts": (_flag, "да или нет"),
    "taxation": (lambda value: value in TAXATIONS, f"одно из {', '.join(map(str, TAXATIONS))}"),
    "receipt_mode": (lambda value: value in MODES, f"одно из {', '.join(MODES)}"),
    "receipt_vat": (lambda value: value in VATS, f"одно из {', '.join(VATS)}"),
    "receipt_fee_vat": (lambda value: value in VATS, f"одно из {', '.join(VATS)}"),
    "receipt_vats": (_vats, f"вид услуги и ставка из {', '.join(VATS)}"),
}


class Book:
    """All settings in force on a day: one query, then `of(supplier)` as often as it is asked."""

    def __init__(self, rows: list[SupplierSetting]) -> None:
        self._common: dict[str, Any] = {}
        self._own: dict[int, dict[str, Any]] = {}
        for row in rows:  # oldest first: a later row of the same key overrides
            values = self._common if row.supplier_id is None else self._own.setdefault(row.supplier_id, {})
            values[row.key] = json.loads(row.value)

    def of(self, supplier_id: int) -> SupplierSettings:
        known = {entry.name for entry in fields(SupplierSettings)}
        values = {key: value for key, value in self.values(supplier_id).items() if key in known}
        if isinstance(values.get("linking_facts"), list):
            values["linking_facts"] = tuple(values["linking_facts"])
        if "monthly_limits" in values:
            values["monthly_limits"] = {**MONTHLY_LIMITS, **values["monthly_limits"]}
        return SupplierSettings(**values)

    def values(self, supplier_id: int) -> dict[str, Any]:
        """Every key with its value, those of other parts of the portal (fees, gateways) too."""
        return {**self._common, **self._own.get(supplier_id, {})}


def in_force(day: date) -> Book:
    """The settings of all suppliers on the day, in one query."""
    return Book(SupplierSetting.in_force(day))


@transaction
def record(supplier: Supplier | None, key: str, since: date, value: object) -> SupplierSetting:
    """Sets a key from a day on (None = for all suppliers); the same key and day again replaces the value."""
    fits, shape = CHECKS.get(key, (None, ""))
    if fits is not None and not fits(value):
        raise Refused(f"Недопустимое значение: нужно {shape}.", field=key)
    text = json.dumps(value, ensure_ascii=False)
    row: SupplierSetting | None = SupplierSetting.of_day(supplier, key, since)
    if row is None:
        return SupplierSetting.create(supplier=supplier, key=key, since=since, value=text)
    row.value = text
    row.save()
    return row
