"""Cells to values: money in kopecks, meter values at 10^-6, dates, closed lists; refusals in Russian.

A converter takes the text of a cell and gives a value, or raises ValueError with the reason in Russian. The
values suit a database: int, str or None. Dates and periods are ISO texts, a period is its first day.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from exchange.header import Header
from exchange.tables import Column, Kind

Value = int | str | None
Converter = Callable[[str], Value]

DECIMALS = 6  # of meter values and prices: whole numbers of millionths
MILLION = 1_000_000
WHOLE_DIGITS = 12  # the longest number that a cell may hold
_REMEMBERED = 5_000

_NUMBER = re.compile(r"([+\-\u2212]?)(\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+|\d*)(?:[.,](\d*))?")
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_GAPS = str.maketrans("", "", " \u00a0\u2009\u202f")


class BadCell(Exception):
    """A cell, or with no column a whole row, that cannot be taken; the reason is a Russian sentence."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(column, value, reason)
        self.column, self.value, self.reason = column, value, reason


class Memo(dict[str, Value]):
    """A converter that remembers: dates, periods and words repeat, and a look-up is the cheapest conversion."""

    def __init__(self, convert: Converter) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: str) -> Value:
        value = self._convert(text)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = value
        return value


def _parts(text: str) -> tuple[str, str, str]:
    """Sign, whole digits and decimals of a number as it may be written; ValueError when it is none."""
    found = _NUMBER.fullmatch(text.strip())
    if not found or not (found[2] or found[3]):
        raise ValueError("Это не число.")
    whole = found[2].translate(_GAPS).lstrip("0")
    if len(whole) > WHOLE_DIGITS:
        raise ValueError("Слишком большое число.")
    return "-" if found[1] in ("-", "\u2212") else "", whole or "0", found[3] or ""


def money(text: str) -> int:
    """Kopecks of a sum with at most two decimals: `1 234,50`, `1234.5`, `-7`."""
    sign, whole, decimals = _parts(text)
    if len(decimals) > 2:
        raise ValueError("В сумме больше двух знаков после запятой.")
    return int(f"{sign}{whole}{decimals:0<2}")


def printed(text: str, most: int) -> str:
    """A decimal with the decimals it was printed with and a point: `50,50` is `50.50`."""
    sign, whole, decimals = _parts(text)
    if len(decimals) > most:
        raise ValueError(f"Больше {most} знаков после запятой.")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def millionths(text: str, most: int = DECIMALS) -> int:
    """A meter value or a price as a whole number of millionths."""
    if text.isdecimal() and len(text) <= WHOLE_DIGITS:
        return int(text) * MILLION
    sign, whole, decimals = _parts(text)
    if len(decimals) > most:
        raise ValueError(f"Больше {most} знаков после запятой.")
    return int(f"{sign}{whole}{decimals:0<{DECIMALS}}")


def reading(text: str) -> int:
    """A meter's value in millionths; a dial shows nothing below zero."""
    value = millionths(text)
    if value < 0:
        raise ValueError("Показание не может быть отрицательным.")
    return value


def integer(text: str, low: int, high: int) -> int:
    sign, whole, decimals = _parts(text)
    if decimals.strip("0"):
        raise ValueError("Нужно целое число.")
    value = int(sign + whole)
    if not low <= value <= high:
        raise ValueError(f"Нужно целое число от {low} до {high}.")
    return value


def day(text: str) -> str:
    """ISO text of `dd.mm.yyyy` or `yyyy-mm-dd`."""
    bare = text.strip()
    found = _DATE.fullmatch(bare)
    iso = None if found else _ISO_DATE.fullmatch(bare)
    try:
        if found:
            return _within(date(int(found[3]), int(found[2]), int(found[1])))
        if iso:
            return _within(date(int(iso[1]), int(iso[2]), int(iso[3])))
    except ValueError:
        raise ValueError("Такой даты нет.")
    raise ValueError("Это не дата: нужно дд.мм.гггг или гггг-мм-дд.")


def period(text: str) -> str:
    """ISO text of the first day of `mm.yyyy` or `yyyy-mm`; that day itself is what Excel makes of a month."""
    bare = text.strip()
    try:
        if re.fullmatch(r"(01\.)?\d{1,2}\.\d{4}", bare):
            return day(bare if bare.count(".") == 2 else f"01.{bare}")
        if re.fullmatch(r"\d{4}-\d{2}(-01)?", bare):
            return day(bare if bare.count("-") == 2 else f"{bare}-01")
    except ValueError:
        raise ValueError("Такого месяца нет.")
    raise ValueError("Это не период: нужно мм.гггг или гггг-мм.")


def _within(day: date) -> str:
    if not 1800 <= day.year <= 2200:
        raise ValueError
    return day.isoformat()


def flag(text: str) -> int:
    word = text.strip().lower()
    if word not in ("да", "нет"):
        raise ValueError("Незнакомое слово. Можно: «да», «нет».")
    return int(word == "да")


def folded_word(text: str) -> str:
    """How words of a closed list are compared: without regard to case, blanks and ё/е."""
    return "".join(text.lower().split()).replace("ё", "е").replace("²", "2")


