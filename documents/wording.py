"""Sums, dates and months as printed papers say them. Blanks inside are no-break spaces, minus is «−»."""

import re
from datetime import date

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

_MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
_OF_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip

_SHORT = re.compile(
    r"\b(г|ул|д|дом|кв|корп|к|стр|оф|офис|пом|пер|пр|пл|р-н|п|с|лит|№) ?(\.?) (?=[\w«])", re.IGNORECASE
)


def held(address: str) -> str:
    """An address whose abbreviations stay on one line with what they belong to: `д. 12`, `офис 5`."""
    return _SHORT.sub(rf"\1\2{NBSP}", address)


def money(kopecks: int) -> str:
    """Kopecks as `1 234,50`, without the sign of the rouble."""
    rubles, rest = divmod(abs(kopecks), 100)
    return f"{MINUS if kopecks < 0 else ''}{grouped(rubles)},{rest:02}"


def rubles(kopecks: int) -> str:
    """Kopecks as `1 234,50 ₽`."""
    return f"{money(kopecks)}{NBSP}₽"


def grouped(number: int) -> str:
    """A whole number with its thousands apart: `1 234`."""
    return f"{number:,}".replace(",", NBSP).replace("-", MINUS)


def day(value: date) -> str:
    """`15 ноября 2026`."""
    return f"{value.day}{NBSP}{_OF_MONTHS[value.month - 1]}{NBSP}{value.year}"


def short_day(value: date) -> str:
    """`15.11.2026`."""
    return f"{value:%d.%m.%Y}"


def month(period: date) -> str:
    """`октябрь 2026 года`."""
    return f"{_MONTHS[period.month - 1]}{NBSP}{period.year}{NBSP}года"
