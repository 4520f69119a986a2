"""The text of a letter taken apart, for its HTML part: paragraphs, lists, links; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LINK = re.compile(r"https?://[^\s<>\"]+")
TEXT, LIST, BUTTON, SIGNATURE = "text", "list", "button", "signature"


@dataclass(frozen=True)
class Piece:
    """A run of text; `link` is where it leads, "" where nowhere."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Lines of pieces. `kind`: text, list, button (a link and nothing else), signature (all after «--»)."""

    kind: str
    lines: tuple[tuple[Piece, ...], ...]


def paragraphs(body: str) -> list[Paragraph]:
    main, _, signature = f"\n{body.strip()}\n".partition("\n--\n")
    found = [_paragraph(block) for block in re.split(r"\n\s*\n", main.strip()) if block.strip()]
    if signature.strip():
        found.append(Paragraph(SIGNATURE, _lines(signature)))
    return found


def _paragraph(block: str) -> Paragraph:
    lines = _lines(block)
    if all(line and line[0].text.startswith("- ") for line in lines):
        return Paragraph(LIST, tuple((Piece(line[0].text[2:], line[0].link), *line[1:]) for line in lines))
    is_button = len(lines) == 1 and len(lines[0]) == 1 and bool(lines[0][0].link)
    return Paragraph(BUTTON if is_button else TEXT, lines)


def _lines(block: str) -> tuple[tuple[Piece, ...], ...]:
    return tuple(tuple(_pieces(line.strip())) for line in block.strip().split("\n"))


def _pieces(line: str) -> list[Piece]:
    found, end = [], 0
    for match in LINK.finditer(line):
        url = match.group().rstrip(").,;:!?»")
        found += [Piece(line[end : match.start()]), Piece(url, url)]
        end = match.start() + len(url)
    return [piece for piece in [*found, Piece(line[end:])] if piece.text]
