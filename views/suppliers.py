"""Suppliers as the choices of a select."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms.fields.choices import SelectChoice

from models import Supplier
from views.access import own_links


def near() -> list[Supplier]:
    """Whom the resident may turn to: his own suppliers, all of them while he has linked no account."""
    own = {link.account.supplier_id: link.account.supplier for link in own_links()}
    return list(own.values()) or list(Supplier.by_name())


def choices(suppliers: Iterable[Supplier]) -> list[SelectChoice]:
    return [SelectChoice(str(supplier.id), supplier.title) for supplier in suppliers]
