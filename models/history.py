"""What the billing told of accounts: payments, readings and bills, newest first; see `models/beside.py` for ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from peewee import JOIN, fn

from models.bill import Bill, Payment
from models.checkout import Checkout
from models.match import Match
from models.meter import Meter, Register
from models.order import Order, OrderLine
from models.photo import Photo
from models.prepared import Prepared
from models.reading import VALID, Reading
from models.supplier import Service


@dataclass(frozen=True)
class Span:
    """Which rows: of these accounts, from a day to a day, both included; None = without end."""

    accounts: tuple[int, ...]
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Place:
    """Where a page of a list ended: the value it is sorted by, and the id of its last row."""

    value: Any
    id: int


@dataclass(frozen=True)
class Total:
    """How many rows, the day of the newest, and the kopecks of payments."""

    count: int
    newest: date | None
    sum: int = 0


class Billed(NamedTuple):
    """A payment of the billing; `order`, `receipt_url`, `payer`: of the portal's order that it was met with."""

    id: int
    account: int
    on: date
    amount: int
    source: str
    service: str | None
    order: int | None
    receipt_url: str | None
    payer: int | None


class Told(NamedTuple):
    """A reading that counted, in millionths, with what its consumption needs; `service` and `register` are ids."""

    register: int
    service: int
    name: str
    unit: str
    scale: str
    digits: int
    ratio: int
    on: date
    value: int
    has_rolled: bool


def payments(span: Span, sort: str, after: Place | None, limit: int) -> list[Billed]:
    """The billing's payments; `sort`: date, -date, sum, -sum."""
    return [Billed(*row) for row in _listed(_payments, sort, limit, span, after)]


