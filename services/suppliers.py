"""Suppliers: found as the commands and forms name them, made, their contacts and requisites changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from models import Resident, Supplier, lock, transaction
from services import audit, contacts, requisites
from services.refusal import Refused

CONTACTS = ("name", "short_name", "address", "phone", "email", "site", "hours")
LONGEST, LONGEST_CODE = 255, 30
CHANGED = "Эти настройки только что изменили в другом окне. Ниже то, что ввели вы: сверьте и сохраните ещё раз."
NO_NAME = "Введите наименование: оно стоит в квитанции."
NO_CODE = "Введите код поставщика, как в расчётной программе, например VODA."
BAD_CODE = "В коде не бывает пробелов. Введите его как в расчётной программе, например VODA."
TAKEN = "Поставщик с таким кодом уже есть. Откройте его в списке."
BAD_SITE = "Адрес сайта начинается с https:// или http://."


def by_code(code: str) -> Supplier:
    """The supplier of the code; refuses an unknown one."""
    found: Supplier | None = Supplier.get_or_none(Supplier.code == code)
    if found is None:
        raise Refused(f"Поставщика с кодом «{code}» нет.")
    return found


def by_code_or_all(code: str | None) -> Supplier | None:
    """The same, where no code means all suppliers (None)."""
    return by_code(code) if code else None


def facts_of(supplier: Supplier, names: Sequence[str]) -> dict[str, str]:
    return {name: str(getattr(supplier, name)) for name in names}


def state_of(values: object) -> str:
    """What a form has shown, as it travels back with it: another's change in between is not lost."""
    return sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


@transaction
def add(code: str, name: str, by: Resident, now: datetime) -> Supplier:
    """A supplier by hand, before its first package; the billing's file finds it by the code."""
    if not code:
        raise Refused(NO_CODE, field="code")
    if re.search(r"\s", code) or len(code) > LONGEST_CODE:
        raise Refused(BAD_CODE, field="code")
    _check_contacts({"name": name})
    if Supplier.get_or_none(Supplier.code == code) is not None:
        raise Refused(TAKEN, field="code")
    made: Supplier = Supplier.create(code=code, name=name, inn="")
    audit.note("supplier-added", "supplier", made.id, by, now, {}, {"code": code, "name": name})
    return made


@transaction
def change(supplier: Supplier, values: Mapping[str, str], seen: str, by: Resident, now: datetime) -> bool:
    """Contacts or requisites, whichever fields are named; was anything different? `seen` by `state_of`."""
    row = lock(supplier)
    before = facts_of(row, list(values))
    if state_of(before) != seen:
        raise Refused(CHANGED)
    if "inn" in values:
        requisites.check(values)
    else:
        _check_contacts(values)
    changed = [name for name in values if values[name] != before[name]]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save()
        told = {name: before[name] for name in changed}, {name: values[name] for name in changed}
        audit.note("supplier-changed", "supplier", row.id, by, now, *told)
    return bool(changed)


def _check_contacts(values: Mapping[str, str]) -> None:
    for name, text in values.items():
        if len(text) > LONGEST:
            raise Refused(f"Не больше {LONGEST} знаков.", field=name)
    if not values.get("name"):
        raise Refused(NO_NAME, field="name")
    site, email = values.get("site", ""), values.get("email", "")
    if site and not re.match(r"https?://[^\s/]+", site):
        raise Refused(BAD_SITE, field="site")
    if email:
        contacts.email_of(email)
