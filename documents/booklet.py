"""A text with headings as a PDF: the manual of the portal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from documents.page import BOTTOM, GREY, LEFT, RIGHT, Sheet, Style, wrap
from documents.wording import day

TITLE, HEADING, BODY, SMALL = Style(20, "B"), Style(13, "B"), Style(10.5), Style(9, tone=GREY)
INDENT = 5.0  # of the points of a list, millimetres
BREADTH, GAP = 42.0, 6.0  # of a picture, and to the words beside it

Block = tuple[str, Sequence[str]]
Picture = tuple[bytes, int, int, str]


@dataclass(frozen=True)
class Booklet:
    """`blocks` are ("heading" | "list" | "paragraph" | "picture", lines), as a text of the portal is read.

    `pictures`: by the line of its block, the PNG of a picture, its breadth and height in any unit, what it shows.
    """

    title: str
    portal: str
    address: str
    version: int
    made_on: date
    blocks: Sequence[Block]
    pictures: Mapping[str, Picture] = field(default_factory=dict)


def render(booklet: Booklet) -> bytes:
    """The PDF: text selectable, with title and language."""
    sheet = Sheet(booklet.title, booklet.portal, booklet.made_on)
    y = sheet.begin(f"{booklet.title}. {booklet.portal}")
    y = _set(sheet, y + 6, booklet.title, TITLE, after=2)
    imprint = f"{booklet.portal}, {booklet.address}. Редакция {booklet.version}, {day(booklet.made_on)}"
    y = _set(sheet, y, imprint, SMALL, after=5)
    for section in _sections(booklet.blocks):
        y = _section(sheet, y, section, booklet.pictures)
    return sheet.bytes()


def _sections(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """A heading with what stands under it, each."""
    found: list[Block] = []
    for block in blocks:
        if block[0] == "heading" and found:
            yield found
            found = []
        found.append(block)
    if found:
        yield found


def _section(sheet: Sheet, y: float, section: Sequence[Block], pictures: Mapping[str, Picture]) -> float:
    """A section with a picture has it on the left, under the heading, and its words beside it."""
    shown = next((pictures.get(lines[0]) for kind, lines in section if kind == "picture"), None)
    height = BREADTH * shown[2] / shown[1] if shown else 0
    left, foot, leaf = LEFT, 0.0, sheet.leaf
    for kind, lines in section:
        if kind == "heading":  # it does not stand alone at the foot
            y = sheet.room(y + 3, HEADING.leading + max(3 * BODY.leading, height + 2))
            y = _set(sheet, y, " ".join(lines), HEADING, after=1.5)
            if shown:
                sheet.photograph(shown[0], LEFT, y + 1, BREADTH, height)
                left, foot, leaf = LEFT + BREADTH + GAP, y + height + 4, sheet.leaf
        elif kind != "picture":
            y = _block(sheet, y, kind, lines, left)
    if shown:
        y = _set(sheet, y, shown[3], SMALL, left)
    return max(y, foot) if sheet.leaf == leaf else y


def _block(sheet: Sheet, y: float, kind: str, lines: Sequence[str], left: float) -> float:
    if kind == "list":
        for line in lines:
            y = _set(sheet, y, line, BODY, left, mark="—", after=0.8)
        return y + 1.5
    return _set(sheet, y, " ".join(lines), BODY, left, after=2.2)


def _set(
    sheet: Sheet, y: float, text: str, style: Style, left: float = LEFT, mark: str = "", after: float = 0
) -> float:
    """Wrapped text from `y` on, over the pages it needs; gives the `y` below it."""
    inner = left + (INDENT if mark else 0)
    for number, line in enumerate(wrap(text, style, RIGHT - inner)):
        if y + style.leading > BOTTOM:
            y = sheet.next_leaf()
        if mark and not number:
            sheet.text(left, y + style.rise, mark, style)
        sheet.text(inner, y + style.rise, line, style)
        y += style.leading
    return y + after
