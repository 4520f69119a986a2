"""What goes out to the billing: readings that wait for it with all that their lines show, claimed for a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import JOIN, chunked

from models.account import Account, House
from models.meter import Meter, Register
from models.reading import ACCEPTED, BY_BILLING, EXPORTED, Reading, Submission
from models.run import ExportBatch
from models.supplier import Service, Supplier

AT_ONCE = 500  # ids in one query


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
    state: str
    kind: str
    settlement: str
    street: str
    house: str


def claim_readings(batch: ExportBatch, ids: Sequence[int]) -> int:
    """Takes of these readings those that still wait for export into the batch; how many.

    Each goes into one batch, whoever asks at once.
    """
    count = 0
    for some in chunked(ids, AT_ONCE):
        query = Reading.update(state=EXPORTED, batch=batch).where(Reading.id.in_(some), Reading.state == ACCEPTED)
        count += int(query.execute())
    return count


def waiting_readings(since: date, supplier: Supplier | None, *, again: bool) -> list[OutLine]:
    """What waits for export, with `again` what went out unanswered too, by account, meter, scale and day."""
    states = (ACCEPTED, EXPORTED) if again else (ACCEPTED,)
    rows = (
        Reading.select(
            Reading.id, Supplier.code, Account.number, Account.els, Service.code, Meter.number, Register.scale,
            Register.digits, Register.decimals, Meter.ratio, Reading.value, Reading.before, Reading.has_rolled,
            Reading.taken_on, Submission.sent_at, Reading.origin, Reading.doubts, Reading.state, Service.kind,
            House.settlement, House.street, House.number,
        )
        .join(Register)
        .join(Meter)
        .join(Account)
        .join(Supplier)
        .switch(Account)
        .join(House)
        .switch(Meter)
        .join(Service)
        .switch(Reading)
        .join(Submission, JOIN.LEFT_OUTER)
        .where(Reading.state.in_(states), Reading.origin != BY_BILLING, *_of(since, supplier))
        .order_by(Supplier.code, Account.number, Meter.number, Register.position, Reading.taken_on, Reading.id)
    )  # fmt: skip
    # peewee's types know only rows of models, `tuples()` gives the selected columns
    return [OutLine(*row) for row in cast(Iterable[tuple[Any, ...]], rows.tuples())]


def _of(since: date, supplier: Supplier | None) -> list[Any]:
    conditions: list[Any] = [Reading.taken_on >= since]
    if supplier is not None:
        own = Register.select(Register.id).join(Meter).join(Account).where(Account.supplier == supplier)
        conditions.append(Reading.register.in_(own))
    return conditions
