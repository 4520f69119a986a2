"""Type of the printed papers: two DejaVu faces, subset beforehand, read once a process and embedded whole.

fpdf2 parses, subsets and packs its fonts anew for every document, and that takes most of its time. Here the packed
font program, the widths and the map back to Unicode are made once; a document only refers to them. A code in the
text is the number of the glyph, so documents share nothing that changes and may be made in several threads.
Leans on `TTFFont` and `OutputProducer` of the pinned fpdf2 (docs/decisions/0002).
"""

import copy
import unicodedata
from collections.abc import Container
from functools import cache
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # comes with fpdf2
from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.output import (
    CIDSystemInfo,
    OutputProducer,
    PDFFont,
    PDFFontStream,
    PDFType3Font,
)
from fpdf.syntax import Name, PDFArray, PDFContentStream, PDFString

FAMILY = "dejavu"
FOLDER = Path(__file__).parent / "fonts"
FILES = {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}
BOX = ""  # key of glyph 0, the empty box: no sign has it
_NEEDED = {"head", "hhea", "hmtx", "maxp", "loca", "glyf"}  # all that a reader of the PDF asks of a CID font
_TO_UNICODE = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{blocks}endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


class Face(TTFFont):
    """A face that writes glyph numbers and embeds itself whole. Shared by all documents of the process."""

    def __init__(self, number: int, style: str) -> None:
        super().__init__(FPDF(), FOLDER / FILES[style], FAMILY + style, style)
        self.i = number
        self._glyphs = {chr(char): glyph for char, glyph in self.glyph_ids.items()} | {BOX: 0}
        self.codes = _Codes({char: _escaped(glyph) for char, glyph in self._glyphs.items()})
        metrics = self.ttfont["hmtx"].metrics
        widths = [round(metrics[name][0] * self.scale) for name in self.ttfont.getGlyphOrder()]
        self.widths = _Widths({char: widths[glyph] for char, glyph in self._glyphs.items()})
        self._width_list = f"[0 [{' '.join(map(str, widths))}]]"
        self._to_unicode = PDFContentStream(_to_unicode(self._glyphs), compress=True)
        self._program = PDFFontStream(_program(self.ttfont))
        self.ttfont.close()

    def width(self, text: str, size: float) -> float:
        """Width of a line of text in points."""
        widths = self.widths
        return sum([widths[char] for char in text]) * size / 1000

    def encode_text(self, text: str) -> str:
        """Operator that shows the text: what fpdf2 puts on the page."""
        codes = self.codes
        return f"({''.join([codes[char] for char in text])}) Tj"

    def embed(self, producer: OutputProducer) -> PDFFont:
        """Add this face to a document that is being written out."""
        name = f"ABONEN+{self.name}"
        system = CIDSystemInfo()
        system.ordering = PDFString("Identity", encrypt=True)
        descriptor = copy.copy(self.desc)  # the copies get an object number of this document
        descriptor.font_name = Name(name)
        descriptor.font_file2 = copy.copy(self._program)  # type: ignore[attr-defined]  # fpdf2 sets it so, too
        glyphs = PDFFont("CIDFontType2", name, d_w=self.desc.missing_width, w=self._width_list)
        glyphs.c_i_d_system_info = system
        glyphs.font_descriptor = descriptor
        font = PDFFont("Type0", name, encoding="Identity-H")
        font.descendant_fonts = PDFArray([glyphs])
        font.to_unicode = copy.copy(self._to_unicode)
        for part in (font, glyphs, system, descriptor, descriptor.font_file2, font.to_unicode):  # type: ignore[attr-defined]
            producer._add_pdf_obj(part, "fonts")
        return font


class Producer(OutputProducer):
    """Writes a document out with the ready faces instead of subsetting fonts anew."""

    def _add_fonts(
        self, image_objects_per_index: object, gfxstate_objs_per_name: object, pattern_objs_per_name: object
    ) -> dict[int, PDFFont | PDFType3Font]:
        faces = [face for face in self.fpdf.fonts.values() if isinstance(face, Face)]
        return {face.i: face.embed(self) for face in faces}


@cache
def faces() -> dict[str, Face]:
    """The two faces by style: empty and «B»."""
    return {style: Face(number, style) for number, style in enumerate(FILES, start=1)}


class _Codes(dict[str, str]):
    """What to write for a sign; a sign that the faces lack is written by what stands for it."""

    def __missing__(self, char: str) -> str:
        return "".join([self[known] for known in _standing_for(char, self)])


class _Widths(dict[str, int]):
    """Width of a sign in thousandths of the type size."""

    def __missing__(self, char: str) -> int:
        return sum([self[known] for known in _standing_for(char, self)])


def _standing_for(char: str, known: Container[str]) -> list[str]:
    if unicodedata.category(char)[0] in "ZC":
        return [" "] if char.isspace() else []
    return [part for part in unicodedata.normalize("NFKD", char) if part in known] or [BOX]


def _escaped(glyph: int) -> str:
    pair = glyph.to_bytes(2, "big").decode("latin-1")
    return pair.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").replace("\r", "\\r")


def _program(font: TTFont) -> bytes:
    for table in set(font.keys()) - _NEEDED - {"GlyphOrder"}:
        del font[table]
    out = BytesIO()
    font.save(out)
    return out.getvalue()


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    """Map from glyphs back to signs, by runs in which both go up together (a run may not leave its high byte)."""
    runs: list[tuple[int, int, int]] = []  # first glyph, last glyph, first sign
    for glyph, char in sorted((glyph, ord(char)) for char, glyph in glyphs.items() if glyph):
        if runs:
            start, last, sign = runs[-1]
            if (
                glyph == last + 1
                and char - sign == glyph - start
                and glyph >> 8 == start >> 8
                and char >> 8 == sign >> 8
            ):
                runs[-1] = (start, glyph, sign)
                continue
        runs.append((glyph, glyph, char))
    lines = [f"<{start:04X}> <{last:04X}> <{sign:04X}>\n" for start, last, sign in runs]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    return _TO_UNICODE.format(
        blocks="".join(f"{len(block)} beginbfrange\n{''.join(block)}endbfrange\n" for block in blocks)
    ).encode("ascii")
