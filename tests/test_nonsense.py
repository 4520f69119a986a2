"""Nonsense in the address bar is answered, never with a fault."""

from __future__ import annotations

import inspect
import re

import pytest
from flask import Flask

from models import Operator, Resident
from tests import factories
from tests.client import PageClient
from tests.test_access import CONSOLE_ROWS, OWN_ROWS, address, is_console, rules

ASKED = re.compile(r"""(?:typed|args\.get|values\.get)\(["']([a-z_]+)["']""")
EVERYWHERE = {"next", "group", "account"}
NONSENSE = {
    "beyond 64 bits": "99999999999999999999",
    "negative": "-1",
    "digits that are none": "²",
    "arabic digits": "٣",
    "a zero byte": "%00",
    "half a surrogate": "%ED%A0%80",
    "a month that is none": "2026-13",
    "a day that is none": "2026-02-30",
    "the end of time": "9999-12-31",
    "long": "x" * 3000,
}


@pytest.fixture
def owner(database: Flask) -> Resident:
    return factories.resident()


@pytest.mark.parametrize("value", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_in_a_query_is_answered_without_a_fault(
    app: Flask, client: PageClient, owner: Resident, value: str
) -> None:
    """One name at a time: the first of several wrong values would hide the others."""
    Operator.create(resident=owner, supplier=None, role="administrator")
    client.sign_in(owner)
    for rule in rules(app, "GET"):
        if rule.arguments <= (CONSOLE_ROWS if is_console(rule) else OWN_ROWS).keys():
            page = address(app, rule, owner)
            for name in names_of(app, rule.endpoint):
                answer = client.http.get(f"{page}?{name}={value}")
                assert answer.status_code < 500, f"{page}?{name}={value}: {answer.status_code}"


def names_of(app: Flask, endpoint: str) -> list[str]:
    """What the view's module asks of a query, and what all of them might."""
    module = inspect.getmodule(app.view_functions[endpoint])
    assert module is not None
    return sorted(EVERYWHERE | set(ASKED.findall(inspect.getsource(module))))
