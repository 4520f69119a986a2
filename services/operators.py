"""Operators: a resident's login with rights in the console."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from models import Audit, Code, Operator, Resident, Session, transaction
from models.resident import ACTIVE, WAITING
from services import contacts
from services.codes import new_link
from services.refusal import Refused
from services.suppliers import by_code_or_all

LINK_LIVES = timedelta(days=2)


@transaction
def create(email: str, role: str, supplier_code: str | None, now: datetime, *, base_url: str) -> str:
    """Gives the login of `email` a role for a supplier (None = all); a new login gets a one-time link, else ""."""
    address = contacts.email_of(email)
    supplier = by_code_or_all(supplier_code)
    resident, needs_password = _login(address, now)
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
    return f"{base_url}/recovery/{new_link(resident, 'recovery', now, LINK_LIVES)}" if needs_password else ""


def _login(email: str, now: datetime) -> tuple[Resident, bool]:
    """The resident of the address, made or opened where there is none; True = he has to set a password.

    A registration that nobody has confirmed may be a stranger's: its password must not open a console.
    """
    known = Resident.by_login("email", contacts.email_key(email))
    if known is None:
        made = Resident.create(
            email=email, email_key=contacts.email_key(email), email_confirmed_at=now, state=ACTIVE, created_at=now
        )
        return made, True
    if known.state == ACTIVE:
        return known, False
    if known.state != WAITING:
        raise Refused(f"Учётная запись {email} заблокирована или удалена: права ей не даются.")
    known.password_hash, known.state, known.email_confirmed_at = "", ACTIVE, now
    known.surname = known.name = known.patronymic = known.phone = ""
    known.phone_key = None
    known.save()
    Code.end_all(known, ["activation", "recovery"], now)
    Session.end_all(known, now)
    return known, True
