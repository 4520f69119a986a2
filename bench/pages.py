"""P1: the resident's hot pages in the process, beside their limit: the same hooks and template over raw rows.

What a page asked of the database and what it handed to its template are taken down once; the limit then runs the
same statements on the bare driver, drops the rows, and renders the same template with the same values.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from flask import Flask, before_render_template, render_template

from app import create_app
from bench import filled
from bench.harness import Row, interleaved, row
from models import db
from views.sessions import COOKIE

PAGES = ("/", "/readings/1", "/payment", "/history")
BAR = "≤ 1.5 × limit, ≥ 2 × peer"


class Taken:
    """One page taken down: the statements of its view, and its template with the values."""

    def __init__(self, app: Flask, path: str) -> None:
        self.statements: list[tuple[str, Any]] = []
        self.template = ""
        self.context: dict[str, Any] = {}
        self.path = path
        with _noted(app, path, self):
            client(app).get(path)


@contextmanager
def _noted(app: Flask, path: str, taken: Taken) -> Iterator[None]:
    """Notes what happens between the view's first line and its template; hooks and template run in both anyway."""
    endpoint, _ = app.url_map.bind("localhost").match(path)
    view, run, is_open = app.view_functions[endpoint], db.obj.execute_sql, [False]

    def opened(**arguments: Any) -> Any:
        is_open[0] = True
        return view(**arguments)

    def noted(sql: str, params: Any = None) -> Any:
        if is_open[0]:
            taken.statements.append((sql, params or ()))
        return run(sql, params)

    def handed(_app: Flask, template: Any, context: dict[str, Any]) -> None:
        is_open[0] = False
        taken.template, taken.context = template.name, dict(context)

    opened.is_public = getattr(view, "is_public", False)  # type: ignore[attr-defined]
    with (
        patch.dict(app.view_functions, {endpoint: opened}),
        patch.object(db.obj, "execute_sql", noted),
        before_render_template.connected_to(handed, app),
    ):
        yield


def client(app: Flask) -> Any:
    found = app.test_client()
    found.set_cookie(COOKIE, filled.token(1))
    return found


def limit_view(taken: Taken, database: str) -> Callable[..., str]:
    """The page without models and services."""
    connection = sqlite3.connect(database, check_same_thread=False)
    given = {name: value for name, value in taken.context.items() if name not in ("request", "session", "g")}

    def bare(**_arguments: Any) -> str:
        for sql, params in taken.statements:
            connection.execute(sql, params).fetchall()
        return render_template(taken.template, **given)

    return bare


def measure(accounts: int = 10_000, rounds: int = 30, calls: int = 5) -> list[Row]:
    rows = []
    with filled.portal(accounts) as settings:
        app = create_app(settings)
        for path in PAGES:
            ours, limit, asked = compare(app, path, settings.database_url.removeprefix("sqlite:///"), rounds, calls)
            rows.append(row(f"P1 {path}, {accounts:,} accounts", ours, "ms", None, limit, BAR))
            rows.append(row(f"P6 {path}, queries", asked, "", None, None, "≤ 8"))
    return rows


def compare(app: Flask, path: str, database: str, rounds: int, calls: int) -> tuple[float, float, int]:
    """Median ms of the page and of its limit, and how many statements its view runs."""
    browser = client(app)
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    taken = Taken(app, path)
    endpoint, _ = app.url_map.bind("localhost").match(path)
    bare = limit_view(taken, database)

    def limit() -> None:
        with patch.dict(app.view_functions, {endpoint: bare}):
            assert browser.get(path).status_code == 200

    found = interleaved({"ours": lambda: browser.get(path), "limit": limit}, rounds, calls)
    return found["ours"], found["limit"], len(taken.statements)
