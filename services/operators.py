"""Operators: a resident's login with rights in the console; who gives them, changes them, takes them away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models import Code, Operator, Resident, Session, lock, lock_names, transaction
from models.resident import ACTIVE, WAITING
from services import audit, contacts, letters, outbox, residents, second_factor
from services.codes import new_link
from services.refusal import Refused
from services.suppliers import by_code_or_all

COMMAND = "flask create-operator"
CLERK, ADMINISTRATOR = "clerk", "administrator"
Roles = Mapping[int | None, str]  # by supplier's id, None = all suppliers

NO_ROLES = "Выберите, с какими поставщиками работает оператор."
KNOWN = "Этот человек уже оператор: измените права на его странице."
YOURSELF = "Свои права не меняют: попросите другого администратора."
STALE = "Права этого оператора изменили в другом окне. Посмотрите, какие они теперь, и повторите."
JUST_MADE = "Этого человека только что завели в другом окне. Обновите страницу и повторите."


@transaction
def create(email: str, role: str, supplier_code: str | None, now: datetime, *, base_url: str) -> str:
    """Gives the login of `email` a role for a supplier (None = all); a new login gets a one-time link, else ""."""
    supplier = by_code_or_all(supplier_code)
    address = contacts.email_of(email)
    is_new = _is_new(address)
    resident = _login(address, now)
    before = Operator.roles_of(resident)
    after = {**before, (supplier.id if supplier else None): role}
    Operator.give(resident, after)
    audit.note("operator", "resident", resident.id, COMMAND, now, {"roles": kept(before)}, {"roles": kept(after)})
    if not is_new:
        return ""
    return f"{base_url}/recovery/{new_link(resident, letters.RECOVERY, now, letters.OPERATOR_LIVES)}"


@transaction
def reset_factor(email: str, now: datetime) -> None:
    """Whoever sits at the server lets in an operator who lost his phone; the console asks him for a new factor."""
    resident = Resident.by_login("email", contacts.email_key(email))
    if resident is None or not Operator.is_one(resident):
        raise Refused(f"Оператора с почтой {email} нет.")
    before = str(resident.factor)
    if not before:
        raise Refused("Второй шаг входа у этого оператора и так не подключён.")
    second_factor.disable(resident, now)
    audit.note("reset-factor", "resident", resident.id, COMMAND, now, {"factor": before}, {"factor": ""})


@transaction
def invite(email: str, roles: Roles, by: Resident, now: datetime) -> Resident:
    """A new operator: a letter tells him, with a link that sets the password where he has none."""
    if not roles:
        raise Refused(NO_ROLES, field="everywhere")
    resident = lock(_login(contacts.email_of(email), now))
    if Operator.is_one(resident):
        raise Refused(KNOWN, field="email")
    Operator.give(resident, roles)
    audit.note("operator-invited", "resident", resident.id, by, now, {}, {"roles": kept(roles)})
    _write(resident, now)
    return resident


@transaction
def write_again(resident: Resident, by: Resident, now: datetime) -> None:
    """The letter of the invitation once more: the link of the first is good for two days."""
    if not Operator.is_one(resident):
        raise Refused(STALE)
    audit.note("operator-link", "resident", resident.id, by, now)
    _write(resident, now)


@transaction
def change(known: Resident, roles: Roles, seen: str, by: Resident, now: datetime) -> None:
    """These are his rights from now on, none = he is an operator no more; `seen`: those on the page (`state_of`)."""
    lock_names(residents.ADMINISTRATORS)  # of two who take each other's rights at once one is the last
    resident = residents.held(known, by)
    if resident == by:
        raise Refused(YOURSELF)
    before = Operator.roles_of(resident)
    if not before or state_of(before) != seen:
        raise Refused(STALE)
    if roles.get(None) != ADMINISTRATOR and Operator.is_last_administrator(resident):
        raise Refused(residents.LAST)
    Operator.give(resident, roles)
    audit.note("operator-changed", "resident", resident.id, by, now, {"roles": kept(before)}, {"roles": kept(roles)})


@transaction
def connect_codes(resident: Resident, has_sms: bool, now: datetime) -> bool:
    """An operator's second factor by codes; False where there was one."""
    is_new = second_factor.enable_codes(resident, has_sms)
    if is_new:
        audit.note("factor-on", "resident", resident.id, resident, now, {}, {"factor": second_factor.BY_CODE})
    return is_new


@transaction
def connect_totp(resident: Resident, typed: str, now: datetime, *, key: str, data_key: str) -> list[str]:
    """An operator's authenticator; the spare codes, shown this once."""
    spares = second_factor.enable_totp(resident, typed, now, key=key, data_key=data_key)
    audit.note("factor-on", "resident", resident.id, resident, now, {}, {"factor": second_factor.TOTP})
    return spares


def kept(roles: Roles) -> dict[str, str]:
    """Rights as the log keeps them."""
    return {"all" if supplier is None else str(supplier): role for supplier, role in roles.items()}


def state_of(roles: Roles) -> str:
    """Rights as a page carries them, to be compared with those of now."""
    return ",".join(sorted(f"{name}:{role}" for name, role in kept(roles).items()))


def _write(resident: Resident, now: datetime) -> None:
    key = f"operator-invited:{resident.id}:{now:%Y%m%d%H%M%S%f}"
    outbox.put(letters.OPERATOR, key, now, resident=resident)


def _is_new(email: str) -> bool:
    """Has nobody shown that the login is his own?"""
    known = Resident.by_login("email", contacts.email_key(email))
    return known is None or known.state == WAITING


def _login(email: str, now: datetime) -> Resident:
    """The resident of the address, made or opened where there is none; one without a password has to set it.

    A registration that nobody has confirmed may be a stranger's: its password must not open a console.
    """
    known = Resident.by_login("email", contacts.email_key(email))
    if known is None:
        facts = {"email": email, "email_key": contacts.email_key(email), "email_confirmed_at": now}
        made = Resident.enter(**facts, state=ACTIVE, created_at=now)
        if made is None:
            raise Refused(JUST_MADE)
        return made
    if known.state == ACTIVE:
        return known
    if known.state != WAITING:
        raise Refused(f"Учётная запись {email} заблокирована или удалена: права ей не даются.", field="email")
    known.password_hash, known.state, known.email_confirmed_at = "", ACTIVE, now
    known.surname = known.name = known.patronymic = known.phone = ""
    known.phone_key = None
    known.save()
    Code.end_all(known, ["activation", "recovery"], now)
    Session.end_all(known, now)
    return known
