"""Suppliers as the choices of a select."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms.fields.choices import SelectChoice

from models import Supplier


def choices(suppliers: Iterable[Supplier]) -> list[SelectChoice]:
    return [SelectChoice(str(supplier.id), supplier.title) for supplier in suppliers]
