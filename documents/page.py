"""A sheet of A4 to set type on: text, rules, plates, pictures, page breaks. The one place that draws by fpdf2.

Lengths are millimetres from the upper left corner, type sizes are points, `y` of text is its baseline.
"""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import NamedTuple

from fpdf import FPDF, ViewerPreferences
from fpdf.drawing_primitives import DeviceGray
from fpdf.image_datastructures import RasterImageInfo
from PIL.Image import Image

from documents.typeface import FAMILY, Face, Producer, faces

LEFT, RIGHT, TOP, BOTTOM = 15.0, 195.0, 14.0, 283.0
FOOT = 289.0
POINT = 25.4 / 72
LEADING = 1.32
BLACK, GREY, PALE, PLATE = DeviceGray(0), DeviceGray(0.3), DeviceGray(0.68), DeviceGray(0.935)
_BLANKS = re.compile(r"[ \t\r\n]+")


class Style(NamedTuple):
    """Size in points, weight (empty or «B»), tone."""

    size: float
    weight: str = ""
    tone: DeviceGray = BLACK

    @property
    def leading(self) -> float:
        """Distance between baselines, millimetres."""
        return self.size * POINT * LEADING

    @property
    def rise(self) -> float:
        """From the top of a line down to its baseline, millimetres."""
        return self.size * POINT * 0.98


LABEL = Style(9.4, tone=GREY)  # names of facts


class Sheet:
    """Pages of one file, with a running head on the second and further pages of a paper."""

    def __init__(self, title: str, author: str, made_on: date) -> None:
        self._pdf = FPDF(unit="mm", format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(title)
        self._pdf.set_author(author)
        self._pdf.set_creator("Abonent")
        self._pdf.set_lang("ru-RU")
        # The date is the paper's own: the same bill gives the same bytes whenever it is asked for.
        self._pdf.set_creation_date(datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC))
        self._pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._pdf.fonts.update({face.fontkey: face for face in faces().values()})
        self._running = ""
        self._style: Style | None = None
        self.leaf = 0  # of the paper that is being set, from 1

    def begin(self, running: str) -> float:
        """Start a paper on a page of its own; gives the `y` to start from. `running` heads its further pages."""
        self._running, self.leaf = running, 1
        self._pdf.add_page()
        return TOP

    def next_leaf(self) -> float:
        """Go on to the next page of the paper; gives the `y` to go on from."""
        style = Style(8, tone=GREY)
        self.leaf += 1
        self.text(RIGHT, FOOT, f"Продолжение на листе {self.leaf}", style, align="right")
        self._pdf.add_page()
        self.text(LEFT, TOP + style.rise, self._running, fitted(self._running, style, RIGHT - LEFT - 25))
        self.text(RIGHT, TOP + style.rise, f"Лист {self.leaf}", style, align="right")
        return TOP + 9

    def room(self, y: float, height: float) -> float:
        """The same `y` when that much fits above the foot of the page, else the first `y` of the next page."""
        return y if y + height <= BOTTOM else self.next_leaf()

    def text(self, x: float, y: float, text: str, style: Style, align: str = "left") -> None:
        """One line of text; with `align` «right» it ends at `x`, with «center» it is centred on it."""
        if align != "left":
            x -= width(text, style) / (1 if align == "right" else 2)
        if style != self._style:  # fpdf2 checks each of them at length before it finds that nothing has changed
            self._pdf.set_font(FAMILY, style.weight, style.size)
            self._pdf.set_text_color(style.tone)
            self._style = style
        self._pdf.text(x, y, text)

    def rule(
        self, y: float, left: float = LEFT, right: float = RIGHT, weight: float = 0.1, tone: DeviceGray = PALE
    ) -> None:
        """Horizontal rule; `weight` in millimetres."""
        self._pdf.set_line_width(weight)
        self._pdf.set_draw_color(tone)
        self._pdf.line(left, y, right, y)

    def plate(self, x: float, y: float, breadth: float, height: float) -> None:
        """Quiet ground under what matters most."""
        self._pdf.set_fill_color(PLATE)
        self._pdf.rect(x, y, breadth, height, style="F")
        self._pdf.set_fill_color(BLACK)

    def picture(self, image: Image, x: float, y: float, side: float, link: str = "") -> None:
        """Square one-bit picture."""
        # Ready in fpdf2's own cache: by itself it packs such a picture as a fax, which is slower and thrice as long.
        images = self._pdf.image_cache.images
        name = f"picture {len(images) + 1}"
        images[name] = _packed(image, len(images) + 1)
        self._pdf.image(name, x=x, y=y, w=side, h=side, link=link)

    def photograph(self, png: bytes, x: float, y: float, breadth: float, height: float) -> None:
        """A picture of few colours in a thin frame."""
        self._pdf.image(BytesIO(png), x=x, y=y, w=breadth, h=height)
        self._pdf.set_line_width(0.1)
        self._pdf.set_draw_color(PALE)
        self._pdf.rect(x, y, breadth, height, style="D")

    def bytes(self) -> bytes:
        """The finished file."""
        return bytes(self._pdf.output(output_producer_class=Producer))


