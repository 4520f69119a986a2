"""P1 for programs: GET /api/v1/accounts in the process, beside its limit: the same hooks, statements and bytes."""

from __future__ import annotations

import json
import sqlite3
from typing import Any
from unittest.mock import patch

from flask import Flask

from app import create_app
from bench import filled
from bench.harness import Row, interleaved, row
from models import db
from services import tokens
from views.api.answers import answer

URL, ENDPOINT = "/api/v1/accounts", "api.accounts"
HEADERS = {"Authorization": f"Bearer {filled.program(1)}"}


def measure(accounts: int = 10_000, rounds: int = 40, calls: int = 10) -> list[Row]:
    with filled.portal(accounts) as settings, patch.object(tokens.ASKED, "most", 10**9):
        app = create_app(settings)
        ours, limit, asked = compare(app, settings.database_url.removeprefix("sqlite:///"), rounds, calls)
    return [
        row(f"P1 {URL}, {accounts:,} accounts", ours, "ms", None, limit, "≤ 1.5 × limit"),
        row(f"P6 {URL}, queries", asked, "", None, None, "≤ 8"),
    ]


def compare(app: Flask, database: str, rounds: int, calls: int) -> tuple[float, float, int]:
    """Median ms of the answer and of its limit, and how many statements it takes."""
    http = app.test_client(use_cookies=False)
    http.get(URL, headers=HEADERS)  # notes the use of the token
    statements, body = taken(app)
    connection = sqlite3.connect(database, check_same_thread=False)

    def bare() -> Any:
        for sql, params in statements:
            connection.execute(sql, params).fetchall()
        return answer(body)

    bare.is_public = True  # type: ignore[attr-defined]

    def limit() -> None:
        with patch.dict(app.view_functions, {ENDPOINT: bare}):
            assert http.get(URL, headers=HEADERS).status_code == 200

    found = interleaved({"ours": lambda: http.get(URL, headers=HEADERS), "limit": limit}, rounds, calls)
    return found["ours"], found["limit"], len(statements)


def taken(app: Flask) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """The statements of one answer, and the answer."""
    statements: list[tuple[str, Any]] = []
    run = db.obj.execute_sql

    def noted(sql: str, params: Any = None) -> Any:
        statements.append((sql, params or ()))
        return run(sql, params)

    with patch.object(db.obj, "execute_sql", noted):
        response = app.test_client(use_cookies=False).get(URL, headers=HEADERS)
    assert response.status_code == 200
    body: dict[str, Any] = json.loads(response.get_data())
    assert len(body["accounts"]) == filled.HELD
    return statements, body
