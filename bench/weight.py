"""P2: what a phone has to fetch: the first view and the next page, compressed as they are served."""

from __future__ import annotations

import re
from typing import Any

from app import create_app
from bench import filled
from bench.harness import Row, row
from views.sessions import COOKIE

ASSET = re.compile(r"""(?:src|href)="(/static/[^"]+)\"""")
NEXT_PAGES = ("/", "/readings", "/readings/1", "/payment", "/history", "/bills", "/charges", "/accounts")
KILOBYTE = 1024


def measure(accounts: int = 300) -> list[Row]:
    with filled.portal(accounts) as settings:
        app = create_app(settings)
        browser = app.test_client()
        first, css, requests = first_view(browser, "/sign-in")
        browser.set_cookie(COOKIE, filled.token(1))
        heaviest = max(NEXT_PAGES, key=lambda path: weight(browser, path))
        heavy = weight(browser, heaviest)
    return [
        row("P2 first view, gzip", first / KILOBYTE, "KB", 72, 18, "≤ 26"),
        row("P2 requests of the first view", requests, "", None, 3, "≤ 5"),
        row("P2 own stylesheet, gzip", css / KILOBYTE, "KB", bar="≤ 5.5"),
        row(f"P2 heaviest next page ({heaviest}), gzip", heavy / KILOBYTE, "KB", bar="≤ 6"),
    ]


def first_view(browser: Any, path: str) -> tuple[int, int, int]:
    """(bytes, of them our stylesheet, requests) of a page with all it fetches but the favicon and the captcha."""
    page = browser.get(path, headers={"Accept-Encoding": "gzip"})
    text = browser.get(path).get_data(as_text=True)
    assets = sorted({url for url in ASSET.findall(text) if "icon" not in url})
    sizes = {url: weight(browser, url) for url in assets}
    css = sum(size for url, size in sizes.items() if ".css" in url)
    return len(page.data) + sum(sizes.values()), css, 1 + len(assets)


def weight(browser: Any, path: str) -> int:
    answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(answer.data)
