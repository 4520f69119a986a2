"""Operators: a resident's login with rights in the console."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from models import Audit, Operator, Resident, transaction
from models.search import fold
from services.codes import new_link
from services.refusal import Refused
from services.suppliers import by_code_or_all

LINK_LIVES = timedelta(days=2)


@transaction
def create(email: str, role: str, supplier_code: str | None, now: datetime, *, base_url: str) -> str:
    """Gives the login of `email` a role for a supplier (None = all); a new login gets a one-time link, else ""."""
    if "@" not in email:
        raise Refused(f"«{email}» не похоже на адрес электронной почты.")
    supplier = by_code_or_all(supplier_code)
    resident, is_new = Resident.get_or_create(  # type: ignore[no-untyped-call]
        email_key=fold(email),
        defaults={"email": email, "email_confirmed_at": now, "state": "active", "created_at": now},
    )
    where = Operator.supplier.is_null() if supplier is None else Operator.supplier == supplier
    row = Operator.get_or_none(Operator.resident == resident, where)
    before = row.role if row else ""
    if row:
        row.role = role
        row.save()
    else:
        Operator.create(resident=resident, supplier=supplier, role=role)
    Audit.create(
        at=now,
        actor_name="flask create-operator",
        action="operator",
        object="resident",
        object_id=str(resident.id),
        before=json.dumps({"role": before}),
        after=json.dumps({"role": role, "supplier": supplier_code or ""}),
    )
    return f"{base_url}/recovery/{new_link(resident, 'recovery', now, LINK_LIVES)}" if is_new else ""
