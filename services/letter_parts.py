"""The text of a letter taken apart, for its HTML part: paragraphs, lists, links; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LINK = re.compile(r"https?://[^\s<>\"]+")
STUCK = re.compile(r"(№|••) ")  # what does not stand alone at the end of a line
LONGEST_LABEL = 25
TEXT, LIST, BUTTON, SIGNATURE = "text", "list", "button", "signature"


@dataclass(frozen=True)
class Piece:
    """A run of text; `link` is where it leads, "" where nowhere."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Lines of pieces. `kind`: text, list, button (a link and nothing else), signature (all after «--»).

    `label`: what a button says, where a few words with a colon stand above its link.
    """

    kind: str
    lines: tuple[tuple[Piece, ...], ...]
    label: str = ""


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
    if not _is_link(lines[-1]) or len(lines) > 2:
        return Paragraph(TEXT, lines)
    label = "".join(piece.text for line in lines[:-1] for piece in line)
    is_button = not label or (label.endswith(":") and len(label) <= LONGEST_LABEL)
    return Paragraph(BUTTON, lines[-1:], label.rstrip(":")) if is_button else Paragraph(TEXT, lines)


def _is_link(line: tuple[Piece, ...]) -> bool:
    return len(line) == 1 and bool(line[0].link)


def _lines(block: str) -> tuple[tuple[Piece, ...], ...]:
    return tuple(tuple(_pieces(line.strip())) for line in block.strip().split("\n"))


def _pieces(line: str) -> list[Piece]:
    line = STUCK.sub("\\1\N{NO-BREAK SPACE}", line)
    found, end = [], 0
    for match in LINK.finditer(line):
        url = match.group().rstrip(").,;:!?»")
        found += [Piece(line[end : match.start()]), Piece(url, url)]
        end = match.start() + len(url)
    return [piece for piece in [*found, Piece(line[end:])] if piece.text]
