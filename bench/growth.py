"""P6: does a page slow down as the town grows? The same resident's pages in a small and a large portal, in turns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from app import create_app
from bench import filled
from bench.harness import Row, interleaved, row
from bench.pages import client
from config import Settings
from models import db

PAGES = (
    "/", "/accounts", "/readings", "/readings/1", "/payment", "/history", "/history?account=1",
    "/history?kind=readings", "/history?kind=readings&account=1", "/history?kind=bills", "/statement", "/bills",
    "/charges", "/notices",
)  # fmt: skip
SMALL, LARGE = 1_000, 30_000
YOUNG, OLD = 24, 120


def measure(rounds: int = 20, calls: int = 3) -> list[Row]:
    """The large portal has thirty times the accounts; the old one five times the months of a small one."""
    with ExitStack() as portals:
        small = portals.enter_context(filled.portal(SMALL, YOUNG))
        large = portals.enter_context(filled.portal(LARGE, YOUNG))
        old = portals.enter_context(filled.portal(SMALL, OLD))
        open_ = {name: opener(chosen) for name, chosen in (("small", small), ("large", large), ("old", old))}
        rows = []
        for path in PAGES:
            found = interleaved({name: lambda get=get: get(path) for name, get in open_.items()}, rounds, calls)  # noqa: B023
            for name, about in (("large", f"{LARGE // SMALL} × accounts"), ("old", f"{OLD // YOUNG} × months")):
                rows.append(row(f"P6 {path}, {about}", found[name] / found["small"], "×", limit=1.0, bar="≤ 1.25"))
    return rows


def opener(chosen: Settings) -> Callable[[str], None]:
    """Gets a page of that portal: the models' one handle is pointed at its database first."""
    browser = client(create_app(chosen))
    handle = db.obj

    def get(path: str) -> None:
        db.initialize(handle)
        answer = browser.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"

    return get
