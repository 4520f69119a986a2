"""What an account owes and by which document: the last bill, the balance, the newer of the two, the last payment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from peewee import JOIN, ModelSelect

from models.account import Account
from models.bill import Balance, Bill, Charge, Payment
from models.meter import Meter
from models.prepared import Prepared
from models.supplier import Service, Tariff


@dataclass(frozen=True)
class Standing:
    """Sums in kopecks, positive = owed, None = the billing has said nothing.

    `debt` is the newer by date of the balance and the last bill (decisions 9), the balance where both are of one
    day; `debt_on` is that day. `parts` are the balance's parts, (service name, sum) in the services' order, and
    `by_service` the same by the service's id: both empty where the balance is a whole or is older than the bill.
    `last_payment` is the newest that is no reversal.
    """

    last_bill: Bill | None = None
    last_payment: Payment | None = None
    balance: int | None = None
    balance_on: date | None = None
    debt: int | None = None
    debt_on: date | None = None
    parts: list[tuple[str, int]] = field(default_factory=list)
    by_service: dict[int, int] = field(default_factory=dict)


def standings(accounts: Iterable[int]) -> dict[int, Standing]:
    """The standing of every account asked for, by its id: one query whatever their number.

    The last bill and the last payment are one step down an index each; a window over all bills would walk ten years.
    """
    ids = sorted({int(account) for account in accounts})
    found = {account: Standing() for account in ids}
    for account, rows in groupby(_ROWS(accounts=ids) if ids else (), key=lambda row: int(row.id)):
        lines = list(rows)
        balances = [part for row in lines if (part := getattr(row, "balance", None)) is not None]
        found[account] = _standing(getattr(lines[0], "bill", None), getattr(lines[0], "payment", None), balances)
    return found


def services_of(account: int, last_bill: Bill | None, day: date) -> list[tuple[Service, list[Tariff]]]:
    """What the account is charged for, each service with its prices in force: one query.

    Services of its meters, of its balance and of its last bill.
    """
    charged = Charge.select(Charge.service).where(Charge.bill == (last_bill.id if last_bill is not None else 0))
    rows = (
        Service.select(Service, Tariff)
        .join(
            Tariff, JOIN.LEFT_OUTER, on=(Tariff.service == Service.id) & (Tariff.since == Tariff.begun(day)),
            attr="tariff",
        )
        .where(
            Service.id.in_(Meter.select(Meter.service).where(Meter.account == account))
            | Service.id.in_(Balance.select(Balance.service).where(Balance.account == account))
            | Service.id.in_(charged)
        )
        .order_by(Service.position, Service.id, Tariff.id)
    )  # fmt: skip
    found: dict[int, tuple[Service, list[Tariff]]] = {}
    for row in rows:
        tariff = getattr(row, "tariff", None)
        found.setdefault(row.id, (row, []))[1].extend([tariff] if tariff is not None else [])
    return list(found.values())


def _rows(accounts: Sequence[object]) -> ModelSelect[Account]:
    """A row for each part of a balance, the account's last bill and payment repeated beside it."""
    bill, payment = Bill.alias(), Payment.alias()
    last_bill = (
        bill.select(bill.id)
        .where(bill.account == Account.id)
        .order_by(bill.order_key.desc(), bill.id.desc())
        .limit(1)
    )
    last_payment = (
        payment.select(payment.id)
        .where(payment.account == Account.id, payment.amount > 0)
        .order_by(payment.paid_on.desc(), payment.id.desc())
        .limit(1)
    )
    return (
        Account.select(Account.id, Bill, Payment, Balance, Service)
        .join(Bill, JOIN.LEFT_OUTER, on=(Bill.id == last_bill), attr="bill")
        .switch(Account)
        .join(Payment, JOIN.LEFT_OUTER, on=(Payment.id == last_payment), attr="payment")
        .switch(Account)
        .join(Balance, JOIN.LEFT_OUTER, on=(Balance.account == Account.id), attr="balance")
        .join(Service, JOIN.LEFT_OUTER, on=(Service.id == Balance.service), attr="service")
        .where(Account.id.in_(accounts))
        .order_by(Account.id, Service.position, Service.id)
    )


_ROWS: Prepared[Account] = Prepared(_rows)


def _standing(bill: Bill | None, payment: Payment | None, balances: list[Balance]) -> Standing:
    amount, as_of, parts = _balance(balances)
    if bill is not None and (as_of is None or bill.issued_on > as_of):
        return Standing(bill, payment, amount, as_of, bill.to_pay, bill.issued_on)
    return Standing(
        bill,
        payment,
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
