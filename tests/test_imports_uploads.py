"""What the console uploads: nothing of it outlives its run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from models import ImportRun
from services import uploads
from services.refusal import Refused

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Sent:
    """A file of a form."""

    def __init__(self, filename: str, content: bytes = b"x") -> None:
        self.filename: str | None = filename
        self.content = content

    def save(self, dst: Path) -> None:
        dst.write_bytes(self.content)


def keep(folder: Path, *files: uploads.Stored) -> ImportRun:
    return uploads.keep(list(files), folder, who="т", is_dry=False, is_strict=False, encoding="", now=NOW)


@pytest.mark.parametrize("other", ["bills.csv", "b/Bills.csv", "c:\\bills.csv "])
def test_two_files_of_one_name_are_refused(database: Flask, tmp_path: Path, other: str) -> None:
    with pytest.raises(Refused, match="названы одинаково"):
        keep(tmp_path, Sent("a/bills.csv"), Sent(other))
    assert not ImportRun.select().exists() and not list(tmp_path.iterdir())
