"""How the volumes of a month were found: norms, months by average in a row, what the whole house used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from models import Account, Charge, Tariff
from models.bill import Around
from services.consumption import shifted
from services.preliminary import is_of, scale_key

METHODS = {"прибор": "meter", "норматив": "norm", "среднее": "average"}
MONTHS = 24  # as far back as months by average are counted
MICRO = Decimal(10**6)
_NUMBER = re.compile(r"-?\d{1,12}([.,]\d{1,8})?", re.ASCII)

Scale = tuple[int, str]  # a service's id and the key of its scale


@dataclass(frozen=True)
class Norm:
    """A norm of consumption in millionths of the unit: for a person, or for a square metre where `by_area`.

    `count`: how many people or metres the account has, as printed; "" where that is not known.
    """

    micro: int
    by_area: bool
    count: str

    def gives(self, volume: str) -> bool:
        """Is the printed volume the norm times the people or metres, as far as the printed places tell?"""
        count, printed = decimal(self.count), decimal(volume)
        if count is None or printed is None:
            return False
        product = self.micro / MICRO * count
        return product.quantize(Decimal(1).scaleb(int(printed.as_tuple().exponent)), ROUND_HALF_UP) == printed


@dataclass(frozen=True)
class House:
    """What accounts of the house used of a resource: `own` in their premises, `common` for the common property."""

    accounts: int
    own: Decimal
    common: Decimal

    def is_all(self, volume: str) -> bool:
        """Does it come to what the house meter has, but for a tenth? Else accounts of the house are not here."""
        metered = decimal(volume)
        return metered is not None and metered > 0 and abs(self.own + self.common - metered) * 10 <= metered


@dataclass(frozen=True)
class Facts:
    """What is known of a month's lines beside the lines themselves; `houses` by the kind of the service."""

    area: str = ""
    registered: int | None = None
    norms: Mapping[Scale, Norm] = field(default_factory=dict)
    average_months: Mapping[Scale, int] = field(default_factory=dict)
    houses: Mapping[str, House] = field(default_factory=dict)


def facts(account: Account, period: date, lines: Sequence[Charge], all_norms: bool = False) -> Facts:
    """The facts of one month: at most two queries, whatever the number of its bills and lines.

    Norms are those of the lines that were charged by them, or of all lines; a home has norms, a firm has none.
    """
    by_norm = [line for line in lines if account.kind == "person" and (all_norms or method_of(line) == "norm")]
    tariffs = list(Tariff.in_force({line.service_id for line in by_norm}, period)) if by_norm else []
    estimated = {line.service_id for line in lines if method_of(line) == "average"}
    metered = {str(line.service.kind) for line in lines if line.house_volume}
    past: list[Around] = []
    house: list[Around] = []
    if estimated or metered:
        past, house = Charge.around(account, period, sorted(estimated), shifted(period, 1 - MONTHS), sorted(metered))
    return Facts(
        area=account.area,
        registered=account.registered,
        norms=_norms(account, by_norm, tariffs),
        average_months=_in_a_row(past, period),
        houses={kind: _house([line for line in house if line.kind == kind]) for kind in metered},
    )


def house_of(charge: Charge, facts: Facts) -> House | None:
    """What the house of the line used, where all of it is known."""
    house = facts.houses.get(str(charge.service.kind))
    return house if house and house.is_all(charge.house_volume) else None


def key_of(charge: Charge) -> Scale:
    return charge.service_id, scale_key(charge.scale)


def method_of(charge: Charge) -> str:
    """meter, norm, average, or "" for what the billing said otherwise or not at all."""
    return METHODS.get(charge.method.strip().casefold(), "")


def decimal(text: str) -> Decimal | None:
    """A printed decimal; None for what is no number."""
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _norms(account: Account, lines: Iterable[Charge], tariffs: Sequence[Tariff]) -> dict[Scale, Norm]:
    found = {}
    for line in lines:
        tariff = _tariff(line, tariffs, account.stove)
        if tariff is not None and tariff.norm is not None:
            by_area = tariff.norm_base == "м²"
            count = account.area if by_area else str(account.registered or "")
            found[key_of(line)] = Norm(tariff.norm, by_area, count)
    return found


def _tariff(line: Charge, tariffs: Iterable[Tariff], stove: str) -> Tariff | None:
    """The scale's own before that of all scales, the stove's category before the rest: as `preliminary.price_of`."""
    fitting = [
        tariff
        for tariff in tariffs
        if tariff.service_id == line.service_id
        and scale_key(tariff.scale) in (scale_key(line.scale), "")
        and (not tariff.category or is_of(tariff.category, stove))
    ]
    return max(fitting, key=lambda tariff: (bool(tariff.scale), bool(tariff.category)), default=None)


def _in_a_row(past: Iterable[Around], period: date) -> dict[Scale, int]:
    """How many months up to this one were charged by average without a break, by service and scale."""
    months: dict[Scale, set[date]] = {}
    for line in past:
        if METHODS.get(line.method.strip().casefold()) == "average":
            months.setdefault((line.service, scale_key(line.scale)), set()).add(line.period)
    return {key: _run(found, period) for key, found in months.items()}


def _run(months: set[date], last: date) -> int:
    count = 0
    while shifted(last, -count) in months:
        count += 1
    return count


def _house(lines: Sequence[Around]) -> House:
    own, common = (
        sum((decimal(text) or Decimal(0) for text in texts), Decimal(0))
        for texts in ([line.volume for line in lines], [line.volume_common for line in lines])
    )
    return House(len({line.account for line in lines if decimal(line.volume)}), own, common)
