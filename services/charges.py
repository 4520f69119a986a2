"""How a month's sum was made: why a line costs what it does, shares of the services, months in a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from documents import charts
from models import Bill, Charge, Register
from models.bill import Paper
from models.meter import SINGLE
from services.bills import meter_of

_NUMBER = re.compile(r"-?\d{1,12}([.,]\d{1,8})?", re.ASCII)
MONTHS = 24  # that the list shows first
METHODS = {"прибор": "meter", "норматив": "norm", "среднее": "average"}


@dataclass(frozen=True)
class Why:
    """What the billing said about a line, ready to be told: texts keep their printed decimals.

    `method`: meter, norm, average or "". `fit`: is tariff × volume the charged sum: exact, rounded (the printed
    figures are), other (a coefficient the line does not name), "" (not both are printed); the charged sum rules
    (exchange.md). `digits` of the register, None where it is not known.
    """

    charge: Charge
    method: str
    meter_number: str
    digits: int | None
    fit: str
    provider: str

    @property
    def is_known(self) -> bool:
        """Is there anything to tell at all?"""
        line = self.charge
        texts = (line.tariff, line.volume, line.volume_common, line.house_volume, line.reading_after)
        return any(texts) or bool(self.method or self.provider or line.recalculated or line.benefit)


@dataclass(frozen=True)
class Share:
    """A service's part of the month: kopecks and whole percents, which add up to 100."""

    name: str
    amount: int
    percent: int


@dataclass(frozen=True)
class Detail:
    """A bill of the month with its lines; chains are never added together, so every bill keeps its own saldo."""

    bill: Bill
    lines: list[Why]
    shares: list[Share]

    @property
    def donut(self) -> str:
        """The shares as SVG mark-up; the table beside it says the same."""
        return charts.donut([share.amount for share in self.shares], "Доли услуг: те же числа в таблице рядом")

    @property
    def charged(self) -> int:
        return sum(line.charge.charged for line in self.lines)

    @property
    def recalculated(self) -> int:
        return sum(line.charge.recalculated or 0 for line in self.lines)

    @property
    def benefit(self) -> int:
        return sum(line.charge.benefit or 0 for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.charge.total for line in self.lines)


def detail(bill: Bill, charges: Sequence[Charge], registers: Sequence[Register], supplier: str) -> Detail:
    """The bill's lines explained; `supplier` is the name that needs not be repeated as a provider."""
    return Detail(bill, [why(bill, charge, registers, supplier) for charge in charges], shares(charges))


def why(bill: Bill, charge: Charge, registers: Sequence[Register], supplier: str) -> Why:
    meter = meter_of(bill, charge, registers) if charge.reading_after else None
    scale = charge.scale or SINGLE
    register = next((row for row in registers if meter and row.meter_id == meter.id and row.scale == scale), None)
    provider = str(charge.service.provider)
    return Why(
        charge=charge,
        method=METHODS.get(charge.method.strip().casefold(), ""),
        meter_number=meter.number if meter else "",
        digits=register.digits if register else None,
        fit=fit(charge.tariff, charge.volume, charge.volume_common, charge.charged),
        provider="" if provider == supplier else provider,
    )


def fit(tariff: str, volume: str, volume_common: str, charged: int) -> str:
    """Does the printed price times the printed volumes give the sum (kopecks, half up)? See `Why.fit`."""
    price = _decimal(tariff)
    volumes = [amount for text in (volume, volume_common) if (amount := _decimal(text)) is not None]
    if price is None or not volumes:
        return ""
    volume_all = sum(volumes, Decimal(0))
    exact = price * volume_all * 100
    if int(exact.quantize(Decimal(1), ROUND_HALF_UP)) == charged:
        return "exact"
    doubt = sum((_half(amount) for amount in volumes), Decimal(0)) * abs(price) + _half(price) * abs(volume_all)
    return "rounded" if abs(exact - charged) <= doubt * 100 + 1 else "other"


def _half(amount: Decimal) -> Decimal:
    """Half a unit of the last printed place: what rounding may have hidden."""
    return Decimal(5).scaleb(int(amount.as_tuple().exponent) - 1)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def shares(charges: Iterable[Charge]) -> list[Share]:
    """The services by size, the smallest gathered in «Остальное»; what was given back has no share of a pie."""
    sums: dict[str, int] = {}
    for charge in charges:
        sums[charge.service.name] = sums.get(charge.service.name, 0) + charge.total
    ranked = sorted(((name, amount) for name, amount in sums.items() if amount > 0), key=lambda part: -part[1])
    kept = charts.SECTORS - 1
    if len(ranked) > charts.SECTORS:
        ranked = [*ranked[:kept], ("Остальное", sum(amount for _, amount in ranked[kept:]))]
    percents = charts.percents([amount for _, amount in ranked])
    return [Share(name, amount, percent) for (name, amount), percent in zip(ranked, percents, strict=True)]


def periods(papers: Iterable[Paper]) -> list[date]:
    """The months that have a bill, newest first."""
    return sorted({paper.period for paper in papers}, reverse=True)
