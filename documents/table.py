"""Tables of printed papers: columns as wide as their figures, names take the rest, the head again on every page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.page import BLACK, BOTTOM, GREY, LEFT, PALE, RIGHT, Sheet, Style, fitted, width, wrap

SIZES = (8.8, 8.2, 7.6, 7.0)  # tried in turn until the names have room
NAME_ROOM = 38.0  # the least breadth of the first column, millimetres
UNDER_HEAD = 1.1
TITLE = Style(9.5, "B")
CELL_ROOM = 45.0  # the greatest breadth of any other
MOST_LINES = 12  # of a name, so that a row never outgrows a page
GAP = 3.4  # between columns
PADDINGS = (1.15, 0.65)  # above and below the lines of a row: airy, or close where that saves a page


@dataclass(frozen=True)
class Column:
    """Heading and side: figures stand to the right."""

    title: str
    figures: bool = False


@dataclass(frozen=True)
class Row:
    """Texts of the cells; `under` is a small second line below the first cell."""

    cells: tuple[str, ...]
    under: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """Rows between two edges of the page, at least one. Every row has a cell for every column."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Row | None = None
    left: float = LEFT
    right: float = RIGHT

    def without_empty(self) -> "Table":
        """The same table without the columns, but the first, that say nothing in any row."""
        kept = [n for n in range(len(self.columns)) if not n or any(row.cells[n] for row in self.rows)]
        return replace(
            self,
            columns=[self.columns[n] for n in kept],
            rows=[_picked(row, kept) for row in self.rows],
            total=_picked(self.total, kept) if self.total else None,
        )

    @property
    def height(self) -> float:
        """Of the title and all rows on one page."""
        grid = _Grid(self)
        rows = [*self.rows, self.total] if self.total else self.rows
        return TITLE.leading + 1 + grid.head_height + sum(_SetRow(grid, row).height for row in rows)

    def draw(self, sheet: Sheet, y: float, title: str, aside: str = "", spare: float = 0) -> float:
        """Draw under its title from `y` on, over as many pages as it takes; gives the `y` below.

        `aside` is a small remark at the right end of the title's line; `spare` is the height of what follows and
        had better stand on the same page.
        """
        grid = _Grid(self)
        rows = [_SetRow(grid, row) for row in self.rows]
        total = _SetRow(grid, self.total) if self.total else None
        lines = [*rows, total] if total else rows
        above = TITLE.leading + 1 + grid.head_height
        grid.tighten(lines, BOTTOM - y - above, spare)
        y = sheet.room(y, above + rows[0].height)
        sheet.text(self.left, y + TITLE.rise, title, TITLE)
        sheet.text(self.right, y + TITLE.rise, aside, grid.small, align="right")
        y = grid.draw_head(sheet, y + TITLE.leading + 1)
        for row in rows:
            # The total never stands alone on a page.
            start = sheet.room(y, row.height + (total.height if total and row is rows[-1] else 0))
            y = row.draw(sheet, start if start == y else grid.draw_head(sheet, start))
            sheet.rule(y, self.left, self.right, *((0.25, BLACK) if total and row is rows[-1] else (0.1, PALE)))
        return total.draw(sheet, y) if total else y


class _Grid:
    """Where the columns of a table stand and how large its type is."""

    def __init__(self, table: Table) -> None:
        self.columns = table.columns
        self.left, self.right = table.left, table.right
        rows = [*table.rows, table.total] if table.total else table.rows
        for size in SIZES:
            self.style, self.small = Style(size), Style(size - 1.2, tone=GREY)
            self.breadths = self._measured(rows)
            if self.breadths[0] >= NAME_ROOM:
                break
        else:
            self._squeeze()
        self.edges = [self.left + sum(self.breadths[:n]) + GAP * n for n in range(len(self.columns))]
        self.titles = [
            wrap(column.title, self.small, breadth)
            for column, breadth in zip(self.columns, self.breadths, strict=True)
        ]
        self.head_height = max(map(len, self.titles)) * self.small.leading + UNDER_HEAD
        self.padding = PADDINGS[0]

    def _measured(self, rows: Sequence[Row]) -> list[float]:
        breadths = []
        for n, column in enumerate(self.columns[1:], start=1):
            words = [width(word, self.small) for word in column.title.split(" ")]
            cells = [width(row.cells[n], self.style_of(row)) for row in rows]
            breadths.append(min(max(words + cells), CELL_ROOM))
        return [self.right - self.left - sum(breadths) - GAP * len(breadths), *breadths]

    def _squeeze(self) -> None:
        """At the smallest size the other columns give way, in proportion, and their cells shrink."""
        room = self.right - self.left - NAME_ROOM - GAP * (len(self.columns) - 1)
        taken = sum(self.breadths[1:])
        self.breadths = [NAME_ROOM, *(breadth * room / taken for breadth in self.breadths[1:])]

    def tighten(self, rows: Sequence["_SetRow"], room: float, spare: float) -> None:
        """Set the rows closer where that, and nothing less, keeps them on this page, if need be without the rest."""
        airy = sum(row.height for row in rows)
        close = airy - 2 * (PADDINGS[0] - PADDINGS[1]) * len(rows)
        if any(close <= room_ < airy for room_ in (room - spare, room)):
            self.padding = PADDINGS[1]

    def style_of(self, row: Row) -> Style:
        return self.style._replace(weight="B") if row.strong else self.style

    def write(self, sheet: Sheet, n: int, y: float, text: str, style: Style) -> None:
        if self.columns[n].figures:
            sheet.text(self.edges[n] + self.breadths[n], y, text, style, align="right")
        else:
            sheet.text(self.edges[n], y, text, style)

    def draw_head(self, sheet: Sheet, y: float) -> float:
        for n, lines in enumerate(self.titles):
            top = y + self.head_height - UNDER_HEAD - len(lines) * self.small.leading
            for number, line in enumerate(lines):
                self.write(sheet, n, top + number * self.small.leading + self.small.rise, line, self.small)
        y += self.head_height
        sheet.rule(y, self.left, self.right, 0.25, BLACK)
        return y


class _SetRow:
    """A row broken into lines."""

    def __init__(self, grid: _Grid, row: Row) -> None:
        self.grid = grid
        self.style = grid.style_of(row)
        self.name = wrap(row.cells[0], self.style, grid.breadths[0], MOST_LINES)
        self.under = wrap(row.under, grid.small, grid.breadths[0], MOST_LINES)
        self.rest = row.cells[1:]
        self.lines_height = len(self.name) * self.style.leading + len(self.under) * grid.small.leading

    @property
    def height(self) -> float:
        return self.lines_height + 2 * self.grid.padding

    def draw(self, sheet: Sheet, y: float) -> float:
        grid, small = self.grid, self.grid.small
        baseline = y + grid.padding + self.style.rise
        for n, text in enumerate(self.rest, start=1):
            if text:
                grid.write(sheet, n, baseline, text, fitted(text, self.style, grid.breadths[n]))
        for number, line in enumerate(self.name):
            sheet.text(grid.left, baseline + number * self.style.leading, line, self.style)
        baseline = y + grid.padding + len(self.name) * self.style.leading + small.rise
        for number, line in enumerate(self.under):
            sheet.text(grid.left, baseline + number * small.leading, line, small)
        return y + self.height


def _picked(row: Row, kept: Sequence[int]) -> Row:
    return replace(row, cells=tuple(row.cells[n] for n in kept))
