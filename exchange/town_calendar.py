"""The months of the invented town and their prices; how it writes sums, volumes and days."""

from dataclasses import dataclass
from datetime import date, timedelta

from exchange.town_facts import PRICES, Price


def half_up(number: int, divisor: int) -> int:
    """Rounded half away from zero: kopecks of a line."""
    whole = (2 * abs(number) + divisor) // (2 * divisor)
    return whole if number >= 0 else -whole


def roubles(kopecks: int) -> str:
    return f"{'-' if kopecks < 0 else ''}{abs(kopecks) // 100},{abs(kopecks) % 100:02d}"


def fixed(value: int, decimals: int) -> str:
    """A whole number of the smallest units as a decimal."""
    if not decimals:
        return str(value)
    unit = 10**decimals
    return f"{value // unit},{value % unit:0{decimals}d}"


def month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)


def years_on(day: date, years: int) -> date:
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


@dataclass(frozen=True)
class Calendar:
    """The months of the history, oldest first, each with its prices in millionths and as printed."""

    firsts: tuple[date, ...]
    prices: tuple[dict[tuple[str, str, str, str], tuple[int, str]], ...]

    @classmethod
    def before(cls, month: date, months: int) -> "Calendar":
        count = month.year * 12 + month.month - 1
        firsts = tuple(date(n // 12, n % 12 + 1, 1) for n in range(count - months, count))
        begun = firsts[0].year - 1
        return cls(firsts, tuple(_prices(first, begun) for first in firsts))

    def years(self) -> range:
        """The years whose first of July brought prices that the history needs."""
        return range(self.firsts[0].year - 1, self.firsts[-1].year + 1)


def price_in(price: Price, years: int) -> int:
    """Millionths after so many rises; whole kopecks where the price began so."""
    step = 1 if price.price % 10_000 else 10_000
    now = price.price
    for _ in range(years):
        now = half_up(now * (100 + price.growth), 100 * step) * step
    return now


def price_text(price: int) -> str:
    return fixed(price // 10_000, 2) if price % 10_000 == 0 else fixed(price, 6)


def _prices(first: date, begun: int) -> dict[tuple[str, str, str, str], tuple[int, str]]:
    risen = first.year - begun - (first.month < 7)
    found = {}
    for price in PRICES:
        now = price_in(price, risen)
        found[price.supplier, price.service, price.scale, price.category] = (now, price_text(now))
    return found
