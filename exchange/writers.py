"""Tables out: CSV and XLSX that open in Excel without running anything, and the file of refused rows.

A cell that begins with `= + - @`, a tab or a carriage return is a formula to a spreadsheet, whoever wrote it
there: it gets an apostrophe in front. A plain number, negative ones too, is left a number.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

Cell = str | int | Decimal | date | None

_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d+)?")
WIDTH = 16  # signs of a column: a day in a narrower one is shown as #####
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
ENCODINGS = {"utf-8": "utf-8-sig", "cp1251": "cp1251", "windows-1251": "cp1251"}


def neutral(cell: str) -> str:
    """The cell as a spreadsheet shows it and never computes it."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def shown(cell: Cell) -> str:
    """A cell of a CSV: numbers with a comma, days as dd.mm.yyyy, nothing that computes."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", ",")
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return neutral(str(cell))


def write_csv(out: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """The same in UTF-8, row by row: what is written is not held."""
    out.write(_lines([headings]).encode("utf-8-sig"))
    for row in rows:
        out.write(_lines([[shown(cell) for cell in row]]).encode())


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Cell]], encoding: str = "utf-8") -> bytes:
    """A CSV with `;`: UTF-8 with its mark by default, windows-1251 for older billings.

    A sign that windows-1251 does not know becomes `?`.
    """
    text = _lines([headings]) + _lines([shown(cell) for cell in row] for row in rows)
    return text.encode(ENCODINGS[encoding], errors="replace")


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def xlsx_bytes(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], made_at: datetime) -> bytes:
    """A workbook of one sheet, see `write_xlsx`."""
    content = io.BytesIO()
    write_xlsx(content, title, headings, rows, made_at)
    return content.getvalue()


def write_xlsx(
    out: BinaryIO, title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], made_at: datetime
) -> None:
    """A workbook of one sheet; texts stay texts, so leading zeros and long account numbers survive.

    The same rows and moment give the same bytes. Rows are not held: they go to the disk as they come.
    """
    from xlsxwriter import Workbook  # heavy, and seldom wanted

    with Workbook(out, {"constant_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        sheet = book.add_worksheet(title[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.set_column(0, len(headings) - 1, WIDTH)
        sheet.write_row(0, 0, headings, bold)
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                _put(sheet, number, place, cell, day)


def _put(sheet: Any, row: int, place: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, neutral(cell))
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, day)
    elif cell is not None:
        sheet.write_number(row, place, cell)


class RefusedFile:
    """Refused rows of a table as a file of the same layout with `Строка` and `Причина` after the columns."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\r\n")
        self._width = len(headings)
        self._writer.writerow([*headings, "Строка", "Причина"])

    def add(self, line: int, cells: Sequence[str], reason: str) -> None:
        """One row; a line that could not be split at all has no cells."""
        filled = [*cells, *[""] * (self._width - len(cells))]
        self._writer.writerow([*map(neutral, filled), str(line), reason])

    def close(self) -> None:
        self._file.close()


def refused_parts(
    headings: Sequence[str], batches: Iterable[Iterable[tuple[int, Sequence[str], str]]]
) -> Iterator[bytes]:
    """The same as `RefusedFile` for a download: its head, then a part for each batch of (line, cells, reason)."""
    yield csv_bytes([*headings, "Строка", "Причина"], ())
    for rows in batches:
        yield _lines([*map(shown, cells), str(line), shown(reason)] for line, cells, reason in rows).encode()
