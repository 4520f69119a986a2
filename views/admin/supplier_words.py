"""A supplier's settings in words, as its page tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models import Supplier, SupplierSetting
from services.settings import REFUSE
from views.admin.supplier_forms import FACTS, GUARDED, OPEN
from views.format import percent, rub

SECTIONS = {**OPEN, **GUARDED}
EXTRA = {"fees": "Комиссии банков"}
Facts = list[tuple[str, str]]


def sections(supplier: Supplier, values: Mapping[str, Any], banks: Mapping[str, str]) -> list[tuple[str, str, Facts]]:
    """(section, its title, label and value of each setting), in the order of the page."""
    found = []
    for name in ("contacts", "requisites", "readings", "bills", "linking", "payment", "features"):
        form = SECTIONS[name]
        known = values if form.dated else {key: getattr(supplier, key) for key in form.names}
        facts = [(label(key), value(key, known[key])) for key in form.names]
        if name == "payment":
            facts.insert(1, ("Ключи банка", "заданы" if values["gateway"] in banks else "не заданы"))
        found.append((name, form.title, facts))
    return found


def plan(row: SupplierSetting) -> str:
    """A planned change in a line."""
    return f"{label(str(row.key))}: {value(str(row.key), json.loads(row.value)) or 'не задано'}"


def label(key: str) -> str:
    for form in SECTIONS.values():
        if key in form.names:
            field = getattr(form, key)
            return str(field.args[0])
    return EXTRA.get(key, key)


def value(key: str, known: Any) -> str:
    if isinstance(known, bool):
        return "да" if known else "нет"
    if key == "linking_facts":
        return "; ".join(FACTS[fact] for fact in known) if known else "как на всём портале"
    if key == "fee":
        return f"{percent(known)}\N{NO-BREAK SPACE}%"
    if key in ("fee_least", "fee_fixed", "pay_least", "pay_most"):
        return rub(known)
    if key == "expired_meters":
        return "не принимать" if known == REFUSE else "принимать с предупреждением"
    if key in ("reading_from_day", "reading_to_day") and known is None:
        return "любой"
    return "" if known is None else str(known)
