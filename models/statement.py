"""The bills of an account between two days, oldest first: what a statement («выписка») is made of."""

from __future__ import annotations

from datetime import date

from models.bill import Bill
from models.prepared import Prepared


def bills(account: int, since: date, until: date) -> list[Bill]:
    """Those issued from the one day to the other, both included."""
    return _BILLS(account=account, since=since, until=until)


def newest(account: int) -> Bill | None:
    return _NEWEST.first(account=account)


_BILLS: Prepared[Bill] = Prepared(
    lambda account, since, until: (
        Bill.select()
        .where(Bill.account == account, Bill.issued_on >= since, Bill.issued_on <= until)
        .order_by(Bill.order_key, Bill.id)
    )
)
_NEWEST: Prepared[Bill] = Prepared(
    lambda account: (
        Bill.select().where(Bill.account == account).order_by(Bill.order_key.desc(), Bill.id.desc()).limit(1)
    )
)
