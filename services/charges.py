"""How a month's sum was made: why a line costs what it does, shares of the services, months in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from documents import charts
from models import Account, Bill, Charge, Register
from models.bill import Paper
from models.meter import SINGLE
from services import penalty, settings, volumes
from services.bills import meter_of
from services.penalty import Late
from services.settings import SupplierSettings
from services.volumes import Facts, House, Norm, decimal

MONTHS = 12  # that the list shows first
AREAS, PEOPLE = {"м²", "м2", "квм", "кв.м"}, {"чел", "человек"}
PENALTY = "пени"  # the kind of a service
NOTHING, USUAL = Facts(), SupplierSettings()


@dataclass(frozen=True)
class Why:
    """What the billing said about a line, ready to be told: texts keep their printed decimals.

    `method`: meter, norm, average or "". `fit`: is tariff × volume the charged sum: exact, rounded (the printed
    figures are), raised (`raised` hundredths of it: the coefficient of a norm), other (by a coefficient that the
    line does not name), "" (not both are printed); the charged sum rules (exchange.md). `digits` of the register,
    None where it is not known. `months` by average in a row, this one too; `is_last_average` when the next comes by
    the norm. `basis`: the volume is the area, the number of people, or neither: "".
    """

    charge: Charge
    method: str
    meter_number: str
    digits: int | None
    fit: str
    provider: str
    months: int = 0
    is_last_average: bool = False
    basis: str = ""
    norm: Norm | None = None
    house: House | None = None
    raised: int = 0

    @property
    def is_known(self) -> bool:
        """Is there anything to tell at all?"""
        line = self.charge
        texts = (line.tariff, line.volume, line.volume_common, line.house_volume, line.reading_after)
        return any(texts) or bool(
            self.method or self.provider or line.recalculated or line.benefit or self.is_penalty
        )

    @property
    def is_penalty(self) -> bool:
        return str(self.charge.service.kind) == PENALTY

    @property
    def share(self) -> int | None:
        """The flat's part of what the house used, hundredths of a percent: of the common volume where it has one."""
        own, whole = decimal(self.charge.volume), decimal(self.charge.house_volume)
        if self.charge.volume_common:
            own, whole = decimal(self.charge.volume_common), self.house.common if self.house else None
        if own is None or not whole or not 0 <= own <= whole:
            return None
        return int((own * 10000 / whole).quantize(Decimal(1), ROUND_HALF_UP))


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
    late: Late | None = None  # what not paying costs; only of the last bill, whose debt has not gone into another

    @property
    def donut(self) -> str:
        """The shares as SVG mark-up; the table beside it says the same."""
        amounts, names = [share.amount for share in self.shares], [share.name for share in self.shares]
        return charts.donut(amounts, "Доли услуг: те же числа в таблице рядом", names)

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


def of_month(account: Account, period: date, today: date | None = None) -> list[Detail]:
    """The account's bills of the period with their lines explained, newest first; at most six queries.

    `today` where it is the last period, for what paying late costs citizens: others pay by laws of their own.
    """
    today = today if account.kind == "person" else None
    bills = Bill.with_lines(account, period)
    lines = [line for _, of_bill in bills for line in of_bill]
    registers = list(Register.of_account(account)) if any(line.reading_after for line in lines) else []
    facts = volumes.facts(account, period, lines)
    by_rule = any(volumes.method_of(line) in ("norm", "average") for line in lines)
    is_due = today is not None and any(_principal(bill, of_bill) for bill, of_bill in bills)
    terms = settings.in_force(today or period).of(account.supplier_id) if by_rule or is_due else USUAL
    name = str(account.supplier.name)
    return [
        Detail(
            bill,
            [why(bill, line, registers, name, facts, terms) for line in of_bill],
            shares(of_bill),
            _late(bill, _principal(bill, of_bill), today, terms),
        )
        for bill, of_bill in bills
    ]


def _principal(bill: Bill, lines: Iterable[Charge]) -> int:
    """What of the month is to pay by its due day, kopecks, without penalties; older debts had days of their own."""
    penalties = sum(int(line.total) for line in lines if str(line.service.kind) == PENALTY)
    return max(min(int(bill.to_pay), bill.total) - penalties, 0)


def _late(bill: Bill, debt: int, today: date | None, terms: SupplierSettings) -> Late | None:
    if today is None or bill.due_on is None or not debt:
        return None
    return penalty.late(debt, bill.due_on, today, terms.penalty_rate)


def why(
    bill: Bill,
    charge: Charge,
    registers: Sequence[Register],
    supplier: str,
    facts: Facts = NOTHING,
    terms: SupplierSettings = USUAL,
) -> Why:
    """A line explained; `supplier` is the name that needs not be repeated as a provider."""
    meter = meter_of(bill, charge, registers) if charge.reading_after else None
    scale = charge.scale or SINGLE
    register = next((row for row in registers if meter and row.meter_id == meter.id and row.scale == scale), None)
    provider, method, key = str(charge.service.provider), volumes.method_of(charge), volumes.key_of(charge)
    raised = terms.norm_coefficient if method == "norm" else 0
    months = facts.average_months.get(key, 1) if method == "average" else 0
    return Why(
        charge=charge,
        method=method,
        meter_number=meter.number if meter else "",
        digits=register.digits if register else None,
        fit=fit(charge.tariff, charge.volume, charge.volume_common, charge.charged, raised),
        provider="" if provider == supplier else provider,
        months=months,
        is_last_average=months >= terms.average_months,
        basis=basis(charge, facts),
        norm=facts.norms.get(key) if method == "norm" else None,
        house=volumes.house_of(charge, facts),
        raised=raised,
    )


def basis(charge: Charge, facts: Facts) -> str:
    """What the volume of a line without a meter is: the area, the number of people, or something else: ""."""
    volume, unit = decimal(charge.volume), charge.unit.casefold().replace(" ", "").rstrip(".")
    if volume is None or charge.reading_after:
        return ""
    if unit in AREAS and volume == decimal(facts.area):
        return "area"
    return "people" if unit in PEOPLE and facts.registered is not None and volume == facts.registered else ""


def fit(tariff: str, volume: str, volume_common: str, charged: int, raised: int = 0) -> str:
    """Does the printed price times the printed volumes give the sum (kopecks, half up)? See `Why.fit`.

    `raised`: the coefficient that a norm may be charged with, in hundredths; 0 = none.
    """
    price = decimal(tariff)
    amounts = [amount for text in (volume, volume_common) if (amount := decimal(text)) is not None]
    if price is None or not amounts:
        return ""
    whole = sum(amounts, Decimal(0))
    exact = price * whole * 100
    if _kopecks(exact) == charged:
        return "exact"
    doubt = sum((_half(amount) for amount in amounts), Decimal(0)) * abs(price) + _half(price) * abs(whole)
    if abs(exact - charged) <= doubt * 100 + 1:
        return "rounded"
    return "raised" if raised and _kopecks(exact * raised / 100) == charged else "other"


def _kopecks(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _half(amount: Decimal) -> Decimal:
    """Half a unit of the last printed place: what rounding may have hidden."""
    return Decimal(5).scaleb(int(amount.as_tuple().exponent) - 1)


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
