"""Rows of a table file as lists of texts, streamed: separator, heading row, quotes, physical lines.

Reading rules: docs/exchange.md. A file of any size is read by megabytes; a line longer than that, or a quote
that is never closed, costs one refused row and never the memory.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Protocol

from exchange.header import Header, known_headings, match
from exchange.lines import LONGEST_LINE, Lines, Unreadable
from exchange.package import PackageError, Source
from exchange.tables import BY_NAME

SEPARATORS = ";,\t"
MOST_LINES = 100  # physical lines of one row, when line ends stand inside quotes
_BLANKS = ' \t\u00a0;,"'
_NEUTRALISED = tuple("'" + sign for sign in "=+-@\t\r")


class TableRows(Protocol):
    """An opened table: iterating gives (physical line, cells as wide as the header, or Unreadable)."""

    header: Header
    encoding: str

    @property
    def position(self) -> int:
        """Bytes of the source done so far."""

    def __iter__(self) -> Iterator[tuple[int, list[str] | Unreadable]]: ...

    def close(self) -> None: ...


def open_rows(source: Source, encoding: str | None = None) -> TableRows:
    """Open a table of a package. Raises PackageError for what stops the whole table."""
    if source.sheet:
        from exchange.sheet import SheetRows  # the reader of workbooks is heavy

        return SheetRows(source)
    return FileRows(source, encoding)


class FileRows:
    """Rows of a text file. Blank rows, and rows of separators only, are left out."""

    def __init__(self, source: Source, encoding: str | None = None) -> None:
        self._lines = Lines(source, encoding)
        self.encoding = self._lines.encoding
        try:
            self.separator, self.header = self._read_header(source.table)
        except BaseException:
            self._lines.close()
            raise

    @property
    def position(self) -> int:
        return self._lines.position

    def close(self) -> None:
        self._lines.close()

    def _read_header(self, table: str) -> tuple[str, Header]:
        for _, line in self._lines:
            if isinstance(line, Unreadable):
                raise PackageError(f"Строка с названиями колонок не читается. {line.reason}")
            if line.strip(_BLANKS):
                rows = {mark: cells_of(line.lstrip("\ufeff"), mark) or [] for mark in SEPARATORS}
                mark = max(rows, key=lambda mark: known_headings(BY_NAME[table], rows[mark]))
                return mark, match(BY_NAME[table], rows[mark])
        raise PackageError("Файл пуст: нет строки с названиями колонок.")

    def __iter__(self) -> Iterator[tuple[int, list[str] | Unreadable]]:
        mark, width = self.separator, len(self.header.headings)
        for number, line in self._lines:
            if isinstance(line, Unreadable):
                yield number, line
                continue
            if '"' in line:
                cells = self._quoted(line)
                if isinstance(cells, Unreadable):
                    yield number, cells
                    continue
            else:
                cells = line.split(mark)
            if not cells[0] and not line.strip(_BLANKS):
                continue
            if len(cells) != width:
                yield number, _fitted(cells, width)
            elif "'" in line:
                yield number, [restored(cell) for cell in cells]
            else:
                yield number, cells

    def _quoted(self, line: str) -> list[str] | Unreadable:
        """Cells of a row with quotes, which may go on over the next physical lines.

        When the quote never closes, only this line is refused and the next ones are read as rows.
        """
        cells = cells_of(line, self.separator)
        taken: list[tuple[int, str | Unreadable]] = []
        length = len(line)
        while cells is None and len(taken) < MOST_LINES and length < LONGEST_LINE:
            following = self._lines.following()
            if following is None:
                break
            taken.append(following)
            text = following[1]
            if isinstance(text, Unreadable):
                break
            length += len(text)
            if '"' in text:
                cells = cells_of("\n".join([line, *(str(text) for _, text in taken)]), self.separator)
        if cells is None:
            self._lines.give_back(taken)
            return Unreadable("Кавычка открыта и не закрыта.")
        return cells


def cells_of(text: str, mark: str) -> list[str] | None:
    """Split at the separator outside quotes; None when a quote is left open."""
    if '"' not in text:
        return text.split(mark)
    try:
        return [cell.replace("\n", " ") for cell in next(csv.reader([text], delimiter=mark, strict=True))]
    except csv.Error:
        return _lenient_cells(text, mark)


def _lenient_cells(text: str, mark: str) -> list[str] | None:
    """As `cells_of`, for texts after a closing quote, which billings write: `"АО "Свет"";1`."""
    cells, start = [], 0
    while start <= len(text):
        quoted = text.startswith('"', start)
        end = _closing(text, start + 1, mark) if quoted else text.find(mark, start)
        if end < 0 and quoted:
            return None
        stop = len(text) if end < 0 else end
        cell = text[start:stop]
        cells.append((cell[1:-1].replace('""', '"') if quoted else cell).replace("\n", " "))
        start = stop + 1
    return cells


def _closing(text: str, start: int, mark: str) -> int:
    """Where the quoted cell ends: after the first quote that a separator or the end of the line follows."""
    place = text.find('"', start)
    while place >= 0:
        if place + 1 == len(text) or text[place + 1] == mark:
            return place + 1
        place = text.find('"', place + 1)
    return -1


def _fitted(cells: Sequence[str], width: int) -> list[str] | Unreadable:
    """A row of another width than the header's: blank cells too many are no matter."""
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return [restored(cell) for cell in cells[:width]]
    return Unreadable(f"В строке {len(cells)} ячеек, а колонок в первой строке {width}.")


def restored(cell: str) -> str:
    """Take off the apostrophe that our own writers put before a formula, so that a file comes back as it was."""
    return cell[1:] if cell.startswith(_NEUTRALISED) else cell
