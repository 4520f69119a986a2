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
from typing import Any, BinaryIO, NamedTuple

Cell = str | int | Decimal | date | None


class Leaf(NamedTuple):
    """A sheet of a workbook. `head` is the row of the headings, 1 for the first; the title stands above them."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    head: int = 1


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


def write_csv(out: BinaryIO, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """The same in UTF-8, row by row: what is written is not held. How many rows."""
    count = 0
    out.write(_lines([headings]).encode("utf-8-sig"))
    for count, row in enumerate(rows, 1):  # noqa: B007 - what remains of it is the answer
        out.write(_lines([[shown(cell) for cell in row]]).encode())
    return count


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


def xlsx_bytes(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], made_at: datetime, *, head: int = 1
) -> bytes:
    """A workbook of one sheet, see `write_xlsx`."""
    content = io.BytesIO()
    write_xlsx(content, title, headings, rows, made_at, head=head)
    return content.getvalue()


def write_xlsx(
    out: BinaryIO, title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], made_at: datetime, *,
    head: int = 1,
) -> None:  # fmt: skip
    """A workbook of one sheet, see `write_book`."""
    write_book(out, [Leaf(title, headings, rows, head)], made_at)


def write_book(out: BinaryIO, leaves: Iterable[Leaf], made_at: datetime) -> None:
    """A workbook; texts stay texts, so leading zeros and long account numbers survive.

    The same rows and moment give the same bytes. Rows are not held: they go to the disk as they come.
    """
    from xlsxwriter import Workbook  # heavy, and seldom wanted

    with Workbook(out, {"constant_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy"})
        for leaf in leaves:
            sheet = book.add_worksheet(leaf.title[:31])
            sheet.set_column(0, len(leaf.headings) - 1, WIDTH)
            if leaf.head > 1:
                sheet.write_string(0, 0, leaf.title, bold)
            sheet.write_row(leaf.head - 1, 0, leaf.headings, bold)
            for number, row in enumerate(leaf.rows, leaf.head):
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
