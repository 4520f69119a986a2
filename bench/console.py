"""P6 in the console and for residents: does a list slow down, or ask more, as the town grows a hundredfold?

Every page is asked of a small and of a large town in turns, as an administrator, as a clerk of one supplier, or as a
resident; «deep» is the page reached by pressing «Дальше» four times. python -m bench.console [sqlite|postgresql …].
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.parse import urljoin

import psycopg

from app import create_app
from bench import filled, town
from bench.harness import Row, row
from bench.town import ABSENT, ADMINISTRATOR, CLERK, COMMON, RARE, SOMEBODY
from config import Settings
from models import db
from tests.postgres import server
from tests.queries import counted
from views.sessions import COOKIE

SMALL, LARGE = 1_000, 100_000
DEEP = 4
NEXT = re.compile(r'href="([^"]*[?&]after=[^"]*)"')
BAR = "≤ 1.25"
FOUND = "/admin/residents?q="
OF_ALL = (
    "/admin/letters", "/admin/imports", "/admin/topics", "/admin/texts", "/admin/help", "/admin/operators",
    "/admin/audit", "/admin/audit?who=r1@example.org", f"/admin/audit?who=r{CLERK}@example.org",
    "/admin/audit?who=nobody@example.org", "/admin/audit?action=reading", "/admin/audit?action=export",
    "/admin/audit?action=none", "/admin/audit?object=resident", "/admin/audit?object=resident&number=7920",
    "/admin/audit?object=appeal", "/admin/audit?object=none", "/admin/audit?from=2026-01-01&to=2026-10-01",
    "/admin/audit?action=export&from=2026-01-01", f"/admin/audit?who=r{CLERK}@example.org&action=export",
    "/admin/imports/1", "/admin/checks", "/admin/start",
)  # fmt: skip
OF_EVERYBODY = (
    "/admin/", "/admin/readings", "/admin/readings/unsent", "/admin/readings/unsent?supplier=1",
    "/admin/readings/unsent?house=Лесная", "/admin/readings/unsent?house=Лесная 10",
    FOUND, f"{FOUND}{COMMON}", f"{FOUND}{COMMON} Анна", f"{FOUND}Анна {COMMON}", f"{FOUND}{RARE}", f"{FOUND}{ABSENT}",
    f"{FOUND}Ив", f"{FOUND}Анна", f"{FOUND}0000000003", f"{FOUND}3", f"{FOUND}9999999", f"{FOUND}%2B79000000003",
    f"{FOUND}r3@example.org", f"{FOUND}nobody@example.org", f"{FOUND}Лесная 10-5", f"{FOUND}Лесная 10",
    "/admin/residents/3", "/admin/accounts", "/admin/accounts?q=0000000003", "/admin/accounts?q=3",
    "/admin/accounts?q=Лесная 10", "/admin/accounts?q=Лесная", "/admin/accounts?q=Несуществующая",
    "/admin/accounts/1", "/admin/accounts/1/readings", "/admin/counter", f"/admin/counter?q={COMMON}",
    "/admin/counter?q=0000000003", "/admin/invitations", "/admin/requests", "/admin/applications", "/admin/calls",
    "/admin/appeals", "/admin/appeals?state=all", "/admin/appeals?state=closed", "/admin/appeals?state=answered",
    "/admin/appeals?state=new", "/admin/appeals?who=me", "/admin/appeals?who=nobody", "/admin/appeals?age=1",
    "/admin/appeals?age=10", "/admin/appeals?topic=3", "/admin/appeals?topic=3&state=all",
    "/admin/appeals?supplier=1", "/admin/appeals?supplier=1&state=closed",
    "/admin/appeals?q=счетчику", "/admin/appeals?q=небывалое",
    f"/admin/appeals?q={COMMON}", "/admin/appeals?q=0000000003", "/admin/appeals?q=12",
    "/admin/templates", "/admin/payments", "/admin/payments?number=A-300", "/admin/payments?number=A-none",
    "/admin/orders/waiting", "/admin/registries", "/admin/registries/1", "/admin/registries/1?show=known",
    "/admin/registries/1?show=doubled", "/admin/registries/unknown", "/admin/reconciliation",
    "/admin/reconciliation?supplier=1", "/admin/exchange", "/admin/exports", "/admin/notices", "/admin/notices/new",
    "/admin/suppliers", "/admin/suppliers/1",
)  # fmt: skip
OF_RESIDENTS = (
    "/", "/accounts", "/readings", "/readings/3", "/payment", "/history", "/history?account=3",
    "/history?kind=readings", "/history?kind=payments", "/history?kind=bills", "/statement", "/bills", "/charges",
    "/notices", "/appeals", "/profile", "/help",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A page of one town: milliseconds of its answers, how many statements, status."""

    times: list[float]
    queries: int
    status: int

    @property
    def typical(self) -> float:
        return median(self.times)

    @property
    def slow(self) -> float:
        return quantiles(self.times, n=20)[-1]


@dataclass(frozen=True)
class Grown:
    """A page in both towns."""

    who: str
    url: str
    small: Seen
    large: Seen

    @property
    def ratio(self) -> float:
        return self.large.typical / self.small.typical

    def line(self) -> str:
        few, many = self.small, self.large
        return (
            f"{self.who:<6} {self.url[:58]:<58} {few.queries:>3} →{many.queries:>3} {few.typical:>8.2f} "
            f"{many.typical:>8.2f} {self.ratio:>6.2f} {many.slow / few.slow:>6.2f}  {many.status}"
        )