def word(text: str, words: Sequence[str], codes: dict[str, str]) -> str:
    found = codes.get(folded_word(text))
    if found is None:
        listed = ", ".join(f"«{one}»" for one in words)
        raise ValueError(f"Незнакомое слово. Можно: {listed}.")
    return found


def _words(column: Column) -> Converter:
    codes = dict(zip(map(folded_word, column.words), column.codes or column.words, strict=True))
    return partial(word, words=column.words, codes=codes)


def limited(text: str, most: int) -> str:
    """Text without blanks around it, on one line."""
    bare = text.strip()
    if len(bare) > most:
        raise ValueError(f"Длиннее {most} знаков.")
    return bare


def number_of_account(text: str) -> str:
    """Text of up to 30 printable signs; leading zeros matter."""
    bare = text.strip()
    if len(bare) > 30 or not bare.isprintable():
        raise ValueError("Номер лицевого счёта — не больше 30 печатных знаков.")
    return bare


def _filled(column: Column) -> Converter:
    """The way from a filled cell, without blanks around it, to its value."""
    match column.kind:
        case Kind.MONEY:
            return money
        case Kind.DECIMAL:
            return partial(printed, most=column.limit)
        case Kind.MILLIONTHS:
            return partial(millionths, most=column.limit)
        case Kind.READING:
            return reading
        case Kind.INTEGER:
            return partial(integer, low=column.low, high=column.limit)
        case Kind.DATE:
            return day
        case Kind.PERIOD:
            return period
        case Kind.FLAG:
            return flag
        case Kind.WORD:
            return _words(column)
        case Kind.ACCOUNT:
            return number_of_account
        case Kind.TEXT:
            return partial(limited, most=column.limit)


def converter(column: Column) -> Converter:
    """The way from any cell of the column to its value: an empty one is refused or is the column's default."""
    filled = _filled(column)

    def converted(text: str) -> Value:
        bare = text.strip()
        if bare:
            return filled(bare)
        if column.mandatory:
            raise ValueError("Обязательное поле пустое.")
        return column.default

    if not column.varied:
        return Memo(converted).__getitem__
    match column.kind:
        case Kind.MONEY:
            return _quick_money(converted, column)
        case Kind.DECIMAL:
            return _quick_decimal(converted, column)
        case _:
            return converted


def _quick_money(converted: Converter, column: Column) -> Converter:
    """Most sums are printed as `123,45`, and most of those that may be empty are."""
    mandatory, default = column.mandatory, column.default

    def quick(text: str) -> Value:
        if not text and not mandatory:
            return default
        if text[-3:-2] == ",":
            digits = text[:-3] + text[-2:]
            if digits.isdecimal() and len(digits) <= WHOLE_DIGITS:
                return int(digits)
        return converted(text)

    return quick


def _quick_decimal(converted: Converter, column: Column) -> Converter:
    """Most decimals are printed as `123` or `123,456`; they are kept as they are."""
    mandatory, default, most = column.mandatory, column.default, column.limit

    def quick(text: str) -> Value:
        if not text and not mandatory:
            return default
        if text.isascii() and len(text) <= WHOLE_DIGITS and text[0] != "0":
            if text.isdecimal():
                return text
            whole, _, decimals = text.partition(",")
            if (whole + decimals).isdecimal() and whole and 0 < len(decimals) <= most:
                return f"{whole}.{decimals}"
        return converted(text)

    return quick


def _likeness(column: Column) -> tuple[object, ...]:
    return column.kind, column.mandatory, column.words, column.limit, column.low, column.empty, column.varied


def _written_out(converters: Sequence[Converter], places: Sequence[int]) -> Callable[[Sequence[str]], list[Value]]:
    """`[convert(cells[place]) for …]` as one expression: a loop over twenty columns costs as much as their values.

    The expression is made of our own names and numbers; nothing of the file is in it.
    """
    names: dict[str, object] = {}
    parts = []
    for number, (convert, place) in enumerate(zip(converters, places, strict=True)):
        memo = getattr(convert, "__self__", None)
        names[f"c{number}"] = memo if isinstance(memo, Memo) else convert
        parts.append(f"c{number}[cells[{place}]]" if isinstance(memo, Memo) else f"c{number}(cells[{place}])")
    written: Callable[[Sequence[str]], list[Value]] = eval(f"lambda cells: [{', '.join(parts)}]", names)
    return written


class RowParser:
    """Rows of one file to values, in the order of `columns`."""

    def __init__(self, header: Header) -> None:
        self.columns = header.columns
        self.places = [header.places[column.name] for column in self.columns]
        alike: dict[tuple[object, ...], Converter] = {}  # columns of one kind remember together
        self._converters = [alike.setdefault(_likeness(column), converter(column)) for column in self.columns]
        self._convert = _written_out(self._converters, self.places)

    def parse(self, cells: Sequence[str]) -> list[Value]:
        """Values of a row as wide as the header. Raises BadCell for its first bad cell."""
        try:
            return self._convert(cells)
        except ValueError:
            raise self._fault(cells)

    def _fault(self, cells: Sequence[str]) -> BadCell:
        for column, convert, place in zip(self.columns, self._converters, self.places, strict=True):
            try:
                convert(cells[place])
            except ValueError as fault:
                return BadCell(column.heading, cells[place].strip(), str(fault))
        raise AssertionError("a row failed once and passed the second time")
