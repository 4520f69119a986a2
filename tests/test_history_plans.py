"""No list of the history and no statement walks a table: every one goes down an index, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from models import Resident, db
from models.base import on_postgresql
from services import history
from tests import factories
from tests.client import PageClient

LISTS = [f"/history?kind={kind}&sort={sort}" for kind, sorts in history.SORTS.items() for sort in sorts]
PAGES = (*LISTS, "/history?from=2020-01-01&to=2030-01-01", "/statement", "/bills")


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """The queries run inside, with their values."""
    seen: list[tuple[str, Any]] = []
    run = db.obj.execute_sql

    def note(sql: str, params: Any = None, *rest: Any, **named: Any) -> Any:
        if sql.lstrip(" (").startswith("SELECT"):
            seen.append((sql, params))
        return run(sql, params, *rest, **named)

    with patch.object(db.obj, "execute_sql", note):
        yield seen


def walked(sql: str, params: Any) -> list[str]:
    """The steps of the plan that read a whole table."""
    if on_postgresql():
        steps = [str(row[0]) for row in db.execute_sql(f"EXPLAIN {sql}", params).fetchall()]
        return [step for step in steps if "Seq Scan" in step]
    steps = [str(row[-1]) for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]
    return [step for step in steps if step.startswith("SCAN") and "CONSTANT ROW" not in step]


@pytest.fixture
def resident(database: object) -> Resident:
    who = factories.resident()
    account = factories.link(who).account
    register = factories.meter(account).registers[0]
    for number in range(history.PAGE + 1):
        day = date(2020, 1, 20) + timedelta(days=30 * number)
        factories.payment(account, 100 + number, day)
        factories.reading(register, number, day)
        factories.bill(account, period=day.replace(day=1), issued_on=day)
    if on_postgresql():
        db.execute_sql("SET LOCAL enable_seqscan = off")  # a table of the tests fits a page: a walk would be cheaper
    return who


@pytest.mark.parametrize("page", PAGES)
def test_every_query_goes_down_an_index(client: PageClient, resident: Resident, page: str) -> None:
    client.sign_in(resident)
    with noted() as seen:
        first = client.get(page)
        onward = [link for link in first.tree.links if "after=" in link]
        if page in LISTS:
            client.get(onward[0])
    assert len(seen) > 3
    bad = [f"{steps}\n    {sql}" for sql, params in seen if (steps := walked(sql, params))]
    assert not bad, "\n".join(bad)
