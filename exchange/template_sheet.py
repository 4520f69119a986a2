"""Rows put into the XML of a sheet: what stands before and after them keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

from exchange.extent import column_number
from exchange.package import PackageError
from exchange.writers import Cell

LONGEST = 32_767  # signs of a cell (Excel)
DAMAGED = "Шаблон повреждён. Скачайте его заново."
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Span(NamedTuple):
    """Bytes from `begin` up to `end`."""

    begin: int
    end: int


class Row(NamedTuple):
    """A row of the sheet, from 1, and the byte where it begins."""

    number: int
    begin: int


def written(xml: bytes, first: int, columns: Mapping[int, int], rows: Sequence[Sequence[Cell]]) -> bytes:
    """The sheet with the rows from row `first` (from 1) on; `columns`: of the sheet, from 0, by those of the rows.

    Rows of the sheet that stand there give way, and lend the new ones the looks of the first. Raises PackageError,
    also where a formula would be lost: others may hang on it.
    """
    xml = xml.removeprefix(b"\xef\xbb\xbf")
    sheet = Sheet(xml, first)
    if lost := [number for number in sheet.formulas if first <= number < first + len(rows)]:
        raise PackageError(
            f"В строке {lost[0]} шаблона стоит формула. Удалите строки под заголовками и сохраните его."
        )
    begin = next((row.begin for row in sheet.rows if row.number >= first), sheet.hole.begin)
    end = next((row.begin for row in sheet.rows if row.number >= first + len(rows)), sheet.hole.end)
    body = "".join(sheet.row(number, row, columns) for number, row in enumerate(rows, first)).encode()
    if sheet.is_empty:
        name = f"{sheet.prefix}sheetData".encode()
        body = b"<%b>%b</%b>" % (name, body, name)
    size = sheet.dimension  # how far the sheet reaches: may be left out, must not be wrong
    return xml[: size.begin] + xml[size.end : begin] + body + xml[end:]


def tags(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """All tags of a small part of a workbook, each with its attributes. Raises PackageError."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, facts: found.append((name, facts))
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as trouble:
        raise PackageError(DAMAGED) from trouble
    return found


class Sheet:
    """What `written` needs to know of a sheet."""

    def __init__(self, xml: bytes, first: int) -> None:
        self.prefix, self.is_empty = "", False
        self.rows: list[Row] = []
        self.formulas: list[int] = []  # numbers of the rows that they stand in
        self.styles: dict[int, str] = {}  # of the row `first`, by column
        self.hole = self.dimension = Span(0, 0)  # where rows end
        self._xml, self._first, self._column, self._is_root = xml, first, 0, True
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.XmlDeclHandler = _declared
        try:
            self._parser.Parse(xml, True)
        except (expat.ExpatError, ValueError, LookupError) as trouble:
            raise PackageError(DAMAGED) from trouble
        if not self.hole.end:
            raise PackageError(DAMAGED)

    def row(self, number: int, cells: Sequence[Cell], columns: Mapping[int, int]) -> str:
        told = sorted((columns[place], cell) for place, cell in enumerate(cells) if place in columns)
        body = "".join(self._cell(f"{letters(column)}{number}", column, cell) for column, cell in told)
        return f'<{self.prefix}row r="{number}">{body}</{self.prefix}row>'

    def _cell(self, name: str, column: int, cell: Cell) -> str:
        looks = f' s="{self.styles[column]}"' if column in self.styles else ""
        at = f'{self.prefix}c r="{name}"{looks}'
        if cell is None or cell == "":
            return f"<{at}/>" if looks else ""
        if isinstance(cell, str):
            text = escape(_UNPRINTABLE.sub("", cell)[:LONGEST])
            mark = self.prefix
            return (
                f'<{at} t="inlineStr"><{mark}is><{mark}t xml:space="preserve">{text}</{mark}t></{mark}is></{mark}c>'
            )
        return f"<{at}><{self.prefix}v>{cell}</{self.prefix}v></{self.prefix}c>"

    def _opened(self, name: str, facts: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        if self._is_root:
            self._is_root, self.prefix = False, f"{name.split(':')[0]}:" if ":" in name else ""
        match name.removeprefix(self.prefix):
            case "dimension":
                self.dimension = self._alone(at) or self.dimension
            case "sheetData":
                self.hole = self._alone(at) or self.hole
                self.is_empty = self.hole.end > 0
            case "row":
                before = self.rows[-1].number if self.rows else 0
                self.rows.append(Row(int(facts.get("r", before + 1)), at))
                self._column = 0
            case "f" if self.rows:
                self.formulas.append(self.rows[-1].number)
            case "c" if self.rows and self.rows[-1].number == self._first:
                self._column = (
                    column_number(facts["r"].rstrip("0123456789").encode()) - 1 if "r" in facts else self._column
                )
                self.styles.update({self._column: facts["s"]} if "s" in facts else {})
                self._column += 1

    def _closed(self, name: str) -> None:
        if name == f"{self.prefix}sheetData" and not self.is_empty:
            self.hole = Span(self._parser.CurrentByteIndex, self._parser.CurrentByteIndex)

    def _alone(self, at: int) -> Span | None:
        """The tag that begins there, if it has nothing inside."""
        found = _TAG.match(self._xml, at)
        return Span(*found.span()) if found and found.group().endswith(b"/>") else None


def letters(column: int) -> str:
    """A column's name: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def _refuse(*_: object) -> NoReturn:
    raise PackageError("В листе шаблона есть то, чего в таблицах не бывает. Скачайте его заново.")


def _declared(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
        raise PackageError(f"Лист шаблона записан в кодировке {encoding}. Сохраните книгу заново в Excel.")
