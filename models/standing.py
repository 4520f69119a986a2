"""What an account owes and by which document: the last bill, the balance, and the newer of the two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from peewee import JOIN

from models.account import Account
from models.bill import Balance, Bill
from models.supplier import Service


@dataclass(frozen=True)
class Standing:
    """Sums in kopecks, positive = owed, None = the billing has said nothing.

    `debt` is the newer by date of the balance and the last bill (decisions 9), the balance where both are of one
    day; `debt_on` is that day. `parts` are the balance's parts, (service name, sum) in the services' order, and
    `by_service` the same by the service's id: both empty where the balance is a whole or is older than the bill.
    """

    last_bill: Bill | None = None
    balance: int | None = None
    balance_on: date | None = None
    debt: int | None = None
    debt_on: date | None = None
    parts: list[tuple[str, int]] = field(default_factory=list)
    by_service: dict[int, int] = field(default_factory=dict)


def standings(accounts: Iterable[int]) -> dict[int, Standing]:
    """The standing of every account asked for, by its id: two queries whatever their number."""
    ids = sorted({int(account) for account in accounts})
    if not ids:
        return {}
    bills, balances = last_bills(ids), _balances(ids)
    return {account: _standing(bills.get(account), balances.get(account, [])) for account in ids}


def last_bills(accounts: Iterable[int]) -> dict[int, Bill]:
    """The last bill of each account that has one: one step down the index of `order_key` an account."""
    later = Bill.alias()
    newest = (
        later.select(later.id)
        .where(later.account == Account.id)
        .order_by(later.order_key.desc(), later.id.desc())
        .limit(1)
    )
    rows = Bill.select(Bill).join(Account, on=(Bill.id == newest)).where(Account.id.in_(list(accounts)))
    return {bill.account_id: bill for bill in rows}


def _balances(accounts: list[int]) -> dict[int, list[Balance]]:
    rows = (
        Balance.select(Balance, Service)
        .join(Service, JOIN.LEFT_OUTER)
        .where(Balance.account.in_(accounts))
        .order_by(Service.position, Service.id)
    )
    found: dict[int, list[Balance]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row)
    return found


def _standing(bill: Bill | None, balances: list[Balance]) -> Standing:
    amount, as_of, parts = _balance(balances)
    if bill is not None and (as_of is None or bill.issued_on > as_of):
        return Standing(bill, amount, as_of, bill.to_pay, bill.issued_on)
    return Standing(
        bill,
        amount,
        as_of,
        amount,
        as_of,
        [(row.service.name, row.amount) for row in parts if row.service is not None],
        {row.service_id: row.amount for row in parts if row.service_id is not None},
    )


def _balance(rows: list[Balance]) -> tuple[int | None, date | None, list[Balance]]:
    """(sum, its day, the parts): the whole rules over the sum of parts, unless the parts are of a later day."""
    parts = [row for row in rows if row.service_id is not None]
    whole = next((row for row in rows if row.service_id is None), None)
    newest = max((row.as_of for row in parts), default=None)
    if whole is not None and (newest is None or whole.as_of >= newest):
        return whole.amount, whole.as_of, [row for row in parts if row.as_of == whole.as_of]
    if newest is None:
        return None, None, []
    return sum(row.amount for row in parts), newest, parts
