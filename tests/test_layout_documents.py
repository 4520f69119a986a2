"""What the manual says of a layout is true: its example is one."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

from exchange.layout import parse_layout, shipped

MANUAL = (Path(__file__).resolve().parent.parent / "docs" / "exchange.md").read_text("utf-8")


def test_the_example_of_the_manual_is_a_layout() -> None:
    text = MANUAL[MANUAL.index('    title = "Наш банк"') : MANUAL.index("С `heading = true`")]
    found = parse_layout("наш", dedent(text))
    assert (found.fields["paid"].index, found.exactly, found.account_digits) == (-3, 12, 10)
    assert found.control is not None and found.told_by(f"EPS1_{'1' * 10}_{'4' * 20}_1.y26") is not None


def test_every_shipped_layout_is_in_the_manual() -> None:
    table = MANUAL[MANUAL.index("## Раскладки") : MANUAL.index("### Своя раскладка")]
    assert set(re.findall(r"`(\w+)`", table)) >= set(shipped())
