"""What was paid here on its way to the billing, and what accounts owe on its way to a bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, chunked

from models.account import Account, House
from models.exported import AT_ONCE
from models.order import PAID, POSTED, Match, Order, OrderLine
from models.run import ExportBatch
from models.supplier import Service, Supplier


class PaidLine(NamedTuple):
    """A line of a paid order on its way out; sums in kopecks, `batch` where it went out before."""

    id: int
    supplier: str
    account: str
    service: str | None
    amount: int
    paid_at: datetime
    number: str
    gateway: str
    provider_id: str | None
    fee: int
    receipt_url: str
    batch: int | None


def waiting_payments(since: datetime | None, supplier: Supplier | None, *, again: bool) -> list[PaidLine]:
    """Lines of paid orders that the billing has not met and no batch has; `again`: those of batches too."""
    conditions: list[Any] = [Order.state.in_((PAID, POSTED)), Match.id.is_null(), Order.paid_at.is_null(False)]
    if since is not None:
        conditions.append(Order.paid_at >= since)
    if supplier is not None:
        conditions.append(Order.supplier == supplier)
    if not again:
        conditions.append(OrderLine.batch.is_null())
    rows = (
        OrderLine.select(
            OrderLine.id, Supplier.code, Account.number, Service.code, OrderLine.amount, Order.paid_at, Order.number,
            Order.gateway, Order.provider_id, OrderLine.fee, Order.receipt_url, OrderLine.batch,
        )
        .join(Order)
        .switch(OrderLine)
        .join(Account)
        .join(Supplier)
        .switch(OrderLine)
        .join(Service, JOIN.LEFT_OUTER)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(*conditions)
        .order_by(Supplier.code, Order.paid_at, OrderLine.id)
    )  # fmt: skip
    return [PaidLine(*row) for row in cast(Iterable[tuple[Any, ...]], rows.tuples())]


def claim_payments(batch: ExportBatch, ids: Sequence[int]) -> int:
    """Takes of these lines those that no batch has; how many: each goes into one, whoever asks at once."""
    count = 0
    for some in chunked(ids, AT_ONCE):
        query = OrderLine.update(batch=batch).where(OrderLine.id.in_(some), OrderLine.batch.is_null())
        count += int(query.execute())
    return count


def open_accounts(supplier: Supplier, today: date) -> Iterator[list[Account]]:
    """The supplier's accounts that are not closed, by id, some at a time; each with its house."""
    last = 0
    is_open = Account.closed_on.is_null() | (Account.closed_on > today)
    rows = Account.select(Account, House).join(House).where(Account.supplier == supplier, is_open)
    while some := list(rows.where(Account.id > last).order_by(Account.id).limit(AT_ONCE)):
        yield some
        last = some[-1].id
