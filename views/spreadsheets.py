"""Tables as files for a spreadsheet: CSV and XLSX, written to the disk row by row and sent from there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from flask import Response

import clock
from exchange.writers import Cell, write_csv, write_xlsx
from views.downloads import named

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IN_MEMORY = 1 << 20  # a larger file lies on the disk
CHUNK = 1 << 16


def sheet(
    kind: str, name: str, title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], spoken: str = ""
) -> Response:
    """The file of a kind, called `spoken`, else as its sheet.

    All rows are read before the first byte leaves, so a slow reader holds no connection.
    """
    out = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - the answer closes it
    if kind == "csv":
        write_csv(out, headings, rows)
    else:
        write_xlsx(out, title, headings, rows, clock.now())
    length = out.seek(0, os.SEEK_END)
    out.seek(0)
    response = Response(iter(partial(out.read, CHUNK), b""), content_type=TYPES[kind])
    response.call_on_close(out.close)
    response.headers["Content-Disposition"] = named(f"{name}.{kind}", f"{spoken or title}.{kind}")
    response.headers["Cache-Control"] = "private, no-store"
    response.content_length = length
    return response
