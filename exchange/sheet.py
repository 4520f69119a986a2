"""Rows of a workbook's sheet as the texts that would stand in a table file."""

import datetime
from collections.abc import Iterator
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook

from exchange.header import Header, match
from exchange.lines import Unreadable
from exchange.package import PackageError, Source
from exchange.reader import restored
from exchange.tables import BY_NAME

_Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


class SheetRows:
    """Rows of a sheet; its lines are those that Excel shows."""

    encoding = "xlsx"

    def __init__(self, source: Source) -> None:
        with source.open() as stream:
            try:
                with CalamineWorkbook.from_filelike(stream) as book:
                    sheet = book.get_sheet_by_name(source.sheet)
            except (CalamineError, ValueError) as trouble:
                raise PackageError(f"Лист {source.sheet} не читается: {trouble}.") from trouble
        self._size, self._height, self._done = source.size, max(sheet.total_height, 1), 0
        self._first = (sheet.start or (0, 0))[0] + 1
        self._rows = sheet.iter_rows()
        self.header = self._read_header(source.table)

    @property
    def position(self) -> int:
        return self._size * self._done // self._height

    def close(self) -> None:
        self._rows = iter(())

    def _read_header(self, table: str) -> Header:
        for row in self._rows:
            self._done += 1
            headings = [text(cell) for cell in row]
            if any(heading.strip() for heading in headings):
                return match(BY_NAME[table], headings)
        raise PackageError("Лист пуст: нет строки с названиями колонок.")

    def __iter__(self) -> Iterator[tuple[int, list[str] | Unreadable]]:
        for row in self._rows:
            number = self._first + self._done
            self._done += 1
            cells = [text(cell) for cell in row]
            if not any(cell.strip() for cell in cells):
                continue
            bad = any("\0" in cell or not _is_unicode(cell) for cell in cells)
            yield number, Unreadable("В строке есть недопустимые знаки.") if bad else cells


def text(cell: _Cell) -> str:
    """The cell as a table file would hold it; numbers as Excel shows them, with at most 15 digits."""
    if isinstance(cell, str):
        return restored(cell.replace("\r", " ").replace("\n", " "))
    if isinstance(cell, bool):
        return "да" if cell else "нет"
    if isinstance(cell, float):
        return _plain(cell)
    if isinstance(cell, datetime.date):  # a moment is a date too
        return f"{cell.day:02d}.{cell.month:02d}.{cell.year:04d}"
    return str(cell)


def _plain(number: float) -> str:
    """Without an exponent: 1e+15 in a cell is an account's number, not a way to write it."""
    return str(int(number)) if number.is_integer() else f"{Decimal(f'{number:.15g}'):f}"


def _is_unicode(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True
