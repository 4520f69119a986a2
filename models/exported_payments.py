"""What was paid here on its way to the billing, and what accounts owe on its way to a bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, Value, chunked

from models.account import Account, House
from models.exported import AT_ONCE
from models.match import Match
from models.order import PAID, POSTED, Order, OrderLine
from models.refund import Refund, RefundLine
from models.run import ExportBatch
from models.supplier import Service, Supplier


class PaidLine(NamedTuple):
    """A line of a paid order on its way out; sums in kopecks, `batch` where it went out before.

    What was given back is a line of its own with a sum below zero; its `id` is that of the refund's line.
    """

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
    is_refund: bool = False


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


def waiting_refunds(since: datetime | None, supplier: Supplier | None, *, again: bool) -> list[PaidLine]:
    """What was given back of payments that the billing knows or is told of, and that it has not reversed.

    An order that was given back whole before any export is no business of the billing's. `again` repeats those whose
    payment is repeated.
    """
    stands = Order.state.in_((PAID, POSTED))
    is_known = OrderLine.batch.is_null(False) | Match.id.is_null(False)
    conditions: list[Any] = [RefundLine.payment.is_null(), stands | is_known]
    if since is not None:
        conditions.append(Refund.done_at >= since)
    if supplier is not None:
        conditions.append(Order.supplier == supplier)
    conditions.append(RefundLine.batch.is_null() | stands if again else RefundLine.batch.is_null())
    rows = (
        RefundLine.select(
            RefundLine.id, Supplier.code, Account.number, Service.code, RefundLine.amount, Refund.done_at,
            Order.number, Order.gateway, Order.provider_id, Value(0), Order.receipt_url, RefundLine.batch,
        )
        .join(Refund)
        .switch(RefundLine)
        .join(OrderLine)
        .join(Order)
        .switch(OrderLine)
        .join(Account)
        .join(Supplier)
        .switch(OrderLine)
        .join(Service, JOIN.LEFT_OUTER)
        .switch(OrderLine)
        .join(Match, JOIN.LEFT_OUTER)
        .where(*conditions)
        .order_by(Supplier.code, Refund.done_at, RefundLine.id)
    )  # fmt: skip
    told = (PaidLine(*row) for row in cast(Iterable[tuple[Any, ...]], rows.tuples()))
    return [line._replace(amount=-line.amount, is_refund=True) for line in told]


def claim(table: type[OrderLine] | type[RefundLine], batch: ExportBatch, ids: Sequence[int]) -> int:
    """Takes of these lines those that no batch has; how many: each goes into one, whoever asks at once."""
    count = 0
    for some in chunked(ids, AT_ONCE):
        count += int(table.update(batch=batch).where(table.id.in_(some), table.batch.is_null()).execute())
    return count


def open_accounts(supplier: Supplier, today: date) -> Iterator[list[Account]]:
    """The supplier's accounts that are not closed, by id, some at a time; each with its house."""
    last = 0
    is_open = Account.closed_on.is_null() | (Account.closed_on > today)
    rows = Account.select(Account, House).join(House).where(Account.supplier == supplier, is_open)
    while some := list(rows.where(Account.id > last).order_by(Account.id).limit(AT_ONCE)):
        yield some
        last = some[-1].id
