"""A text with headings as a PDF: the manual of the portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from documents.page import BOTTOM, GREY, LEFT, RIGHT, Sheet, Style, wrap
from documents.wording import day

TITLE, HEADING, BODY, SMALL = Style(20, "B"), Style(13, "B"), Style(10.5), Style(9, tone=GREY)
INDENT = 5.0  # of the points of a list, millimetres


@dataclass(frozen=True)
class Booklet:
    """`blocks` are ("heading" | "list" | "paragraph", lines), as a text of the portal is read."""

    title: str
    portal: str
    address: str
    version: int
    made_on: date
    blocks: Sequence[tuple[str, Sequence[str]]]


def render(booklet: Booklet) -> bytes:
    """The PDF: text selectable, with title and language."""
    sheet = Sheet(booklet.title, booklet.portal, booklet.made_on)
    y = sheet.begin(f"{booklet.title}. {booklet.portal}")
    y = _set(sheet, y + 6, booklet.title, TITLE, after=2)
    y = _set(
        sheet,
        y,
        f"{booklet.portal}, {booklet.address}. Редакция {booklet.version}, {day(booklet.made_on)}",
        SMALL,
        after=5,
    )
    for kind, lines in booklet.blocks:
        y = _block(sheet, y, kind, lines)
    return sheet.bytes()


def _block(sheet: Sheet, y: float, kind: str, lines: Sequence[str]) -> float:
    if kind == "heading":
        y = sheet.room(y + 3, HEADING.leading + 3 * BODY.leading)  # a heading does not stand alone at the foot
        return _set(sheet, y, " ".join(lines), HEADING, after=1.5)
    if kind == "list":
        for line in lines:
            y = _set(sheet, y, line, BODY, mark="—", after=0.8)
        return y + 1.5
    return _set(sheet, y, " ".join(lines), BODY, after=2.2)


def _set(sheet: Sheet, y: float, text: str, style: Style, mark: str = "", after: float = 0) -> float:
    """Wrapped text from `y` on, over the pages it needs; gives the `y` below it."""
    left = LEFT + (INDENT if mark else 0)
    for number, line in enumerate(wrap(text, style, RIGHT - left)):
        if y + style.leading > BOTTOM:
            y = sheet.next_leaf()
        if mark and not number:
            sheet.text(LEFT, y + style.rise, mark, style)
        sheet.text(left, y + style.rise, line, style)
        y += style.leading
    return y + after
