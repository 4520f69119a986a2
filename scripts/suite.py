"""`make test`: the whole suite in one run, three processes side by side (SQLite, PostgreSQL, browser)."""

from __future__ import annotations

import os
import sys

import pytest

from tests.browser import chromium
from tests.conftest import SHARES


def main(arguments: list[str]) -> int:
    """Runs all that can run; what could not be brought here is said last and is a failure."""
    found = chromium.find_or_install()
    shares = SHARES if found else tuple(share for share in SHARES if share != "browser")
    os.environ["CHROMIUM"] = found or ""
    workers = [part for share in shares for part in ("--tx", f"popen//id={share}")]
    code = int(pytest.main(["--engine", "each", "--dist", "each", *workers, "--timeout", "180", *arguments]))
    if not found:
        print(chromium.ADVICE)
        return code or 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
