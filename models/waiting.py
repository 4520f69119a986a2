"""How much waits for operators, queue by queue: small sets behind partial indexes, counted in one query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from peewee import JOIN, SQL, ModelSelect, Select, Value, fn

from models.account import Account
from models.appeal import Appeal
from models.application import OPEN, Application
from models.base import db
from models.call import Call
from models.gateway_event import GatewayEvent
from models.meter import Meter, Register
from models.order import Order
from models.outbox import Outbox
from models.prepared import Prepared
from models.reading import Reading
from models.registry import WAITING as UNKNOWN
from models.registry import Registry, RegistryLine
from models.request import WAITING, LinkRequest
from models.review import Review


class Waiting(NamedTuple):
    """How many of each wait, one more than what was counted to where there are more."""

    readings: int
    requests: int
    applications: int
    appeals: int
    calls: int
    lines: int
    events: int
    orders: int
    letters: int


def waiting(suppliers: Collection[int] | None, hangs_before: datetime, most: int) -> Waiting:
    """What waits for those who work for these suppliers; None = for all: then what belongs to nobody, too.

    `hangs_before`: orders sent to a bank before that moment have waited too long for its answer. Nothing is counted
    further than one beyond `most`: whose account a doubted reading is of takes four look-ups.
    """
    if suppliers is None:
        rows = _ALL(hangs_before=hangs_before, limit=most + 1)
    else:
        rows = _OWN(suppliers=sorted(suppliers), hangs_before=hangs_before, limit=most + 1)
    return Waiting(*rows[0])


def _figures(suppliers: Any, hangs_before: Any, limit: Any) -> Select:
    queues = (
        _readings(suppliers),
        _own(LinkRequest, suppliers, LinkRequest.state == SQL(f"'{WAITING}'")),
        _own(Application, suppliers, Application.state.in_([SQL(f"'{state}'") for state in OPEN])),
        _own(Appeal, suppliers, Appeal.waits_since.is_null(False)),
        _own(Call, suppliers, Call.state == SQL("'waiting'")),
        _lines(suppliers),
        _events(suppliers),
        _own(Order, suppliers, *Order.waits_long(hangs_before)),
        _letters(suppliers),
    )
    return Select([], [_count(queue, limit) for queue in queues]).bind(db).tuples()  # unbound, it has SQLite's places


def _count(queue: ModelSelect[Any], limit: Any) -> Select:
    return Select([queue.limit(limit).alias("waits")], [fn.COUNT(SQL("*"))])


def _own(model: Any, suppliers: Any, *waits: Any) -> ModelSelect[Any]:
    rows: ModelSelect[Any] = model.select(SQL("1")).where(*waits)
    return rows if suppliers is None else rows.where(_of(model, suppliers))


def _readings(suppliers: Any) -> ModelSelect[Reading]:
    rows = Reading.select(SQL("1")).join(Review, JOIN.LEFT_OUTER).where(Reading.is_doubted(), Review.id.is_null())
    if suppliers is None:
        return rows
    return rows.switch(Reading).join(Register).join(Meter).join(Account).where(_of(Account, suppliers))


def _lines(suppliers: Any) -> ModelSelect[RegistryLine]:
    rows = RegistryLine.select(SQL("1")).where(RegistryLine.state == SQL(f"'{UNKNOWN}'"))
    return rows if suppliers is None else rows.join(Registry).where(_of(Registry, suppliers))


def _events(suppliers: Any) -> ModelSelect[GatewayEvent]:
    rows = GatewayEvent.select(SQL("1")).where(*GatewayEvent.is_open())
    return rows if suppliers is None else rows.join(Order).where(_of(Order, suppliers))


def _of(model: Any, suppliers: Any) -> Any:
    """Not the bare column: SQLite would read all that a supplier ever had, and what waits has an index of its own."""
    return (model.supplier + 0).in_(suppliers)


def _letters(suppliers: Any) -> ModelSelect[Outbox]:
    """Letters are of residents of every supplier."""
    rows = Outbox.select(SQL("1")).where(SQL("\"state\" = 'dead'"))
    return rows if suppliers is None else rows.where(Value(1) == 0)


_ALL: Prepared[tuple[int, ...]] = Prepared(lambda hangs_before, limit: _figures(None, hangs_before, limit))
_OWN: Prepared[tuple[int, ...]] = Prepared(_figures)
