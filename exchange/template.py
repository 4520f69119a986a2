"""A workbook made by somebody else, filled in with rows: all that is not a row of theirs stays byte for byte.

Templates of ГИС ЖКХ carry lists to choose from, checks and hidden sheets, and change several times a year. So a
column is found by the text of its heading, the groups above it included, and the sheet's XML is cut at the place of
the rows and nowhere else.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from exchange.package import BROKEN, PackageError, open_workbook
from exchange.template_sheet import tags, written
from exchange.writers import Cell

AGAIN = "Скачайте шаблон заново."
UNKNOWN = "Книга устроена незнакомо. Откройте её в Excel и сохраните заново."
HEAD_ROWS = 12  # headings stand in the first rows of a sheet
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_LOOKALIKES = str.maketrans("aceopxykmtbh", "асеорхукмтвн")  # the templates' own headings mix both alphabets
Grid = Sequence[Sequence[object]]
Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Table:
    """What goes into a sheet: its name, the headings, for a heading other words that mean it, and the rows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a table goes: the sheet's part of the archive, its first row (from 1), columns (from 0) by ours."""

    part: str
    first: int
    columns: dict[int, int]
    missing: tuple[str, ...]


class Template:
    """The workbook; raises PackageError with a Russian sentence where it is none."""

    def __init__(self, file: BinaryIO, label: str) -> None:
        self.content, self.label = file.read(), label
        with open_workbook(io.BytesIO(self.content), label, AGAIN) as book:
            self.titles = {_compact(name): name for name in book.sheet_names}

    def place(self, table: Table) -> Place:
        """Raises PackageError where there is no such sheet or none of its headings; `missing` has values to lose."""
        name = self.titles.get(_compact(table.title))
        if name is None:
            have = ", ".join(f"«{title}»" for title in self.titles.values())
            raise PackageError(f"В книге {self.label} нет листа «{table.title}», есть {have}. Тот ли это шаблон?")
        chains, last = self._grid(name)
        columns, bottom = matched(chains, table)
        if not columns:
            raise PackageError(f"На листе «{name}» не нашлось ни одного знакомого заголовка. Тот ли это шаблон?")
        filled = {place for row in table.rows for place, cell in enumerate(row) if cell not in (None, "")}
        missing = tuple(table.headings[place] for place in sorted(filled - columns.keys()))
        return Place(self._part(name), max(bottom, last) + 2, columns, missing)

    def filled(self, tables: Iterable[tuple[Place, Table]]) -> bytes:
        """The same workbook with the rows in their places."""
        out = io.BytesIO()
        told = {place.part: (place, table) for place, table in tables}
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive, zipfile.ZipFile(out, "w") as target:
            for info in archive.infolist():
                try:
                    content = archive.read(info)
                except BROKEN as trouble:
                    raise PackageError(f"Файл {self.label} повреждён. {AGAIN}") from trouble
                if info.filename in told:
                    place, table = told.pop(info.filename)
                    content = written(content, place.first, place.columns, table.rows)
                target.writestr(info, content)
        if told:
            raise PackageError(UNKNOWN)
        return out.getvalue()

    def _grid(self, name: str) -> tuple[list[Chain], int]:
        """The columns' headings, and the last row with anything in it (from 0; -1 for none)."""
        from python_calamine import CalamineError

        try:
            with open_workbook(io.BytesIO(self.content), self.label, AGAIN) as book:
                sheet = book.get_sheet_by_name(name)
                return _grid(sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or ())
        except (CalamineError, ValueError) as trouble:
            raise PackageError(f"Лист «{name}» не читается. {AGAIN}") from trouble

    def _part(self, name: str) -> str:
        """The sheet's file within the archive."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            try:
                sheets, links = (
                    tags(archive.read("xl/workbook.xml")),
                    tags(archive.read("xl/_rels/workbook.xml.rels")),
                )
            except BROKEN as trouble:
                raise PackageError(UNKNOWN) from trouble
        keys = [facts.get(RELATED) for tag, facts in sheets if tag == f"{MAIN} sheet" and facts.get("name") == name]
        found = [
            facts["Target"] for tag, facts in links if tag == f"{LINKS} Relationship" and facts.get("Id") in keys
        ]
        if len(found) != 1:
            raise PackageError(UNKNOWN)
        target = found[0]
        return target[1:] if target.startswith("/") else f"xl/{target}"


@dataclass(frozen=True)
class Chain:
    """The heading cells above one another in a column, with the last row that each takes (from 0)."""

    texts: tuple[str, ...]
    bottoms: tuple[int, ...]


def _grid(cells: Grid, merged: Iterable[Range]) -> tuple[list[Chain], int]:
    spread = _spread(merged)
    last = max(
        (number for number, row in enumerate(cells) if any(cell not in (None, "") for cell in row)), default=-1
    )
    head = cells[:HEAD_ROWS]
    width = max((len(row) for row in head), default=0)
    return [_chain(head, column, spread) for column in range(width)], last


def _spread(merged: Iterable[Range]) -> dict[tuple[int, int], tuple[int, int, int]]:
    """For each cell of a merged range in the head: its first cell, and the range's last row."""
    found = {}
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom + 1, HEAD_ROWS)):
            found.update({(row, column): (top, left, bottom) for column in range(left, right + 1)})
    return found


