"""«Удалить аккаунт»: who the person was is erased, what happened on the accounts stays (152-ФЗ ст. 21, decisions)."""

from __future__ import annotations

from datetime import datetime

from models import BankCard, Operator, Resident, lock, transaction
from models.erasing import erase_rows
from models.resident import ACTIVE
from services import outbox, sign_in, texts
from services.limits import Visitor
from services.refusal import Refused


def delete(resident: Resident, password: str, visitor: Visitor, now: datetime) -> None:
    """Ends the person's portal, once the password has shown that it is he; the logins are free from now on."""
    if Operator.is_last_administrator(resident):
        raise Refused(
            "Вы единственный администратор. Сначала назначьте другого: без него кабинетом некому управлять."
        )
    sign_in.prove(resident, password, visitor, now)
    _erase(resident, visitor, now)


@transaction
def _erase(known: Resident, visitor: Visitor, now: datetime) -> None:
    resident = lock(known)
    if resident.state != ACTIVE or resident.password_hash != known.password_hash:
        raise Refused("Данные для входа только что изменились. Обновите страницу и попробуйте ещё раз.")
    texts.take_back(resident, now, visitor.address)
    address = str(resident.email) if resident.email_confirmed_at else ""
    BankCard.remove(resident, now)  # the worker tells the banks
    erase_rows(resident)
    Resident.erase(resident)
    outbox.put("deleted", f"deleted:{resident.id}", now, destination=address)