def face_of(style: Style) -> Face:
    """The face that sets this style."""
    return faces()[style.weight]


def width(text: str, style: Style) -> float:
    """Width of a line of text, millimetres."""
    return face_of(style).width(text, style.size) * POINT


def fitted(text: str, style: Style, breadth: float) -> Style:
    """The style, smaller where the line is wider than there is room for."""
    wide = width(text, style)
    return style if wide <= breadth else style._replace(size=style.size * breadth / wide)


def wrap(text: str, style: Style, breadth: float, most: int = 0) -> list[str]:
    """Lines that are not wider than `breadth`; over-long words are broken, no-break spaces hold.

    `most` cuts to so many lines, the last with an ellipsis; 0 = all.
    """
    lines = list(_lines(text, style, breadth))
    if not most or len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width(last + "…", style) > breadth:
        last = last[:-1]
    return [*lines[: most - 1], last + "…"]


def _lines(text: str, style: Style, breadth: float) -> Iterator[str]:
    line = ""
    for word in filter(None, _BLANKS.split(text)):
        longer = f"{line} {word}" if line else word
        if width(longer, style) <= breadth:
            line = longer
            continue
        if line:
            yield line
        line = word
        while width(line, style) > breadth and len(line) > 1:
            head = _head(line, style, breadth)
            yield head
            line = line[len(head) :]
    if line:
        yield line


def _head(word: str, style: Style, breadth: float) -> str:
    length = 1
    while length < len(word) and width(word[: length + 1], style) <= breadth:
        length += 1
    return word[:length]


def _packed(image: Image, number: int) -> RasterImageInfo:
    breadth, height = image.size
    return RasterImageInfo(
        i=number,
        usages=0,
        data=zlib.compress(image.tobytes()),
        w=breadth,
        h=height,
        cs="DeviceGray",
        bpc=1,
        dpn=1,
        f="FlateDecode",
        dp=f"/Colors 1 /Columns {breadth}",
        iccp_i=None,
    )


class Block:
    """A column of paragraphs that keeps its place: `y` is the top of what comes next."""

    def __init__(self, sheet: Sheet, x: float, y: float, breadth: float) -> None:
        self.sheet, self.x, self.y, self.breadth = sheet, x, y, breadth

    def paragraph(self, text: str, style: Style, most: int = 3, after: float = 0) -> None:
        """Wrapped text of at most so many lines; nothing when empty. `after` is the gap below, millimetres."""
        for line in wrap(text, style, self.breadth, most):
            self.sheet.text(self.x, self.y + style.rise, line, style)
            self.y += style.leading
        self.y += after if text else 0

    def fact(self, name: str, value: str, indent: float, style: Style, most: int = 3) -> None:
        """A grey name, and beside it, from `indent` on, the value; nothing when the value is empty."""
        if not value:
            return
        self.sheet.text(self.x, self.y + style.rise, name, LABEL)
        for line in wrap(value, style, self.breadth - indent, most):
            self.sheet.text(self.x + indent, self.y + style.rise, line, style)
            self.y += style.leading