def _chain(head: Grid, column: int, spread: dict[tuple[int, int], tuple[int, int, int]]) -> Chain:
    origins: dict[tuple[int, int], int] = {}
    for row in range(len(head)):
        top, left, bottom = spread.get((row, column), (row, column, row))
        if left < len(head[top]) and head[top][left] not in (None, ""):
            origins[(top, left)] = bottom
    return Chain(tuple(str(head[row][left]) for row, left in origins), tuple(origins.values()))


def matched(chains: Sequence[Chain], table: Table) -> tuple[dict[int, int], int]:
    """Columns of the template by ours, each used once, and the last row of the headings found (from 0; -1).

    First those whose heading is the same, its groups with it or without; then those that hold all our words. What
    fits several columns fits none.
    """
    whole = [_wholes(chain) for chain in chains]
    words = [frozenset(_words(" ".join(chain.texts))) for chain in chains]
    found: dict[int, int] = {}
    bottom = -1
    for place, heading in enumerate(table.headings):
        names = {_compact(name) for name in (heading, *table.others.get(heading, ()))}
        fit = [column for column, keys in enumerate(whole) if names & keys.keys()]
        if len(fit) == 1 and fit[0] not in found.values():
            found[place] = fit[0]
            bottom = max(bottom, *(whole[fit[0]][name] for name in names & whole[fit[0]].keys()))
    for place, heading in enumerate(table.headings):
        wanted = [frozenset(_words(name)) for name in (heading, *table.others.get(heading, ()))]
        wanted = [name for name in wanted[:1] if len(name) > 1] + wanted[1:]  # one usual word says too little
        free = [column for column in range(len(chains)) if column not in found.values()]
        fit = [column for column in free if any(name <= words[column] for name in wanted)]
        if place not in found and len(fit) == 1:
            found[place] = fit[0]
            bottom = max(bottom, *chains[fit[0]].bottoms)
    return found, bottom


def _wholes(chain: Chain) -> dict[str, int]:
    """Every run of the headings above one another as one text, with its last row."""
    size = len(chain.texts)
    return {
        _compact("".join(chain.texts[begin:end])): max(chain.bottoms[begin:end])
        for begin in range(size)
        for end in range(begin + 1, size + 1)
    }


def _compact(text: str) -> str:
    return "".join(_words(re.sub(r"(?<=\w)-(?=\w)", "", text)))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("ё", "е").replace("№", " номер ").translate(_LOOKALIKES))
