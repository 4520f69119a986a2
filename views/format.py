"""How figures, dates and names are set in Russian; every filter of the templates is here."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask

import clock
from services import contacts, reading_words

NB = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
MONTHS_OF = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
MONTHS_SHORT = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
SHORT_WORDS = re.compile(r"(?<![\w-])(№|[вкосуяи]|на|по|до|от|из|за|не|ни|ул\.|д\.|кв\.|г\.|пос\.|тел\.)\s", re.I)


def groups(digits: str) -> str:
    """`1234567` → `1 234 567`, with no-break spaces."""
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", NB, digits)


def grouped(count: int) -> str:
    """`9870` → `9 870`"""
    return groups(str(count))


def month_start(day: date) -> date:
    return day.replace(day=1)


def money(kopecks: int | None) -> str:
    """`-123450` → `−1 234,50`; None is a dash."""
    if kopecks is None:
        return "—"
    roubles, rest = divmod(abs(kopecks), 100)
    return f"{MINUS if kopecks < 0 else ''}{groups(str(roubles))},{rest:02d}"


def rub(kopecks: int | None) -> str:
    """`123450` → `1 234,50 ₽`, never broken across lines."""
    return "—" if kopecks is None else f"{money(kopecks)}{NB}₽"


def money_typed(kopecks: int | None) -> str:
    """The value of an editable sum: `1 485,33`, empty for none."""
    return "" if kopecks is None else money(kopecks).replace(MINUS, "-").replace(NB, " ")


def quantity(micro: int | None, decimals: int | None = None) -> str:
    """Millionths as a number: `416105000` → `416,105`; `decimals` fixes how many signs follow the comma."""
    if micro is None:
        return "—"
    whole, rest = divmod(abs(micro), 10**6)
    fraction = f"{rest:06d}"
    fraction = fraction.rstrip("0") if decimals is None else fraction[:decimals]
    return f"{MINUS if micro < 0 else ''}{groups(str(whole))}{',' + fraction if fraction else ''}"


def price(micro: int) -> str:
    """A tariff in millionths of a rouble: kopecks are always shown, finer decimals where there are any: `4,10`."""
    whole, rest = divmod(micro, 10**6)
    fraction = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{groups(str(whole))},{fraction}"


def percent(hundredths: int) -> str:
    """Hundredths of a percent: `0` → `0,0`, `50` → `0,5`, `125` → `1,25`."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}".removesuffix("0")


def reading(micro: int, digits: int, decimals: int, zero_padded: bool = True) -> str:
    """A reading with the meter's digits: `015 737`, `00 416,105`; without padding `15 737` stays `15737`."""
    whole, rest = divmod(micro, 10**6)
    fraction = f",{rest:06d}"[: decimals + 1] if decimals else ""
    return (groups(str(whole).zfill(digits)) if zero_padded else str(whole)) + fraction


def printed(text: str) -> str:
    """An imported decimal as it was printed, with a comma: `9.044` → `9,044`; long numbers in groups of three."""
    whole, point, fraction = text.replace(",", ".").partition(".")
    sign = MINUS if whole.startswith("-") else ""
    return sign + groups(whole.lstrip("-")) + ("," + fraction if point else "")


def printed_reading(text: str, digits: int | None) -> str:
    """An imported reading padded to the register's digits where they are known: `15737` → `015 737`."""
    whole, point, fraction = text.replace(",", ".").partition(".")
    return printed(whole.zfill(digits or 0) + point + fraction)


def day(value: date | None) -> str:
    return "—" if value is None else f"{value:%d.%m.%Y}"


def day_words(value: date) -> str:
    """`20 октября`; the year is said when it is not this one's."""
    year = "" if value.year == clock.today().year else f"{NB}{value.year}"
    return f"{value.day}{NB}{MONTHS_OF[value.month - 1]}{year}"


def month(period: date) -> str:
    """`октябрь 2026`"""
    return f"{MONTHS[period.month - 1]}{NB}{period.year}"


def month_title(period: date) -> str:
    """`Октябрь 2026`"""
    return month(period).capitalize()


def month_of(period: date) -> str:
    """`октября 2026`"""
    return f"{MONTHS_OF[period.month - 1]}{NB}{period.year}"


def month_end(period: date) -> date:
    """The last day of the month."""
    return (period.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def local(moment: datetime) -> datetime:
    return moment.astimezone(clock.zone())


def moment_words(value: datetime) -> str:
    """`20 ноября, 09:15` in the utility's zone."""
    here = local(value)
    return f"{day_words(here.date())}, {here:%H:%M}"


def nb(text: str) -> str:
    """Short prepositions, «№», «ул.» and initials keep to the word that follows."""
    return SHORT_WORDS.sub(lambda found: found.group()[:-1] + NB, text)


def plural(count: int, one: str, few: str, many: str) -> str:
    """`2 счёта`, `5 счетов`"""
    return f"{groups(str(count))}{NB}{form_of(count, one, few, many)}"


def form_of(count: int, one: str, few: str, many: str) -> str:
    """The words that go with so many."""
    tens, ones = abs(count) % 100, abs(count) % 10
    if 10 < tens < 20:
        return many
    return one if ones == 1 else few if 1 < ones < 5 else many


def volume(size: int) -> str:
    """Bytes as people read them: `512 КБ`, `76,7 ГБ`."""
    for power, unit in ((3, "ГБ"), (2, "МБ"), (1, "КБ")):
        if size >= 1024**power:
            whole, tenth = divmod(size * 10 // 1024**power, 10)
            return f"{groups(str(whole))}{f',{tenth}' if tenth else ''}{NB}{unit}"
    return plural(size, "байт", "байта", "байт")


def phone(text: str) -> str:
    """A phone as people read it; what is none stays as it is."""
    return contacts.shown_phone(text)


def reading_source(row: Any) -> str:
    """Who gave a reading: «житель», «по ссылке», «банк»."""
    return reading_words.source(row.origin, row.source)


def install(app: Flask) -> None:
    """Makes the filters known to the templates."""
    for function in (
        grouped, money, rub, money_typed, quantity, reading, printed, printed_reading, percent, price, day, day_words,
        month, month_of, month_end, month_title, moment_words, nb, plural, phone, reading_source, volume,
    ):  # fmt: skip
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(
        reading_life=reading_words.life, reading_state=reading_words.state, reading_doubts=reading_words.doubts
    )
