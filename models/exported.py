"""What goes out to the billing: readings claimed for a batch, with everything that their lines show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, Expression

from models.account import Account
from models.meter import Meter, Register
from models.reading import ACCEPTED, BY_BILLING, EXPORTED, Reading, Submission
from models.run import ExportBatch
from models.supplier import Service, Supplier


class OutLine(NamedTuple):
    """A reading on its way out; values in millionths, `before` is what its consumption is counted from."""

    id: int
    supplier: str
    account: str
    els: str
    service: str
    meter: str
    scale: str
    digits: int
    decimals: int
    ratio: int
    value: int
    before: int | None
    has_rolled: bool
    taken_on: date
    sent_at: datetime | None
    origin: str
    doubts: str


def claim_readings(batch: ExportBatch, since: date, supplier: Supplier | None) -> int:
    """Takes the readings that wait for export into the batch; each goes into one batch, whoever asks at once."""
    query = Reading.update(state=EXPORTED, batch=batch).where(
        Reading.state == ACCEPTED, *_of(since, supplier), Reading.origin != BY_BILLING
    )
    return int(query.execute())


def readings_of(batch: ExportBatch, since: date, supplier: Supplier | None, *, again: bool) -> list[OutLine]:
    """The lines of the batch, with `again` those of earlier batches too, by account, meter, scale and day."""
    mine = Reading.batch == batch
    rows = (
        Reading.select(
            Reading.id, Supplier.code, Account.number, Account.els, Service.code, Meter.number, Register.scale,
            Register.digits, Register.decimals, Meter.ratio, Reading.value, Reading.before, Reading.has_rolled,
            Reading.taken_on, Submission.sent_at, Reading.origin, Reading.doubts,
        )
        .join(Register)
        .join(Meter)
        .join(Account)
        .join(Supplier)
        .switch(Meter)
        .join(Service)
        .switch(Reading)
        .join(Submission, JOIN.LEFT_OUTER)
        .where(mine | _exported(since, supplier) if again else mine)
        .order_by(Supplier.code, Account.number, Meter.number, Register.position, Reading.taken_on, Reading.id)
    )  # fmt: skip
    # peewee's types know only rows of models, `tuples()` gives the selected columns
    return [OutLine(*row) for row in cast(Iterable[tuple[Any, ...]], rows.tuples())]


def _exported(since: date, supplier: Supplier | None) -> Expression:
    found = (Reading.state == EXPORTED) & (Reading.origin != BY_BILLING)
    for condition in _of(since, supplier):
        found &= condition
    return found


def _of(since: date, supplier: Supplier | None) -> list[Any]:
    conditions: list[Any] = [Reading.taken_on >= since]
    if supplier is not None:
        own = Register.select(Register.id).join(Meter).join(Account).where(Account.supplier == supplier)
        conditions.append(Reading.register.in_(own))
    return conditions