HEAD = f"{'who':<6} {'page':<58} {'queries':>8} {'small ms':>8} {'large ms':>8} {'×':>6} {'× p95':>6}"


class Browser:
    """Somebody in one town: the models' one handle is pointed at its database before every page."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self.handle = db.obj
        self.clients = {who: self._client(who) for who in (ADMINISTRATOR, CLERK, SOMEBODY)}

    def _client(self, who: int) -> Any:
        client = self.app.test_client()
        client.set_cookie(COOKIE, town.token(who))
        return client

    def get(self, who: int, url: str) -> Any:
        db.initialize(self.handle)
        return self.clients[who].get(url)

    def deep(self, who: int, url: str) -> str:
        """The address behind «Дальше», pressed some times, or as often as there is one."""
        for _ in range(DEEP):
            found = NEXT.findall(self.get(who, url).text)
            if not found:
                break
            url = urljoin(url, unescape(found[-1]))
        return url

    def queries(self, who: int, url: str) -> int:
        db.initialize(self.handle)
        with counted() as statements:
            self.clients[who].get(url)
        return len(statements)


def measure(engines: tuple[str, ...] = ("sqlite", "postgresql"), rounds: int = 15) -> list[Row]:
    """The pages that grow beyond the bar, and how many do not, by engine."""
    rows = []
    for engine in engines:
        with towns(engine) as (small, large):
            found = list(compare(Browser(small), Browser(large), rounds))
        rows.extend(
            row(f"P6 {engine} {one.who} {one.url}", one.ratio, "×", limit=1.0, bar=BAR)
            for one in found
            if one.ratio > 1.25 or one.large.queries > one.small.queries
        )
        rows.append(row(f"P6 {engine}: pages, all", len(found), "", bar=""))
        rows.append(
            row(f"P6 {engine}: pages that did not open", sum(one.large.status != 200 for one in found), "", bar="0")
        )
        rows.append(row(f"P6 {engine}: most queries", max(one.large.queries for one in found), "", bar="≤ 8"))
    return rows


def compare(small: Browser, large: Browser, rounds: int, only: str = "") -> Iterator[Grown]:
    for who, name, urls in (
        (ADMINISTRATOR, "admin", (*OF_ALL, *OF_EVERYBODY)), (CLERK, "clerk", OF_EVERYBODY),
        (SOMEBODY, "holder", OF_RESIDENTS),
    ):  # fmt: skip
        for url in urls:
            if only not in f"{name} {url}":
                continue
            yield _grown(name, who, url, (small, url), (large, url), rounds)
            ends = small.deep(who, url), large.deep(who, url)
            if ends != (url, url):
                yield _grown(name, who, f"{url} (deep)", (small, ends[0]), (large, ends[1]), rounds)


def _grown(
    name: str, who: int, label: str, few: tuple[Browser, str], many: tuple[Browser, str], rounds: int
) -> Grown:
    times: list[list[float]] = [[], []]
    status = [browser.get(who, url).status_code for browser, url in (few, many)]
    for _ in range(rounds):
        for place, (browser, url) in enumerate((few, many)):
            start = perf_counter()
            browser.get(who, url)
            times[place].append((perf_counter() - start) * 1000)
    seen = [
        Seen(spent, browser.queries(who, url), code)
        for spent, (browser, url), code in zip(times, (few, many), status, strict=True)
    ]
    return Grown(name, label, *seen)


@contextmanager
def towns(engine: str) -> Iterator[tuple[Settings, Settings]]:
    """Settings of the small and of the large town; both are removed afterwards."""
    with ExitStack() as stack:
        urls = stack.enter_context(_postgresql() if engine == "postgresql" else _sqlite())
        for url, size in zip(urls, (SMALL, LARGE), strict=True):
            town.fill(url, size)
        yield settings(urls[0]), settings(urls[1])


def settings(url: str) -> Settings:
    return replace(filled.settings(Path("unused")), database_url=url)


@contextmanager
def _sqlite() -> Iterator[list[str]]:
    with TemporaryDirectory(prefix="abonent-bench-") as folder:
        yield [f"sqlite:///{folder}/{name}.sqlite3" for name in ("small", "large")]


@contextmanager
def _postgresql() -> Iterator[list[str]]:
    with server() as url:
        names = ("small", "large")
        with psycopg.connect(url, autocommit=True) as connection:
            for name in names:
                connection.execute(f"CREATE DATABASE {name}")
        yield [url.replace("/postgres?", f"/{name}?") for name in names]


def main() -> None:
    """The whole table of the engines named; with `=`, of towns that are filled already: sqlite=URL,URL."""
    for asked in sys.argv[1:] or ("sqlite", "postgresql"):
        if asked.startswith("only="):
            continue
        engine, _, known = asked.partition("=")
        only = next((text.removeprefix("only=") for text in sys.argv if text.startswith("only=")), "")
        with ExitStack() as stack:
            small, large = (
                (settings(url) for url in known.split(",")) if known else stack.enter_context(towns(engine))
            )
            print(f"{engine}\n{HEAD}")
            for one in compare(Browser(small), Browser(large), 9, only):
                print(one.line(), flush=True)


if __name__ == "__main__":
    main()