def _payments(sort: str, limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = (
        Payment.select(
            Payment.id, Payment.account, Payment.paid_on, Payment.amount, Payment.source, Service.name,
            OrderLine.order, Order.receipt_url, Checkout.resident,
        )
        .join(Service, JOIN.LEFT_OUTER)
        .switch(Payment)
        .join(Match, JOIN.LEFT_OUTER, on=Match.first_line())
        .join(OrderLine, JOIN.LEFT_OUTER)
        .join(Order, JOIN.LEFT_OUTER)
        .join(Checkout, JOIN.LEFT_OUTER)
        .where(Payment.account.in_(accounts))
    )  # fmt: skip
    key = Payment.amount if sort.endswith("sum") else Payment.paid_on
    return _page(rows, Payment.paid_on, key, Payment.id, sort, limit, conditions).tuples()


def payments_total(span: Span) -> Total:
    """Of the billing's payments."""
    return _total(_payments_total, span)


def _payments_total(_sort: str, _limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = Payment.select(
        fn.COUNT(Payment.id), fn.MAX(Payment.paid_on), fn.COALESCE(fn.SUM(Payment.amount), 0)
    ).where(Payment.account.in_(accounts))
    return _within(rows, Payment.paid_on, conditions).tuples()


def paid_days(span: Span) -> list[tuple[date, int]]:
    """Day and kopecks of the billing's payments, in no order."""
    return _listed(_paid_days, "", 1, span, None)


def _paid_days(_sort: str, _limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = Payment.select(Payment.paid_on, Payment.amount).where(Payment.account.in_(accounts))
    return _within(rows, Payment.paid_on, conditions).tuples()


def readings(span: Span, sort: str, after: Place | None, limit: int) -> list[Reading]:
    """Readings of the accounts' meters, each with register, meter, service, photo and the bill that used it."""
    return list(_listed(_readings, sort, limit, span, after))


def _readings(sort: str, limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = (
        Reading.select(Reading, Register, Meter, Service, Bill, Photo)
        .join(Register)
        .join(Meter)
        .join(Service)
        .switch(Reading)
        .join(Bill, JOIN.LEFT_OUTER)
        .switch(Reading)
        .join(Photo, JOIN.LEFT_OUTER, on=(Photo.submission == Reading.submission), attr="photo")
        .where(Meter.account.in_(accounts))
    )
    key = {"date": Reading.taken_on, "value": Reading.value, "meter": Meter.number}[sort.lstrip("-")]
    return _page(rows, Reading.taken_on, key, Reading.id, sort, limit, conditions)


def readings_total(span: Span) -> Total:
    return _total(_readings_total, span)


def _readings_total(_sort: str, _limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = (
        Reading.select(fn.COUNT(Reading.id), fn.MAX(Reading.taken_on))
        .join(Register)
        .join(Meter)
        .where(Meter.account.in_(accounts))
    )
    return _within(rows, Reading.taken_on, conditions).tuples()


def counted(span: Span) -> list[Told]:
    """The valid readings of the accounts' registers: those of a register together, oldest first."""
    return [Told(*row) for row in _listed(_counted, "", 1, span, None)]


def _counted(_sort: str, _limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = (
        Reading.select(
            Register.id, Service.id, Service.name, Service.unit, Register.scale, Register.digits, Meter.ratio,
            Reading.taken_on, Reading.value, Reading.has_rolled,
        )
        .join(Register)
        .join(Meter)
        .join(Service)
        .where(Meter.account.in_(accounts), Reading.state.in_(VALID))
    )  # fmt: skip
    order = (Service.position, Service.id, Register.position, Register.id, Reading.taken_on, Reading.id)
    return _within(rows, Reading.taken_on, conditions).order_by(*order).tuples()


def bills(span: Span, sort: str, after: Place | None, limit: int) -> list[Bill]:
    """Bills of the accounts; by date they follow their order key, by sum what is to pay."""
    return list(_listed(_bills, sort, limit, span, after))


def _bills(sort: str, limit: int, accounts: Any, **conditions: Any) -> Any:
    key = {"date": Bill.order_key, "charged": Bill.charged, "sum": Bill.to_pay}[sort.lstrip("-")]
    rows = Bill.select().where(Bill.account.in_(accounts))
    return _page(rows, Bill.issued_on, key, Bill.id, sort, limit, conditions)


def bills_total(span: Span) -> Total:
    return _total(_bills_total, span)


def _bills_total(_sort: str, _limit: int, accounts: Any, **conditions: Any) -> Any:
    rows = Bill.select(fn.COUNT(Bill.id), fn.MAX(Bill.issued_on)).where(Bill.account.in_(accounts))
    return _within(rows, Bill.issued_on, conditions).tuples()


def _total(build: Callable[..., Any], span: Span) -> Total:
    [(count, newest, *sums)] = _listed(build, "", 1, span, None)
    return Total(int(count), _day(newest), *map(int, sums))


def _day(stored: date | str | None) -> date | None:
    """The greatest day of a column, as the engine gives it."""
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


def _within(rows: Any, day: Any, conditions: Mapping[str, Any]) -> Any:
    if "since" in conditions:
        rows = rows.where(day >= conditions["since"])
    return rows.where(day <= conditions["until"]) if "until" in conditions else rows


def _page(rows: Any, day: Any, key: Any, id_: Any, sort: str, limit: int, conditions: Mapping[str, Any]) -> Any:
    """A page by its key, not by counting rows: the hundredth page costs what the first does."""
    rows, falling = _within(rows, day, conditions), sort.startswith("-")
    if "value" in conditions:
        value, last = conditions["value"], conditions["last"]
        beyond = key < value if falling else key > value
        same = id_ < last if falling else id_ > last
        rows = rows.where(beyond | ((key == value) & same))
    ordering = (key.desc(), id_.desc()) if falling else (key.asc(), id_.asc())
    return rows.order_by(*ordering).limit(limit)


def _listed(build: Callable[..., Any], sort: str, limit: int, span: Span, after: Place | None) -> list[Any]:
    """Runs a query whose text is made once for each set of conditions that are given."""
    values: dict[str, Any] = {"accounts": span.accounts}
    given = {"since": span.since, "until": span.until}
    values |= {name: day for name, day in given.items() if day is not None}
    if after is not None:
        values |= {"value": after.value, "last": after.id}
    shape = (build.__name__, sort, limit, *values)
    prepared = _LISTS.get(shape) or _LISTS.setdefault(shape, Prepared(partial(build, sort, limit)))
    return prepared(**values)


_LISTS: dict[tuple[object, ...], Prepared[Any]] = {}
