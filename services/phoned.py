"""Readings that an operator enters for a resident who phones: the resident's own service and checks.

After the window the supplier's setting decides; the operator says why he took them.
"""

from __future__ import annotations

from datetime import date, datetime

from models import Account, Link, Notice, Remark, Resident, Submission, transaction
from models.reading import BY_OPERATOR, Reading
from services import audit, readings, residents, settings
from services.readings import Act
from services.refusal import Refused
from services.settings import SupplierSettings
from services.windows import windows


def may_be_late(account: Account, today: date) -> bool:
    """Is the window closed today, and does the supplier let operators take what comes after it?"""
    terms = settings.in_force(today).of(account.supplier_id)
    return _is_closed(terms, today) and terms.late_readings


@transaction
def enter(account: Account, act: Act, reason: str, by: Resident, now: datetime, today: date) -> Submission:
    """Stores what was told; pressed twice it is stored once, and noted once. Holders see it in the bell."""
    terms = settings.in_force(today).of(account.supplier_id)
    is_late = _is_closed(terms, today)
    if is_late:
        if not terms.late_readings:
            raise Refused("Приём показаний закрыт, а принимать их позже поставщик не разрешил.")
        reason = residents.checked(reason)
    stored = readings.send(account, None, act, now, today, BY_OPERATOR, is_late)
    if stored.origin == BY_OPERATOR and stored.sent_at == now:
        ids = [row.id for row in Reading.of_submission(stored)]
        after = {"account": account.id, "readings": ids, "late": is_late}
        audit.note("reading", "submission", stored.id, by, now, {}, after)
        if is_late:
            Remark.note("reading", reason, by, now, account=account)
        _tell(account, now)
    return stored


def _is_closed(terms: SupplierSettings, today: date) -> bool:
    return windows(terms.reading_from_day, terms.reading_to_day, today).now is None


def _tell(account: Account, now: datetime) -> None:
    holders = [link.resident for link in Link.of_others(account, None)]
    Notice.tell(
        holders,
        f"Оператор внёс показания по счёту №\N{NO-BREAK SPACE}{account.number}",
        "Показания продиктовали по телефону или в офисе. Если это ошибка, передайте верные или сообщите поставщику.",
        now,
        supplier=account.supplier,
        link_url=f"/readings/{account.id}",
        link_label="Посмотреть показания",
    )
