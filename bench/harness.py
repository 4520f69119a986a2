"""How figures are taken and shown: contenders take turns, medians count, a peer and a limit stand beside each."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypedDict

RESULTS = Path(__file__).resolve().parent / "results.json"
WIDTHS = (44, 12, 12, 12, 8)


class Row(TypedDict):
    """One figure. `peer`: what a user would pick instead; `limit`: the least work that could do the same."""

    name: str
    value: float
    unit: str
    peer: float | None
    limit: float | None
    bar: str


def row(
    name: str, value: float, unit: str, peer: float | None = None, limit: float | None = None, bar: str = ""
) -> Row:
    return Row(name=name, value=value, unit=unit, peer=peer, limit=limit, bar=bar)


def interleaved(ways: Mapping[str, Callable[[], object]], rounds: int, calls: int = 1) -> dict[str, float]:
    """Median milliseconds a call; each round lets every way run `calls` times, so a busy machine slows them all."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            start = perf_counter()
            for _ in range(calls):
                way()
            spent[name].append((perf_counter() - start) * 1000 / calls)
    return {name: median(times) for name, times in spent.items()}


def table(rows: Iterable[Row]) -> str:
    """The rows as people read them."""
    head = ("figure", "ours", "peer", "limit", "unit", "bar")
    lines = [_line(head)]
    lines += [
        _line((it["name"], _figure(it["value"]), _figure(it["peer"]), _figure(it["limit"]), it["unit"], it["bar"]))
        for it in rows
    ]
    return "\n".join(lines)


def write(rows: list[Row], path: Path = RESULTS) -> None:
    """The same for machines, with where and when it was taken."""
    machine = {"taken_at": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version()}
    path.write_text(json.dumps({**machine, "rows": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _line(cells: tuple[str, ...]) -> str:
    name, *figures, unit, bar = cells
    shown = "".join(f"{figure:>{width}}" for figure, width in zip(figures, WIDTHS[1:], strict=False))
    return f"{name:<{WIDTHS[0]}}{shown}  {unit:<{WIDTHS[4]}}{bar}"


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
