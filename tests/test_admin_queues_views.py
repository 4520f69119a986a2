"""Queues of the console: the first fifty, and a word that more wait behind them."""

from __future__ import annotations

import pytest

from tests import factories
from tests.client import PageClient
from tests.test_access import CONSOLE_ROWS
from views.admin import queues

QUEUES = {
    "/admin/calls": "call_id",
    "/admin/requests": "request_id",
    "/admin/applications": "application_id",
    "/admin/payments": "event_id",
    "/admin/registries/unknown": "line_id",
}


@pytest.mark.parametrize("url", QUEUES)
def test_a_queue_shows_its_first_and_says_that_more_wait(
    client: PageClient, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "SHOWN", 2)
    client.sign_in(factories.operator())
    for count in (1, 2, 3):
        CONSOLE_ROWS[QUEUES[url]](factories.resident())
        page = client.get(url)
        assert ("Показаны первые 2" in page) == (count > 2)
        assert page.text.count("<tr") == 1 + min(count, 2)
