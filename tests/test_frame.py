"""The frame of the house: what every page brings, and what stands before closed ones."""

from __future__ import annotations

from tests.client import PageClient


def test_an_unknown_address_says_so_in_russian(client: PageClient) -> None:
    assert "Такой страницы нет" in client.get("/nowhere", status=404)


def test_every_answer_carries_the_policy(client: PageClient) -> None:
    headers = client.get("/contacts").response.headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
