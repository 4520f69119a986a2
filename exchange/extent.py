"""How far a workbook's sheet reaches, seen before its reader sees it.

The reader lays a sheet out as one rectangle: a single value in XFD1048576, which a slip of the keyboard can leave
there, asks for 512 GB and ends the whole process.
"""

from __future__ import annotations

import re
from typing import IO

BLOCK = 1 << 20
MOST_CELLS = 24_000_000  # 32 bytes each, twice while they are read
# A cell that holds something, by its name: <c r="AB12" …>. An empty one, <c r="AB12" s="1"/>, is laid out by nobody.
_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*(?<!/)>')


def farthest(stream: IO[bytes]) -> tuple[int, int, str]:
    """The last row and the last column with anything in them, from 1, and the cell that reached farthest."""
    rows = columns = 0
    name = ""
    rest = b""
    while block := stream.read(BLOCK):
        block = rest + block
        for found in _CELL.finditer(block):
            row, column = int(found[2]), column_number(found[1])
            if row > rows or column > columns:
                rows, columns, name = max(rows, row), max(columns, column), found[1].decode() + found[2].decode()
        rest = block[max(block.rfind(b"<"), 0) :][-BLOCK:]
    return rows, columns, name


def column_number(letters: bytes) -> int:
    """A is 1, AA is 27."""
    number = 0
    for sign in letters:
        number = number * 26 + sign - ord("A") + 1
    return number
