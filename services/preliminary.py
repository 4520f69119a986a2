"""«Предварительный расчёт»: what readings cost by the tariffs in force; whole numbers only, no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

SINGLE = "Круглосуточный"
MICRO = 10**6


@dataclass(frozen=True)
class Price:
    """A tariff: millionths of a rouble a unit, from a day on, for a scale and a category ("" = every, the rest)."""

    service: int
    scale: str
    since: date
    category: str
    price: int


@dataclass(frozen=True)
class Use:
    """What a scale has used: `volume` in millionths of the unit, the transformation ratio already in it."""

    service: int
    service_name: str
    meter: str
    scale: str
    unit: str
    volume: int


@dataclass(frozen=True)
class Line:
    """A line of the calculation: `price` in millionths of a rouble, `amount` in kopecks; None = no tariff known."""

    service: str
    meter: str
    scale: str
    unit: str
    volume: int
    price: int | None
    amount: int | None


@dataclass(frozen=True)
class Calculation:
    """The lines and their sum; `total` is None where not even one line has a tariff."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> int | None:
        known = [line.amount for line in self.lines if line.amount is not None]
        return sum(known) if known else None

    @property
    def is_whole(self) -> bool:
        return all(line.amount is not None for line in self.lines)

    def as_json(self) -> str:
        return json.dumps([asdict(line) for line in self.lines], ensure_ascii=False)


def from_json(text: str) -> Calculation | None:
    """A calculation as it was kept and shown; None where none was kept."""
    return Calculation(tuple(Line(**line) for line in json.loads(text))) if text else None


def calculate(uses: Iterable[Use], prices: Sequence[Price], stove: str, today: date) -> Calculation:
    """A line for each use, each rounded by itself (half up), by the prices in force today."""
    return Calculation(tuple(_line(use, price_of(use, prices, stove, today)) for use in uses))


def cost(volume: int, price: int) -> int:
    """Kopecks of a volume and a price, both in millionths, half up away from zero (formats §6.6)."""
    product, half = abs(volume * price) * 100, MICRO * MICRO // 2
    amount = (product + half) // (MICRO * MICRO)
    return amount if volume * price >= 0 else -amount


def price_of(use: Use, prices: Sequence[Price], stove: str, today: date) -> int | None:
    """The price in force: the scale's own before that of all scales, the stove's category before the rest."""
    fitting = [
        price
        for price in prices
        if price.service == use.service
        and price.since <= today
        and price.scale in (scale_key(use.scale), use.scale, "")
        and (not price.category or is_of(price.category, stove))
    ]
    best = max(fitting, key=lambda price: (bool(price.scale), bool(price.category), price.since), default=None)
    return None if best is None else best.price


def is_of(category: str, stove: str) -> bool:
    """Is a consumer with this stove of the category? «электр…» and «газ…» by their beginning, else by equality."""
    wanted, own = category.casefold().strip(), stove.casefold().strip()
    for beginning in ("электр", "газ"):
        if wanted.startswith(beginning):
            return own.startswith(beginning)
    return wanted == own


def scale_key(scale: str) -> str:
    """An empty scale and «Круглосуточный» are the same key (exchange.md, finer point 3)."""
    return "" if scale == SINGLE else scale


def _line(use: Use, price: int | None) -> Line:
    amount = None if price is None else cost(use.volume, price)
    return Line(use.service_name, use.meter, use.scale, use.unit, use.volume, price, amount)
