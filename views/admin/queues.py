"""A queue shows who has waited longest; whoever is served makes room for the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

SHOWN = 50  # as many as one works through at a sitting

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Queue(Generic[Thing]):
    """The first rows, and whether more wait behind them."""

    rows: list[Thing]
    has_more: bool


def first(rows: Callable[[int], list[Thing]]) -> Queue[Thing]:
    """`rows`: so many of the queue, its first ones."""
    found = rows(SHOWN + 1)
    return Queue(found[:SHOWN], len(found) > SHOWN)
