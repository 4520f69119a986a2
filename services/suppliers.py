"""Suppliers as the commands and forms name them: by code."""

from __future__ import annotations

from models import Supplier
from services.refusal import Refused


def by_code(code: str) -> Supplier:
    """The supplier of the code; refuses an unknown one."""
    found: Supplier | None = Supplier.get_or_none(Supplier.code == code)
    if found is None:
        raise Refused(f"Поставщика с кодом «{code}» нет.")
    return found


def by_code_or_all(code: str | None) -> Supplier | None:
    """The same, where no code means all suppliers (None)."""
    return by_code(code) if code else None
